"""Quotas of addresses, for requests without valid credentials."""

from typing import Any

import pytest
from httpx2 import Response

from tests.limits.conftest import settings
from tests.limits.still import Still
from tests.limits.test_quotas import left, use_up
from tests.service import Credentials, Service


class Anonymous(Credentials):
    """A client without credentials and with its own address, which the trusted proxy header states."""

    def __init__(self, service: Service, address: str) -> None:
        super().__init__(service, "")
        object.__setattr__(self, "address", address)

    address: str

    def request(self, method: str, path: str, **options: Any) -> Response:
        """Any request."""
        headers = {"X-Forwarded-For": self.address, **options.pop("headers", {})}
        return self.service.http.request(method, path, headers=headers, **options)


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A server that gives little to those whom it does not know."""
    quotas = settings(address_burst=10, sign_ups=3, mails=5, sign_ins=4)
    service = Still(tmp_path_factory.mktemp("crowded"), **quotas)
    try:
        yield service.start()
    finally:
        service.close()


def test_an_address_without_credentials_has_a_quota(crowded: Service) -> None:
    allowed, reply = use_up(Anonymous(crowded, "192.0.2.1"), "/curated-sets.json")
    assert allowed == 10 and reply.json()["violated-policies"] == ["address-burst"]
    assert Anonymous(crowded, "192.0.2.2").get("/curated-sets.json").status_code == 200


def test_an_ipv6_network_counts_as_one_address(crowded: Service) -> None:
    use_up(Anonymous(crowded, "2001:db8:1:2::3"), "/curated-sets.json")
    assert Anonymous(crowded, "2001:db8:1:2:ffff::4").get("/curated-sets.json").status_code == 429
    assert Anonymous(crowded, "2001:db8:1:3::3").get("/curated-sets.json").status_code == 200


def test_wrong_credentials_count_for_the_address_and_for_no_account(crowded: Service) -> None:
    stranger = Anonymous(crowded, "192.0.2.3")
    wrong = {"Authorization": "Bearer nonsense"}
    statuses = [stranger.request("GET", "/sets", headers=wrong).status_code for _ in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    reply = stranger.request("GET", "/sets", headers=wrong)
    assert reply.json()["violated-policies"] == ["address-burst"]


def test_an_address_signs_up_so_many_a_day(crowded: Service) -> None:
    def sign_up(name: str, address: str) -> Response:
        body = {"email": f"{name}@freesewing.dev", "language": "en", "test": True}
        return Anonymous(crowded, address).request("POST", "/signup", json=body)

    # Five units each: two a minute.
    assert [sign_up(f"crowd{n}", "192.0.2.4").status_code for n in range(2)] == [201, 201]
    reply = sign_up("crowd3", "192.0.2.4")
    assert reply.status_code == 429 and "address-burst" in reply.json()["violated-policies"]
    assert left(reply)["sign-ups"][0] == 1
    assert sign_up("crowd4", "192.0.2.5").status_code == 201
