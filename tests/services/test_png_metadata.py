"""PNG files with large texts and colour profiles: they are removed unread, whatever they would decompress to."""

import zlib

import pytest
from PIL import Image, PngImagePlugin

from services.images import png
from tests.services.image_files import data_uri, encoded, normalised, opened, refusal, two_halves

IMAGE = encoded(two_halves(), "PNG")
# More than Pillow decompresses: 1 MB of a chunk, 64 MB of all.
LARGE = b"x" * 2_000_000


def chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def with_chunks(*chunks: bytes) -> bytes:
    """A PNG with these between its header and its pixels."""
    head = len(png.SIGNATURE) + 25
    return IMAGE[:head] + b"".join(chunks) + IMAGE[head:]


@pytest.mark.parametrize(
    "chunks",
    [
        [chunk(b"zTXt", b"Comment\0\0" + zlib.compress(LARGE))],
        [chunk(b"iTXt", b"Comment\0\1\0\0\0" + zlib.compress(LARGE))],
        [chunk(b"iCCP", b"profile\0\0" + zlib.compress(LARGE))],
        [chunk(b"iCCP", b"profile\0\1damaged")],
        [chunk(b"tEXt", b"Comment\0" + LARGE)],
        [chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"x" * 900_000))] * 80,
        [chunk(b"tEXt", b"Raw profile type exif\0" + LARGE)] * 5,
    ],
    ids=["zTXt", "iTXt", "iCCP", "unknown compression", "tEXt", "many", "EXIF"],
)
def test_texts_and_profiles_of_any_size_are_removed(chunks: list[bytes]) -> None:
    content = with_chunks(*chunks)
    assert png.without_metadata(content) == IMAGE
    assert opened(normalised(content)).size == (64, 32)


def test_texts_behind_the_pixels_are_removed_too() -> None:
    content = IMAGE[:-12] + chunk(b"zTXt", b"Comment\0\0" + zlib.compress(LARGE)) + IMAGE[-12:]
    assert opened(normalised(content)).size == (64, 32)


@pytest.mark.parametrize("kind", ["xmp", "raw exif"])
def test_an_orientation_in_a_text_still_counts(kind: str) -> None:
    info = PngImagePlugin.PngInfo()
    if kind == "xmp":
        info.add_itxt("XML:com.adobe.xmp", '<rdf:Description tiff:Orientation="6"/>')
    else:
        exif = Image.Exif()
        exif[0x0112] = 6
        digits = exif.tobytes().hex()
        lines = "\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
        info.add_text("Raw profile type exif", f"\nexif\n{len(digits) // 2:8}\n{lines}\n", zip=True)
    content = encoded(two_halves(), "PNG", pnginfo=info)
    assert opened(normalised(content)).size == (32, 64)


def test_a_file_of_endless_chunks_is_rejected_by_their_number() -> None:
    content = with_chunks(chunk(b"tEXt", b"a\0b") * 16_001)
    assert refusal(data_uri(content)) == "The image has more than 16,000 chunks, the most that are accepted in a PNG."


def test_a_damaged_file_and_other_formats_are_left_as_they_are() -> None:
    jpeg = encoded(two_halves(), "JPEG")
    for content in (b"", jpeg, IMAGE, IMAGE[:50], IMAGE[:35], png.SIGNATURE, png.SIGNATURE + b"\xff" * 20):
        assert png.without_metadata(content) == content


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"mif1"])
def test_heic_is_rejected_with_the_formats_that_are_accepted(brand: bytes) -> None:
    content = b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0mif1heic" + b"\0" * 100
    detail = refusal(data_uri(content, "image/heic"))
    assert detail.startswith("The image is in HEIC, which is not accepted. Accepted are PNG, JPEG, WEBP, GIF")
