"""Unsubscription from the newsletter, by link, by hash and with one click."""

from functools import partial
from uuid import uuid4

import pytest

from storage.accounts import email_hash
from tests.handlers.accounts import account_of
from tests.handlers.reading import (
    failure,
    link_in,
    mail_to,
    mails_to,
    new_address,
    parts_of,
)
from tests.handlers.test_subscribers import (
    NOTHING,
    ONE_CLICK,
    confirm,
    is_confirmed,
    is_exported,
    leave,
    link_for,
    subscribed,
)
from tests.service import Person, Service
from tests.test_cli import cli


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


def test_unsubscribing_by_uuid_ends_the_newsletter_of_the_account_with_the_address_too(service: Service) -> None:
    person = service.sign_up()
    person.patch("/account", {"newsletter": True})
    link = link_for(service, person.email)
    assert leave(service, "by uuid", link).status_code == 204
    assert account_of(person)["newsletter"] is False


def test_the_public_uuid_of_an_account_does_not_unsubscribe_it(service: Service, alice: Person) -> None:
    alice.patch("/account", {"newsletter": True})
    uuid = account_of(alice)["uuid"]
    replies = [leave(service, "by uuid", {"id": name, "ehash": ""}) for name in (uuid, str(uuid4()))]
    assert [reply.status_code for reply in replies] == [204, 204]
    assert leave(service, "by uuid, one click", {"id": uuid, "ehash": ""}).status_code == 200
    assert account_of(alice)["newsletter"] is True


@pytest.mark.parametrize("form", ["v4", "one click"])
def test_unsubscribing_by_hash_answers_the_same_if_not_subscribed(service: Service, form: str) -> None:
    _, link = subscribed(service)
    replies = [leave(service, form, link) for _ in range(2)]
    replies.append(leave(service, form, {"ehash": email_hash(new_address())}))
    assert len({(reply.status_code, reply.content) for reply in replies}) == 1


def test_unsubscribing_by_the_old_link_needs_both_parts(service: Service) -> None:
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
def test_an_invalid_hash_is_not_found(service: Service, path: str) -> None:
    method = "DELETE" if path.startswith("/subscriber") else "GET"
    assert failure(service.http.request(method, path)) == (404, "notFound")


def test_a_link_to_unsubscribe_is_mailed_only_to_subscribed_addresses(
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
