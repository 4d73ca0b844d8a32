"""The newsletter: subscription and unsubscription by links. No response reveals whether an address is subscribed."""

from functools import partial
from typing import Any
from uuid import uuid4

import httpx2
from sqlalchemy import select, true

from storage.accounts import email_hash
from storage.schema.tables import subscribers
from tests.faults.concurrency import concurrently
from tests.handlers.accounts import account_of
from tests.handlers.database import execute
from tests.handlers.reading import (
    failure,
    link_in,
    mail_to,
    new_address,
    new_test_address,
    parts_of,
)
from tests.matrix import both_engines
from tests.service import Person, Service
from tests.test_cli import cli

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
NOTHING = {"result": "success", "data": {}}


def asked(service: Service, email: str, language: str = "en", **more: Any) -> httpx2.Response:
    """Ask for the newsletter."""
    reply = service.http.post("/subscriber", json={"email": email, "language": language, **more})
    assert reply.status_code == 200, reply.text
    return reply


def link_for(service: Service, email: str) -> dict[str, str]:
    """Both parts of the link of a new subscription, without a mail."""
    data = asked(service, email, test=True).json()["data"]
    return {"id": data["id"], "ehash": data["ehash"]}


def subscribed(service: Service) -> tuple[str, dict[str, str]]:
    """The address of a subscriber, and both parts of their link."""
    email = new_test_address()
    link = link_for(service, email)
    assert confirm(service, link).status_code == 200
    return email, link


def confirm(service: Service, link: dict[str, str]) -> httpx2.Response:
    """Confirm."""
    return service.http.put("/subscriber", json=link)


def is_exported(service: Service, email: str) -> bool:
    """Whether the newsletter goes there, as its sender reads it: slow, as a command starts anew each time."""
    return f"\n{email}," in cli(service, "subscribers").stdout


def is_confirmed(service: Service, email: str) -> bool:
    """Whether there is a confirmed subscription, which is what that command lists besides accounts."""
    confirmed = execute(service, select(subscribers.c.email).where(subscribers.c.active == true()))
    return email in {row.email for row in confirmed}


def leave(service: Service, form: str, link: dict[str, str]) -> httpx2.Response:
    """Unsubscribe, in one of the ways."""
    http, click = service.http, f"/ocunsub/{link['ehash']}"
    by_uuid = str(link.get("id", "")).upper()
    ways = {
        "v3 body": partial(http.request, "DELETE", "/subscriber", json=link),
        "v3 query": partial(http.delete, "/subscriber", params=link),
        "v3 both": partial(
            http.request, "DELETE", "/subscriber", params={"id": link.get("id")}, json={"ehash": link["ehash"]}
        ),
        "v4": partial(http.delete, f"/subscriber/{link['ehash']}"),
        "one click": partial(http.post, click, data=ONE_CLICK),
        "one click, multipart": partial(http.post, click, files={"List-Unsubscribe": (None, "One-Click")}),
        "bare": partial(http.post, click),
        "by uuid": partial(http.delete, f"/subscriber/{by_uuid}"),
        "by uuid, one click": partial(http.post, f"/ocunsub/{by_uuid}", data=ONE_CLICK),
    }
    return ways[form]()


def test_a_subscription_begins_with_the_link_that_is_mailed(service: Service) -> None:
    email = new_address()
    reply = asked(service, f" {email.upper()} ", "DE")
    assert reply.json() == {"result": "success", "data": {"email": email, "language": "de"}}
    mail = mail_to(service, email)
    assert "Newsletter" in mail["Subject"] and "bestätige" in mail["Subject"]
    ehash = email_hash(email)
    assert mail["List-Unsubscribe"] == f"<{service.url}/ocunsub/{ehash}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    kind, subscription, check = parts_of(link_in(mail))
    assert (kind, check) == ("newsletter", ehash)
    assert not is_exported(service, email)
    for _time in range(2):
        confirmed = confirm(service, {"id": subscription, "ehash": ehash})
        assert (confirmed.status_code, confirmed.json()) == (200, reply.json())
    assert is_exported(service, email)


