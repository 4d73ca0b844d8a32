"""A run goes on where a deployment is busy, a day ends, or its own fuzzer was interrupted."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest

from tests.contract.checks import fuzzer
from tests.contract.checks.test_published import (
    test_rate_limit_headers_are_sent_and_count_down as rate_limit_headers_are_sent_and_count_down,
)
from tests.contract.throttling import LONGEST_WAIT, MOST_TRIES, OverQuota, ThrottledClient

POLICY = {"RateLimit-Policy": '"account-burst";q=60;w=60, "account-day";q=900;w=86400'}


class Answers:
    """Replies, one after the other, the last again and again; and how long was waited between them."""

    def __init__(self, *replies: httpx2.Response) -> None:
        self._replies, self.waited = list(replies), list[float]()

    def __call__(self, *_: Any, **__: Any) -> httpx2.Response:
        return self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]


@pytest.fixture
def throttled(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Makes a client that gets these answers."""
    with ThrottledClient("http://127.0.0.1") as client:

        def answered(*replies: httpx2.Response) -> tuple[ThrottledClient, Answers]:
            answers = Answers(*replies)
            monkeypatch.setattr(httpx2.Client, "send", answers)
            monkeypatch.setattr("tests.contract.throttling.time.sleep", answers.waited.append)
            return client, answers

        yield answered


@pytest.mark.parametrize("status", [429, 503])
def test_a_client_waits_as_long_as_retry_after_says(throttled: Any, status: int) -> None:
    client, answers = throttled(httpx2.Response(status, headers={"Retry-After": "5"}), httpx2.Response(200))
    assert client.get("/sets").status_code == 200
    assert sum(answers.waited) == 5


@pytest.mark.parametrize(("seconds", "waits"), [("5", MOST_TRIES), (str(LONGEST_WAIT + 1), 0)], ids=["often", "long"])
def test_a_client_gives_up_after_some_tries_or_a_long_retry_after(throttled: Any, seconds: str, waits: int) -> None:
    client, answers = throttled(httpx2.Response(503, headers={"Retry-After": seconds}))
    with pytest.raises(OverQuota, match="GET /sets is over a quota of this deployment, or it is busy"):
        client.get("/sets")
    assert len([waited for waited in answers.waited if waited]) == waits


def test_a_503_without_retry_after_is_returned(throttled: Any) -> None:
    assert throttled(httpx2.Response(503))[0].get("/ready").status_code == 503


def limited(*days: tuple[int, int]) -> Any:
    """A deployment whose replies have these units left of the day, and these seconds until the next one."""
    replies = [{**POLICY, "RateLimit": f'"account-burst";r=9;t=60, "account-day";r={r};t={t}'} for r, t in days]
    answers = Answers(*(httpx2.Response(200, headers=one) for one in replies))
    return SimpleNamespace(limited=True, alice=None, call=answers)


def test_a_day_that_begins_between_two_requests_is_no_fault() -> None:
    rate_limit_headers_are_sent_and_count_down(limited((10, 1), (899, 86400), (898, 86400)))


@pytest.mark.parametrize("times", [(50, 50), (50, 49), (1, 86400)], ids=["still", "later", "a new day"])
def test_a_request_that_costs_nothing_is_one(times: tuple[int, int]) -> None:
    with pytest.raises(AssertionError, match="costs nothing"):
        rate_limit_headers_are_sent_and_count_down(limited(*((10, seconds) for seconds in times)))


def test_half_a_line_of_what_the_fuzzer_wrote_down_is_skipped(tmp_path: Path) -> None:
    journal = tmp_path / "made.jsonl"
    journal.write_text('{"set": {"id": 1}}\n{"set": {"id"')
    assert list(fuzzer.written(journal)) == [{"set": {"id": 1}}]


def test_a_terminal_leaves_it_to_us_to_interrupt_the_fuzzer() -> None:
    shown: list[str] = []
    fuzzer._run([sys.executable, "-c", "import os; print(os.getpgrp())"], dict(os.environ), shown.append)
    assert len(shown) == 1 and int(shown[0]) != os.getpgrp()
