"""The server is killed under load, several times: acknowledged changes are stored, and it starts without repair."""

import threading
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from tests.databases import fresh_postgres
from tests.handlers.database import execute
from tests.service import Person, Service, wait_until

KILLS = 3
WRITERS = 6
Sets = dict[int, dict[str, Any]]


@pytest.fixture(params=("sqlite", "postgresql"))
def mortal(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server that a test may kill."""
    data = tmp_path_factory.mktemp("killed")
    if request.param == "sqlite":
        yield from _closing(Service(data))
    else:
        with fresh_postgres() as url:
            yield from _closing(Service(data, database_url=url))


def _closing(service: Service) -> Iterator[Service]:
    try:
        yield service.start()
    finally:
        service.close()


class Writer(threading.Thread):
    """A client that creates, changes and removes sets until the server is gone, and records acknowledged changes."""

    def __init__(self, who: Person) -> None:
        super().__init__()
        self.who = who
        self.kept: Sets = {}
        self.removed: set[int] = set()
        # Sets whose change was not answered: it may be stored or not.
        self.open: set[int] = set()
        self.acknowledged = 0
        self.refused: list[str] = []

    def run(self) -> None:
        try:
            while not self.refused:
                made = self._done(self.who.post("/sets", {"name": self.name, "measies": {"chest": 900}}), 201)
                self.kept[made["id"]] = made
                self._change(made["id"])
        except httpx2.HTTPError:
            return

    def _change(self, set_id: int) -> None:
        self.open.add(set_id)
        if self.acknowledged % 3:
            change = {"name": f"changed {self.acknowledged}", "measies": {"waist": self.acknowledged}}
            self.kept[set_id] = self._done(self.who.patch(f"/sets/{set_id}", change), 200)
        else:
            self._done(self.who.delete(f"/sets/{set_id}"), 204)
            del self.kept[set_id]
            self.removed.add(set_id)
        self.open.discard(set_id)

    def _done(self, reply: httpx2.Response, status: int) -> dict[str, Any]:
        if reply.status_code != status:
            self.refused.append(reply.text)
        self.acknowledged += 1
        made: dict[str, Any] = reply.json()["set"] if reply.content and status < 204 else {}
        return made


def killed_under_load(service: Service, person: Person) -> list[Writer]:
    """What each writer had acknowledged when the server was killed."""
    writers = [Writer(person) for _ in range(WRITERS)]
    for writer in writers:
        writer.start()
    wait_until(lambda: min(writer.acknowledged for writer in writers) >= 12, "some writes")
    service.stop(kill=True)
    for writer in writers:
        writer.join()
    return writers


def test_a_server_that_is_killed_again_and_again_keeps_all_that_it_acknowledged(mortal: Service) -> None:
    person = mortal.sign_up()
    kept: Sets = {}
    in_doubt: set[int] = set()
    for _ in range(KILLS):
        writers = killed_under_load(mortal, person)
        assert not [reason for writer in writers for reason in writer.refused]
        mortal.start(migrate=False)
        assert person.new_set()["name"] == "a set"
        there = {made["id"]: made for made in person.every("/sets", "sets")}
        kept |= {set_id: made for writer in writers for set_id, made in writer.kept.items()}
        in_doubt |= {set_id for writer in writers for set_id in writer.open}
        certain = {set_id: made for set_id, made in kept.items() if set_id not in in_doubt}
        assert {set_id: there.get(set_id) for set_id in certain} == certain
        assert not {set_id for writer in writers for set_id in writer.removed} & set(there)
        # Besides these, at most the request of each writer that was not answered.
        unasked = {set_id for set_id, made in there.items() if made["name"].startswith("Thread")} - set(kept)
        assert len(unasked) <= WRITERS * KILLS
    _assert_sound(mortal)


def _assert_sound(service: Service) -> None:
    if service.database_url.startswith("sqlite"):
        assert execute(service, text("PRAGMA integrity_check")) == [("ok",)]
        assert execute(service, text("PRAGMA foreign_key_check")) == []
