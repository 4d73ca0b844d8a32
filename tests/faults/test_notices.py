"""Notices of a real server: mailed after its start, and not again after another."""

from datetime import timedelta
from email import message_from_bytes, policy

from sqlalchemy import delete, select, update

from core import clock
from storage.schema.tables import apikeys, mails, totals
from tests.faults.test_idempotency import database, mortal
from tests.handlers.database import execute
from tests.service import Service, wait_until

__all__ = ["database", "mortal"]

PASS = select(totals.c.data).where(totals.c.name == "notices")


def test_a_start_mails_due_notices_once(mortal: Service) -> None:
    wants, refuses = mortal.sign_up(language="fr"), mortal.sign_up()
    assert refuses.patch("/account", {"notices": False}).json()["account"]["notices"] is False
    for person in (wants, refuses):
        person.new_key(name="<b>mon script</b>")
    now = clock.now()
    dates = {"created_at": now - timedelta(days=30), "expires_at": now + timedelta(hours=20)}
    before = len(mortal.mails())
    execute(mortal, update(apikeys).values(**dates))
    for _ in range(2):
        mortal.stop()
        # As if the last pass were long ago.
        execute(mortal, delete(totals).where(totals.c.name == "notices"))
        mortal.start(migrate=False)
        wait_until(lambda: execute(mortal, PASS) == [({"after": None},)], "the end of the pass")
        wait_until(lambda: execute(mortal, select(mails.c.id)) == [], "the mails to be sent")
    (mail,) = mortal.mails()[before:]
    message = message_from_bytes(mail.read_bytes(), policy=policy.default)
    assert message["To"] == wants.email
    assert message["Subject"].startswith("Une clé d'API")
    assert b"&lt;b&gt;mon script&lt;/b&gt;" in mail.read_bytes()
