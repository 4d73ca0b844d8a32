"""What Prometheus reads from a running server, and the dashboard that shows it."""

import json
import re
import signal
import socket
import subprocess
import sys
from typing import Any

import httpx2
import pytest
from sqlalchemy import delete

from storage.tables import totals
from tests.handlers.database import execute
from tests.operators.conftest import Watched
from tests.service import ROOT, free_port
from tests.wire import head

DASHBOARD = ROOT / "docs" / "grafana.json"


def requests(watched: Watched, operation: str, status: str) -> float:
    return watched.sample("freesewing_requests_total", operation=operation, status=status) or 0.0


def test_requests_are_counted_by_operation_and_class_of_status(watched: Watched) -> None:
    alice = watched.sign_up()
    made = alice.new_set()
    before = requests(watched, "read_set", "2xx")
    assert alice.get(f"/sets/{made['id']}").status_code == 200
    assert alice.get(f"/sets/{made['id']}/jwt").status_code == 200
    assert alice.get("/sets/999999").status_code == 404
    assert watched.http.get("/sets/1").status_code == 401
    assert requests(watched, "read_set", "2xx") == before + 2
    assert requests(watched, "read_set", "4xx") == 2
    assert requests(watched, "read_set", "5xx") == 0
    count = watched.sample("freesewing_request_seconds_count", operation="read_set")
    assert count == before + 4
    spent = watched.sample("freesewing_request_seconds_sum", operation="read_set")
    assert spent is not None and spent > 0


def test_what_clients_make_up_adds_no_series(watched: Watched) -> None:
    watched.http.get("/nothing/here")
    before = watched.scrape()["freesewing_requests"].samples
    for path in ("/nothing/there", "/sets/%2f", "/web/none.css", "/account/none", "/.env"):
        assert watched.http.get(path).status_code in (404, 401)
    assert watched.http.delete("/sets").status_code == 405
    assert watched.http.options("/sets", headers={"Access-Control-Request-Method": "GET"}).status_code == 204
    after = watched.scrape()["freesewing_requests"].samples
    assert [sample.labels for sample in before] == [sample.labels for sample in after]


def test_a_client_that_leaves_before_the_answer_is_counted_as_such(watched: Watched) -> None:
    authorization = watched.sign_up().authorization
    request = head(
        "POST", "/sets", f"Authorization: {authorization}", "Content-Type: application/json", "Content-Length: 9"
    )
    with socket.create_connection(("127.0.0.1", watched.port)) as connection:
        connection.sendall(request + b"{")
    watched.becomes(1, "freesewing_requests_total", operation="create_set", status="none")


def test_keys_accounts_and_letters_are_counted_beside_requests(watched: Watched) -> None:
    alice, bob = watched.sign_up(), watched.sign_up("admin")
    alice.new_key()
    bob.new_key()
    gone = alice.new_key()
    assert alice.delete(f"/apikeys/{gone.key}").status_code == 204
    assert bob.patch(f"/admin/user/{alice.id}", {"status": -1}).status_code == 200
    watched.stop()
    execute(watched, delete(totals))  # else they are two minutes old before somebody counts anew
    watched.start(migrate=False)
    watched.becomes(1, "freesewing_accounts", state="restricted")
    states = {sample.labels["state"]: sample.value for sample in watched.scrape()["freesewing_api_keys"].samples}
    assert states == {"active": 1, "revoked": 2}
    watched.becomes(0, "freesewing_mails_waiting")
    assert watched.sample("freesewing_mails_oldest_seconds") == 0


def test_the_database_s_load_is_shown(watched: Watched) -> None:
    families = watched.scrape()
    states = {sample.labels["state"]: sample.value for sample in families["freesewing_storage_pool"].samples}
    if watched.database_url.startswith("sqlite"):
        assert states == {}
    else:
        assert set(states) == {"checked_out", "idle"} and 1 <= sum(states.values()) <= 16
    assert watched.sample("freesewing_storage_queue") == 0


def names_in(dashboard: Any) -> set[str]:
    """The metrics that the dashboard's expressions and variables name."""
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    expressions += [variable["query"]["query"] for variable in dashboard["templating"]["list"][1:]]
    return set(re.findall(r"\b(?:freesewing|process|python)_\w+", " ".join(expressions)))


def test_every_metric_of_the_dashboard_is_exported(watched: Watched) -> None:
    kinds = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}
    exported = {f"{name}{end}" for name, family in watched.scrape().items() for end in kinds[family.type]}
    named = names_in(json.loads(DASHBOARD.read_text()))
    assert len(named) > 10 and named <= exported
    ours = {name for name in exported if name.startswith("freesewing_") and not name.endswith(("_count", "_sum"))}
    assert ours <= named, "a metric that nobody looks at"


@pytest.mark.parametrize("watched", ["sqlite"], indirect=True)
def test_a_port_that_is_taken_stops_the_start(watched: Watched) -> None:
    taken = watched.environment["FREESEWING_METRICS_PORT"]
    settings = {**watched.environment, "FREESEWING_PORT": str(free_port())}
    second = subprocess.run(
        [sys.executable, "app.py"], cwd=ROOT, env=settings, capture_output=True, text=True, timeout=60
    )
    assert second.returncode == 1
    expected = f"freesewing-api cannot start:\nFREESEWING_METRICS_PORT: cannot listen on 127.0.0.1:{taken}: "
    assert second.stderr.startswith(expected) and "Traceback" not in second.stderr


@pytest.mark.parametrize("watched", ["sqlite"], indirect=True)
def test_the_metrics_end_with_the_server_and_are_not_on_its_own_port(watched: Watched) -> None:
    assert watched.http.get("/metrics").status_code == 404
    assert watched.stop() == -signal.SIGTERM
    with pytest.raises(httpx2.ConnectError):
        watched.scrape()
    watched.start(migrate=False)
    assert watched.scrape()
