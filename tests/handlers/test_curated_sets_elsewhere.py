"""Two servers on one database: what a curator does at one is seen at the other within a second."""

from collections.abc import Iterator

import pytest

from services import response_cache
from tests.databases import fresh_postgres
from tests.handlers.curating import new_curated_set
from tests.service import Service, wait_until

KEYS = {"secret_key": "s" * 40, "encryption_keys": "one:" + "MTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTE="}


@pytest.fixture
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, Service]]:
    """Two running servers."""
    with fresh_postgres() as url:
        folders = [tmp_path_factory.mktemp(name) for name in ("here", "there")]
        here, there = (Service(folder, database_url=url, **KEYS) for folder in folders)
        try:
            yield here.start(), there.start(migrate=False)
        finally:
            here.close()
            there.close()


def test_a_write_is_seen_here_at_once_and_there_within_a_second(two: tuple[Service, Service]) -> None:
    here, there = two
    curator = here.sign_up("curator")
    made = new_curated_set(curator, nameEn="before")
    path = f"/curated-sets/{made['id']}"
    for read in (path, f"{path}.json", f"{path}.yaml", "/curated-sets", "/curated-sets.json"):
        assert "before" in there.http.get(read).text
        assert "before" in here.http.get(read).text
    curator.patch(path, {"nameEn": "after"})
    assert "after" in here.http.get(path).text
    assert "before" not in here.http.get("/curated-sets").text
    # The cache expires within a second. The test does not measure it, because the machine may be busy.
    assert response_cache.LIFE_SECONDS < 1
    wait_until(lambda: "after" in there.http.get(path).text, "the other server to see it")
    curator.delete(path)
    assert here.http.get(path).status_code == 404
    wait_until(lambda: there.http.get(path).status_code == 404, "the other server to see that it is gone")
