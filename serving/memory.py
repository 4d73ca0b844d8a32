"""How the process gives memory back to the system."""

import contextlib

# Of glibc's malloc.h.
_M_MMAP_THRESHOLD = -3
LARGE_BYTES = 1_000_000


def return_large_blocks() -> None:
    """Give blocks of LARGE_BYTES and more back to the system as soon as they are freed.

    glibc does so at first, but takes the second block of a size from its heap, where it stays as long as anything
    behind it is in use. After a few images or large bodies that was 100 MB. Other systems are left as they are.
    """
    import ctypes

    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)
