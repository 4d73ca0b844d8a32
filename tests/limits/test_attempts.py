"""Guessing passwords and codes: each attempt waits longer, and the answers tell nothing."""

import asyncio

import httpx2
import pytest
from httpx2 import Response

from services.attempts import FREE
from tests.service import PASSWORD, Person, Service


@pytest.fixture
def guessed(limited: Service) -> Person:
    """Somebody with a password whom others try to be."""
    person = limited.sign_up()
    assert person.patch("/account", {"password": PASSWORD}).status_code == 200
    return person


def sign_in(service: Service, username: str | int, password: str = "wrong") -> Response:
    """Try to."""
    return service.http.post("/signin", json={"username": username, "password": password})


def guess_in_vain(service: Service, username: str | int, times: int = FREE) -> None:
    """Use the free attempts up."""
    assert [sign_in(service, username).status_code for _ in range(times)] == [401] * times


def test_after_some_failures_an_attempt_has_to_wait(limited: Service, guessed: Person) -> None:
    guess_in_vain(limited, guessed.email, FREE + 1)
    reply = sign_in(limited, guessed.email)
    assert reply.status_code == 429
    assert reply.json()["violated-policies"] == ["sign-in-attempts"]
    assert 0 < int(reply.headers["retry-after"]) <= 4
    # Not even with the right password: who guesses must not learn it in time.
    assert sign_in(limited, guessed.email, PASSWORD).status_code == 429


def test_unknown_names_are_treated_alike(limited: Service) -> None:
    guess_in_vain(limited, "no such person", FREE + 1)
    assert sign_in(limited, "no such person").status_code == 429


def test_whoever_is_kept_waiting_is_that_under_one_name_only(limited: Service, guessed: Person) -> None:
    guess_in_vain(limited, guessed.email, FREE + 1)
    assert sign_in(limited, guessed.email.upper() + " ").status_code == 429
    # Else a stranger would learn whose address it is.
    assert sign_in(limited, guessed.id).status_code == 401


def test_success_forgets_the_failures(limited: Service, guessed: Person) -> None:
    for _ in range(3):
        guess_in_vain(limited, guessed.email, FREE - 1)
        assert sign_in(limited, guessed.email, PASSWORD).status_code == 200


def test_a_link_by_mail_lets_the_owner_in_meanwhile(limited: Service, guessed: Person) -> None:
    guess_in_vain(limited, guessed.email, FREE + 1)
    assert limited.http.post("/signinlink", json={"username": guessed.id}).status_code == 200


def test_many_attempts_at_once_are_none_the_better(limited: Service, guessed: Person) -> None:
    async def guess() -> list[int]:
        async with httpx2.AsyncClient(base_url=limited.url, timeout=30, trust_env=False) as http:
            body = {"username": guessed.email, "password": "wrong"}
            replies = await asyncio.gather(*(http.post("/signin", json=body) for _ in range(30)))
        return [reply.status_code for reply in replies]

    statuses = asyncio.run(guess())
    assert statuses.count(401) <= FREE + 1 and statuses.count(429) >= 30 - FREE - 1


def test_without_limits_nobody_waits(service: Service) -> None:
    guess_in_vain(service, "nobody at all", FREE + 3)
