"""Pruning removes expired rows, and no others."""

from datetime import datetime, timedelta

import pytest

from core import clock
from services import retention
from storage import apikeys, attempts, known_networks, mails, recent_requests, security_log
from storage.schema.fair_use import events as table
from storage.schema.fair_use import recent_requests as requests
from storage.schema.guessing import attempts as counters
from storage.schema.guessing import known_networks as networks
from tests.service_container import services_on
from tests.storage.conftest import postgresql_url, sqlite_url, store
from tests.storage.store import NOW, Store
from tests.storage.test_recent_requests import request

__all__ = ["postgresql_url", "sqlite_url", "store"]


def test_anonymous_images_are_removed_with_expired_rows(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    called_at = []

    async def expire(now: datetime) -> None:
        called_at.append(now)

    monkeypatch.setattr(retention, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(clock, "now", lambda: NOW)
    services = services_on(store.storage)
    monkeypatch.setattr(services.images, "expire", expire)
    store.run(services.retention.forget())
    assert called_at == [NOW]


def test_old_events_and_keys_that_ended_long_ago_are_forgotten(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "PAUSE_SECONDS", 0)
    user_id = store.new_account()["id"]
    key = store.new_key(user_id)
    store.new_mail(now=NOW)
    mail_id = store.write(mails.claim, now=NOW)
    assert mail_id is not None
    store.write(mails.give_up, mail_id, "refused", now=NOW + timedelta(days=340))
    store.write(
        security_log.record, user_id, security_log.SIGNED_IN, origin=security_log.Origin(security_log.OWNER), now=NOW
    )
    before = store.count(table)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=364))
    store.run(services_on(store.storage).retention.forget())
    assert store.read(apikeys.find_status, key["key"]) is not None and store.count(table) == before
    assert len(store.read(mails.given_up)) == 1
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=401))
    store.run(services_on(store.storage).retention.forget())
    assert store.read(apikeys.find_status, key["key"]) is None and store.count(table) == 0
    assert store.read(mails.given_up) == []


def test_expired_counters_of_attempts_and_networks_that_are_not_used_are_pruned(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "PAUSE_SECONDS", 0)
    for number in range(3):
        store.write(attempts.lock, [f"counter {number}"], NOW)
        store.write(attempts.add, {f"counter {number}": timedelta(hours=number)}, NOW)
        store.write(known_networks.remember, store.new_account()["id"], "network", NOW + timedelta(days=number))
    for now, left in ((timedelta(hours=1), (1, 3)), (timedelta(days=401), (0, 2))):
        monkeypatch.setattr(clock, "now", lambda now=now: NOW + now)
        store.run(services_on(store.storage).retention.forget())
        assert (store.count(counters), store.count(networks)) == left


def test_recent_requests_are_removed_after_a_day(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "PAUSE_SECONDS", 0)
    store.write(recent_requests.add, [request(0), request(1)])
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=1, milliseconds=1))
    store.run(services_on(store.storage).retention.forget())
    assert store.count(requests) == 1
