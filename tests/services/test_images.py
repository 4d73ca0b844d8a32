"""Images from clients: accepted files, and their stored form."""

import asyncio
from base64 import b64encode
from typing import Any

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from services.images.decoding import normalise
from tests.services.image_files import (
    BLUE,
    FORMATS,
    GREEN,
    RED,
    data_uri,
    encoded,
    normalised,
    opened,
    refusal,
    two_halves,
)

ORIENTATION, GPS = 0x0112, 0x8825
SECRET = b"12 Secret Street"


def is_near(colour: object, wanted: tuple[int, ...]) -> bool:
    assert isinstance(colour, tuple)
    return all(abs(one - other) < 12 for one, other in zip(colour, wanted, strict=True))


@pytest.mark.parametrize("format", FORMATS)
def test_each_accepted_format_becomes_a_jpeg_with_the_same_pixels(format: str) -> None:
    result = normalised(encoded(two_halves(), format))
    image = opened(result)
    assert (result.media_type, image.size) == ("image/jpeg", (64, 32))
    assert is_near(image.getpixel((5, 5)), RED) and is_near(image.getpixel((60, 5)), BLUE)


@pytest.mark.parametrize("format", ["TIFF", "BMP", "ICO", "PPM", "TGA", "EPS", "PDF"])
def test_other_formats_are_refused_even_if_pillow_knows_them(format: str) -> None:
    assert "not a whole file" in refusal(data_uri(encoded(two_halves(), format)))


def test_bare_base64_with_line_breaks_is_accepted() -> None:
    packed = b64encode(encoded(two_halves(), "PNG")).decode()
    folded = "\r\n".join(packed[at : at + 76] for at in range(0, len(packed), 76)) + " \t\n"
    assert opened(asyncio.run(normalise(folded))).size == (64, 32)


def test_a_data_uri_may_have_parameters_and_capitals_and_lie_about_its_type() -> None:
    packed = b64encode(encoded(two_halves(), "PNG")).decode()
    for head in ("DATA:Image/PNG;BASE64", "data:image/svg+xml;charset=utf-8;base64"):
        assert opened(asyncio.run(normalise(f"{head},{packed}"))).size == (64, 32)


@pytest.mark.parametrize("url", ["http://images.example/a.png", "HTTPS://images.example/a.png"])
def test_a_url_is_fetched_with_the_limit_of_bytes(url: str) -> None:
    asked: list[tuple[str, int]] = []

    async def fetch(url: str, *, max_bytes: int) -> bytes:
        asked.append((url, max_bytes))
        return encoded(two_halves(), "PNG")

    assert opened(asyncio.run(normalise(url, fetch=fetch))).size == (64, 32)
    assert asked == [(url, 12_000_000)]


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "RGB"])
def test_transparency_is_kept_as_webp(mode: str) -> None:
    image = Image.new("RGBA", (40, 20), (*GREEN, 255))
    image.paste((0, 0, 0, 0), (0, 0, 20, 20))
    options: dict[str, object] = {}
    if mode == "RGB":  # one colour of an opaque image declared transparent
        image, options = image.convert("RGB"), {"transparency": (0, 0, 0)}
    result = normalised(encoded(image.convert(mode), "PNG", **options))
    alpha = opened(result).convert("RGBA").getchannel("A")
    assert result.media_type == "image/webp"
    assert (alpha.getpixel((5, 10)), alpha.getpixel((35, 10))) == (0, 255)


def test_an_alpha_channel_that_hides_nothing_becomes_a_jpeg() -> None:
    assert normalised(encoded(two_halves().convert("RGBA"), "PNG")).media_type == "image/jpeg"


def test_only_the_first_frame_of_an_animation_is_kept() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in (RED, BLUE)]
    result = normalised(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    image = opened(result)
    assert getattr(image, "n_frames", 1) == 1
    assert is_near(image.getpixel((4, 4)), RED)


def test_a_photo_with_several_images_in_it_is_accepted() -> None:
    content = encoded(two_halves(), "MPO", save_all=True, append_images=[Image.new("RGB", (64, 32))])
    assert is_near(opened(normalised(content)).getpixel((5, 5)), RED)


def test_sixteen_bit_grey_keeps_its_shades() -> None:
    assert opened(normalised(encoded(Image.new("I;16", (8, 8), 0x4000), "PNG"))).getpixel((4, 4)) == (64,) * 3


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "YCbCr"])
def test_every_colour_mode_becomes_rgb(mode: str) -> None:
    content = encoded(Image.new("RGB", (8, 8), "white").convert(mode), "JPEG" if mode in ("CMYK", "YCbCr") else "PNG")
    image = opened(normalised(content))
    assert image.mode == "RGB" and is_near(image.getpixel((4, 4)), (255, 255, 255))


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("size", [(3000, 1000), (1000, 3000), (4000, 1000)])
def test_a_large_image_is_scaled_down_in_proportion(format: str, size: tuple[int, int]) -> None:
    scale = 2000 / max(size)
    image = opened(normalised(encoded(two_halves(size), format)))
    assert image.size == (round(size[0] * scale), round(size[1] * scale))