def test_the_response_does_not_reveal_a_subscription_and_a_subscriber_gets_a_mail(service: Service) -> None:
    email = new_address()
    first = asked(service, email)
    _, subscription, ehash = parts_of(link_in(mail_to(service, email)))
    waiting = asked(service, email)
    again = mail_to(service, email, number=2)
    assert parts_of(link_in(again)) == ("newsletter", subscription, ehash)
    confirm(service, {"id": subscription, "ehash": ehash})
    known = asked(service, email)
    assert first.content == waiting.content == known.content
    mail = mail_to(service, email, number=3)
    assert mail["Subject"].startswith("You already get the newsletter")
    assert parts_of(link_in(mail))[0] == "unsubscribe"


def test_a_confirmed_subscription_keeps_its_language(service: Service) -> None:
    email, _ = subscribed(service)
    assert asked(service, email, "uk").json()["data"]["language"] == "uk"
    assert f"\n{email},en,subscriber," in cli(service, "subscribers").stdout


def test_test_mode_gives_both_parts_of_the_link_and_sends_nothing(service: Service) -> None:
    email, link = subscribed(service)
    assert link["ehash"] == email_hash(email)
    asked(service, email)
    assert mail_to(service, email)["Subject"].startswith("You already")


def test_without_test_mode_the_response_has_no_part_of_the_link(service: Service, strict: Service) -> None:
    for server, email in ((service, new_address()), (strict, new_test_address())):
        data = asked(server, email, test=True).json()["data"]
        assert set(data) == {"email", "language"}
        mail_to(server, email)


def test_a_subscription_is_confirmed_by_its_uuid_alone(service: Service) -> None:
    email = new_test_address()
    link = link_for(service, email)
    for _time in range(2):
        reply = confirm(service, {"uuid": link["id"].upper()})
        assert (reply.status_code, reply.json()["data"]) == (200, {"email": email, "language": "en"})
    assert is_confirmed(service, email)


def test_a_uuid_that_names_no_subscription_confirms_nothing(service: Service, alice: Person) -> None:
    alice.patch("/account", {"newsletter": True})
    email = new_test_address()
    link = link_for(service, email)
    for uuid in (str(uuid4()), account_of(alice)["uuid"], "no uuid", link["ehash"]):
        assert failure(confirm(service, {**link, "uuid": uuid})) == (404, "notFound")
    assert not is_confirmed(service, email)


def test_a_link_that_is_wrong_in_any_part_confirms_nothing(service: Service) -> None:
    email = new_test_address()
    link = link_for(service, email)
    others = link_for(service, new_test_address())
    wrong = [
        {**link, "id": str(uuid4())},
        {**link, "id": others["id"]},
        {**link, "id": "no uuid"},
        {**link, "ehash": others["ehash"]},
        {**link, "ehash": link["ehash"].upper()},
        {**link, "ehash": "no hash"},
    ]
    for attempt in wrong:
        assert failure(confirm(service, attempt)) == (404, "notFound")
    assert not is_confirmed(service, email)


@both_engines
def test_concurrent_requests_with_one_address_share_one_subscription(service: Service) -> None:
    body = {"email": new_test_address(), "language": "en", "test": True}
    replies = concurrently([partial(service.http.post, "/subscriber", json=body)] * 12)
    assert {reply.status_code for reply in replies} == {200}
    assert len({reply.json()["data"]["id"] for reply in replies}) == 1


@both_engines
def test_a_confirmation_during_an_unsubscription_fails_cleanly(service: Service) -> None:
    for _round in range(5):
        email = new_test_address()
        link = link_for(service, email)
        calls = [partial(confirm, service, link), partial(leave, service, "v4", link)] * 3
        calls.append(partial(asked, service, email, test=True))
        replies = concurrently(calls)
        assert {reply.status_code for reply in replies} <= {200, 204, 404}
        # A subscription that is left, pending or confirmed, can be ended.
        leave(service, "v4", link)
        assert not is_confirmed(service, email)
