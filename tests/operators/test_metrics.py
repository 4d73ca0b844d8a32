"""What Prometheus reads from a running server, and the dashboard that shows it."""

import json
import re
import signal
import socket
from typing import Any

import httpx2
import pytest
import yaml
from sqlalchemy import delete

from core import document
from storage.schema.tables import totals
from tests import forked
from tests.handlers.database import execute
from tests.operators.conftest import Watched
from tests.operators.promql import named_in
from tests.service import PATIENCE, ROOT, free_port, wait_until
from tests.wire import head

DASHBOARD = ROOT / "docs" / "grafana.json"
ALERTS = ROOT / "deploy" / "alerts.yaml"


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
    watched.becomes(before + 2, "freesewing_requests_total", operation="read_set", status="2xx")
    watched.becomes(2, "freesewing_requests_total", operation="read_set", status="4xx")
    assert requests(watched, "read_set", "5xx") == 0
    watched.becomes(before + 4, "freesewing_request_seconds_count", operation="read_set")
    spent = watched.sample("freesewing_request_seconds_sum", operation="read_set")
    assert spent is not None and spent > 0


def test_paths_and_methods_of_clients_add_no_series(watched: Watched) -> None:
    watched.http.get("/nothing/here")
    wait_until(lambda: requests(watched, "none", "4xx"), "the request to be counted")
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


def test_keys_accounts_and_mails_are_counted_beside_requests(watched: Watched) -> None:
    alice, bob = watched.sign_up(), watched.sign_up("admin")
    alice.new_key()
    bob.new_key()
    gone = alice.new_key()
    assert alice.delete(f"/apikeys/{gone.key}").status_code == 204
    assert bob.patch(f"/admin/user/{alice.id}", {"status": -1}).status_code == 200
    watched.stop()
    execute(watched, delete(totals))  # else two minutes pass before they are counted again
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
    watched.becomes(0, "freesewing_storage_queue")


def expressions_of(dashboard: Any) -> list[str]:
    """The dashboard's expressions, with values in place of Grafana's variables."""
    texts = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    return [text.replace("$__rate_interval", "5m") for text in texts]


def exported(watched: Watched) -> dict[str, set[str]]:
    """Every name that a query may use, with the labels of its samples."""
    kinds = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}
    found: dict[str, set[str]] = {}
    for name, family in watched.scrape().items():
        labels = {label for sample in family.samples for label in sample.labels}
        found |= {f"{name}{end}": labels for end in kinds[family.type]}
    return found


def faults(expressions: list[str], known: dict[str, set[str]]) -> set[str]:
    """What expressions name that is not exported: metrics, and labels of one that has samples here."""
    found: set[str] = set()
    for expression in expressions:
        named = named_in(expression)
        found |= named.metrics.keys() - known.keys() - {"up"}
        found |= {
            f"{name}.{label}"
            for name, labels in named.metrics.items()
            for label in labels - known.get(name, labels)
            if known[name]
        }
        grouped = named.grouped - set().union(*(known.get(name, set()) for name in named.metrics))
        found |= grouped if all(known.get(name) for name in named.metrics) else set()
    return found


def test_every_metric_of_the_dashboard_is_exported(watched: Watched) -> None:
    known = exported(watched)
    expressions = expressions_of(json.loads(DASHBOARD.read_text()))
    assert faults(expressions, known) == set()
    named = {name for expression in expressions for name in named_in(expression).metrics}
    ours = {name for name in known if name.startswith("freesewing_") and not name.endswith(("_count", "_sum"))}
    assert ours <= named, "a metric that is shown nowhere"


def rules() -> list[dict[str, Any]]:
    """The alert rules."""
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def test_every_metric_of_the_alerts_is_exported(watched: Watched) -> None:
    assert faults([rule["expr"] for rule in rules()], exported(watched)) == set()


def test_a_fault_in_an_alert_is_found() -> None:
    known = {"freesewing_a": {"state"}, "freesewing_empty": set[str]()}
    assert faults(['freesewing_a{state="x"} > freesewing_empty{state="x"}', "up == 0"], known) == set()
    wrong = ["freesewing_b > 1", 'freesewing_a{cause="x"}', "sum by (reason) (freesewing_a)"]
    assert faults(wrong, known) == {"freesewing_b", "freesewing_a.cause", "reason"}
    with pytest.raises(ValueError):
        named_in("sum(rate(freesewing_a[5m])")


def test_every_alert_has_what_prometheus_needs_and_a_line_in_the_runbook() -> None:
    for rule in rules():
        assert set(rule) - {"for"} == {"alert", "expr", "labels", "annotations"}
        assert re.fullmatch("[1-9][0-9]*[mh]", rule.get("for", "1m"))
        assert rule["labels"]["severity"] in ("warning", "critical") and rule["annotations"]["summary"]
    guide = (ROOT / "docs" / "monitoring.md").read_text().partition("| alert |")[2].partition("\n\n")[0]
    documented = [row.split("`")[1] for row in guide.splitlines() if row.startswith("| `")]
    assert documented == [rule["alert"] for rule in rules()]
    assert len(set(documented)) == len(documented)


def test_the_build_the_schema_the_disks_and_the_background_tasks_are_shown(watched: Watched) -> None:
    watched.becomes(1, "freesewing_database_up")
    families = watched.scrape()
    (build,) = families["freesewing_build_info"].samples
    assert build.labels["version"] == document.load()["info"]["version"]
    assert re.fullmatch("[0-9a-f]{12}|unknown", build.labels["commit"]) and build.value == 1
    assert watched.sample("freesewing_schema_revision") == watched.sample("freesewing_schema_expected")
    folders = {"data", "images"} | ({"database"} if watched.database_url.startswith("sqlite") else set())
    for name in ("free", "size"):
        amounts = families[f"freesewing_disk_{name}_bytes"].samples
        assert {one.labels["folder"] for one in amounts} == folders and all(one.value > 0 for one in amounts)
    last = {one.labels["task"]: one.value for one in families["freesewing_background_last_success_seconds"].samples}
    every = {one.labels["task"]: one.value for one in families["freesewing_background_interval_seconds"].samples}
    assert last.keys() == every.keys() and {"sending mail", "counting calls"} <= last.keys()
    assert watched.sample("freesewing_worker_restarts_total") == 0

    def succeeded() -> float:
        return watched.sample("freesewing_background_last_success_seconds", task="sending mail") or 0.0

    wait_until(lambda: succeeded() > last["sending mail"], "the next success")


@pytest.mark.parametrize("watched", ["sqlite"], indirect=True)
def test_a_port_that_is_taken_stops_the_start(watched: Watched) -> None:
    taken = watched.environment["FREESEWING_METRICS_PORT"]
    settings = {**watched.environment, "FREESEWING_PORT": str(free_port())}
    second = forked.run(Watched.module, environment=settings, timeout=PATIENCE)
    assert second.returncode == 1
    expected = f"freesewing-api cannot start:\nFREESEWING_METRICS_PORT: cannot listen on 127.0.0.1:{taken} "
    assert second.stderr.startswith(expected) and "Traceback" not in second.stderr


@pytest.mark.parametrize("watched", ["sqlite"], indirect=True)
def test_the_metrics_end_with_the_server_and_are_not_on_its_own_port(watched: Watched) -> None:
    assert watched.http.get("/metrics").status_code == 404
    assert watched.stop() == -signal.SIGTERM
    with pytest.raises(httpx2.ConnectError):
        watched.scrape()
    watched.start(migrate=False)
    assert watched.scrape()
