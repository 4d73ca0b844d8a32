"""What people read in their mail, in every language."""

import re
import tomllib
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from services.mail import messages
from services.mail.messages import KINDS, LANGUAGES, Mail, render

LINK = "/confirm/signup/7b0a3c52-3a39-4f0e-9d1c-0a3a6f0d8d11/5f1d0c9e8b7a6f5e4d3c2b1a0f9e8d7c6b5a4f3e"
SENDER = "FreeSewing <hello@example.org>"
WEBSITE = "https://sewing.example.org"
SERVER = "https://api.example.org"
OF_KEYS = {"keyrevoked", "keyended", "keyleaked", "keyswithdrawn"}
OF_CREDENTIALS = {"passwordchanged", "emailchanged", "mfaenabled", "mfadisabled", "mfaremoved"}
WITHOUT_LINK = {
    *("emailchange-notice", "emailchange-taken"),
    *("signup-aed", "transinvite", "langsuggest", "quotarequest", "quotagranted", "quotadeclined"),
    *("keyexpires", "keyunused", "quotanear", "quotareached"),
    *OF_KEYS,
    *OF_CREDENTIALS,
}
KEY_VALUES = {
    "key": "my script",
    "keys": "one, two",
    "date": "2026-11-20 12:00 UTC",
    "reason": "It called too often.",
}
# What the words of some kinds need.
VALUES = {
    **dict.fromkeys(OF_KEYS, KEY_VALUES),
    **dict.fromkeys(OF_CREDENTIALS, KEY_VALUES | {"network": "192.0.2.0/24"}),
    "transinvite": {"translation": "Українська"},
    "langsuggest": {
        "username": "ann",
        "number": "12",
        "suggestion": "Esperanto",
        "correspondence": "français",
        "comments": "I can help.",
    },
    "quotarequest": {
        "username": "ann",
        "number": "12",
        "wanted": "5 units a day",
        "purpose": "A study.",
        "days": "30",
        "request": "5b0a6a0e-3f0b-4b52-9d3c-6a8d5d0c1b2e",
    },
    "quotagranted": {"quota": "5", "policy": "units a day", "until": "2026-12-24", "answer": "Go ahead."},
    "quotadeclined": {"quota": "5", "policy": "units a day", "answer": "Not now."},
    "keyexpires": {"key": "my script", "date": "2026-11-30", "days": "7"},
    "keyunused": {"key": "my script", "date": "2026-08-25"},
    "quotanear": {"key": "my script", "quota": "10000", "policy": "day"},
    "quotareached": {"quota": "10000", "policy": "day"},
}
HOSTILE = '<script>alert("x")</script>&{{ 7*7 }}'


def a_mail(kind: str = "signup", language: str = "en", **fields: Any) -> EmailMessage:
    own = {"kind": kind, "language": language, "to": "ann@example.org", "link": LINK, "values": VALUES.get(kind, {})}
    return render(Mail(**own | fields), sender=SENDER, website=WEBSITE, server=SERVER)


def part(message: EmailMessage, subtype: str) -> str:
    body = message.get_body((subtype,))
    assert isinstance(body, EmailMessage)
    return str(body.get_content())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_mail_is_complete_in_every_language(kind: str, language: str) -> None:
    message = a_mail(kind, language)
    text, html = part(message, "plain"), part(message, "html")
    assert message.get_content_type() == "multipart/alternative"
    assert f'<html lang="{language}">' in html
    assert (WEBSITE + LINK in text.splitlines()) is (kind not in WITHOUT_LINK)
    assert html.count(f'href="{WEBSITE + LINK}"') == (0 if kind in WITHOUT_LINK else 2)
    assert not re.search(r"[{}]|\bNone\b|Undefined", text + html + str(message["Subject"]))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_texts_that_english_has_with_the_same_placeholders(language: str) -> None:
    assert shape_of(language) == shape_of("en")


