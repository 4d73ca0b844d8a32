"""Guessing passwords and codes: each attempt waits longer, and the answers tell nothing."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
from httpx2 import Response

from services.auth.attempts import GUESSES, LINKS, MOST_FOR_ACCOUNT
from tests.handlers.reading import mails_to
from tests.service import PASSWORD, PATIENCE, Person, Service, wait_until

FREE = GUESSES.free


@pytest.fixture
def guessed(limited: Service) -> Person:
    """An account with a password that others try to guess."""
    person = limited.sign_up()
    assert person.patch("/account", {"password": PASSWORD}).status_code == 200
    return person


def sign_in(service: Service, username: str | int, password: str = "wrong", address: str | None = None) -> Response:
    """Try to, from an address that a proxy names, or without one from the network where the account was made."""
    headers = {"X-Forwarded-For": address} if address else {}
    return service.http.post("/signin", json={"username": username, "password": password}, headers=headers)


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


def test_one_name_from_one_address_waits_and_no_other(limited: Service, guessed: Person) -> None:
    guess_in_vain(limited, guessed.email, FREE + 1)
    assert sign_in(limited, guessed.email.upper() + " ").status_code == 429
    # Else a stranger would learn whose address it is.
    assert sign_in(limited, guessed.id).status_code == 401
    # Else a stranger would lock the owner out.
    assert sign_in(limited, guessed.email, PASSWORD, "192.0.2.1").status_code == 200


def test_attempts_of_strangers_do_not_lock_the_owner_out_of_a_known_network(
    limited: Service, guessed: Person
) -> None:
    account = guessed.get("/account").json()["account"]
    names = [account[name] for name in ("username", "email", "id", "uuid")]

    def guess(number: int) -> int:
        return sign_in(limited, names[number % 4], address=f"2001:db8:{number:x}::1").status_code

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(guess, range(MOST_FOR_ACCOUNT))) == {401}
    stranger, owner = "203.0.113.9", None
    right, wrong = (sign_in(limited, names[0], password, stranger) for password in (PASSWORD, "wrong"))
    assert {**right.json(), "instance": ""} == {**wrong.json(), "instance": ""}
    assert (right.status_code, right.headers.keys()) == (401, wrong.headers.keys())
    assert sign_in(limited, names[1], PASSWORD, owner).status_code == 200


def test_strangers_do_not_use_up_the_links_of_the_owner(limited: Service, guessed: Person) -> None:
    def request_link(address: str) -> None:
        headers = {"X-Forwarded-For": address}
        reply = limited.http.post("/signinlink", json={"username": guessed.email}, headers=headers)
        assert (reply.status_code, reply.json()) == (200, {"result": "emailSent"})

    # As with guesses, the first attempt after the free ones does not wait.
    strangers = LINKS.free + 1
    for number in range(strangers + 3):
        request_link(f"2001:db8:{number:x}::1")
    wait_until(lambda: len(mails_to(limited, guessed.email)) == strangers, "the strangers' links")
    request_link("127.0.0.9")
    wait_until(lambda: len(mails_to(limited, guessed.email)) == strangers + 1, "the owner's link")


def test_success_forgets_the_failures(limited: Service, guessed: Person) -> None:
    for _ in range(3):
        guess_in_vain(limited, guessed.email, FREE - 1)
        assert sign_in(limited, guessed.email, PASSWORD).status_code == 200


def test_a_link_by_mail_lets_the_owner_in_meanwhile(limited: Service, guessed: Person) -> None:
    guess_in_vain(limited, guessed.email, FREE + 1)
    assert limited.http.post("/signinlink", json={"username": guessed.id}).status_code == 200


def test_many_attempts_at_once_are_none_the_better(limited: Service, guessed: Person) -> None:
    async def guess() -> list[int]:
        async with httpx2.AsyncClient(base_url=limited.url, timeout=PATIENCE, trust_env=False) as http:
            body = {"username": guessed.email, "password": "wrong"}
            replies = await asyncio.gather(*(http.post("/signin", json=body) for _ in range(30)))
        return [reply.status_code for reply in replies]

    statuses = asyncio.run(guess())
    assert statuses.count(401) <= FREE + 1 and statuses.count(429) >= 30 - FREE - 1


def test_without_limits_no_attempt_waits(service: Service) -> None:
    guess_in_vain(service, "nobody at all", FREE + 3)
