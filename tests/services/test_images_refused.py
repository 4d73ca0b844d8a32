"""Images from clients: rejected files, and the limits."""

import asyncio
import struct
import subprocess
import sys
import zlib
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from core.errors import ImageInvalid
from services.images.decoding import normalise
from services.images.limits import ImageLimits
from services.images.store import EncodedImage
from tests.service import ROOT
from tests.services.image_files import FORMATS, data_uri, encoded, normalised, opened, refusal, two_halves


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_of(width: int, height: int, pixels: bytes) -> bytes:
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", zlib.compress(pixels)) + png_chunk(b"IEND", b"")


PNG = encoded(two_halves(), "PNG")


@pytest.mark.parametrize(
    "img",
    [
        "",
        "   ",
        "data:",
        "data:,",
        "data:image/png;base64,",
        "data:image/png," + b64encode(PNG).decode(),
        "data:text/html;base64," + b64encode(PNG).decode(),
        "data:" + "image/png;" * 1000 + "base64,AAAA",
        "file:///etc/passwd",
        "ftp://images.example/a.png",
        "/etc/passwd",
        "default-avatar",
        "AAA",
        "AAAA=AAA",
        "iVBO!Rw0",
        "iVBOéRw0",
        "\ud800\udc00AA",
        "A\0AA",
        b64encode(PNG).decode().replace("/", "_").replace("+", "-")[:-1],
        b64encode(b"a text, secret-input").decode(),
        b64encode(b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>').decode(),
        b64encode(b"GIF89a" + b"\0" * 7).decode(),
        b64encode(png_of(0, 5, b"")).decode(),
        b64encode(png_of(5, 0, b"")).decode(),
        b64encode(PNG[:-1] + b"\xff" * 40)[:60].decode(),
    ],
)
def test_a_file_that_is_no_image_is_refused_without_an_echo(img: str) -> None:
    detail = refusal(img)
    assert detail.endswith(".") and detail.isascii() and len(detail) < 100
    assert not img.strip() or img not in detail
    assert "secret-input" not in detail and "passwd" not in detail


@pytest.mark.parametrize("format", FORMATS)
def test_a_file_cut_short_anywhere_is_refused_or_whole_but_never_an_accident(format: str) -> None:
    whole = encoded(two_halves((160, 120)), format)
    assert "not a whole file" in refusal(data_uri(whole[: len(whole) // 2]))
    for length in range(1, len(whole), max(1, len(whole) // 25)):
        try:
            assert opened(normalised(whole[:length])).size == (160, 120)
        except ImageInvalid as refused:
            assert refused.detail


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("format", FORMATS)
def test_damage_anywhere_never_raises_anything_of_pillow(format: str) -> None:
    whole = encoded(two_halves((40, 30)), format)
    for position in range(0, len(whole), max(1, len(whole) // 60)):
        damaged = whole[:position] + bytes([whole[position] ^ 0xFF]) + whole[position + 1 :]
        try:
            opened(normalised(damaged))
        except ImageInvalid as refused:
            assert refused.detail


@pytest.mark.parametrize(
    "stray", ["!", "-", "_", "=", "\0", "\N{NO-BREAK SPACE}", "\N{FULLWIDTH LATIN SMALL LETTER A}"]
)
def test_a_stray_character_in_good_base64_is_refused(stray: str) -> None:
    packed = b64encode(PNG).decode()
    assert "valid base64" in refusal(packed[:40] + stray + packed[40:])


def test_more_bytes_than_allowed_are_refused() -> None:
    limits = ImageLimits(max_bytes=len(PNG))
    assert normalised(PNG, limits).media_type == "image/jpeg"
    assert "larger than" in refusal(data_uri(PNG + b"\0"), limits)
    assert refusal("A" * 30_000_000) == "The image is larger than 12 MB, the most that is accepted."


def test_a_fetched_image_is_held_to_the_limit_too() -> None:
    async def fetch(url: str, *, max_bytes: int) -> bytes:
        return b"\0" * (max_bytes + 1)

    with pytest.raises(ImageInvalid, match="larger than"):
        asyncio.run(normalise("https://images.example/", fetch=fetch))


# A header alone: were the pixels decoded, the refusal would be that the file is not whole.
@pytest.mark.parametrize("size", [(40_000, 1001), (10_000, 9_000), (12_000, 12_000), (60_000, 60_000)])
def test_a_bomb_is_refused_by_its_header(size: tuple[int, int]) -> None:
    detail = refusal(data_uri(png_of(*size, b"")))
    # Above 89 megapixels Pillow does not say how many there are.
    has = "40.04 megapixels" if size[0] * size[1] < 89_000_000 else "more than 89 megapixels"
    assert detail == f"The image has {has}; at most 40 are accepted."


def test_pixels_up_to_the_limit_are_accepted() -> None:
    limits = ImageLimits(max_pixels=64 * 32)
    assert opened(normalised(PNG, limits)).size == (64, 32)
    assert "pixels" in refusal(data_uri(PNG), ImageLimits(max_pixels=64 * 32 - 1))
    least = "The image has 40.01 megapixels; at most 40 are accepted."
    assert refusal(data_uri(png_of(40_000_001, 1, b""))) == least
    assert refusal(data_uri(png_of(65_536, 1, b""))) == (
        "The image has a side of 65,536 pixels; at most 65,535 are accepted."
    )


@pytest.mark.parametrize(
    ("format", "options", "side", "detail"),
    [
        ("PNG", {}, 4_800, "23.04 megapixels; at most 16 are accepted as PNG (RGB)"),
        ("WEBP", {"lossless": True, "method": 0}, 2_400, "5.76 megapixels; at most 4 are accepted as WEBP (RGB)"),
        ("JPEG", {"progressive": True}, 5_500, "30.25 megapixels; at most 16 are accepted as progressive JPEG"),
    ],
    ids=["PNG", "WEBP", "JPEG"],
)
def test_an_image_that_takes_too_much_memory_is_rejected(
    format: str, options: dict[str, Any], side: int, detail: str
) -> None:
    content = encoded(Image.new("RGB", (side, side)), format, **options)
    assert refusal(data_uri(content)) == f"The image has {detail}."


# The most memory that a process has had, as Linux tells it.
MEASURED = """
import re, sys
from services.images.limits import ImageLimits
from services.images.decoding import _recode
used = lambda: int(re.search("VmHWM: *\\t* *(\\d+) kB", open("/proc/self/status").read())[1])
for path in sys.argv[1:]:
    content = open(path, "rb").read()
    before = used()
    _recode(content, ImageLimits())
    print(used() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="no /proc")
def test_the_largest_images_take_less_than_120_mb(tmp_path: Path) -> None:
    largest = {
        "small": encoded(Image.new("RGB", (9, 9)), "PNG"),
        "jpeg": encoded(Image.new("RGB", (6_300, 6_300)), "JPEG"),
        "webp": encoded(Image.new("RGBA", (1_990, 1_990), (9, 9, 9, 9)), "WEBP", lossless=True, method=0),
        "png": encoded(Image.new("RGBA", (3_990, 3_990), (9, 9, 9, 9)), "PNG", compress_level=1),
    }
    for name, content in largest.items():
        (tmp_path / name).write_bytes(content)
    paths = [str(tmp_path / name) for name in largest]
    ran = subprocess.run(
        [sys.executable, "-c", MEASURED, *paths], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert sum(int(line) for line in ran.stdout.split()[1:]) < 120_000


def progressive_jpeg(extra_scans: int) -> bytes:
    whole = encoded(two_halves(), "JPEG", progressive=True)
    last_scan = whole[whole.rindex(b"\xff\xda") : -2]
    return whole[:-2] + last_scan * extra_scans + b"\xff\xd9"


def test_a_jpeg_of_endless_passes_is_refused_and_a_progressive_one_is_not() -> None:
    assert opened(normalised(progressive_jpeg(0))).size == (64, 32)
    assert refusal(data_uri(progressive_jpeg(100))) == (
        "The image has more than 64 scans, the most that are accepted in a JPEG."
    )


def test_what_looks_like_passes_in_metadata_or_behind_the_end_does_not_count() -> None:
    whole = encoded(two_halves(), "JPEG", comment=b"\xff\xda" * 500)
    assert opened(normalised(whole + b"\xff\xda" * 500)).size == (64, 32)


def test_a_jpeg_of_endless_segments_is_refused() -> None:
    whole = encoded(two_halves(), "JPEG")
    segment = b"\xff\xe1\x00\x09Exif\0\0A"
    assert refusal(data_uri(whole[:2] + segment * 10_000 + whole[2:])) == (
        "The image takes more than 16,000 reads, the most that are accepted."
    )


def test_concurrent_images_are_all_decoded() -> None:
    async def all_of_them() -> list[EncodedImage]:
        return await asyncio.gather(*(normalise(data_uri(PNG)) for _ in range(20)))

    assert len({image.content for image in asyncio.run(all_of_them())}) == 1
