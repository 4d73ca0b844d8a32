"""Help with translations: mails to volunteers and to the maintainer."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from core import clock
from handlers.support.reauthentication import reauthenticated
from handlers.support.responses import success
from security import Caller
from services.container import Services
from storage import accounts, mails

# In the language itself, so that it is right in a mail of any language.
NAMES = {"de": "Deutsch", "es": "Español", "fr": "Français", "nl": "Nederlands", "uk": "Українська"}
# The text for an empty field.
NOTHING = "---"


async def invite_translator(body: dict[str, Any], caller: Caller, services: Services) -> Response:
    """Mail the caller how to go on."""
    await services.storage.write(
        reauthenticated, caller, _invite, services, caller.user_id, body["language"], clock.now()
    )
    services.outbox.wake()
    return success(data={})


def _invite(connection: Connection, services: Services, user_id: int, language: str, now: datetime) -> None:
    account = accounts.find(connection, user_id)
    mail = {
        "kind": "transinvite",
        "language": account["language"],
        "to": account["email"],
        "reply_to": services.maintainer.email,
        "values": {"translation": NAMES[language], "contact": services.maintainer.email},
    }
    mails.enqueue(connection, mail, user_id=user_id, now=now)


async def suggest_language(body: dict[str, Any], caller: Caller, services: Services) -> Response:
    """Mail the suggestion to the maintainer, with the caller's address to reply to."""
    await services.limits.spend_notice("langsuggest", services.maintainer.email)
    said = {
        "suggestion": body["language"],
        "correspondence": body.get("correspondence") or NOTHING,
        "comments": body.get("comments") or NOTHING,
    }
    await services.storage.write(reauthenticated, caller, _suggest, services, caller.user_id, said, clock.now())
    services.outbox.wake()
    return success(data={})


def _suggest(connection: Connection, services: Services, user_id: int, said: dict[str, str], now: datetime) -> None:
    account = accounts.find(connection, user_id)
    mail = {
        "kind": "langsuggest",
        "language": services.maintainer.language,
        "to": services.maintainer.email,
        "reply_to": account["email"],
        "values": {**said, "username": account["username"], "number": str(user_id)},
    }
    mails.enqueue(connection, mail, user_id=user_id, now=now)
