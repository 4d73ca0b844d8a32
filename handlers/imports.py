"""Moving in from version 2: newsletter subscribers, and accounts with their people and patterns."""

import re
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from core import clock, email_addresses
from core.errors import AlreadyExists, AuthenticationFailed
from handlers.support import measurements, version2
from handlers.support.responses import SECRET, success
from handlers.support.usernames import is_acceptable
from services.auth import passwords
from services.container import Services
from services.images import record_images
from storage import accounts, hash_costs, patterns, security_log, sets, subscribers
from storage.schema.tables import Record
from storage.security_log import Origin

Skipped = list[dict[str, str]]
EXISTS = "exists"
MOST_IGNORED = 500
"""Measurements of an account that are listed as ignored."""


async def import_subscribers(body: dict[str, Any], services: Services) -> Response:
    """Subscribe addresses that were confirmed in version 2."""
    services.imports.admit(body["import_token"])
    imported, skipped = 0, Skipped()
    for language, emails in body["list"].items():
        for place, email in enumerate(emails):
            reason = await _subscribe(services, email, language)
            imported += not reason
            if reason:
                skipped.append({"at": f"/list/{language}/{place}", "reason": reason})
    return success(imported=imported, skipped=skipped, headers=SECRET)


async def _subscribe(services: Services, email: str, language: str) -> str:
    """Why an address was left out; empty if it was not."""
    if language not in version2.LANGUAGES:
        return "unsupportedLanguage"
    if not re.fullmatch(version2.EMAIL, email):
        return "emailInvalid"
    try:
        address = email_addresses.stored(email)
    except email_addresses.DomainInvalid:
        return "emailInvalid"
    new = await services.storage.write(_subscribed, address, language, clock.now())
    return "" if new else EXISTS


def _subscribed(connection: Connection, email: str, language: str, now: datetime) -> bool:
    present = subscribers.ask(connection, email, language=language, now=now)
    if present["active"]:
        return False
    subscribers.confirm(connection, present["uuid"], accounts.email_hash(email), now=now)
    return True


async def import_users(body: dict[str, Any], services: Services) -> Response:
    """Take accounts over, each as a whole or not at all."""
    services.imports.admit(body["import_token"])
    return await _imported(services, [(f"/list/{place}", record) for place, record in enumerate(body["list"])])


async def migrate_account(body: dict[str, Any], services: Services) -> Response:
    """Take over one account, whose owner has just given their password."""
    services.imports.admit(body["import_token"])
    return await _imported(services, [("/account", body["account"])], body["password"])


async def _imported(services: Services, records: list[tuple[str, Any]], password: str | None = None) -> Response:
    taken, skipped = [], Skipped()
    # A random password: an account that is imported without a password signs in by link.
    unknown = await passwords.hashed(clock.new_check())
    for at, record in records:
        try:
            account = version2.account_of(record)
            hashed = account.password_hash or unknown
            if password is not None:
                hashed = await _own_password(account, password)
            made = await services.storage.write(_take_over, account, hashed, at, clock.now())
        except (version2.Unusable, AlreadyExists) as error:
            reason = str(error) if isinstance(error, version2.Unusable) else EXISTS
            skipped.append({"at": at, "reason": reason})
        else:
            taken.append(made[0])
            skipped += made[1]
    return success(imported=len(taken), accounts=taken, skipped=skipped, headers=SECRET)


async def _own_password(account: version2.Account, password: str) -> str:
    """The hash to keep of a password, which must be the one in the export, if there is one in it."""
    if account.password_hash and not (await passwords.verify(password, account.password_hash)).fits:
        raise AuthenticationFailed("The password is wrong.")
    return await passwords.hashed(password)


def _take_over(
    connection: Connection, account: version2.Account, password: str, at: str, now: datetime
) -> tuple[dict[str, Any], Skipped]:
    """Return the account with its records, and the skipped ones; raise AlreadyExists if the address has one."""
    hash_costs.record(connection, passwords.old_kinds(password), now)
    made = accounts.create(
        connection, email=account.email, language=account.language, role="user", password=password, now=now
    )
    fields = dict(account.fields)
    if is_acceptable(account.username, user_id=made["id"]):
        fields["username"] = account.username
    data = {"v2handle": account.handle} if account.handle else {}
    row = accounts.edit(connection, made["id"], fields=fields, data=data, origin=Origin(security_log.SYSTEM), now=now)
    skipped = Skipped()
    if account.username and row["username"] != account.username:
        skipped.append({"at": f"{at}/username", "reason": "taken or not acceptable"})
    people = _people(connection, account, made["id"], at, now, skipped)
    drafts = _patterns(connection, account, people, made["id"], at, now, skipped)
    taken = {"at": at, "id": made["id"], "username": row["username"], "sets": len(people), "patterns": drafts}
    return taken, skipped


def _people(
    connection: Connection, account: version2.Account, user_id: int, at: str, now: datetime, skipped: Skipped
) -> dict[str, Record]:
    """The sets that the account's people became, by their handles."""
    made = {}
    ignored = Skipped()
    for handle, record in account.people.items():
        try:
            person = version2.person_of(record)
        except version2.Unusable as error:
            skipped.append({"at": _below(at, "people", handle), "reason": str(error)})
            continue
        measies, left_out = measurements.of_new_set(person.measurements)
        ignored += [
            {"at": _below(at, "people", handle, "measurements", entry["name"]), "reason": entry["reason"]}
            for entry in left_out[: MOST_IGNORED - len(ignored)]
        ]
        made[handle] = sets.create(
            connection,
            user_id=user_id,
            now=now,
            name=person.name,
            notes=person.notes,
            img=record_images.NONE,
            measies=measies,
            imperial=person.units == "imperial",
            public=False,
        )
    skipped += ignored
    return made


def _patterns(
    connection: Connection,
    account: version2.Account,
    people: dict[str, Record],
    user_id: int,
    at: str,
    now: datetime,
    skipped: Skipped,
) -> int:
    """How many of the account's patterns were taken over."""
    count = 0
    for handle, record in account.patterns.items():
        try:
            pattern = version2.pattern_of(record)
        except version2.Unusable as error:
            skipped.append({"at": _below(at, "patterns", handle), "reason": str(error)})
            continue
        patterns.create(
            connection,
            user_id=user_id,
            now=now,
            design=pattern.data.design,
            name=pattern.name,
            notes=pattern.notes,
            img=record_images.NONE,
            data=pattern.data.model_extra or {},
            settings=pattern.data.settings,
            public=False,
            set=people.get(pattern.person),
            cset=None,
        )
        count += 1
    return count


def _below(at: str, *names: str) -> str:
    """A JSON pointer (RFC 6901) to a part of the account, whose name is the caller's own wording."""
    return "/".join((at, *(name[:100].replace("~", "~0").replace("/", "~1") for name in names)))
