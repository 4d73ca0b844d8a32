"""Social images, as clients receive them."""

import io

import pytest
from PIL import Image

from tests.service import Service

SHAPES = [("wide", (1200, 630)), ("square", (1080, 1080)), ("tall", (1080, 1920)), ("blog", (1200, 630))]


@pytest.mark.parametrize(("type", "size"), SHAPES)
def test_anyone_gets_a_png_of_the_shape_asked_for(service: Service, type: str, size: tuple[int, int]) -> None:
    reply = service.http.post("/img", json={"title": "Як шити", "intro": "Сорочка", "type": type, "site": "org"})
    assert (reply.status_code, reply.headers["content-type"]) == (200, "image/png")
    with Image.open(io.BytesIO(reply.content)) as image:
        assert (image.format, image.size) == ("PNG", size)


def test_the_same_words_are_the_same_bytes_for_any_cache(service: Service) -> None:
    one, same, other = (service.http.post("/img", json={"title": title}) for title in ("A", "A", "B"))
    assert one.content == same.content != other.content
    assert one.headers["etag"] == same.headers["etag"] != other.headers["etag"]
    assert one.headers["etag"].startswith('"')
    assert one.headers["cache-control"] == "public, max-age=86400"


@pytest.mark.parametrize("text", ["W", "😀", "\u202e", "\n", "\u0000", "שלום ", "漢字"])
def test_the_longest_of_any_text_is_drawn(service: Service, text: str) -> None:
    longest = {"title": 200, "intro": 600, "type": 40, "site": 100}
    reply = service.http.post("/img", json={name: (text * size)[:size] for name, size in longest.items()})
    assert reply.status_code == 200
