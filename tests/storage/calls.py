"""A call of each storage function that builds its statements."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, select

from core.clock import new_uuid
from storage import (
    accounts,
    address_hashes,
    administration,
    apikeys,
    audit_log,
    canaries,
    checks,
    confirmations,
    health,
    image_removals,
    mails,
    profiles,
    reencryption,
    revocation,
    statistics,
    subscribers,
    usage_reports,
)
from storage.schema.tables import apikeys as key_table
from tests.storage.store import NOW, ORIGIN

DAY = timedelta(days=1)
SPAN: dict[str, Any] = {"begin": NOW - 7 * DAY, "end": NOW, "limit": 10}


def _rotate(connection: Connection) -> None:
    held = apikeys.lock(
        connection, connection.execute(select(key_table.c.key).where(key_table.c.id == 1)).scalar_one()
    )
    apikeys.rotate(connection, held, secret_hash="0" * 64, grace=DAY, origin=ORIGIN, now=NOW)
    revocation.revoke(connection, held, by=revocation.OWNER, origin=ORIGIN, now=NOW)


def _count(connection: Connection) -> None:
    work = statistics.claim(connection, now=NOW, before=NOW)
    assert work is not None
    work = statistics.advance(connection, work, now=NOW, rows=50)
    statistics.keep(connection, statistics.advance(connection, work, now=NOW, rows=50), now=NOW)


def _reencrypt(connection: Connection) -> None:
    for table in reencryption.tables():
        after = reencryption.rewrite(connection, table, None).after
        while after is not None:
            after = reencryption.rewrite(connection, table, after).after


def _canaries(connection: Connection) -> None:
    canaries.protect(connection)
    canaries.establish(connection)
    canaries._check_rows(connection)
    canaries.accept_secret(connection)
    canaries.retire(connection)


def _count_rows(connection: Connection) -> None:
    for table in reencryption.tables():
        reencryption.count(connection, table)


def _hash_addresses(connection: Connection) -> None:
    address_hashes.stored(connection, "0" * 64)
    address_hashes.create_key(connection)
    address_hashes.are_unsalted(connection)
    for table in address_hashes.COLUMNS:
        address_hashes.convert(connection, table, 0)


def _series(connection: Connection) -> None:
    for granularity in usage_reports.GRANULARITIES:
        for by in (None, "operation", "status", "key"):
            for key_id in (None, 1):
                usage_reports.series(connection, granularity, user_id=1, key_id=key_id, by=by, **SPAN)


def _mail(connection: Connection) -> None:
    mails.claim(connection, now=NOW)
    mails.find(connection, 1)
    mails.postpone(connection, 1, until=NOW)
    mails.sent(connection, 1)
    mails.give_up(connection, 2, "refused", now=NOW)
    mails.given_up(connection, limit=10)
    mails.retry(connection, [2, 3], now=NOW)
    mails.retry(connection, None, now=NOW)
    mails.prune(connection, NOW)


def _both_languages(page: Callable[..., Any]) -> Callable[[Connection], None]:
    def call(connection: Connection) -> None:
        for language in (None, "en"):
            page(connection, limit=10, after=5, language=language)

    return call


def _acts(connection: Connection) -> None:
    for whose in ({}, {"actor": 1}, {"subject": 1}, {"actor": 1, "subject": 1}):
        for after in (0, 500):
            audit_log.page(connection, limit=10, after=after, **whose)


def _confirmations(connection: Connection) -> None:
    issued = confirmations.issue(connection, confirmations.SIGN_UP, user_id=1, now=NOW, data={})
    confirmations.use_up(connection, issued.id)
    confirmations.drop_all(connection, 1)
    confirmations.prune(connection, NOW)


def _accounts_page(connection: Connection) -> None:
    for chosen in ({}, {"role": "admin"}, {"status": 1}):
        administration.page(connection, limit=10, after=0, by=audit_log.Actor(1, new_uuid()), now=NOW, **chosen)


def _mails_page(connection: Connection) -> None:
    for has_failed in (None, True, False):
        mails.page(connection, limit=10, after=0, has_failed=has_failed)


def _probe(connection: Connection) -> None:
    checks.write(connection)
    if connection.dialect.name == "postgresql":
        checks.seconds(connection)


CALLS: dict[str, Callable[[Connection], Any]] = {
    "accounts.change": lambda connection: accounts.change(connection, 1, bio="x"),
    "accounts.remove": lambda connection: accounts.remove(connection, 1),
    "audit_log.page": _acts,
    "address_hashes": _hash_addresses,
    "administration.page": _accounts_page,
    "apikeys.prune": lambda connection: apikeys.prune(connection, [1, 2]),
    "apikeys.rotate": _rotate,
    "canaries": _canaries,
    "canaries.count_bound_to_secret": canaries.count_bound_to_secret,
    "confirmations": _confirmations,
    "image_removals.finish": lambda connection: image_removals.finish(connection, [1, 2]),
    "health.revision": health.revision,
    "mails": _mail,
    "mails.page": _mails_page,
    "probes": _probe,
    "profiles.find_profiles": lambda connection: profiles.find_profiles(connection, "a", 10),
    "reencryption.count": _count_rows,
    "reencryption.rewrite": _reencrypt,
    "revocation.revoke_all": lambda connection: revocation.revoke_all(
        connection, 1, by=revocation.STATUS, origin=ORIGIN, now=NOW
    ),
    "subscribers.accounts_page": _both_languages(subscribers.accounts_page),
    "subscribers.page": _both_languages(subscribers.page),
    "subscribers.prune": lambda connection: subscribers.prune(connection, NOW),
    "statistics.advance": _count,
    "usage_reports.heaviest_accounts": lambda connection: usage_reports.heaviest_accounts(
        connection, "day", before=NOW - 14 * DAY, **SPAN
    ),
    "usage_reports.heaviest_keys": lambda connection: usage_reports.heaviest_keys(
        connection, "day", before=NOW - 14 * DAY, **SPAN
    ),
    "usage_reports.heaviest_networks": lambda connection: usage_reports.heaviest_networks(connection, **SPAN),
    "usage_reports.names_of_keys": lambda connection: usage_reports.names_of_keys(connection, [new_uuid()]),
    "usage_reports.series": _series,
}
