"""Decoding of `img` members: the image is checked and made safe to store and to serve.

No byte of the client's file is stored: every image is decoded, turned upright, scaled down and encoded
anew, so that places and names in the metadata, and whatever hides behind the pixels, are gone. Opaque
images become JPEG, which everything can read; those with a translucent pixel become WebP, which keeps it.
Colour profiles are dropped, not applied: wide-gamut photos look slightly paler.
"""

import asyncio
import io
import re
import warnings
from base64 import b64decode
from collections.abc import Awaitable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from math import ceil
from typing import TYPE_CHECKING, Protocol

from core.errors import ImageInvalid
from services.images import png
from services.images.fetch import fetch
from services.images.limits import (
    ImageLimits,
    buffered_bytes,
    require_memory,
    require_size,
    too_large,
    too_many_pixels,
)
from services.images.store import EncodedImage

# Pillow takes 3 MB, and few clients send images: the functions that need it import it.
if TYPE_CHECKING:
    from PIL import Image


# One decoder: what an image may take (MOST_MEMORY) is what all of them take.
_WORKERS = ThreadPoolExecutor(max_workers=1, thread_name_prefix="image")
# Pixels that are converted and scaled at a time: converting a whole image would double its memory.
_BAND = 2_000_000

_DATA_URI = re.compile(r"data:image/[a-z0-9.+-]+(;[a-z0-9-]+=[^;,]*)*;base64", re.IGNORECASE)
_DATA_URI_HEAD = 200

# A marker of JPEG outside of escaped (FF00), padding (FFFF) and restart (FFD0-FFD7) bytes.
_JPEG_MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")
_START_OF_SCAN, _END_OF_IMAGE, _WITHOUT_LENGTH = 0xDA, 0xD9, frozenset({0x01, 0xD8})
_MAX_SCANS = 64
_MAX_READS = 16_000

# HEIC is not accepted (docs/decisions/038): the brands of its file type box (ISO/IEC 23008-12). AVIF has others.
_HEIC = re.compile(rb"....ftyp(heic|heix|heim|heis|hevc|hevx|mif1|msf1)", re.DOTALL)

_TURNS = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}

# Set for the process, because `warnings.catch_warnings` is not safe in threads: a bomb stops at once, and
# damaged metadata, which Pillow reports line by line, cannot be used to fill the log.
warnings.filterwarnings("error", message="Image size .* could be decompression bomb")
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.TiffImagePlugin")


class Fetch(Protocol):
    """How the bytes behind a URL are had; `services.images.fetch.fetch`, or a test's own."""

    def __call__(self, url: str, *, max_bytes: int) -> Awaitable[bytes]: ...


_NO_LIMITS_GIVEN = ImageLimits()


async def normalise(img: str, *, limits: ImageLimits = _NO_LIMITS_GIVEN, fetch: Fetch = fetch) -> EncodedImage:
    """Encode the image of a data URI, of bare base64 or at a URL as JPEG or WebP; raises ImageInvalid."""
    if img[:8].lower().startswith(("http://", "https://")):
        content = await fetch(img, max_bytes=limits.max_bytes)
        return await asyncio.get_running_loop().run_in_executor(_WORKERS, _recode, content, limits)
    return await asyncio.get_running_loop().run_in_executor(_WORKERS, _recode_text, img, limits)


@cache
def _formats() -> list[str]:
    from PIL import features

    return ["PNG", "JPEG", "WEBP", "GIF", *(["AVIF"] if features.check("avif") else [])]


def _recode_text(img: str, limits: ImageLimits) -> EncodedImage:
    return _recode(_bytes_of_text(img, limits), limits)


def _recode(content: bytes, limits: ImageLimits) -> EncodedImage:
    if not content:
        raise ImageInvalid("The image is empty.")
    if len(content) > limits.max_bytes:
        raise too_large(limits.max_bytes)
    scans = _count_scans(content) if content.startswith(b"\xff\xd8") else 1
    if scans > _MAX_SCANS:
        raise ImageInvalid(f"The image has more than {_MAX_SCANS} scans, the most that are accepted in a JPEG.")
    return _encode(_decode(png.without_metadata(content), limits, in_one_pass=scans == 1))


def _bytes_of_text(img: str, limits: ImageLimits) -> bytes:
    """Return the bytes of a data URI or of bare base64. White space is ignored, since lines are often folded."""
    head, comma, _ = img[:_DATA_URI_HEAD].partition(",")
    is_uri = img[:5].lower() == "data:"
    if is_uri and not (comma and _DATA_URI.fullmatch(head)):
        raise ImageInvalid("The data URI is not that of an image in base64.")
    if len(img) > 2 * limits.max_bytes + _DATA_URI_HEAD:
        raise too_large(limits.max_bytes)
    try:
        packed = (img[len(head) + 1 :] if is_uri else img).encode("ascii").translate(None, b" \t\r\n")
        return b64decode(packed, validate=True)
    except ValueError:
        # `from None`: the exception holds the whole input.
        raise ImageInvalid("The image is neither a URL, nor a data URI, nor valid base64.") from None


