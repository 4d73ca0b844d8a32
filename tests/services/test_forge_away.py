"""A forge that is down, slow, broken or rejects requests: one error, nothing half done, and no secret revealed."""

import asyncio
import logging
import socket
from collections.abc import Iterator
from time import monotonic
from typing import Any

import pytest

from services.forge import code_forge
from services.forge.api import Issue
from services.forge.code_forge import CodeForge
from tests.forges import TOKEN, Forge
from tests.service import wait_until
from tests.services.forging import KINDS, at, done, fails, place, post, running

CONTENTS = "/contents/markdown/org/blog/hello(/en.md)?"
NEW_BRANCH = "/branches/post-blog-hello"
# What opening a post asks for, in this order.
STEPS = {
    "github": [
        ("GET", "/branches/main"),
        ("GET", CONTENTS),
        ("POST", "/git/trees"),
        ("POST", "/git/commits"),
        ("POST", "/git/refs"),
        ("POST", "/pulls"),
    ],
    "forgejo": [("GET", "/branches/main"), ("GET", CONTENTS), ("POST", CONTENTS), ("POST", "/pulls")],
}
EVERY_STEP = [(kind, *step) for kind, steps in STEPS.items() for step in steps]


@pytest.fixture(params=list(KINDS))
def there(request: pytest.FixtureRequest) -> Iterator[Forge]:
    with running(request.param) as forge_there:
        yield forge_there


