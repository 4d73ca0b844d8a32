"""Quotas over HTTP: headers, rejected requests, and the accounts and keys they count for."""

import re
from typing import Any

import pytest
from httpx2 import Response

from tests.limits.conftest import QUOTAS, settings
from tests.limits.still import MOMENT, Still
from tests.service import Credentials, Person, Service, wait_until

QUOTA_EXCEEDED = "https://iana.org/assignments/http-problem-types#quota-exceeded"
A_MINUTE = 60


def left(reply: Response) -> dict[str, tuple[int, int]]:
    """The RateLimit field: {policy: (units, seconds)}."""
    items = re.findall(r'"([a-z-]+)";r=(\d+);t=(\d+)(?:, |$)', reply.headers["ratelimit"])
    return {name: (int(units), int(seconds)) for name, units, seconds in items}


def left_of_address(service: Service) -> int:
    """The units that are left of the address's minute, after this question, which costs one."""
    return left(service.http.get("/curated-sets"))["address-burst"][0]


def use_up(caller: Credentials, path: str = "/sets") -> tuple[int, Response]:
    """Call until that is refused: how many calls were not, and the refusal."""
    for allowed in range(1_000):
        reply = caller.get(path)
        if reply.status_code == 429:
            return allowed, reply
        assert reply.status_code == 200, reply.text
    raise AssertionError("nothing was ever refused")


def test_every_response_states_the_quotas_and_the_remaining_units(limited: Service) -> None:
    key = limited.sign_up().new_key()
    replies = [key.get("/sets"), key.get("/sets/999999"), key.post("/sets", {}), key.request("HEAD", "/sets")]
    assert [reply.status_code for reply in replies] == [200, 404, 400, 200]
    for used, reply in enumerate(replies, 1):
        assert reply.headers["ratelimit-policy"] == (
            '"burst";q=12;w=60, "day";q=40;w=86400, "account-burst";q=60;w=60, "account-day";q=100000;w=86400'
        )
        remaining = left(reply)
        assert remaining["burst"][0] == QUOTAS["burst"] - used and remaining["day"][0] == QUOTAS["day"] - used
        assert 0 < remaining["burst"][1] <= A_MINUTE and 0 < remaining["day"][1] <= 86_400


def test_over_a_quota_the_answer_says_which_and_for_how_long(limited: Service) -> None:
    key = limited.sign_up().new_key()
    allowed, reply = use_up(key)
    assert allowed == QUOTAS["burst"]
    problem = reply.json()
    assert (problem["error"], problem["type"], problem["status"]) == ("quotaExceeded", QUOTA_EXCEEDED, 429)
    assert problem["violated-policies"] == ["burst"]
    assert 0 < int(reply.headers["retry-after"]) <= A_MINUTE
    assert left(reply)["burst"][0] == 0


def test_a_rejected_request_has_no_effect(limited: Service) -> None:
    alice = limited.sign_up()
    key = alice.new_key()
    use_up(key)
    assert key.post("/sets", {"name": "one too many"}).status_code == 429
    assert alice.get("/sets").json()["sets"] == []


def test_one_keys_quota_is_not_anothers_and_the_account_has_its_own(limited: Service) -> None:
    alice = limited.sign_up()
    keys = [alice.new_key() for _ in range(5)]
    calls = len(keys)
    for key in keys[:4]:
        allowed, reply = use_up(key)
        calls += allowed
        assert allowed == QUOTAS["burst"] and reply.json()["violated-policies"] == ["burst"]
    allowed, reply = use_up(keys[4])
    assert reply.json()["violated-policies"] == ["account-burst"]
    assert calls + allowed == QUOTAS["account-burst"]
    assert alice.get("/sets").status_code == 429
    assert limited.sign_up().new_key().get("/sets").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "cost"),
    [
        ("GET", "/no/such/path", 404, 1),
        ("GET", "/sets%2f1", 404, 1),
        ("DELETE", "/health", 405, 1),
        ("GET", "/apikeys", 401, 1),
        ("GET", "/sets/999999.json", 404, 1),
        ("POST", "/signup", 415, 5),
        ("GET", "/health", 200, 0),
    ],
)
def test_a_rejected_request_is_charged_to_its_address_once(
    limited: Service, method: str, path: str, status: int, cost: int
) -> None:
    before = left_of_address(limited)
    reply = limited.http.request(method, path, content=b"x" if status == 415 else None)
    assert reply.status_code == status, reply.text
    assert len(reply.headers.get_list("ratelimit")) == (cost > 0)
    assert before - left_of_address(limited) == cost + 1


def test_a_lacking_level_or_consent_is_charged_to_the_address(limited: Service) -> None:
    alice = limited.sign_up()
    key = alice.new_key(0)
    before = left_of_address(limited)
    assert key.post("/sets", {"name": "x"}).status_code == 403
    assert alice.patch("/consent", {"consent": 0}).status_code == 200
    assert alice.post("/sets", {"name": "x"}).status_code == 451
    assert before - left_of_address(limited) == 3


def test_eight_files_of_a_page_cost_a_unit(limited: Service) -> None:
    before = left_of_address(limited)
    for _ in range(16):
        assert limited.http.get("/web/style.css").status_code == 200
    assert before - left_of_address(limited) == 3


