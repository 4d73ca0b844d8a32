"""A server as operators watch it: with metrics, JSON in its log, and every request too slow."""

from collections.abc import Iterator

import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from tests.databases import fresh_postgres
from tests.service import Service, free_port, wait_until

EVERY = "0.0000001"


class Watched(Service):
    """The server, and what Prometheus reads from it."""

    def scrape(self) -> dict[str, Metric]:
        """Every metric by its name without `_total`."""
        port = self.environment["FREESEWING_METRICS_PORT"]
        reply = self.http.get(f"http://127.0.0.1:{port}/metrics")
        assert reply.status_code == 200
        return {family.name: family for family in text_string_to_metric_families(reply.text)}

    def sample(self, name: str, **labels: str) -> float | None:
        """One number; None if there is none."""
        for family in self.scrape().values():
            for sample in family.samples:
                if sample.name == name and sample.labels == labels:
                    return sample.value
        return None

    def becomes(self, value: float, name: str, **labels: str) -> None:
        """Wait until one number is this."""
        wait_until(lambda: self.sample(name, **labels) == value, f"{name} {labels} to be {value}")


@pytest.fixture(scope="module", params=("sqlite", "postgresql"))
def watched(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """A server of this module's own, on each engine."""
    data = tmp_path_factory.mktemp("watched")
    settings = {"metrics_port": str(free_port()), "log_format": "json", "slow_request_seconds": EVERY}
    if request.param == "sqlite":
        yield from _running(Watched(data, **settings))
    else:
        with fresh_postgres() as url:
            yield from _running(Watched(data, database_url=url, **settings))


def _running(service: Watched) -> Iterator[Watched]:
    try:
        service.start()
        yield service
    finally:
        service.close()