def test_an_image_that_is_scaled_piece_by_piece_has_no_seams() -> None:
    wave = Image.linear_gradient("L").resize((2_400, 100))
    shades = Image.new("L", (2_400, 2_400))
    for top in range(0, 2_400, 200):
        shades.paste(wave, (0, top))
        shades.paste(wave.transpose(Image.Transpose.FLIP_TOP_BOTTOM), (0, top + 100))
    image = opened(normalised(encoded(shades, "PNG"))).convert("L")
    whole = shades.resize((2_000, 2_000), Image.Resampling.BICUBIC)
    column = (1_000, 0, 1_001, 2_000)
    pairs = zip(image.crop(column).tobytes(), whole.crop(column).tobytes(), strict=True)
    assert max(abs(one - other) for one, other in pairs) <= 4


def test_a_very_thin_image_keeps_at_least_one_pixel() -> None:
    assert opened(normalised(encoded(Image.new("RGB", (9000, 1)), "PNG"))).size == (2000, 1)


# The side on which the red half of `two_halves` is after each orientation was applied.
@pytest.mark.parametrize(
    ("orientation", "size", "red"),
    [
        (1, (64, 32), (5, 16)),
        (2, (64, 32), (59, 16)),
        (3, (64, 32), (59, 16)),
        (4, (64, 32), (5, 16)),
        (5, (32, 64), (16, 5)),
        (6, (32, 64), (16, 5)),
        (7, (32, 64), (16, 59)),
        (8, (32, 64), (16, 59)),
    ],
)
@pytest.mark.parametrize("format", FORMATS[:3] + FORMATS[4:])
def test_the_orientation_of_the_camera_is_applied(
    format: str, orientation: int, size: tuple[int, int], red: tuple[int, int]
) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    image = opened(normalised(encoded(two_halves(), format, exif=exif.tobytes())))
    opposite = (size[0] - 1 - red[0], size[1] - 1 - red[1])
    assert image.size == size
    assert is_near(image.getpixel(red), RED) and is_near(image.getpixel(opposite), BLUE)


@pytest.mark.filterwarnings("ignore")  # Pillow warns of the damage; the service keeps that out of its log
@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize(
    "damage",
    [b"Exif\0\0", b"Exif\0\0no TIFF", b"Exif\0\0MM\0*", b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x12" * 99],
)
def test_an_image_with_damaged_metadata_is_accepted(damage: bytes, format: str) -> None:
    assert opened(normalised(encoded(two_halves(), format, exif=damage))).size == (64, 32)


def with_metadata(image: Image.Image, format: str) -> bytes:
    """The image with the secret in every kind of metadata that the format has."""
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    exif.get_ifd(GPS)[1] = "N"
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", SECRET.decode())
    text.add_itxt("XML:com.adobe.xmp", SECRET.decode())
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes() + SECRET
    options: dict[str, dict[str, Any]] = {
        "PNG": {"pnginfo": text},
        "JPEG": {"comment": SECRET, "xmp": SECRET},
        "WEBP": {"xmp": SECRET},
    }
    return encoded(image, format, exif=exif.tobytes(), icc_profile=profile, **options[format]) + SECRET


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
def test_no_metadata_survives(format: str, mode: str) -> None:
    if (format, mode) == ("JPEG", "RGBA"):
        return
    source = Image.new(mode, (16, 16), (*RED, 90) if mode == "RGBA" else RED)
    content = with_metadata(source, format)
    assert content.count(SECRET) >= 2
    result = normalised(content)
    image = opened(result)
    assert SECRET not in result.content
    assert not dict(image.getexif())
    assert not {"exif", "icc_profile", "xmp", "comment", "Comment", "XML:com.adobe.xmp"} & set(image.info)


def test_a_gif_comment_does_not_survive() -> None:
    content = encoded(two_halves(), "GIF", comment=SECRET)
    assert SECRET in content
    result = normalised(content)
    assert SECRET not in result.content and not opened(result).info.get("comment")