def test_an_address_whose_quota_is_used_up_gets_no_more_errors_or_files(tmp_path: Any) -> None:
    service = Still(tmp_path, **settings(address_burst=20, sign_ins=2))
    try:
        alice = service.start().sign_up()
        for _ in range(20):
            service.http.post("/signin", json={"username": "nobody", "password": "wrong password"})
        replies = [service.http.get(path) for path in ("/no/such/path", "/web/style.css", "/curated-sets")]
        violated = [reply.json()["violated-policies"] for reply in replies]
        assert [reply.status_code for reply in replies] == [429] * 3 and violated == [["address-burst"]] * 3
        assert alice.get("/sets").status_code == service.http.get("/health").status_code == 200
    finally:
        service.close()


def test_dearer_operations_cost_more(limited: Service) -> None:
    alice = limited.sign_up()
    before = left(alice.get("/sets"))["account-burst"][0]
    assert before - left(alice.get("/account/export"))["account-burst"][0] == 20


def test_a_day_has_a_quota_too(tmp_path: Any) -> None:
    service = Still(tmp_path, **settings(burst=1_000, account_burst=1_000))
    try:
        key = service.start().sign_up().new_key()
        allowed, reply = use_up(key)
        use_up(key)
        wait_until(lambda: len(service.mails()) == 2, "the owner to be told")
        text = "".join(mail.read_text() for mail in service.mails())
    finally:
        service.close()
    # Once that it is nearly used up, once that it is.
    assert text.count("80 %") >= 1 and text.count("Subject:") == 2
    assert allowed == QUOTAS["day"] and reply.json()["violated-policies"] == ["day"]
    assert int(reply.headers["retry-after"]) == 86_400 - MOMENT % 86_400


def test_a_key_reads_its_quotas(limited: Service) -> None:
    key = limited.sign_up().new_key(0)
    reply = key.get("/whoami")
    states = {state["policy"]: state for state in reply.json()["apikey"]["quotas"]}
    assert set(states) == {"burst", "day", "account-burst", "account-day"}
    assert states["burst"]["quota"] == QUOTAS["burst"] and states["burst"]["window"] == A_MINUTE
    assert states["burst"]["remaining"] == left(reply)["burst"][0] == QUOTAS["burst"] - 1
    assert states["day"]["resetsAt"].endswith("T00:00:00.000Z")


def test_an_owner_reads_the_quotas_of_a_key_and_of_the_account(limited: Service) -> None:
    owner, support = limited.sign_up(), limited.sign_up("support")
    key = owner.new_key(0)
    for _ in range(2):
        reply = key.get("/whoami")
    own = reply.json()["apikey"]["quotas"]
    path = f"/apikeys/{key.key}/quotas"
    states = {state["policy"]: state["remaining"] for state in owner.get(path).json()["quotas"]}
    # The owner's request counts for the account, not for the key.
    assert states == {state["policy"]: state["remaining"] - state["policy"].startswith("account") for state in own}
    account = {state["policy"]: state["remaining"] for state in owner.get("/account/quotas").json()["quotas"]}
    assert account == {name: states[name] - 1 for name in ("account-burst", "account-day")}
    assert {state["policy"] for state in support.get(path).json()["quotas"]} == set(states)
    assert limited.sign_up().get(path).status_code == 403


def test_a_quota_that_is_set_or_granted_holds_from_the_next_request(limited: Service) -> None:
    admin, alice = limited.sign_up("admin"), limited.sign_up()
    key = alice.new_key()
    terms = {
        "key": key.key,
        "policy": "burst",
        "quota": 3,
        "reason": "Too much.",
        "until": "2100-01-01T00:00:00.000Z",
    }
    quota = admin.request("PUT", "/admin/quotas", json=terms)
    assert quota.status_code == 200, quota.text
    allowed, reply = use_up(key)
    assert allowed == 3 and '"burst";q=3;w=60' in reply.headers["ratelimit-policy"]
    wish = {"key": key.key, "policy": "burst", "quota": 30, "purpose": "A study of fit.", "days": 3}
    asked = alice.post("/quota-requests", wish).json()["request"]
    grant = {"state": "granted", "answer": "Go ahead."}
    assert admin.patch(f"/admin/quota-requests/{asked['id']}", grant).status_code == 200
    allowed, reply = use_up(key)
    assert 0 < allowed <= 27 and '"burst";q=30;w=60' in reply.headers["ratelimit-policy"]
    granted = admin.get(f"/admin/quotas?user={alice.id}").json()["quotas"]
    assert admin.delete(f"/admin/quotas/{granted[0]['id']}").status_code == 204
    assert f'"burst";q={QUOTAS["burst"]};w=60' in key.get("/sets").headers["ratelimit-policy"]


def test_health_is_never_limited(limited: Service) -> None:
    for path in ("/health", "/ready"):
        reply = limited.http.get(path)
        assert reply.status_code == 200 and "ratelimit" not in reply.headers


def test_without_limits_no_header_is_sent_and_no_request_rejected(service: Service, alice: Person) -> None:
    reply = alice.new_key().get("/whoami")
    assert "ratelimit" not in reply.headers and reply.json()["apikey"]["quotas"] == []


def test_an_address_is_mailed_so_often_a_day_whether_or_not_it_is_known(limited: Service) -> None:
    alice = limited.sign_up()

    def request_mail(email: str) -> Response:
        return limited.http.post("/subscriber/remove", json={"email": email})

    for address in (alice.email.upper(), "nobody.knows@freesewing.dev"):
        assert [request_mail(address).status_code for _ in range(4)] == [200] * 3 + [429]
    reply = request_mail(alice.email)
    assert reply.json()["violated-policies"] == ["mails-to"]
    assert reply.json()["error"] == "quotaExceeded" and int(reply.headers["retry-after"]) > 0
