"""Mails of volunteers for translation."""

from email.message import EmailMessage

import pytest

from tests.handlers.reading import mail_to, mails_to
from tests.service import Person, Service, wait_until

MAINTAINER = "no-reply@localhost"
DONE = {"result": "success", "data": {}}


@pytest.mark.parametrize("language", ["de", "es", "fr", "nl", "uk"])
def test_an_offer_to_translate_is_answered_by_an_invitation(service: Service, alice: Person, language: str) -> None:
    reply = alice.post("/flows/translator-invite", {"language": language})
    assert (reply.status_code, reply.json()) == (200, DONE)
    mail = mail_to(service, alice.email)
    assert mail["Reply-To"] == MAINTAINER
    names = {"de": "Deutsch", "es": "Español", "fr": "Français", "nl": "Nederlands", "uk": "Українська"}
    text = mail.get_body(("plain",))
    assert text is not None and names[language] in text.get_content()


def test_the_invitation_is_in_the_callers_own_language(service: Service) -> None:
    person = service.sign_up(language="nl")
    person.new_key(1).post("/flows/translator-invite", {"language": "de"})
    assert mail_to(service, person.email)["Subject"].startswith("Dank je wel")


def test_a_suggestion_is_mailed_to_the_maintainers_and_can_be_answered(service: Service, alice: Person) -> None:
    body = {
        "language": "Esperanto\r\nBcc: all@example.org",
        "correspondence": "<b>français</b> {service}",
        "comments": "There are three of us.\r\nBcc: all@example.org",
        "friends": 3,
    }
    reply = alice.post("/flows/language-suggestion", body)
    assert (reply.status_code, reply.json()) == (200, DONE)
    mine = f"(account {alice.id})"

    def found() -> list[str]:
        texts = [mail.get_body(("plain",)) for mail in suggestions_of(service, alice)]
        return [text.get_content() for text in texts if text is not None]

    wait_until(lambda: found(), "the suggestion")
    (mail,) = suggestions_of(service, alice)
    assert (mail["To"], mail["Bcc"]) == (MAINTAINER, None)
    assert mine in found()[0]
    assert "<b>français</b> {service}" in found()[0]
    html = mail.get_body(("html",))
    assert html is not None and "&lt;b&gt;français" in html.get_content()


def suggestions_of(service: Service, person: Person) -> list[EmailMessage]:
    """Return the mails to the maintainer whose reply address is this person."""
    return [mail for mail in mails_to(service, MAINTAINER) if mail["Reply-To"] == person.email]


def test_missing_members_of_a_suggestion_are_shown_as_missing(service: Service, alice: Person) -> None:
    assert alice.post("/flows/language-suggestion", {"language": "Latin", "comments": ""}).status_code == 200
    wait_until(lambda: suggestions_of(service, alice), "the suggestion")
