"""The newsletter: subscribe, confirm, and unsubscribe, without an account."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection
from starlette.responses import Response

from core import clock
from core.email_addresses import shown
from core.errors import NoSuchRecord, Refused, SchemaViolation, ValidationFailed
from handlers.support.mail_addresses import stored_address
from handlers.support.responses import SECRET, content, no_content, success
from services.auth.response_times import SECONDS, steady
from services.container import Services
from services.pages import service_pages
from storage import accounts, mails, subscribers
from storage.administration import HASH_LENGTH

_UNKNOWN = "The subscription does not exist or has ended."


async def subscribe(body: dict[str, Any], services: Services) -> Response:
    """Mail a link that confirms, or tell a subscriber that they are one; the caller cannot see which."""
    email, language = stored_address(body["email"]), body["language"].lower()
    await services.limits.spend_mail("nlsub", email)
    in_test = services.test_mode.applies(body, email)
    async with steady(0 if in_test else SECONDS):
        made = await services.storage.write(_subscribe, email, language, silent=in_test, now=clock.now())
        services.outbox.wake()
    parts = {"id": str(made["uuid"]), "ehash": accounts.email_hash(email)} if in_test else {}
    return success(data={"email": shown(email), "language": language, **parts}, headers=SECRET)


def _subscribe(
    connection: Connection, email: str, language: str, *, silent: bool, now: datetime
) -> subscribers.Subscriber:
    made = subscribers.ask(connection, email, language=language, now=now)
    if not silent:
        kind, page = ("nlsub-active", "unsubscribe") if made["active"] else ("nlsub", "newsletter")
        recipient = subscribers.Recipient(made["uuid"], made["email"], made["language"], None)
        _enqueue(connection, kind, page, recipient, accounts.email_hash(email), now)
    return made


def _enqueue(
    connection: Connection, kind: str, page: str, recipient: subscribers.Recipient, ehash: str, now: datetime
) -> None:
    mail = {
        "kind": kind,
        "language": recipient.language,
        "to": recipient.email,
        "link": f"/confirm/{page}/{recipient.uuid}/{ehash}",
        "subscriber": ehash,
    }
    mails.enqueue(connection, mail, user_id=recipient.user_id, now=now)


async def confirm_subscription(body: dict[str, Any], services: Services) -> Response:
    """Begin to send the newsletter."""
    uuid, ehash = _parts(body)
    made = await services.storage.write(subscribers.confirm, _uuid(uuid), ehash, now=clock.now())
    return success(data={"email": shown(made["email"]), "language": made["language"]}, headers=SECRET)


def _parts(body: dict[str, Any]) -> tuple[str, str | None]:
    """Return the subscription's id, and the hash of its address unless it is named by its `uuid`."""
    if "uuid" in body:
        return body["uuid"], None
    for field, code in (("id", "idMissing"), ("ehash", "ehashMissing")):
        if field not in body:
            raise ValidationFailed(code, [SchemaViolation("body", f"/{field}", "is missing")])
    return body["id"], body["ehash"]


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NoSuchRecord(_UNKNOWN) from None


async def unsubscribe_v3(body: dict[str, Any], id: str | None, ehash: str | None, services: Services) -> Response:
    """End it with both parts of a link, wherever they stand."""
    given, hashed = body.get("id", id), body.get("ehash", ehash)
    if given is None:
        raise Refused("idMissing", "Send the id of the link, in the body or in the query.")
    if hashed is None:
        raise Refused("ehashMissing", "Send the hash of the link, in the body or in the query.")
    await services.storage.write(_unsubscribe, _uuid(given), hashed, clock.now())
    return no_content()


def _unsubscribe(connection: Connection, uuid: UUID, ehash: str, now: datetime) -> None:
    recipient = subscribers.find(connection, ehash)
    if recipient is None or recipient.uuid != uuid:
        raise NoSuchRecord(_UNKNOWN)
    subscribers.leave(connection, ehash, now=now)


async def unsubscribe(ehash: str, services: Services) -> Response:
    """End the subscription, if there is one. The response is the same if not: hashes of addresses can be guessed."""
    async with steady():
        await services.storage.write(_leave, ehash, clock.now())
    return no_content()


def _leave(connection: Connection, handle: str, now: datetime) -> None:
    """End it for the address with this hash, or with the subscription of this UUID."""
    ehash = handle if len(handle) == HASH_LENGTH else subscribers.hash_of(connection, UUID(handle))
    if ehash is not None:
        subscribers.leave(connection, ehash, now=now)


async def request_unsubscription(body: dict[str, Any], services: Services) -> Response:
    """Mail a link that ends the subscription; the response is the same if there is none."""
    email = stored_address(body["email"])
    await services.limits.spend_mail("nlunsub", email)
    async with steady():
        await services.storage.write(_request_unsubscription, email, clock.now())
        services.outbox.wake()
    return success(data={}, headers=SECRET)


def _request_unsubscription(connection: Connection, email: str, now: datetime) -> None:
    ehash = accounts.email_hash(email)
    recipient = subscribers.find(connection, ehash)
    if recipient is not None:
        _enqueue(connection, "nlunsub", "unsubscribe", recipient, ehash, now)


async def read_unsubscribe_page(ehash: str, services: Services) -> Response:
    """A form with a button and nothing else, for those whose mail program has no button of its own."""
    return _page(services, "unsubscribe")


async def unsubscribe_in_one_click(ehash: str, body: dict[str, Any], services: Services) -> Response:
    """End it, as mail programs ask for it."""
    async with steady():
        await services.storage.write(_leave, ehash, clock.now())
    return _page(services, "unsubscribed")


def _page(services: Services, name: str) -> Response:
    policy = {"Content-Security-Policy": service_pages.FORM_POLICY, "Referrer-Policy": "no-referrer"}
    return content(services.pages.page(name), "text/html; charset=utf-8", headers={**policy, **SECRET})
