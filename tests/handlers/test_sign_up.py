"""Sign-up: four kinds of mail, one response, and a confirmation that can be used once."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest

from services.mail.messages import LANGUAGES, Mail, render
from storage.accounts import DISABLED, RESTRICTED
from tests.handlers.database import change_account
from tests.handlers.reading import failure, link_in, mail_to, mails_to, new_address, new_test_address, parts_of
from tests.handlers.signing_up import sign_up
from tests.matrix import both_engines
from tests.service import Credentials, Person, Service

CHECK = "0" * 40
SENDER = "FreeSewing <no-reply@localhost>"


def subject(kind: str, language: str = "en") -> str:
    """A part of the subject of a mail of this kind."""
    mail = render(
        Mail(kind, language, "a@b.example", link="/x"),
        sender=SENDER,
        website="http://localhost",
        server="http://localhost",
    )
    return str(mail["Subject"])


def test_a_sign_up_sends_a_mail_whose_link_confirms_the_account(service: Service) -> None:
    address = new_address()
    assert sign_up(service, address) == {"result": "created", "email": address}
    mail = mail_to(service, address)
    assert (mail["Subject"], mail["Cc"]) == (subject("signup"), None)
    link = link_in(mail)
    kind, confirmation, check = parts_of(link)
    assert (link.startswith(f"{service.url}/confirm/"), kind) == (True, "signup")
    assert service.http.get(link).headers["content-type"] == "text/html; charset=utf-8"
    read = service.http.get(f"/confirmations/{confirmation}/{check}")
    assert read.json() == {"result": "success", "confirmation": {"id": confirmation, "check": check}}

    reply = service.http.post(f"/confirm/signup/{confirmation}", json={"consent": 2, "check": check})
    assert reply.status_code == 200
    session = reply.json()
    assert Credentials(service, f"Bearer {session['token']}").get("/whoami").json()["account"] == session["account"]


def test_a_new_account_starts_with_nothing_but_its_address(service: Service) -> None:
    address = new_test_address()
    confirmation = sign_up(service, address, language="nl", test=True)["confirmation"]
    account = service.http.post(f"/confirm/signup/{confirmation}", json={"consent": 3}).json()["account"]
    hashed = sha256(address.encode()).hexdigest()
    expected = {
        "username": f"user-{account['id']}",
        "lusername": f"user-{account['id']}",
        "email": address,
        "initial": address,
        "ehash": hashed,
        "ihash": hashed,
        "consent": 3,
        "status": 1,
        "role": "user",
        "language": "nl",
        "img": "default-avatar",
        "bio": "",
        "data": {},
        "mfaEnabled": False,
        "newsletter": False,
        "notices": True,
        "patron": 0,
        "passwordType": "v3",
    }
    assert {name: account[name] for name in expected} == expected


def test_a_sign_up_with_a_known_address_mails_a_sign_in_link(service: Service, alice: Person) -> None:
    assert sign_up(service, alice.email) == {"result": "created", "email": alice.email}
    mail = mail_to(service, alice.email)
    assert mail["Subject"] == subject("signup-aea")
    kind, confirmation, check = parts_of(link_in(mail))
    assert kind == "signin"
    reply = service.http.post(f"/signinlink/{confirmation}", json={"check": check})
    assert reply.json()["account"]["id"] == alice.id


@pytest.mark.parametrize("columns", [{"status": DISABLED}, {"status": RESTRICTED}, {"role": "blocked"}], ids=str)
def test_the_mail_to_a_disabled_account_has_no_link(service: Service, alice: Person, columns: dict[str, Any]) -> None:
    change_account(service, alice.id, **columns)
    assert sign_up(service, alice.email) == {"result": "created", "email": alice.email}
    mail = mail_to(service, alice.email)
    assert mail["Subject"] == subject("signup-aed")
    assert "/confirm/" not in mail.as_string()


def test_a_second_sign_up_before_confirmation_sends_the_mail_again_for_the_same_account(service: Service) -> None:
    address = new_address()
    assert sign_up(service, address) == sign_up(service, address)
    second = mail_to(service, address, number=2)
    first = mails_to(service, address)[0]
    assert first["Subject"] == second["Subject"] == subject("signup")
    links = [parts_of(link_in(mail)) for mail in (first, second)]
    assert len({confirmation for _, confirmation, _ in links}) == 2
    replies = [service.http.post(f"/confirm/signup/{link[1]}", json={"consent": 1}) for link in links]
    assert [reply.status_code for reply in replies] == [200, 404]


STATES: dict[str, Callable[[Service, Person], object]] = {
    "active": lambda service, person: None,
    "inactive": lambda service, person: change_account(service, person.id, status=0),
    "disabled": lambda service, person: change_account(service, person.id, status=DISABLED),
    "blocked": lambda service, person: change_account(service, person.id, role="blocked"),
    "gone": lambda service, person: person.delete("/account"),
}


@pytest.mark.parametrize("state", STATES)
def test_the_response_does_not_reveal_whether_an_address_is_known(
    service: Service, alice: Person, state: str
) -> None:
    STATES[state](service, alice)
    unknown = new_address()
    answers = [
        service.http.post("/signup", json={"email": address, "language": "en"}) for address in (unknown, alice.email)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert [answer.json() for answer in answers] == [
        {"result": "created", "email": address} for address in (unknown, alice.email)
    ]
    assert answers[0].headers.keys() == answers[1].headers.keys()


@both_engines
def test_an_address_is_the_same_in_capitals_and_with_spaces_around_it(service: Service) -> None:
    address = new_address()
    for written in (address.upper(), f"  {address} ", address.title()):
        assert sign_up(service, written)["email"] == address
    mail_to(service, address, number=3)
    _, confirmation, _ = parts_of(link_in(mails_to(service, address)[0]))
    account = service.http.post(f"/confirm/signup/{confirmation}", json={"consent": 1}).json()["account"]
    assert (account["email"], account["initial"]) == (address, address)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_mail_is_in_the_language_of_the_sign_up(service: Service, language: str) -> None:
    address = new_address()
    sign_up(service, address, language=language)
    assert mail_to(service, address)["Subject"] == subject("signup", language)


def test_mails_are_english_if_no_language_is_given(service: Service) -> None:
    address = new_address()
    reply = service.http.post("/signup", json={"email": address})
    assert (reply.status_code, reply.json()) == (201, {"result": "created", "email": address})
    mail = mail_to(service, address)
    assert mail["Subject"] == subject("signup", "en")
    _, confirmation, _ = parts_of(link_in(mail))
    account = service.http.post(f"/confirm/signup/{confirmation}", json={"consent": 1}).json()["account"]
    assert account["language"] == "en"


def test_each_language_has_its_own_mail() -> None:
    assert len({subject("signup", language) for language in LANGUAGES}) == 6


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (None, "postBodyMissing"),
        ({}, "postBodyMissing"),
        ({"language": "en"}, "emailMissing"),
        ({"email": None, "language": "en"}, "emailMissing"),
        ({"email": "a@b.example", "language": None}, "unsupportedLanguage"),
        ({"email": "a@b.example", "language": ""}, "unsupportedLanguage"),
        ({"email": "a@b.example", "language": "tlh"}, "unsupportedLanguage"),
        ({"email": "a@b.example", "language": "EN"}, "unsupportedLanguage"),
        ({"email": "a@b.example", "language": 1}, "unsupportedLanguage"),
        ({"email": "", "language": "en"}, "emailMissing"),
        *(
            ({"email": address, "language": "en"}, "emailInvalid")
            for address in (
                "a",
                "a@b",
                "@b.example",
                "a@",
                "a b@c.example",
                "a@b.example\n",
                "a@b.example\r\nBcc: c@d.example",
                "a@b.example, c@d.example",
                "A <a@b.example>",
                "a@b..example",
                f"{'a' * 65}@b.example",
                f"a@{'b.' * 130}example",
                12,
                ["a@b.example"],
                {"a": "b"},
            )
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_signed_up_with_is_refused_by_its_code(
    service: Service, body: dict[str, Any] | None, code: str
) -> None:
    reply = service.http.post("/signup", json=body) if body is not None else service.http.post("/signup")
    assert failure(reply) == (400, code)


def test_in_test_mode_the_response_has_the_confirmation_the_role_is_set_and_no_mail_is_sent(
    service: Service,
) -> None:
    address, witness = new_test_address(), new_address()
    answer = sign_up(service, address, test=True, role="curator")
    session = service.http.post(
        f"/confirm/signup/{answer['confirmation']}",
        json={"consent": 1, "check": answer["check"]},
    )
    assert session.json()["account"]["role"] == "curator"
    sign_up(service, witness)
    mail_to(service, witness)  # Mails are sent in order: one to the other address would have come first.
    assert mails_to(service, address) == []


@pytest.mark.parametrize("flag", ["yes please", 1, [], {}], ids=repr)
def test_any_flag_that_javascript_takes_for_true_turns_test_mode_on(service: Service, flag: Any) -> None:
    answer = sign_up(service, new_test_address(), test=flag)
    assert UUID(answer["confirmation"])


@pytest.mark.parametrize("role", ["root", ["admin"], None, 9], ids=repr)
def test_in_test_mode_an_unknown_role_is_rejected(service: Service, role: Any) -> None:
    body = {"email": new_test_address(), "language": "en", "test": True, "role": role}
    assert failure(service.http.post("/signup", json=body)) == (400, "validationFailed")


@pytest.mark.parametrize(
    ("domain", "extra"),
    [
        ("example.org", {"test": True, "role": {"a": []}}),
        ("evilfreesewing.dev", {"test": True}),
        ("sub.freesewing.dev", {"test": True}),
        ("freesewing.dev.example.org", {"test": True}),
        ("freesewing.dev", {"test": False}),
        ("freesewing.dev", {"test": 0.0}),
        ("freesewing.dev", {"test": ""}),
        ("freesewing.dev", {"test": None}),
        ("freesewing.dev", {}),
    ],
    ids=str,
)
def test_without_the_flag_or_the_domain_nothing_is_test_mode(
    service: Service, domain: str, extra: dict[str, Any]
) -> None:
    assert_no_test_mode(service, new_address(domain), extra)


def test_where_test_mode_is_off_the_flag_does_nothing(strict: Service) -> None:
    assert_no_test_mode(strict, new_test_address(), {"test": True})


def assert_no_test_mode(service: Service, address: str, extra: dict[str, Any]) -> None:
    """The confirmation is sent by mail only, and the requested role is not set."""
    assert sign_up(service, address, **{"role": "admin", **extra}) == {"result": "created", "email": address}
    _, confirmation, _ = parts_of(link_in(mail_to(service, address)))
    account = service.http.post(f"/confirm/signup/{confirmation}", json={"consent": 1}).json()["account"]
    assert account["role"] == "user"
