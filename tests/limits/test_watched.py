"""What limits decide, as Prometheus reads it."""

from collections.abc import Iterator

import pytest

from tests.limits.conftest import QUOTAS, settings
from tests.limits.still import Still
from tests.limits.test_quotas import use_up
from tests.operators.conftest import Watched
from tests.service import free_port


class StillWatched(Still, Watched):
    """A server with metrics."""


@pytest.fixture
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """A server with small quotas and metrics, whose Redis never answers."""
    nowhere = f"redis://127.0.0.1:{free_port()}"
    data = tmp_path_factory.mktemp("watched")
    service = StillWatched(data, metrics_port=str(free_port()), redis_url=nowhere, **settings())
    try:
        service.start()
        yield service
    finally:
        service.close()


def test_decisions_are_counted_by_policy(watched: Watched) -> None:
    key = watched.sign_up().new_key()
    use_up(key)

    def decisions(policy: str, decision: str) -> float | None:
        return watched.sample("freesewing_limiter_decisions_total", policy=policy, decision=decision)

    assert decisions("burst", "allowed") == QUOTAS["burst"]
    assert decisions("burst", "refused") == 1 and decisions("day", "refused") is None
    # Counted in this process, because Redis does not answer.
    assert (decisions("burst", "failed_open") or 0) >= 1