@pytest.fixture(autouse=True)
def no_secret_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever happens, no log holds the token."""
    caplog.set_level(logging.DEBUG)
    yield
    assert TOKEN not in caplog.text


BROKEN: list[dict[str, Any]] = [
    {"status": 500},
    {"status": 502, "raw": b"<html>Bad Gateway</html>"},
    {"status": 503},
    {"status": 429},
    {"status": 401},
    {"status": 403},
    {"status": 404},
    {"status": 410},
    {"status": 422},
    {"status": 301, "headers": {"Location": "http://127.0.0.1:1/elsewhere"}},
    {"status": 201, "raw": b"<html>"},
    {"status": 201, "raw": b"\xff\xfe"},
    {"status": 201, "raw": b"[]"},
    {"status": 201, "raw": b'"text"'},
    {"status": 201, "raw": b"{}"},
    {"status": 201, "raw": b"null"},
    {"status": 201, "raw": b'{"number": "1", "title": "t", "html_url": "https://forge.example"}'},
    {"status": 201, "raw": b'{"number": 1, "title": "t", "html_url": "javascript:alert(1)"}'},
    {"status": 201, "raw": b'{"number": 1, "title": null, "html_url": "https://forge.example"}'},
    {"status": 201, "raw": b"[" * 100_000},
    {"status": 201, "raw": b" " * 3_000_000},
    {"status": 201, "headers": {"Content-Encoding": "gzip"}},
    {"status": 204, "raw": b""},
]


@pytest.mark.parametrize("how", BROKEN, ids=[f"{how['status']}-{how.get('raw', b'')[:20]!r}" for how in BROKEN])
def test_every_failure_reads_the_same(there: Forge, how: dict[str, Any]) -> None:
    there.fails("POST", "/issues", **how)
    detail = fails(at(there).create_issue(Issue("t", "b")))
    assert detail == "The code forge is unavailable or rejected the request."


def test_a_wrong_token_is_the_operators_to_learn(caplog: pytest.LogCaptureFixture) -> None:
    for kind in KINDS:
        with running(kind, token="another") as there:
            fails(at(there).create_issue(Issue("t", "b")))
            assert there.issues == []
            assert "answered 401" in caplog.text and "FREESEWING_FORGE_TOKEN" in caplog.text
            assert "another" not in caplog.text


def test_a_repository_that_is_not_there_is_the_operators_to_learn(caplog: pytest.LogCaptureFixture) -> None:
    for kind in KINDS:
        with running(kind, repository="acme/gone") as there:
            for work in (
                at(there).create_issue(Issue("t", "b")),
                at(there).has_post("blog", "hello"),
                post(at(there), "hello"),
            ):
                fails(work)
            assert "FREESEWING_FORGE_REPOSITORY" in caplog.text


@pytest.mark.parametrize(
    "raw",
    [
        b'{"data": null, "errors": [{"type": "FORBIDDEN"}]}',
        b'{"data": {"repository": null}}',
        b'{"data": {"repository": {"id": "R_1", "discussionCategory": null}}}',
        b'{"data": {"createDiscussion": null}}',
        b"{}",
        b"[]",
    ],
)
def test_a_discussion_that_cannot_be_created_is_an_error(raw: bytes) -> None:
    with running("github") as there:
        there.fails("POST", "/graphql", status=200, raw=raw)
        fails(at(there).create_discussion("t", "b"))


def test_a_forge_that_is_down_reads_the_same() -> None:
    with socket.socket() as taken:  # bound and not listening: nothing else can answer there
        taken.bind(("127.0.0.1", 0))
        forge = CodeForge(place("github", f"http://127.0.0.1:{taken.getsockname()[1]}"))
        fails(forge.create_issue(Issue("t", "b")))


def test_a_name_that_has_no_address_reads_the_same() -> None:
    fails(CodeForge(place("forgejo", "http://forge.invalid/api/v1")).create_issue(Issue("t", "b")))


def test_a_forge_that_stalls_meets_the_deadline(there: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_forge, "SECONDS", 0.3)
    there.fails("POST", "/issues", hang=True)
    started = monotonic()
    fails(at(there).create_issue(Issue("t", "b")))
    # It stalls for a minute.
    assert monotonic() - started < 50


# --- nothing half done


def assert_as_before(there: Forge) -> None:
    """No branch is left, no pull request waits, and the slug can be had."""
    assert set(there.branches) == {"main"}
    assert [pull for pull in there.pulls if pull["state"] == "open"] == []
    there.faults.clear()
    done(post(at(there), "hello"))
    assert there.file_of("post-blog-hello", "markdown/org/blog/hello/en.md")


@pytest.mark.parametrize(("kind", "method", "path"), EVERY_STEP)
@pytest.mark.parametrize("how", [{"status": 500}, {"status": 500, "done": True}, {"status": 201, "raw": b"rubbish"}])
def test_whichever_step_fails_nothing_stays(kind: str, method: str, path: str, how: dict[str, Any]) -> None:
    with running(kind) as there:
        there.fails(method, path, **how)
        fails(post(at(there), "hello"))
        assert_as_before(there)


@pytest.mark.parametrize(("kind", "method", "path"), EVERY_STEP)
@pytest.mark.parametrize("is_done", [False, True])
def test_whichever_step_stalls_nothing_stays(
    kind: str, method: str, path: str, is_done: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code_forge, "SECONDS", 0.4)
    with running(kind) as there:
        there.fails(method, path, hang=True, done=is_done)
        fails(post(at(there), "hello"))
        monkeypatch.setattr(code_forge, "SECONDS", 20)
        assert_as_before(there)


def test_only_an_own_branch_is_removed(there: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    done(post(at(there), "hello"))
    monkeypatch.setattr(code_forge, "SECONDS", 0.4)
    for path in ("/git/refs", CONTENTS):
        there.fails("POST", path, hang=True)
    fails(post(at(there), "hello"))
    assert there.file_of("post-blog-hello", "markdown/org/blog/hello/en.md")


def test_a_branch_that_cannot_be_removed_is_logged(
    there: Forge, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code_forge, "CLEARING_SECONDS", 0.4)
    there.fails("POST", "/pulls", status=500)
    there.fails("GET", NEW_BRANCH, hang=True)
    started = monotonic()
    fails(post(at(there), "hello"))
    assert monotonic() - started < 50
    assert "branch post-blog-hello may stay behind" in caplog.text


def test_a_refused_branch_that_is_not_there_is_no_taken_slug(there: Forge) -> None:
    for path in ("/git/refs", CONTENTS):
        there.fails("POST", path, status=422)
    fails(post(at(there), "hello"))
    assert_as_before(there)


def test_a_cancelled_request_leaves_nothing_at_the_forge(there: Forge) -> None:
    there.fails("POST", "/pulls", hang=True)

    async def cancelled() -> None:
        opening = asyncio.create_task(post(at(there), "hello"))
        await asyncio.to_thread(wait_until, lambda: "POST /pulls" in there.asked_for(), "the request")
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening

    done(cancelled())
    assert_as_before(there)
