"""Stubs of `systemctl` and `docker compose`. They run the processes of the units and containers on any machine.

They do what the recipes of docs/upgrade.md need, read the units and the compose file in `deploy/` of the code that is
deployed, and keep everything in the folder MACHINE: paths such as /opt and /var are folders of it. Each call is a
line of its file `calls`. Neither isolation nor the network of containers is there, and no image is built.
"""

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

import psutil  # type: ignore[import-untyped, unused-ignore]
import yaml

MACHINE = Path(os.environ["MACHINE"])
WAIT_SECONDS = 120
# The ports of the two containers, as all share the addresses of this machine.
PORTS = {name: os.environ.get(f"PORT_{name}", "") for name in ("api1", "api2")}


def systemctl(action: str, unit: str) -> int:
    """`start`, `stop` or `restart` of a unit; of an instance with the unit that it wants before."""
    if action in ("stop", "restart"):
        _stop(unit)
    if action == "stop":
        return 0
    if "@" in unit:
        _run_once("freesewing-api-migrate")
        command, environment = _unit(unit)
        _start(unit, command, environment, MACHINE / "opt/freesewing-api")
        return 0
    return _run_once(unit)


def _run_once(unit: str) -> int:
    command, environment = _unit(unit)
    return subprocess.run(command, cwd=MACHINE / "opt/freesewing-api", env=environment, check=False).returncode


def _unit(unit: str) -> tuple[list[str], dict[str, str]]:
    """The command of a unit, and its environment."""
    name, _, instance = unit.partition("@")
    file = MACHINE / "opt/freesewing-api/deploy" / (f"{name}@.service" if instance else f"{name}.service")
    text = file.read_text().replace("%i", instance)
    for place in ("/opt/freesewing-api", "/etc/freesewing-api", "/var/lib/freesewing-api"):
        text = text.replace(place, f"{MACHINE}{place}")
    lines = [line.partition("=")[::2] for line in text.splitlines() if "=" in line and not line.startswith("#")]
    given = [entry for name, value in lines if name == "Environment" for entry in shlex.split(value)]
    files = [Path(value.removeprefix("-")) for name, value in lines if name == "EnvironmentFile"]
    given += [entry for file in files if file.exists() for entry in file.read_text().splitlines()]
    environment = {"PATH": os.environ["PATH"], **dict(entry.split("=", 1) for entry in given)}
    # Ports for metrics are made from those of instances, and may be in use here.
    environment["FREESEWING_METRICS_PORT"] = "0"
    [command] = [value for name, value in lines if name == "ExecStart"]
    return shlex.split(command), environment


def docker(compose: str, option: str, file: str, action: str, *arguments: str) -> int:
    """`docker compose --file deploy/compose.yaml` with `build`, `run`, `up`, `stop` or `exec`."""
    assert (compose, option, file) == ("compose", "--file", "deploy/compose.yaml")
    words = [word for word in arguments if not word.startswith("-")]
    actions: dict[str, Callable[[], int]] = {
        "build": _build,
        "run": lambda: _run_service(words[0]),
        "up": lambda: _up(words[0]),
        "stop": lambda: sum(map(_stop, words)),
        "exec": lambda: _exec(words[0], list(arguments[arguments.index(words[0]) + 1 :])),
    }
    return actions[action]()


def _build() -> int:
    """The image is a copy of the code: a later checkout does not change the running server."""
    shutil.rmtree(MACHINE / "image", ignore_errors=True)
    shutil.copytree(Path.cwd(), MACHINE / "image", ignore=shutil.ignore_patterns(".git", ".venv", "backups"))
    return 0


def _service(name: str) -> tuple[dict[str, Any], dict[str, str]]:
    """What compose.yaml says of a service, and its environment."""
    said: dict[str, Any] = yaml.safe_load((MACHINE / "image/deploy/compose.yaml").read_text())["services"][name]
    lines = (MACHINE / "image/deploy" / said["env_file"]).read_text().splitlines()
    given = {**dict(line.split("=", 1) for line in lines), **said["environment"]}
    ours = {
        "FREESEWING_HOST": "127.0.0.1",
        "FREESEWING_PORT": PORTS.get(name, "8000"),
        "FREESEWING_WORKERS": "1",
        "FREESEWING_DATA_DIR": str(MACHINE / "files"),
        "FREESEWING_METRICS_PORT": "0",
    }
    return said, {"PATH": os.environ["PATH"], **given, **ours}


def _run_service(name: str) -> int:
    said, environment = _service(name)
    return subprocess.run(said["command"], cwd=MACHINE / "image", env=environment, check=False).returncode


def _up(name: str) -> int:
    """A new container, healthy."""
    _stop(name)
    _, environment = _service(name)
    _start(name, ["python", "app.py"], environment, MACHINE / "image")
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        # Not httpx2: importing it takes longer than all else here, and this runs dozens of times.
        with (
            contextlib.suppress(OSError),
            build_opener(ProxyHandler({})).open(f"http://127.0.0.1:{PORTS[name]}/ready"),
        ):
            return 0
        time.sleep(0.1)
    return 1


def _exec(name: str, command: list[str]) -> int:
    environment = os.environ if name == "postgres" else _service(name)[1]
    return subprocess.run(command, env=environment, check=False).returncode


def _start(name: str, command: list[str], environment: dict[str, str], folder: Path) -> None:
    with (MACHINE / f"{name}.log").open("ab") as log:
        made = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    (MACHINE / f"{name}.pid").write_text(str(made.pid))


def _stop(name: str) -> int:
    file = MACHINE / f"{name}.pid"
    if file.exists():
        process = psutil.Process(int(file.read_text()))
        process.send_signal(signal.SIGTERM)
        end = time.monotonic() + WAIT_SECONDS
        # Its parent has ended: where no process reaps orphans it stays as a zombie.
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE and time.monotonic() < end:
            time.sleep(0.05)
        file.unlink()
    return 0


def main(name: str, *arguments: str) -> int:
    """Note the call, and do it."""
    with (MACHINE / "calls").open("a") as calls:
        calls.write(" ".join([name, *arguments]) + "\n")
    programs: dict[str, Callable[..., int]] = {"systemctl": systemctl, "docker": docker}
    return programs[name](*arguments)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
