"""Two servers, one PostgreSQL, one Redis: limits that they share, keys that end everywhere, calls counted once."""

import asyncio
from collections.abc import Iterator

import httpx2
import pytest

from services.auth.attempts import GUESSES
from services.limits.limiter import MOST_AT_ONCE
from tests.databases import fresh_postgres, fresh_redis
from tests.limits.conftest import settings
from tests.limits.still import Still
from tests.proxy import Proxy
from tests.service import PATIENCE, ApiKey, Credentials, Service, wait_until

SHARED = {
    "secret_key": "s" * 40,
    "encryption_keys": "one:MTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTE=",
    "public_url": "http://api.example.org",
}
QUOTA = 400


class Pair:
    """Two running servers, and what lies between them and Redis."""

    def __init__(self, here: Service, there: Service, redis: Proxy) -> None:
        self.here, self.there, self.redis = here, there, redis

    def call(self, key: ApiKey, times: int) -> list[int]:
        """The statuses of so many reads at each server, all at once."""
        return asyncio.run(self._call(key, times))

    async def _call(self, key: ApiKey, times: int) -> list[int]:
        async with httpx2.AsyncClient(timeout=PATIENCE, trust_env=False) as http:
            headers = {"Authorization": key.authorization}
            urls = [f"{service.url}/sets" for service in (self.here, self.there)] * times
            crowd = asyncio.Semaphore(16)

            async def call(url: str) -> int:
                async with crowd:
                    return (await http.get(url, headers=headers)).status_code

            return list(await asyncio.gather(*(call(url) for url in urls)))


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """The two of them."""
    with fresh_postgres() as database, fresh_redis() as url:
        address = httpx2.URL(url)
        redis = Proxy(address.host, address.port or 6379)
        # Redis has a clock of its own, whose minute could end.
        quotas = settings(day=QUOTA, burst=100_000, account_burst=100_000)
        wanted = {**SHARED, **quotas, "redis_url": f"redis://127.0.0.1:{redis.port}{address.path}"}
        folders = [tmp_path_factory.mktemp(name) for name in ("here", "there")]
        here, there = (Still(folder, database_url=database, **wanted) for folder in folders)
        try:
            yield Pair(here.start(), there.start(migrate=False), redis)
        finally:
            here.close()
            there.close()
            redis.cut()


def test_together_they_allow_the_quota_and_no_more(pair: Pair) -> None:
    key = pair.here.sign_up().new_key()
    statuses = pair.call(key, QUOTA)
    assert set(statuses) == {200, 429}
    # What one of them took in advance and did not use is at most a batch.
    assert QUOTA - MOST_AT_ONCE <= statuses.count(200) <= QUOTA


def test_a_key_that_is_revoked_at_one_is_rejected_by_the_other_at_once(pair: Pair) -> None:
    alice = pair.here.sign_up()
    key = alice.new_key()
    elsewhere = Credentials(pair.there, key.authorization)
    assert elsewhere.get("/sets").status_code == 200
    assert alice.delete(f"/apikeys/{key.key}").status_code == 204
    for caller in (elsewhere, key):
        reply = caller.get("/sets")
        assert (reply.status_code, reply.json()["error"]) == (401, "keyRevoked")


def test_every_call_is_counted_once_wherever_it_was_made(pair: Pair) -> None:
    alice = pair.here.sign_up()
    keys = [alice.new_key(2) for _ in range(2)]
    calls = [pair.call(key, 30) for key in keys]
    assert {status for statuses in calls for status in statuses} == {200}
    admin = pair.there.sign_up("admin")

    def counted() -> int:
        return sum(int(admin.get(f"/apikeys/{key.key}/usage").json()["usage"]["totals"]["calls"]) for key in keys)

    wait_until(lambda: counted() >= 120, "both servers to write their counts")
    assert counted() == 120
    listed = {one["key"]: one["calls"] for one in alice.get("/apikeys").json()["apikeys"]}
    assert [listed[key.key] for key in keys] == [60, 60]


def test_while_redis_is_down_each_instance_limits_by_itself(pair: Pair) -> None:
    key = pair.here.sign_up().new_key()
    pair.redis.cut()
    try:
        statuses = pair.call(key, QUOTA + 50)
    finally:
        pair.redis.restore()
    assert set(statuses) == {200, 429}
    assert statuses.count(200) == 2 * QUOTA

    def together_again() -> bool:
        other = pair.here.sign_up().new_key()
        return QUOTA - MOST_AT_ONCE <= pair.call(other, QUOTA).count(200) <= QUOTA

    # A Redis that failed is left alone for a second; on a busy machine it may fail once more.
    wait_until(together_again, "them to share their limits again")


def test_attempts_to_sign_in_are_counted_together(pair: Pair) -> None:
    name = "guessed at both"
    body = {"username": name, "password": "wrong"}
    turns = [(pair.here, pair.there)[number % 2] for number in range(GUESSES.free + 2)]
    statuses = [service.http.post("/signin", json=body).status_code for service in turns]
    assert statuses == [401] * (GUESSES.free + 1) + [429]
