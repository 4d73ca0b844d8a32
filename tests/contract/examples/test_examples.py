"""Every example of a request is accepted when it is sent to the server as it stands."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.contract.examples import requests
from tests.contract.examples.arranging import World, arrange
from tests.contract.examples.requests import FILE, Example
from tests.forges import serving, settings_for
from tests.forges.github import GitHub
from tests.interchange.files import tape
from tests.service import PASSWORD, Person, Service

# What no arrangement can make acceptable: the documented status, and why.
REFUSED = {
    "download_export": (404, "The token is signed with the key of another server."),
    "delete_image": (404, "All accounts without an image use the default image, which cannot be removed."),
}
EXAMPLES = list(requests.all_examples())
WITH_TAG = list(requests.with_parameter("If-Match"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server of its own: the examples say that its first account is called `alice`."""
    with serving(GitHub()) as there:
        service = Service(tmp_path_factory.mktemp("examples"), **settings_for(there))
        try:
            yield service.start()
        finally:
            service.close()


@pytest.fixture(scope="module")
def alice(server: Service) -> Person:
    """The first account."""
    alice = server.sign_up()
    assert alice.id == 1
    assert alice.patch("/account", {"username": "alice", "password": PASSWORD}).status_code == 200
    return alice


@pytest.fixture
def world(server: Service, alice: Person) -> World:
    """What the examples speak of."""
    return World(server, server.sign_up("admin"), alice)


def sent(world: World, example: Example) -> httpx2.Response:
    """The reply to the example."""
    headers = {"Authorization": world.caller.authorization, **example.headers}
    body: dict[str, Any] = {}
    if example.media_type == FILE:
        # A file has no example: any that `format` names.
        body = {"content": tape({"bust_circ": "92", "waist_circ": "76"}, unit="cm")}
        headers["Content-Type"] = FILE
    elif example.media_type == "multipart/form-data":
        body = {"files": {name: (None, value) for name, value in example.body.items()}}
    elif example.body is not None:
        body = {"json" if example.media_type == "application/json" else "data": example.body}
    return world.service.http.request(example.method, example.path, params=example.query, headers=headers, **body)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_is_accepted_as_it_stands(world: World, example: Example) -> None:
    arrange(world, example.operation, example.path)
    reply = sent(world, example)
    if example.operation in REFUSED:
        status, _reason = REFUSED[example.operation]
        assert reply.status_code == status, reply.text
    else:
        hint = "is the record of this path created in arranging.py?" if reply.status_code in (403, 404) else ""
        assert 200 <= reply.status_code < 400, f"{reply.text} {hint}"


@pytest.mark.parametrize("example", WITH_TAG, ids=lambda example: example.name)
def test_the_tag_of_the_examples_is_that_of_no_record(world: World, example: Example) -> None:
    arrange(world, example.operation, example.path)
    assert sent(world, example).status_code == 412
