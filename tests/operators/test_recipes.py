"""The recipes of docs/upgrade.md, run as they stand: backup, upgrade, rollback and restore, for each way of running.

`sudo` runs the command as the present user. `systemctl` and `docker` are stubs (see `stub_commands.py`), which run
what the units and the compose file say; `pip` installs nothing, because the later version needs nothing new.
PostgreSQL is a server of the test's own, in which the names of the recipes are free.
"""

import contextlib
import re
import shutil
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil  # type: ignore[import-untyped, unused-ignore]
import pytest

from storage import health
from tests.faults.cluster import Cluster, own_postgres
from tests.handlers.test_sets import PIXEL
from tests.matrix import FULL
from tests.operators.test_upgrade import add_migration, copy_code
from tests.service import PATIENCE, ROOT, Person, Service, free_port, wait_until

pytestmark = pytest.mark.long
DOCUMENT = (ROOT / "docs" / "upgrade.md").read_text()
SECRETS = {"encryption_keys": f"one:{b64encode(b'k' * 32).decode()}", "secret_key": "s" * 40}
SUDO = '[ "$1" = -u ] && shift 2\nexec "$@"'
STUB = f'PYTHONPATH={ROOT} exec {sys.executable} -m tests.operators.stub_commands {{name}} "$@"'


def blocks(way: str) -> dict[str, str]:
    """The commands under each heading of a section; `values` and `functions` stand before the first heading."""
    section = re.search(rf"^## {way}\n(.*?)(?=^## |\Z)", DOCUMENT, re.MULTILINE | re.DOTALL)
    assert section
    before, *parts = re.split(r"^### ", section[1], flags=re.MULTILINE)
    values, functions = re.findall(r"```sh\n(.*?)```", before, re.DOTALL)
    found = {part.partition("\n")[0]: re.findall(r"```sh\n(.*?)```", part, re.DOTALL) for part in parts}
    assert all(len(commands) == 1 for commands in found.values())
    return {"values": values, "functions": functions, **{name: commands[0] for name, commands in found.items()}}


class Shell:
    """The operator's shell, in which one recipe after the other is run."""

    def __init__(self, machine: Path, folder: Path, environment: dict[str, str]) -> None:
        self._machine, self._steps = machine, 0
        self.output = machine / "shell.log"
        with self.output.open("wb") as output:
            self._bash = subprocess.Popen(
                ["bash"], cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=output, stderr=output, text=True
            )
        self.run("set -eu")

    def run(self, commands: str) -> None:
        """Run them; fail if one of them does."""
        self._steps += 1
        done = self._machine / f"step{self._steps}"
        assert self._bash.stdin is not None
        self._bash.stdin.write(f"{commands}\ntouch {done}\n")
        self._bash.stdin.flush()
        wait_until(
            lambda: done.exists() or self._bash.poll() is not None, f"the end of\n{commands}", seconds=5 * PATIENCE
        )
        assert done.exists(), f"{commands}\n{self.output.read_text()}"

    def close(self) -> None:
        """Leave it."""
        assert self._bash.stdin is not None
        self._bash.stdin.close()
        self._bash.wait(PATIENCE)


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def cloned(machine: Path, place: str) -> Path:
    """A clone at the present version, `v1`, of a repository in which there is a later one meanwhile, `v2`."""
    origin, code = machine / "origin", machine / place
    copy_code(origin)
    git(origin, "init")
    git(origin, "add", "--all")
    git(origin, "commit", "--message", "The present version")
    code.parent.mkdir(parents=True, exist_ok=True)
    git(machine, "clone", "--quiet", str(origin), str(code))
    # The same files once more, with bytecode.
    copy_code(code)
    add_migration(origin)
    git(origin, "add", "--all")
    git(origin, "commit", "--message", "A later version")
    git(origin, "tag", "v2")
    program(code / ".venv/bin/python", f'exec {sys.executable} "$@"')
    program(code / ".venv/bin/pip", "exit 0")
    return code


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """PostgreSQL with the database of the recipes."""
    with own_postgres() as running:
        command = ["psql", "--quiet", running.url, "--command", "CREATE ROLE freesewing LOGIN SUPERUSER"]
        subprocess.run([*command, "--command", "CREATE DATABASE freesewing OWNER freesewing"], check=True)
        yield running


class Machine:
    """A folder with the programs, the code and the data of an operator, and the server that runs there."""

    def __init__(self, folder: Path, way: str, place: str, database_url: str, cluster: Cluster | None) -> None:
        self.folder, self.recipes, self.code = folder, blocks(way), cloned(folder, place)
        self.service = Service(folder / "client", database_url=database_url, test_mode="1", **SECRETS)
        self.service.data.mkdir()
        program(folder / "bin/sudo", SUDO)
        program(folder / "bin/python", f'exec {sys.executable} "$@"')
        for name in ("systemctl", "docker"):
            program(folder / "bin" / name, STUB.format(name=name))
        postgres = {"PGHOST": "127.0.0.1", "PGPORT": str(cluster.port), "PGUSER": "postgres"} if cluster else {}
        environment = {name: value for name, value in self.service.environment.items() if "FREESEWING" not in name}
        path = f"{folder / 'bin'}:{environment['PATH']}"
        self.shell = Shell(folder, self.code, {**environment, **postgres, "PATH": path, "MACHINE": str(folder)})

    def begin(self, **values: str) -> None:
        """Set the variables that the section names, to values of this machine, and define its functions."""
        assert set(re.findall(r"(\w+)=", self.recipes["values"])) == set(values) - {"PORT_api1", "PORT_api2"}
        self.shell.run("\n".join(f"export {name}='{value}'" for name, value in values.items()))
        self.run("functions")

    def run(self, recipe: str) -> None:
        """Run a recipe, with the folders of the document inside this machine's."""
        text = self.recipes[recipe]
        for place in ("/opt/freesewing-api", "/var/lib/freesewing-api"):
            text = text.replace(place, f"{self.folder}{place}")
        self.shell.run(text)

    def settings(self, **more: str) -> str:
        """Lines of a file with the settings of the server."""
        given = {**{name: value for name, value in self.service.environment.items() if "FREESEWING" in name}, **more}
        return "".join(f"{name}={value}\n" for name, value in given.items())

    def revision(self) -> str:
        """The newest migration of the code that is checked out."""
        return max(path.name for path in (self.code / "storage").rglob("versions/*.py"))[:4]

    def is_ready(self) -> bool:
        """Whether the server can serve."""
        return self.service.http.get("/ready").status_code == 200


