"""Who hears of a request for more."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.quota_decisions import MOST_MAILED
from tests.databases import fresh_postgres
from tests.handlers.database import change_account
from tests.handlers.reading import mail_to, mails_to
from tests.handlers.test_quota_requests import asked
from tests.service import Service

MAINTAINER = "maintainer@example.org"
PURPOSE = "<b>Drafts</b> for {service}\r\nBcc: all@example.org"


@pytest.fixture(params=["sqlite", "postgresql"])
def alone(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Service]:
    """A server without any administrator."""
    if request.param == "sqlite":
        yield from _running(Service(tmp_path, maintainer_email=MAINTAINER, maintainer_language="nl"))
    else:
        with fresh_postgres() as url:
            service = Service(tmp_path, database_url=url, maintainer_email=MAINTAINER, maintainer_language="nl")
            yield from _running(service)


def _running(service: Service) -> Iterator[Service]:
    try:
        yield service.start()
    finally:
        service.close()


def test_administrators_hear_of_a_request_in_their_language_and_the_maintainer_where_there_is_none(
    alone: Service,
) -> None:
    person = alone.sign_up()
    made = asked(person, purpose=PURPOSE)
    mail = mail_to(alone, MAINTAINER)
    assert (mail["Reply-To"], mail["Bcc"]) == (person.email, None)
    assert mail["Subject"].startswith("Iemand vraagt om meer")
    body, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert body is not None and html is not None
    text = " ".join(body.get_content().split())
    assert f"(account {person.id})" in text
    assert "Gewenst: 200000 eenheden per dag voor het hele account" in text
    assert "Aantal dagen: 30" in text
    assert "<b>Drafts</b> for {service} Bcc: all@example.org" in text
    assert made["id"] in text
    assert "&lt;b&gt;Drafts" in html.get_content()

    languages = ("de", "uk", "en")
    administrators = [alone.sign_up("admin", language=languages[number % 3]) for number in range(MOST_MAILED + 3)]
    change_account(alone, administrators[0].id, status=-2)
    change_account(alone, administrators[1].id, consent=0)
    asked(alone.sign_up())
    subjects = [str(mail_to(alone, one.email)["Subject"])[:7] for one in administrators[2 : MOST_MAILED + 2]]
    assert subjects[:3] == ["Somebod", "Jemand ", "Хтось п"]
    others = [*administrators[:2], administrators[-1]]
    assert [mails_to(alone, one.email) for one in others] == [[], [], []]
    assert len(mails_to(alone, MAINTAINER)) == 1
