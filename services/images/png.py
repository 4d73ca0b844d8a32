"""PNG files without their metadata.

Pillow decompresses texts and colour profiles before it looks at the pixels, and rejects a file in which one of them
has more than 1 MB: editors and cameras write such files. Nothing of them is used, so they are removed first. Texts
that can hold the orientation stay.
"""

import re
from collections.abc import Iterator

from core.errors import ImageInvalid

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST_CHUNKS = 16_000
"""Encoders write 8 kB of pixels a chunk, or more: 1,500 chunks for 12 MB."""
_METADATA = frozenset({b"tEXt", b"zTXt", b"iTXt", b"iCCP"})
_END = b"IEND"
# XMP that is not compressed, and EXIF as ImageMagick writes it. EXIF has at most 64 kB, twice as many digits.
_KEPT = re.compile(rb"XML:com\.adobe\.xmp\0\0|Raw profile type exif\0")
_LONGEST_KEPT = 140_000
_HEAD, _CHECKSUM = 8, 4


def without_metadata(content: bytes) -> bytes:
    """Return a PNG file without texts and colour profiles, and anything else as it is.

    Damage is left to the decoder. Raises ImageInvalid above MOST_CHUNKS.
    """
    if not content.startswith(SIGNATURE):
        return content
    view = memoryview(content)
    parts = [view[: len(SIGNATURE)]]
    kept, removed = set[bytes](), False
    for kind, start, end in _chunks(content):
        name = _name_of_text(kind, view[start + _HEAD : end - _CHECKSUM])
        # Of each text that can hold the orientation the first: a file could have any number of them.
        if name is None or (name and name not in kept):
            parts.append(view[start:end])
            kept.add(name or b"")
        else:
            removed = True
    return b"".join(parts) if removed else content


def _chunks(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """The kind, the start and the end of each chunk; the last may be cut short, or reach behind IEND."""
    start = len(SIGNATURE)
    for _ in range(MOST_CHUNKS):
        if start >= len(content):
            return
        kind = content[start + 4 : start + _HEAD]
        end = start + _HEAD + int.from_bytes(content[start : start + 4], "big") + _CHECKSUM
        yield kind, start, min(end, len(content))
        if kind == _END:
            return
        start = end
    raise ImageInvalid(f"The image has more than {MOST_CHUNKS:,} chunks, the most that are accepted in a PNG.")


def _name_of_text(kind: bytes, data: memoryview) -> bytes | None:
    """The name of a text that can hold the orientation, empty for other metadata; None for all other chunks."""
    if kind not in _METADATA:
        return None
    found = _KEPT.match(data) if len(data) <= _LONGEST_KEPT else None
    return found[0] if found else b""
