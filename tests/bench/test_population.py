"""The database of ten thousand keys: the server reads the copied rows like those that it wrote."""

from pathlib import Path

import pytest

from bench import databases
from bench.population import FIRST, fill
from bench.scenarios import CHANGE
from tests.in_process import in_process
from tests.service import Credentials

ACCOUNTS = 20


@pytest.mark.parametrize("engine", databases.TITLES)
def test_each_account_reads_and_changes_its_set_by_its_key(engine: str, tmp_path: Path) -> None:
    with databases.fresh(engine) as (_, url), in_process(tmp_path, url) as server:
        keys = fill(server, ACCOUNTS)
        assert len(keys) == ACCOUNTS - 1
        for number, authorization in enumerate(keys, FIRST):
            found = Credentials(server, authorization).get(f"/sets/{number}").json()["set"]
            assert found["userId"] == number and len(found["measies"]) > 30
        headers = {"Authorization": keys[-1], "Content-Type": "application/json"}
        assert server.http.patch(f"/sets/{ACCOUNTS}", content=CHANGE, headers=headers).status_code == 200
