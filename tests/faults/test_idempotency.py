"""Repeated requests that reach another process, or this one after a crash: nothing is created twice."""

import threading
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx2
import pytest

from tests import templates
from tests.databases import fresh_postgres
from tests.faults.concurrency import concurrently
from tests.forked import Forked
from tests.idempotent import SET, ago, change_keys, count_sets, is_replayed, new_key, post
from tests.matrix import ENGINES, matrix
from tests.problems import problem
from tests.service import PATIENCE, Credentials, Person, Service, wait_until


# Both engines' statements are in tests/services/test_idempotency.py, a killed server on SQLite in test_killed.py.
@pytest.fixture(params=matrix(["postgresql"], full=ENGINES))
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated database."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'test.db'}"
        templates.prepare(url, {})
        yield url
    else:
        with fresh_postgres() as url:
            templates.prepare(url, {})
            yield url


@pytest.fixture
def mortal(database: str, tmp_path: Path) -> Iterator[Service]:
    """A server that tests may end."""
    service = Service(tmp_path, database_url=database)
    try:
        yield service.start(migrate=False)
    finally:
        service.close()


def _doom(service: Service, step: str) -> None:
    """Start the server anew, to end when it comes to this step."""
    service.stop()
    service.process = Forked("tests.faults.doomed", step, environment=service.environment, output=service.log)
    wait_until(service.is_alive, "the server to answer")


def _end_at(service: Service, step: str, who: Person, key: str) -> None:
    """A request that the server does not survive, and the server after it."""
    _doom(service, step)
    with pytest.raises(httpx2.HTTPError):
        post(who, "/sets", SET, key)
    assert service.process is not None
    assert service.process.wait(PATIENCE) < 0
    service.start(migrate=False)


def test_a_record_stored_before_a_crash_is_not_created_again(mortal: Service) -> None:
    person, key = mortal.sign_up(), new_key()
    _end_at(mortal, "keep", person, key)
    assert count_sets(person) == 1
    problem(post(person, "/sets", SET, key), 409, "idempotencyKeyInUse")
    change_keys(mortal, person.id, leased_until=ago(seconds=1))
    problem(post(person, "/sets", SET, key), 409, "idempotencyAnswerLost")
    assert count_sets(person) == 1


def test_what_a_crash_kept_from_being_stored_is_made_by_a_repeat(mortal: Service) -> None:
    person, key = mortal.sign_up(), new_key()
    _end_at(mortal, "mark_carried_out", person, key)
    assert count_sets(person) == 0
    problem(post(person, "/sets", SET, key), 409, "idempotencyKeyInUse")
    change_keys(mortal, person.id, leased_until=ago(seconds=1))
    replies = [post(person, "/sets", SET, key) for _ in range(2)]
    assert [is_replayed(reply) for reply in replies] == [False, True]
    assert count_sets(person) == 1


class Writer(threading.Thread):
    """A client that creates sets with idempotency keys until the server is gone."""

    def __init__(self, who: Person) -> None:
        super().__init__()
        self.who = who
        self.sent: list[str] = []
        self.answered: dict[str, bytes] = {}

    def run(self) -> None:
        while True:
            key = new_key()
            self.sent.append(key)
            try:
                reply = post(self.who, "/sets", {"name": key}, key)
            except httpx2.HTTPError:
                return
            assert reply.status_code == 201
            self.answered[key] = reply.content


def test_after_a_crash_under_load_repeats_make_each_thing_once(mortal: Service) -> None:
    person = mortal.sign_up()
    writers = [Writer(person) for _ in range(8)]
    for writer in writers:
        writer.start()
    wait_until(lambda: min(len(writer.answered) for writer in writers) >= 10, "some writes")
    mortal.stop(kill=True)
    for writer in writers:
        writer.join()
    mortal.start(migrate=False)
    change_keys(mortal, person.id, leased_until=ago(seconds=1))
    sent = [key for writer in writers for key in writer.sent]
    replies = {key: post(person, "/sets", {"name": key}, key) for key in sent}
    for writer in writers:
        for key, content in writer.answered.items():
            assert (replies[key].content, is_replayed(replies[key])) == (content, True)
    for reply in replies.values():
        if reply.status_code != 201:
            problem(reply, 409, "idempotencyAnswerLost")
    assert Counter(made["name"] for made in person.every("/sets", "sets")) == Counter(sent)


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Service, Service]]:
    """Two servers that share nothing but their database."""
    with fresh_postgres() as url:
        templates.prepare(url, {})
        secrets = {"secret_key": "s" * 32, "encryption_keys": "1:" + "QUFB" * 10 + "QUE="}
        folders = [tmp_path / name for name in ("one", "other")]
        for folder in folders:
            folder.mkdir()
        one, other = (
            Service(folder, database_url=url, public_url="http://api.example.org", **secrets) for folder in folders
        )
        try:
            yield one.start(migrate=False), other.start(migrate=False)
        finally:
            one.close()
            other.close()


def test_repeats_that_reach_two_processes_at_once_make_one_thing(pair: tuple[Service, Service]) -> None:
    person, key = pair[0].sign_up(), new_key()
    there = Credentials(pair[1], person.authorization)
    replies = concurrently([partial(post, who, "/sets", SET, key) for who in (person, there) for _ in range(10)])
    assert [reply.status_code for reply in replies] == [201] * 20
    assert len({reply.content for reply in replies}) == 1
    assert sum(not is_replayed(reply) for reply in replies) == 1
    assert count_sets(person) == 1
    assert is_replayed(post(there, "/sets", SET, key))
