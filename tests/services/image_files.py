"""Image files for tests, and their decoding and encoding."""

import asyncio
import io
from base64 import b64encode

import pytest
from PIL import Image, features

from core.errors import ImageInvalid
from services.images.decoding import normalise
from services.images.limits import ImageLimits
from services.images.store import EncodedImage

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def encoded(image: Image.Image, format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def data_uri(content: bytes, media_type: str = "image/png") -> str:
    return f"data:{media_type};base64,{b64encode(content).decode()}"


def normalised(content: bytes, limits: ImageLimits | None = None) -> EncodedImage:
    return asyncio.run(normalise(data_uri(content), limits=limits or ImageLimits()))


def opened(encoded_image: EncodedImage) -> Image.Image:
    image = Image.open(io.BytesIO(encoded_image.content))
    assert Image.MIME[image.format or ""] == encoded_image.media_type
    return image


def refusal(img: str, limits: ImageLimits | None = None) -> str:
    with pytest.raises(ImageInvalid) as refused:
        asyncio.run(normalise(img, limits=limits or ImageLimits()))
    return refused.value.detail


def two_halves(size: tuple[int, int] = (64, 32)) -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (size[0] // 2, 0, *size))
    return image


FORMATS = ["PNG", "JPEG", "WEBP", "GIF", *(["AVIF"] if features.check("avif") else [])]
