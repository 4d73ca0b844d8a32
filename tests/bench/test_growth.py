"""The databases of many accounts: the server reads the copied rows like those that it wrote."""

from pathlib import Path

import pytest

import settings
from bench import databases
from bench.growth import population
from tests.in_process import in_process
from tests.service import Credentials

ACCOUNTS, KEYS, SETS, COLLECTED = 20, 3, 10, 30
LEAST = {"patterns": ACCOUNTS // 5, "events": ACCOUNTS * 2, "usage_hours": 48, "usage_days": 14}


@pytest.mark.parametrize("engine", databases.TITLES)
def test_each_account_reads_its_records_by_its_keys_and_tokens(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(population, "COLLECTED", COLLECTED)
    with databases.fresh(engine) as (_, url), in_process(tmp_path, url) as server:
        secret = settings.make_secrets(settings.load(data_dir=tmp_path)).secret_key
        filled = population.fill(server, secret, ACCOUNTS, keys=KEYS, sets=SETS)
        for account in (population.FIRST, ACCOUNTS):
            key = Credentials(server, filled.key(account + ACCOUNTS))
            more = COLLECTED if (engine, account) == ("postgresql", population.COLLECTOR) else 0
            found = key.get("/sets").json()["sets"]
            assert len(found) == SETS + more and {one["userId"] for one in found} == {account}
            assert len(found[0]["measies"]) > 30
            token = Credentials(server, filled.token(account))
            assert token.get(f"/sets/{account}").json()["set"]["userId"] == account
            assert len(token.get("/apikeys").json()["apikeys"]) == KEYS
        # Numbers go on after the copied ones.
        made = key.post("/sets", {"name": "New"})
        assert made.status_code == 201 and made.json()["set"]["id"] > ACCOUNTS * SETS
        if engine == "postgresql":
            for table, least in LEAST.items():
                assert databases.query(url, f"SELECT count(*) FROM {table}")[0][0] >= least, table
