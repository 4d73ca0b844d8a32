"""Images for posts and for support."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest
from PIL import Image

from tests.forges import Forge
from tests.matrix import both_engines
from tests.problems import problem, unharmed
from tests.service import Person, Service
from tests.services.image_files import BLUE, RED, data_uri, encoded

_numbers = count(1)


def image(colour: tuple[int, int, int] = RED) -> str:
    """Return an image of one colour, as a data URI."""
    return data_uri(encoded(Image.new("RGB", (4, 4), colour), "PNG"))


def upload(**fields: Any) -> dict[str, Any]:
    """Return a body with an unused slug."""
    return {"type": "showcase", "subId": "main", "slug": f"coat-{next(_numbers)}-x", "img": image(), **fields}


@pytest.fixture
def curator(service: Service) -> Person:
    """A curator, who can replace and delete images."""
    return service.sign_up("curator")


@pytest.mark.parametrize(("sub_id", "end"), [("main", ""), ("1", "-1"), (9, "-9")])
@pytest.mark.parametrize("kind", ["blog", "showcase", "support"])
def test_an_image_is_named_by_kind_slug_and_number(alice: Person, kind: str, sub_id: object, end: str) -> None:
    body = upload(type=kind, subId=sub_id)
    reply = alice.post("/images/jwt", body)
    name = f"{kind}-{body['slug']}{end}"
    assert (reply.status_code, reply.json()) == (200, {"result": "success", "imgId": name})
    found = alice.service.http.get(f"/images/{name}")
    assert found.headers["content-type"] == "image/jpeg"
    assert found.headers["cache-control"] == "public, no-cache"


def test_without_credentials_only_support_is_taken(service: Service) -> None:
    assert service.http.post("/images", json=upload(type="support")).status_code == 200
    for kind in ("blog", "showcase"):
        reply = service.http.post("/images", json=upload(type=kind))
        problem(reply, 401, "unauthorized")
        assert "Bearer" in reply.headers["www-authenticate"]


def test_only_images_that_were_uploaded_without_credentials_will_expire(alice: Person, curator: Person) -> None:
    mine, anonymous = upload(type="support"), upload(type="support")
    assert alice.post("/images", mine).status_code == 200
    name = alice.service.http.post("/images", json=anonymous).json()["imgId"]
    expiring = {file.name for file in (alice.service.data / "images" / "anonymous").iterdir()}
    assert name in expiring and f"support-{mine['slug']}" not in expiring
    # In every other way it is an image like any other.
    first = alice.service.http.get(f"/images/{name}")
    assert first.status_code == 200
    problem(alice.post("/images", anonymous), 409, "imageExists")
    assert curator.post("/images", {**anonymous, "img": image(BLUE)}).status_code == 200
    assert alice.service.http.get(f"/images/{name}").content != first.content
    assert curator.delete(f"/images/{name}").status_code == 204
    problem(alice.service.http.get(f"/images/{name}"), 404, "notFound")


def test_a_key_that_may_only_authenticate_adds_none(alice: Person) -> None:
    problem(alice.new_key(0).post("/images", upload()), 403, "insufficientAccessLevel")
    assert alice.new_key(1).post("/images", upload()).status_code == 200


def test_others_only_add_and_curators_replace(alice: Person, bob: Person, curator: Person) -> None:
    body = upload(type="support")
    name = alice.post("/images", body).json()["imgId"]
    first = alice.service.http.get(f"/images/{name}")
    body["img"] = image(BLUE)
    for reply in (
        alice.post("/images", body),
        bob.post("/images", body),
        alice.service.http.post("/images", json=body),
    ):
        problem(reply, 409, "imageExists")
    assert alice.service.http.get(f"/images/{name}").content == first.content
    assert curator.post("/images", body).status_code == 200
    again = alice.service.http.get(f"/images/{name}", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 200 and again.content != first.content


def test_two_that_make_the_same_name_do_not_overwrite_each_other(alice: Person) -> None:
    slug = f"same-{next(_numbers)}"
    assert alice.post("/images", upload(slug=slug, subId="1")).json()["imgId"] == f"showcase-{slug}-1"
    problem(alice.post("/images", upload(slug=f"{slug}-1", subId="main")), 409, "imageExists")


@both_engines
def test_of_many_at_once_one_adds(alice: Person) -> None:
    body = upload()
    with ThreadPoolExecutor(6) as pool:
        statuses = sorted(reply.status_code for reply in pool.map(lambda _: alice.post("/images", body), range(6)))
    assert statuses == [200, 409, 409, 409, 409, 409]


def test_an_image_reserves_its_slug_without_a_request_to_the_forge(forge: Forge, alice: Person) -> None:
    body = upload(type="blog")
    alice.post("/images", body)
    assert alice.get(f"/slugs/blog/{body['slug']}").status_code == 200
    assert forge.asked == []
    assert alice.get(f"/slugs/showcase/{body['slug']}").status_code == 404


def test_a_curator_can_remove_an_image_once(alice: Person, curator: Person) -> None:
    name = alice.post("/images", upload()).json()["imgId"]
    problem(alice.delete(f"/images/{name}"), 403, "insufficientAccessLevel")
    assert curator.delete(f"/images/{name}/jwt").status_code == 204
    problem(alice.service.http.get(f"/images/{name}"), 404, "notFound")
    problem(curator.delete(f"/images/{name}"), 404, "notFound")


def test_images_of_records_cannot_be_removed_by_name(alice: Person, curator: Person) -> None:
    name = alice.new_set(img=image())["img"]
    for other in (name, "default-avatar", "blog-%2e%2e", "blog-A"):
        problem(curator.delete(f"/images/{other}"), 404, "notFound")
    assert alice.service.http.get(f"/images/{name}").status_code == 200


@pytest.mark.parametrize(
    "what",
    [
        {"img": "AAAA"},
        {"img": "default-avatar"},
        {"img": data_uri(b"<svg/>")},
        {"url": "http://127.0.0.1/x.png"},
        {"url": "http://169.254.169.254/"},
    ],
)
def test_an_invalid_image_is_rejected_and_reserves_no_name(alice: Person, what: dict[str, str]) -> None:
    body = {"type": "blog", "subId": "main", "slug": f"bad-{next(_numbers)}", **what}
    with unharmed(alice.service):
        problem(alice.post("/images", body), 400, "imgInvalid")
    assert alice.service.http.get(f"/images/blog-{body['slug']}").status_code == 404
