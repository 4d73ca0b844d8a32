"""What deploy/ says is so: the files, settings and ports that it names are there, and the image's files suffice."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.mail import outbox
from serving import server, supervisor
from settings import Settings
from tests.service import PATIENCE, ROOT, Service, wait_until
from tests.test_layout import ARROWS

DEPLOY = ROOT / "deploy"
UNITS = ("freesewing-api-migrate.service", "freesewing-api@.service")
# Where the files for nginx say that they belong.
NGINX_PLACES = {
    "/etc/nginx/conf.d/default.conf",
    "/etc/nginx/conf.d/upstream.conf",
    "/etc/nginx/freesewing-proxy.conf",
}
SETTINGS = {f"FREESEWING_{name.upper()}" for name in Settings.model_fields}
# All that an instance allows itself to end, in seconds.
GRACE_SECONDS = int(re.findall(r"^GRACE_SECONDS = (\d+)$", (ROOT / "app.py").read_text(), re.MULTILINE)[0])
LONGEST_END = server.LINGER_SECONDS + GRACE_SECONDS + outbox.DRAIN_SECONDS + outbox.LAST_MAIL_SECONDS


def _copied() -> list[str]:
    """What the image takes from this folder for running."""
    lines = re.findall(r"^COPY (?!--from)(.+)$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    return [source for line in lines[1:] for source in shlex.split(line)[:-1]]


def _compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return read


@pytest.mark.parametrize("name", ["Dockerfile", "compose.yaml", "api.env.example", *UNITS])
def test_every_setting_named_there_exists(name: str) -> None:
    named = set(re.findall(r"FREESEWING_[A-Z_]+", (DEPLOY / name).read_text()))
    assert named and named <= SETTINGS


def test_the_image_takes_every_room_and_its_context_holds_no_more() -> None:
    copied = _copied()
    assert all((ROOT / source).exists() for source in copied)
    assert set(ARROWS) == {source.removesuffix(".py") for source in copied} - {
        "LICENSE",
        "deploy/health",
        "docs/integrate.md",
        "spec",
        "web",
    }
    allowed = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    assert sorted(allowed) == sorted([*copied, "requirements.txt"])


def test_the_image_holds_all_that_the_server_needs(tmp_path: Path) -> None:
    image = tmp_path / "image"
    image.mkdir()
    for source in _copied():
        copy: Any = shutil.copytree if (ROOT / source).is_dir() else shutil.copy
        (image / source).parent.mkdir(exist_ok=True)
        copy(ROOT / source, image / source)
    service = Service(tmp_path / "data")
    for command in ("migrate", "seed"):
        subprocess.run([sys.executable, "cli.py", command], cwd=image, env=service.environment, check=True)
    with service.log.open("ab") as log:
        service.process = subprocess.Popen(
            [sys.executable, "app.py"], cwd=image, env=service.environment, stdout=log, stderr=log
        )
    try:
        wait_until(service.is_alive, f"the server to answer; see {service.log}")
        for path in ("/docs/", "/docs/start", "/openapi.json", "/curated-sets/1"):
            assert service.http.get(path).status_code == 200
        service.sign_up()
    finally:
        service.close()


def test_nothing_is_killed_while_it_finishes() -> None:
    assert LONGEST_END < supervisor.END_SECONDS
    unit = (DEPLOY / "freesewing-api@.service").read_text()
    [seconds] = re.findall(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)
    assert int(seconds) > supervisor.END_SECONDS
    compose = _compose()
    assert all(compose["services"][name]["stop_grace_period"] == f"{seconds}s" for name in ("api1", "api2"))


def test_compose_mounts_existing_files_and_gives_nginx_the_addresses_of_the_instances() -> None:
    services = _compose()["services"]
    for mount in services["nginx"]["volumes"]:
        assert (DEPLOY / mount.split(":")[0]).is_file()
        assert mount.split(":")[1] in NGINX_PLACES
    assert (DEPLOY / services["api1"]["build"]["context"] / services["api1"]["build"]["dockerfile"]).is_file()
    address = {name: one["networks"]["inside"]["ipv4_address"] for name, one in services.items()}
    servers = re.findall(r"server ([\d.]+):(\d+) ", (DEPLOY / "upstream-compose.conf").read_text())
    assert servers == [(address[name], services[name]["environment"]["FREESEWING_PORT"]) for name in ("api1", "api2")]
    assert services["api1"]["environment"]["FREESEWING_TRUSTED_PROXIES"] == address["nginx"]
    example = (DEPLOY / "api.env.example").read_text()
    assert address["postgres"] in example and address["redis"] in example
    known = set(services)
    assert all(set(one.get("depends_on", ())) <= known for one in services.values())


def test_every_container_keeps_limited_logs_and_no_metrics_port_is_published() -> None:
    services = _compose()["services"]
    for service in services.values():
        assert service["logging"]["options"] == {"max-size": "10m", "max-file": "5"}
    assert [name for name, service in services.items() if "ports" in service] == ["nginx"]
    assert services["api1"]["environment"]["FREESEWING_METRICS_PORT"] == "9100"
    addresses = [services[name]["networks"]["inside"]["ipv4_address"] for name in ("api1", "api2")]
    targets = ", ".join(f'"{address}:9100"' for address in addresses)
    assert f"targets: [{targets}]" in (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")


def test_the_image_knows_its_commit() -> None:
    assert _compose()["services"]["api1"]["build"]["args"] == {"COMMIT": "${COMMIT:-}"}
    last = (DEPLOY / "Dockerfile").read_text().rpartition("\nFROM ")[2]
    assert 'ARG COMMIT=""' in last and "FREESEWING_COMMIT=$COMMIT" in last.partition('ARG COMMIT=""')[2]


def test_containers_that_are_killed_by_their_health_check_are_started_again() -> None:
    for name in ("api1", "api2"):
        service = _compose()["services"][name]
        assert service["init"] is True and service["restart"] == "unless-stopped"
    assert 'CMD ["python", "deploy/health.py"]' in (DEPLOY / "Dockerfile").read_text()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
def test_systemd_understands_the_units(tmp_path: Path) -> None:
    # Each with the other, to which the first refers.
    for name in UNITS:
        text = (DEPLOY / name).read_text()
        for wanted in ("/opt/freesewing-api/.venv/bin/python", "/opt/freesewing-api"):
            assert wanted in text
        text = text.replace("/opt/freesewing-api/.venv/bin/python", sys.executable)
        unit = tmp_path / name.replace("@", "@8001")
        unit.write_text(text.replace("/opt/freesewing-api", str(ROOT)))
        checked = subprocess.run(
            ["systemd-analyze", "verify", "--recursive-errors=no", str(unit)],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        about_it = [line for line in checked.stderr.splitlines() if "freesewing-api" in line]
        assert checked.returncode == 0 and not about_it, checked.stderr


def test_both_units_are_confined_alike() -> None:
    confined = [
        text.partition("\nDynamicUser=")[2].partition("\n[Install]")[0].replace("LimitNOFILE=65536\n", "").strip()
        for text in ((DEPLOY / name).read_text() for name in UNITS)
    ]
    assert confined[0] == confined[1]