def _decode(content: bytes, limits: ImageLimits, *, in_one_pass: bool) -> "Image.Image":
    from PIL import Image

    try:
        with Image.open(_PatientFile(content), formats=_formats()) as source:
            require_size(source.size, limits)
            return _upright_and_small(source, limits.max_side, in_one_pass=in_one_pass)
    except ImageInvalid:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise too_many_pixels(Image.MAX_IMAGE_PIXELS or limits.max_pixels, limits.max_pixels) from bomb
    except Exception as broken:
        # Pillow's decoders raise nearly anything on damaged files: OSError, SyntaxError, struct.error, …
        accepted = ", ".join(_formats())
        if _HEIC.match(content):
            raise ImageInvalid(f"The image is in HEIC, which is not accepted. Accepted are {accepted}.") from broken
        raise ImageInvalid(f"The image is not a whole file of one of {accepted}.") from broken


def _upright_and_small(source: "Image.Image", max_side: int, *, in_one_pass: bool) -> "Image.Image":
    from PIL.Image import Transpose

    sent, size = source.size, _size_within(source.size, max_side)
    buffered = 0 if in_one_pass else buffered_bytes(source)
    # A JPEG can be decoded at a half, quarter or eighth of its size; for other formats this does nothing.
    source.draft(None, size)
    require_memory(source, sent, buffered)
    source.load()
    turn = _TURNS.get(_orientation(source))
    image = _scaled(source, size)
    return image if turn is None else image.transpose(Transpose[turn])


def _size_within(size: tuple[int, int], max_side: int) -> tuple[int, int]:
    """Return the size with the same proportions and sides from 1 to `max_side`, never larger than `size`."""
    shrinking = min(1.0, max_side / max(size))
    return max(1, round(size[0] * shrinking)), max(1, round(size[1] * shrinking))


def _scaled(source: "Image.Image", size: tuple[int, int]) -> "Image.Image":
    """Return the decoded image at this size, as RGBA if it has transparency, else as RGB.

    It is a new image: Pillow writes the entries of `info` (comments, profiles) into files of some formats.
    """
    from PIL import Image

    mode = "RGBA" if source.has_transparency_data else "RGB"
    scaled = Image.new(mode, size)
    ratio = source.height / size[1]
    rows = max(1, int(_BAND / source.width / ratio))
    for top in range(0, size[1], rows):
        bottom = min(top + rows, size[1])
        # The filter looks at two rows of the result above and below.
        first, last = max(0, int((top - 3) * ratio)), min(source.height, ceil((bottom + 3) * ratio))
        band = _converted(source.crop((0, first, source.width, last)), mode)
        box = (0.0, top * ratio - first, float(source.width), min(bottom * ratio - first, band.height))
        scaled.paste(band.resize((size[0], bottom - top), Image.Resampling.BICUBIC, box), (0, top))
    return scaled


def _converted(band: "Image.Image", mode: str) -> "Image.Image":
    if band.mode.startswith("I"):
        # Pillow clips 16-bit grey to white where it should scale it.
        band = band.point(lambda value: value * (1 / 256)).convert("L")
    return band if band.mode == mode else band.convert(mode)


def _orientation(source: "Image.Image") -> int:
    """The EXIF orientation, 1 to 8; 1 (upright) if it is missing or the EXIF data cannot be read."""
    from PIL import ExifTags

    try:
        return int(source.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:
        # Metadata can be damaged in a file whose pixels are valid. Damaged pixels are found by decoding them.
        return 1


def _encode(image: "Image.Image") -> EncodedImage:
    buffer = io.BytesIO()
    if image.mode == "RGBA" and image.getchannel("A").getextrema() != (255, 255):
        image.save(buffer, "WEBP", quality=85)
        return EncodedImage(buffer.getvalue(), "image/webp")
    image.convert("RGB").save(buffer, "JPEG", quality=88)
    return EncodedImage(buffer.getvalue(), "image/jpeg")


def _count_scans(content: bytes) -> int:
    """In how many passes a JPEG draws itself; counted up to one more than any encoder makes (about ten).

    A pass over 40 megapixels is 60 bytes and 20 ms: a file of 12 MB could keep a worker busy for an hour.
    """
    scans = position = 0
    while scans <= _MAX_SCANS:
        found = _JPEG_MARKER.search(content, position)
        if found is None or found[1][0] == _END_OF_IMAGE:
            break
        marker, position = found[1][0], found.end()
        scans += marker == _START_OF_SCAN
        if marker not in _WITHOUT_LENGTH:
            position += int.from_bytes(content[position : position + 2], "big")
    return scans


class _PatientFile(io.BytesIO):
    """A file that can be read so many times and no more.

    Pillow reads headers piece by piece, and some of its work grows with the square of their number: a JPEG of
    nothing but tiny EXIF segments takes it most of a minute. Real files need hundreds of reads, big PNG
    files some thousands.
    """

    _reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self._reads += 1
        if self._reads > _MAX_READS:
            raise ImageInvalid(f"The image takes more than {_MAX_READS:,} reads, the most that are accepted.")
        return super().read(size)
