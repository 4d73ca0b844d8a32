"""Images of records: their stored form, and rejected files."""

from base64 import b64encode
from io import BytesIO
from typing import Any

from PIL import Image

from tests.contract.checks.kinds import SET
from tests.contract.checks.problems import is_problem
from tests.contract.deployment import Deployment

MOST = 2000
# EXIF tags: the rotation and the author of an image.
ORIENTATION, ARTIST = 0x0112, 0x013B
TURNED = 6


def an_image(width: int, height: int, form: str = "PNG", **options: Any) -> str:
    """An image of this size, as a data URI."""
    written = BytesIO()
    Image.new("RGB", (width, height), "teal").save(written, form, **options)
    return f"data:image/{form.lower()};base64,{b64encode(written.getvalue()).decode()}"


def _stored(there: Deployment, name: str) -> Image.Image:
    reply = there.call("read_image", id=name)
    assert reply.status_code == 200, f"a stored image is answered {reply.status_code}"
    return Image.open(BytesIO(reply.content))


def test_an_empty_image_is_none(there: Deployment) -> None:
    made = SET.make(there, img=an_image(8, 8))
    assert made["img"] != "default-avatar", "an image was not stored"
    for nothing in ("", "default-avatar"):
        changed = there.call("update_set", there.alice, id=made["id"], json={"img": nothing}).json()["set"]
        assert changed["img"] == "default-avatar", f"{nothing!r} is not taken for no image"
    SET.remove(there, made)


def test_an_image_is_scaled_and_stored_without_metadata(there: Deployment) -> None:
    metadata = Image.Exif()
    metadata[ORIENTATION], metadata[ARTIST] = TURNED, "a stranger"
    made = SET.make(there, img=an_image(2400, 1200, "JPEG", exif=metadata.tobytes()))
    kept = _stored(there, made["img"])
    assert kept.size == (MOST // 2, MOST), f"an image is not turned upright and scaled: {kept.size}"
    assert not dict(kept.getexif()) and "exif" not in kept.info, "an image keeps its metadata"
    SET.remove(there, made)


def test_a_file_that_is_no_image_is_rejected(there: Deployment) -> None:
    for wrong in ("data:image/png;base64,bm90IGFuIGltYWdl", "neither base64 nor an address", "ftp://example.org/a"):
        reply = there.call("create_set", there.alice, json={"name": "contract", "img": wrong})
        is_problem(reply, 400, "imgInvalid")


def test_an_image_of_too_many_pixels_is_rejected(there: Deployment) -> None:
    too_large = an_image(6400, 6400, "GIF")
    reply = there.call("create_set", there.alice, json={"name": "contract", "img": too_large})
    is_problem(reply, 400, "imgInvalid")
    limit = "The image has 40.96 megapixels; at most 40 are accepted."
    assert reply.json()["detail"] == limit, "the error of an image does not name the limit"


def test_a_new_image_has_a_new_name_and_is_cached_for_ever(there: Deployment) -> None:
    made = SET.make(there, img=an_image(8, 8))
    changed = there.call("update_set", there.alice, id=made["id"], json={"img": an_image(9, 9)}).json()["set"]
    assert changed["img"] != made["img"], "a new image has the name of the one before"
    reply = there.call("read_image", id=changed["img"])
    assert "immutable" in reply.headers["cache-control"], "an image of a record is not cached for ever"
    is_problem(there.call("read_image", id="set-" + "a" * 24), 404, "notFound")
    SET.remove(there, made)
