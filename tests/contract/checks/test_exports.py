"""Exports: all that an account owns, in one file."""

import re
from typing import Any
from urllib.parse import urlsplit

from tests.contract.checks.kinds import BOOKMARK, PATTERN, SET
from tests.contract.deployment import Deployment
from tests.service import Person

KINDS = (SET, PATTERN, BOOKMARK)


def _export(there: Deployment, person: Person) -> str:
    reply = there.call("export_account", person)
    assert reply.status_code == 200, f"an export is answered {reply.status_code}"
    address: str = reply.json()["data"]
    return urlsplit(address).path[len(urlsplit(there.url).path) :]


def _read(there: Deployment, path: str) -> Any:
    return there.http.get(path)


def test_an_export_holds_what_the_account_owns(there: Deployment) -> None:
    made = [(kind, kind.make(there)) for kind in KINDS]
    path = _export(there, there.alice)
    assert re.fullmatch(r"/exports/[\w.-]{40,}", path), "the address of an export can be guessed"
    reply = _read(there, path)
    there.book.hold("download_export", reply)
    for kind, record in made:
        held = [one["id"] for one in reply.json()[kind.many]]
        assert record["id"] in held, f"an export lacks a {kind.noun}"
        kind.remove(there, record)
    happened = [one["createdAt"] for one in reply.json()["events"]]
    assert happened and happened == sorted(happened, reverse=True), "events of an export are not newest first"
    assert not any(one["current"] for one in reply.json()["sessions"]), "a session of an export is current"


def test_an_export_ends_with_its_session(there: Deployment) -> None:
    first, second = there.new_session(), there.new_session()
    path = _export(there, first)
    assert _read(there, path).status_code == 200
    session = next(one for one in there.call("list_sessions", first).json()["sessions"] if one["current"])
    there.call("end_session", second, id=session["id"])
    assert _read(there, path).status_code == 404, "an export can be read after its session has ended"


def test_all_data_is_streamed(there: Deployment) -> None:
    reply = there.call("read_all_data", there.alice, id=there.alice.id)
    assert not {"content-length", "etag"} & set(reply.headers), "the reply with all data has a length or a tag"
    assert {"sets", "patterns", "bookmarks", "apikeys"} <= set(reply.json()["data"])
