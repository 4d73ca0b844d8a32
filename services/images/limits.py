"""Limits on images, and the errors that name the limit that was exceeded."""

from dataclasses import dataclass
from math import ceil, floor
from typing import TYPE_CHECKING

from core.errors import ImageInvalid

if TYPE_CHECKING:
    from PIL import Image

# Bytes that decoding may take, and what each pixel takes, by format and else by mode: libwebp keeps two frames, and
# Pillow copies them twice; libavif keeps one more in another colour space.
MOST_MEMORY = 64_000_000
_BYTES_A_PIXEL = {"WEBP": 16, "AVIF": 12, "1": 1, "L": 1, "P": 1, "I;16": 2}
_BYTES_OF_OTHERS = 4
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """What a client may send, in bytes and pixels, of a side too; and the longest side of the result, in pixels."""

    max_bytes: int = 12_000_000
    max_pixels: int = 40_000_000
    max_sent_side: int = 65_535
    max_side: int = 2_000


def too_large(max_bytes: int) -> ImageInvalid:
    """Return the error for an image of more bytes."""
    return ImageInvalid(f"The image is larger than {max_bytes / _MILLION:g} MB, the most that is accepted.")


def too_many_pixels(least: int, most: int) -> ImageInvalid:
    """Return the error for an image of more than `least` pixels, of which no more is known."""
    return ImageInvalid(
        f"The image has more than {least / _MILLION:.0f} megapixels; at most {most / _MILLION:g} are accepted."
    )


def require_size(size: tuple[int, int], limits: ImageLimits) -> None:
    """Raise ImageInvalid for an image with no pixels, with too many, or with too long a side."""
    pixels, longest = size[0] * size[1], max(size)
    if not pixels:
        raise ImageInvalid("The image has no pixels.")
    if pixels > limits.max_pixels:
        raise _beyond(pixels, limits.max_pixels)
    if longest > limits.max_sent_side:
        raise ImageInvalid(
            f"The image has a side of {longest:,} pixels; at most {limits.max_sent_side:,} are accepted."
        )


def require_memory(source: "Image.Image", sent: tuple[int, int], buffered: int) -> None:
    """Raise ImageInvalid if decoding the image, which was sent in this size, takes more than MOST_MEMORY.

    `buffered` are the bytes that the decoder keeps besides the pixels.
    """
    pixels, needed = sent[0] * sent[1], buffered + _decoded_bytes(source)
    if needed > MOST_MEMORY:
        kind = f"progressive {source.format}" if buffered else f"{source.format} ({source.mode})"
        raise _beyond(pixels, pixels * MOST_MEMORY // needed, f" as {kind}")


def buffered_bytes(source: "Image.Image") -> int:
    """Return the bytes that libjpeg keeps of a whole JPEG that comes in several passes."""
    layers: list[tuple[int, int, int, int]] = getattr(source, "layer", [])
    sides = [(across, down) for _, across, down, _ in layers]
    largest = max(across for across, _ in sides) * max(down for _, down in sides)
    return 2 * source.width * source.height * sum(across * down for across, down in sides) // largest


def _decoded_bytes(source: "Image.Image") -> int:
    of_mode = _BYTES_A_PIXEL.get(source.mode, _BYTES_OF_OTHERS)
    return source.width * source.height * _BYTES_A_PIXEL.get(source.format or "", of_mode)


def _beyond(pixels: int, most: int, kind: str = "") -> ImageInvalid:
    # Rounded apart, so that a number above the limit never looks like the limit.
    has, may_have = ceil(pixels / 10_000) / 100, floor(most / 10_000) / 100
    return ImageInvalid(f"The image has {has:g} megapixels; at most {may_have:g} are accepted{kind}.")