def shape_of(language: str) -> dict[str, set[str]]:
    """Each kind's and shared text's name, with the names and placeholders in it."""
    folder = Path(messages.__file__).parent / "templates"
    texts = tomllib.loads((folder / f"{language}.toml").read_text("utf-8"))
    names = {name: set(text) if isinstance(text, dict) else set() for name, text in texts.items()}
    return {name: names[name] | set(re.findall(r"{\w+}", str(texts[name]))) for name in texts}


def test_each_language_has_its_own_words() -> None:
    assert len({part(a_mail(language=language), "plain") for language in LANGUAGES}) == len(LANGUAGES)


def test_the_headers_name_sender_and_recipient_and_mark_an_automatic_mail() -> None:
    message = a_mail("emailchange", "uk")
    assert message["From"] == "FreeSewing <hello@example.org>"
    assert message["To"] == "ann@example.org"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime.utcoffset().total_seconds() == 0
    assert re.fullmatch(r"<[^@\s]+@example\.org>", message["Message-ID"])
    assert "FreeSewing" in message["Subject"]


def test_two_mails_have_different_message_ids() -> None:
    assert a_mail()["Message-ID"] != a_mail()["Message-ID"]


def test_a_mail_that_version_0_1_queued_with_a_copy_goes_to_its_recipient_alone() -> None:
    queued = {"kind": "emailchange", "language": "en", "to": "new@example.org", "cc": "old@example.org", "link": LINK}
    message = render(messages.of_queue(queued), sender=SENDER, website=WEBSITE, server=SERVER)
    assert message["To"] == "new@example.org"
    assert "old@example.org" not in message.as_string()