def sets_of(person: Person) -> list[str]:
    """The names of someone's sets."""
    return [one["name"] for one in person.every("/sets", "sets")]


def follow(machine: Machine, images: Path, of: str = "", *, upgraded: bool = True) -> None:
    """From the first start to the restored backup: nothing is lost, until the restore takes away what came after."""
    alice = machine.service.sign_up()
    stored = alice.new_set(name="before the backup", img=PIXEL)
    machine.run(f"Backup{of}")
    if upgraded:
        upgrade_and_roll_back(machine, alice)
    alice.new_set(name="after the backup")
    later = ["of the later version"] if upgraded else []
    assert sets_of(alice) == ["before the backup", *later, "after the backup"]
    shutil.rmtree(images)
    machine.run(f"Restore{of}")
    assert machine.is_ready()
    assert sets_of(alice) == ["before the backup"]
    assert machine.service.http.get(f"/images/{stored['img']}").status_code == 200


def upgrade_and_roll_back(machine: Machine, alice: Person) -> None:
    """To the later version and back."""
    machine.run("Upgrade")
    assert machine.revision() == "9999" and machine.is_ready()
    alice.new_set(name="of the later version")
    machine.run("Rollback")
    assert machine.revision() == health.newest() and machine.is_ready()


# The recipes for an upgrade and a rollback are the same for both engines; test_upgrade.py does both on SQLite.
@pytest.mark.parametrize(("engine", "upgraded"), [("SQLite", FULL), ("PostgreSQL", True)])
def test_by_hand(engine: str, upgraded: bool, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    cluster = request.getfixturevalue("cluster") if engine == "PostgreSQL" else None
    room = tmp_path / "code" / "data"
    url = address(cluster) if cluster else f"sqlite:///{room / 'freesewing.db'}"
    with running(Machine(tmp_path, "By hand", "code", url, cluster)) as machine:
        (machine.code / ".env").write_text(machine.settings(FREESEWING_DATA_DIR=str(room)))
        values = {"VERSION": "v2", "BACKUP": str(tmp_path / "backup"), "DATABASE": "freesewing"}
        machine.begin(**values, ROOM=str(room), PORT=str(machine.service.port))
        machine.shell.run("mkdir -p $ROOM; .venv/bin/python cli.py migrate; start; ready")
        follow(machine, room / "images", f" of {engine}", upgraded=upgraded)
        machine.shell.run("stop")


def test_with_systemd(cluster: Cluster, tmp_path: Path) -> None:
    state = tmp_path / "var/lib/freesewing-api"
    state.mkdir(parents=True)
    with running(Machine(tmp_path, "With systemd", "opt/freesewing-api", address(cluster), cluster)) as machine:
        (tmp_path / "etc").mkdir()
        lines = machine.settings().splitlines(keepends=True)
        own = ("FREESEWING_PORT=", "FREESEWING_DATA_DIR=")
        (tmp_path / "etc/freesewing-api.env").write_text("".join(one for one in lines if not one.startswith(own)))
        ports = f"{machine.service.port} {free_port()}"
        machine.begin(VERSION="v2", BACKUP=str(tmp_path / "backup"), PORTS=ports, DATABASE="freesewing")
        machine.shell.run("for port in $PORTS; do sudo systemctl start freesewing-api@$port && ready $port; done")
        follow(machine, state / "images")
        machine.shell.run("for port in $PORTS; do sudo systemctl stop freesewing-api@$port; done")
        assert (tmp_path / "calls").read_text().count("systemctl restart freesewing-api@") == 4


def test_in_containers(cluster: Cluster, tmp_path: Path) -> None:
    with running(Machine(tmp_path, "In containers", "code", address(cluster), cluster)) as machine:
        (machine.code / "deploy/api.env").write_text(machine.settings())
        ports = {"PORT_api1": str(machine.service.port), "PORT_api2": str(free_port())}
        machine.begin(VERSION="v2", BACKUP=str(tmp_path / "backup"), **ports)
        machine.shell.run("compose build; compose run --rm migrate; restart api1; restart api2")
        follow(machine, tmp_path / "files/images")
        machine.shell.run("compose stop api1 api2")
        assert (tmp_path / "calls").read_text().count("--force-recreate api2") == 4


def address(cluster: Cluster) -> str:
    """Of the database of the recipes."""
    return cluster.url.replace("//postgres@", "//freesewing@").rpartition("/")[0] + "/freesewing"


@contextmanager
def running(machine: Machine) -> Iterator[Machine]:
    """The machine; whatever it has started is ended afterwards."""
    try:
        yield machine
    finally:
        machine.shell.close()
        machine.service.http.close()
        for file in machine.folder.rglob("*.pid"):
            with contextlib.suppress(psutil.Error):
                left = psutil.Process(int(file.read_text()))
                # Not a process that has the number of one that ended.
                if Path(left.cwd()).is_relative_to(machine.folder):
                    left.kill()
