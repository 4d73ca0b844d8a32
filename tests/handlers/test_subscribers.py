"""The newsletter: in with a link, out with a link, and nobody else learns who gets it."""

from functools import partial
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import select, true

from storage.accounts import email_hash
from storage.schema.tables import subscribers
from tests.faults.at_once import at_once
from tests.handlers.accounts import account_of
from tests.handlers.database import execute
from tests.handlers.reading import (
    failure,
    link_in,
    mail_to,
    mails_to,
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


def test_the_answer_is_the_same_whoever_asks_and_a_subscriber_is_told_so_by_mail(service: Service) -> None:
    email = new_address()
    first = asked(service, email)
    _, subscription, ehash = parts_of(link_in(mail_to(service, email)))
    waiting = asked(service, email)
    again = mail_to(service, email, number=2)
    assert parts_of(link_in(again)) == ("newsletter", subscription, ehash)
    confirm(service, {"id": subscription, "ehash": ehash})
    known = asked(service, email)
    assert first.content == waiting.content == known.content
    told = mail_to(service, email, number=3)
    assert told["Subject"].startswith("You already get the newsletter")
    assert parts_of(link_in(told))[0] == "unsubscribe"


def test_a_confirmed_subscription_keeps_its_language_whoever_asks_for_another(service: Service) -> None:
    email, _ = subscribed(service)
    assert asked(service, email, "uk").json()["data"]["language"] == "uk"
    assert f"\n{email},en,subscriber," in cli(service, "subscribers").stdout


def test_test_mode_gives_both_parts_of_the_link_and_sends_nothing(service: Service) -> None:
    email, link = subscribed(service)
    assert link["ehash"] == email_hash(email)
    asked(service, email)
    assert mail_to(service, email)["Subject"].startswith("You already")


def test_outside_of_test_mode_no_part_of_a_link_is_told(service: Service, strict: Service) -> None:
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


@pytest.mark.parametrize(
    "form",
    [
        "v3 body",
        "v3 query",
        "v3 both",
        "v4",
        "one click",
        "one click, multipart",
        "bare",
        "by uuid",
        "by uuid, one click",
    ],
)
def test_every_way_out_leads_out_and_a_link_from_before_does_not_lead_in(service: Service, form: str) -> None:
    email, link = subscribed(service)
    kept, _ = subscribed(service)
    left = leave(service, form, link)
    assert left.status_code == (200 if "one click" in form or form == "bare" else 204)
    assert not is_confirmed(service, email)
    assert is_confirmed(service, kept)
    assert failure(confirm(service, link)) == (404, "notFound")


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


def test_leaving_by_uuid_ends_the_newsletter_of_the_account_with_the_same_address_too(service: Service) -> None:
    person = service.sign_up()
    person.patch("/account", {"newsletter": True})
    link = link_for(service, person.email)
    assert leave(service, "by uuid", link).status_code == 204
    assert account_of(person)["newsletter"] is False


def test_an_accounts_uuid_which_anyone_may_know_unsubscribes_nobody(service: Service, alice: Person) -> None:
    alice.patch("/account", {"newsletter": True})
    uuid = account_of(alice)["uuid"]
    replies = [leave(service, "by uuid", {"id": name, "ehash": ""}) for name in (uuid, str(uuid4()))]
    assert [reply.status_code for reply in replies] == [204, 204]
    assert leave(service, "by uuid, one click", {"id": uuid, "ehash": ""}).status_code == 200
    assert account_of(alice)["newsletter"] is True


@pytest.mark.parametrize("form", ["v4", "one click"])
def test_leaving_by_hash_says_the_same_of_those_who_get_nothing(service: Service, form: str) -> None:
    _, link = subscribed(service)
    replies = [leave(service, form, link) for _ in range(2)]
    replies.append(leave(service, form, {"ehash": email_hash(new_address())}))
    assert len({(reply.status_code, reply.content) for reply in replies}) == 1


def test_leaving_the_old_way_needs_both_parts(service: Service) -> None:
    email, link = subscribed(service)
    _, others = subscribed(service)
    remove = partial(service.http.request, "DELETE", "/subscriber")
    assert failure(remove()) == (400, "idMissing")
    assert failure(remove(json={"ehash": link["ehash"]})) == (400, "idMissing")
    assert failure(remove(params={"id": link["id"]})) == (400, "ehashMissing")
    for wrong in ({**link, "id": others["id"]}, {**link, "ehash": others["ehash"]}, {**link, "id": "1"}):
        assert failure(remove(json=wrong)) == (404, "notFound")
    assert is_confirmed(service, email)


def test_looking_at_the_page_that_unsubscribes_changes_nothing(service: Service) -> None:
    email, link = subscribed(service)
    pages = [service.http.get(f"/ocunsub/{handle}") for handle in (link["ehash"], "0" * 64, link["id"], uuid4())]
    assert [page.status_code for page in pages] == [200] * 4
    assert len({page.content for page in pages}) == 1
    assert pages[0].headers["content-type"] == "text/html; charset=utf-8"
    assert "form-action 'self'" in pages[0].headers["content-security-policy"]
    assert pages[0].headers["referrer-policy"] == "no-referrer"
    assert service.http.head(f"/ocunsub/{link['ehash']}").status_code == 200
    assert is_confirmed(service, email)


def test_the_operation_for_one_click_takes_forms_and_nothing_else_does(service: Service) -> None:
    email, link = subscribed(service)
    click = f"/ocunsub/{link['ehash']}"
    assert failure(service.http.post(click, json=ONE_CLICK)) == (415, "unsupportedMediaType")
    assert failure(service.http.post(click, data={"List-Unsubscribe": "No"})) == (400, "validationFailed")
    for kind, body in (
        ("multipart/form-data", b"List-Unsubscribe=One-Click"),
        ("multipart/form-data; boundary=b", b"--b\r\nno end"),
        ("application/x-www-form-urlencoded", b"\xff\xfe=\xff"),
    ):
        reply = service.http.post(click, content=body, headers={"Content-Type": kind})
        assert failure(reply) == (400, "malformedBody")
    assert failure(service.http.post(click, data={"a": "x" * 20_000})) == (413, "bodyTooLarge")
    form = {"email": email, "language": "en"}
    assert failure(service.http.post("/subscriber", data=form)) == (415, "unsupportedMediaType")
    assert is_confirmed(service, email)


@pytest.mark.parametrize("disposition", ["form-data", 'form-data; filename="x"'])
@pytest.mark.parametrize("first", [True, False])
def test_a_part_of_a_form_without_a_name_is_malformed(service: Service, disposition: str, first: bool) -> None:
    nameless = f"--x\r\nContent-Disposition: {disposition}\r\n\r\nvalue\r\n"
    named = '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n'
    body = nameless + named if first else named + nameless
    reply = service.http.post(
        f"/ocunsub/{'0' * 64}",
        content=f"{body}--x--\r\n",
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )
    assert failure(reply) == (400, "malformedBody")
    assert reply.json()["detail"] == "A part of the form has no name."


@pytest.mark.parametrize(
    "path", ["/ocunsub/0", "/ocunsub/" + "F" * 64, "/subscriber/" + "g" * 64, "/subscriber/" + "0" * 36]
)
def test_what_is_no_hash_is_not_found(service: Service, path: str) -> None:
    method = "DELETE" if path.startswith("/subscriber") else "GET"
    assert failure(service.http.request(method, path)) == (404, "notFound")


def test_a_link_to_unsubscribe_is_mailed_to_those_who_get_the_newsletter_and_to_nobody_else(
    service: Service, alice: Person, bob: Person
) -> None:
    email, link = subscribed(service)
    alice.patch("/account", {"newsletter": True, "language": "fr"})
    for address in (new_address(), bob.email, email.upper(), alice.email):
        reply = service.http.post("/subscriber/remove", json={"email": address})
        assert (reply.status_code, reply.json()) == (200, NOTHING)
        assert reply.elapsed.total_seconds() >= 0.24
    assert parts_of(link_in(mail_to(service, email))) == ("unsubscribe", link["id"], link["ehash"])
    mail = mail_to(service, alice.email)
    assert "désabonner" in mail["Subject"]
    assert mails_to(service, bob.email) == []


def test_an_account_that_gets_the_newsletter_leaves_by_the_same_links(service: Service, alice: Person) -> None:
    alice.patch("/account", {"newsletter": True})
    assert f"\n{alice.email},en,account," in cli(service, "subscribers").stdout
    service.http.post(f"/ocunsub/{email_hash(alice.email)}", data=ONE_CLICK)
    assert account_of(alice)["newsletter"] is False
    assert not is_exported(service, alice.email)


@both_engines
def test_many_who_ask_with_one_address_at_once_share_one_subscription(service: Service) -> None:
    body = {"email": new_test_address(), "language": "en", "test": True}
    replies = at_once([partial(service.http.post, "/subscriber", json=body)] * 12)
    assert {reply.status_code for reply in replies} == {200}
    assert len({reply.json()["data"]["id"] for reply in replies}) == 1


@both_engines
def test_whoever_confirms_while_another_leaves_breaks_nothing(service: Service) -> None:
    for _round in range(5):
        email = new_test_address()
        link = link_for(service, email)
        calls = [partial(confirm, service, link), partial(leave, service, "v4", link)] * 3
        calls.append(partial(asked, service, email, test=True))
        replies = at_once(calls)
        assert {reply.status_code for reply in replies} <= {200, 204, 404}
        # What is left, if anything, is one that waits or one that was confirmed, and can go.
        leave(service, "v4", link)
        assert not is_confirmed(service, email)