def test_a_mail_survives_sending_and_parsing() -> None:
    message = a_mail("signinlink", "uk")
    parsed = message_from_bytes(message.as_bytes(), policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    assert parsed["Subject"] == message["Subject"]
    assert part(parsed, "plain") == part(message, "plain")
    assert "однієї години" in part(parsed, "html")


def test_the_lines_of_the_text_part_are_short_except_for_the_link() -> None:
    lines = part(a_mail("emailchange", "de"), "plain").splitlines()
    assert max(len(line) for line in lines if LINK not in line) <= 76


@pytest.mark.parametrize("value", ["service", "contact"])
def test_a_hostile_value_is_escaped_in_html_and_untouched_in_text(value: str) -> None:
    message = a_mail("emailchange-notice", values={value: HOSTILE})
    html = part(message, "html")
    assert "<script" not in html
    assert "&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;&amp;{{ 7*7 }}" in html
    assert HOSTILE in " ".join(part(message, "plain").split())


def test_a_hostile_link_cannot_leave_its_attribute() -> None:
    html = part(a_mail(link='/"><img src=x>'), "html")
    assert "<img" not in html


def test_a_hostile_address_is_escaped() -> None:
    html = part(a_mail("emailchange", to='"<img/src=x>"@example.org'), "html")
    assert "<img" not in html
    assert "&lt;img/src=x&gt;" in html


def test_the_notice_about_a_change_of_address_names_the_present_one_and_where_to_get_help() -> None:
    text = part(a_mail("emailchange-notice", values={"contact": "help@example.org"}), "plain")
    assert "ann@example.org" in text
    assert "help@example.org" in text


def test_the_mail_to_a_disabled_account_names_the_contact_address() -> None:
    assert "hello@example.org" in part(a_mail("signup-aed"), "plain")


def test_a_sender_without_a_name_speaks_for_the_website() -> None:
    mail = Mail("signup", "en", "ann@example.org", link=LINK)
    message = render(mail, sender="hello@example.org", website=WEBSITE, server=SERVER)
    assert message["From"] == "hello@example.org"
    assert message["Subject"] == "Welcome to sewing.example.org: please confirm your address"


def test_a_slash_at_the_end_of_the_website_is_not_doubled() -> None:
    mail = Mail("signup", "en", "ann@example.org", link=LINK)
    assert WEBSITE + LINK in part(render(mail, sender=SENDER, website=WEBSITE + "/", server=SERVER), "plain")


@pytest.mark.parametrize("language", ["tlh", "", "../../secrets", "EN"])
def test_an_unknown_language_falls_back_to_english(language: str) -> None:
    message = a_mail(language=language)
    assert message["Subject"] == a_mail(language="en")["Subject"]
    assert '<html lang="en">' in part(message, "html")


@pytest.mark.parametrize("kind", ["", "greeting", "spam"])
def test_an_unknown_kind_is_an_error(kind: str) -> None:
    with pytest.raises(ValueError, match="kind"):
        a_mail(kind)


@pytest.mark.parametrize("link", ["", ".evil.example/", "@evil.example/", "https://evil.example/"])
def test_a_link_that_is_missing_or_could_change_the_host_is_an_error(link: str) -> None:
    with pytest.raises(ValueError, match="slash"):
        a_mail(link=link)


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("field", ["to", "reply_to", "subscriber", "service"])
def test_no_field_can_inject_a_header(field: str, end: str) -> None:
    injected = f"ann@example.org{end}Bcc: all@example.org"
    fields: dict[str, Any] = {"values": {field: injected}} if field == "service" else {field: injected}
    with pytest.raises(ValueError):
        a_mail(**fields)


@pytest.mark.parametrize(
    "sender", ["Eve <eve@example.org>\r\nBcc: all@example.org", "", "Eve", "eve@example.org, ann@example.org"]
)
def test_a_sender_that_is_not_one_address_is_an_error(sender: str) -> None:
    mail = Mail("signup", "en", "ann@example.org", link=LINK)
    with pytest.raises(ValueError):
        render(mail, sender=sender, website=WEBSITE, server=SERVER)


@pytest.mark.parametrize(
    "address",
    ["", "ann", "ann@", "@example.org", "a@example.org, b@example.org", "Ann <ann@example.org>", "ü, b@c.d"],
)
@pytest.mark.parametrize("field", ["to", "reply_to"])
def test_a_recipient_that_is_not_exactly_one_bare_address_is_an_error(field: str, address: str) -> None:
    with pytest.raises(ValueError):
        a_mail(**{field: address})


def test_an_address_with_letters_beyond_ascii_is_kept() -> None:
    assert a_mail(to="anü@example.org")["To"].addresses[0].addr_spec == "anü@example.org"


def test_a_mail_to_a_subscriber_has_the_headers_for_one_click_unsubscription() -> None:
    ehash = "5f" * 32
    for kind in ("nlsub", "nlsub-active", "nlunsub"):
        sent = a_mail(kind, "uk", subscriber=ehash)
        for form in (policy.SMTP, policy.SMTPUTF8, policy.EmailPolicy(utf8=True)):
            lines = sent.as_bytes(policy=form).splitlines()
            # A header that is folded or encoded is none that mail programs find.
            assert f"List-Unsubscribe: <{SERVER}/ocunsub/{ehash}>".encode() in lines
            assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines
    assert a_mail("signup")["List-Unsubscribe"] is None
    assert a_mail("signup")["List-Unsubscribe-Post"] is None


def test_answers_go_to_the_reply_to_address() -> None:
    assert a_mail("langsuggest", reply_to="bob@example.org")["Reply-To"] == "bob@example.org"
    assert a_mail()["Reply-To"] is None


def test_a_suggestion_is_mailed_as_plain_text() -> None:
    hostile = dict.fromkeys(VALUES["langsuggest"], f"{HOSTILE}\r\nBcc: all@example.org")
    message = a_mail("langsuggest", values=hostile)
    assert message["Bcc"] is None
    assert "<script" not in part(message, "html")
    assert HOSTILE in part(message, "plain")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_notice_names_the_key_or_says_that_it_is_about_the_account_and_how_to_get_none(language: str) -> None:
    of_key, of_account = (
        part(a_mail("quotanear", language, values={"quota": "10000", "policy": "day", **key}), "plain")
        for key in ({"key": HOSTILE}, {})
    )
    assert HOSTILE in of_key and '"notices": false' in " ".join(of_key.split())
    texts = tomllib.loads((Path(messages.__file__).parent / "templates" / f"{language}.toml").read_text())
    assert texts["quotanear"]["nokey"] in of_account
