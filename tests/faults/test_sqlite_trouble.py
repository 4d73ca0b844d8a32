"""The SQLite file's disk is full, broken or read-only: writes are refused whole, reads go on, and it recovers."""

import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2
import pytest

from tests.problems import problem
from tests.service import Person, Service, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="mounts and limits as Linux has them")
LARGE = {"name": "large", "notes": "x" * 20_000}


class Full:
    """A small disk of its own, which can be filled to the last byte."""

    def __init__(self, folder: Path) -> None:
        self.filler = folder / "filler"

    def break_for(self, _service: Service) -> None:
        with suppress(OSError), self.filler.open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)

    def mend_for(self, _service: Service) -> None:
        self.filler.unlink(missing_ok=True)


class Broken:
    """A disk on which the server can write no further than a few bytes into any file."""

    def break_for(self, service: Service) -> None:
        self._limit(service, 4096)

    def mend_for(self, service: Service) -> None:
        self._limit(service, resource.RLIM_INFINITY)

    def _limit(self, service: Service, size: int) -> None:
        assert service.process is not None
        resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@contextmanager
def _small_disk(folder: Path) -> Iterator[None]:
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip(f"a disk cannot be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the database is."""
    place = tmp_path_factory.mktemp("disk")
    with _small_disk(place):
        yield place


@pytest.fixture(scope="module")
def server(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server on a disk that can be full."""
    yield from _closing(Service(tmp_path_factory.mktemp("full"), database_url=f"sqlite:///{folder / 'test.db'}"))


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server on an ordinary disk."""
    yield from _closing(Service(tmp_path_factory.mktemp("broken")))


def _closing(service: Service) -> Iterator[Service]:
    try:
        yield service.start()
    finally:
        service.close()


@pytest.fixture(params=("full", "broken"))
def trouble(request: pytest.FixtureRequest) -> tuple[Service, Full | Broken]:
    """A server, and what can happen to its disk."""
    if request.param == "full":
        return request.getfixturevalue("server"), Full(request.getfixturevalue("folder"))
    return request.getfixturevalue("limited"), Broken()


def _refused(reply: httpx2.Response) -> None:
    problem(reply, 503, "unavailable")
    assert int(reply.headers["retry-after"]) >= 1


def _images(service: Service) -> set[Path]:
    return {file for file in (service.data / "images").rglob("*") if file.is_file()}


def test_what_finds_no_room_is_refused_whole_and_the_rest_goes_on(trouble: tuple[Service, Full | Broken]) -> None:
    service, disk = trouble
    person = service.sign_up()
    key = person.new_key()
    kept = person.new_set(public=True)
    disk.break_for(service)
    try:
        for _ in range(3):
            _refused(person.post("/sets", LARGE))
            _refused(key.patch(f"/sets/{kept['id']}", {"measies": {"chest": 1}, "notes": LARGE["notes"]}))
            _refused(person.patch("/account", {"username": "somebody", "bio": LARGE["notes"]}))
            _refused(service.http.post("/signup", json={"email": "new@example.org", "language": "en"}))
        assert key.get(f"/sets/{kept['id']}").json()["set"] == kept
        assert person.get("/sets").json()["sets"] == [kept]
        assert service.http.get(f"/sets/{kept['id']}.json").status_code == 200
        assert [service.http.get(path).status_code for path in ("/health", "/ready")] == [200, 200]
    finally:
        disk.mend_for(service)
    _works(service, person, kept["id"])


def _works(service: Service, person: Person, set_id: int) -> None:
    """The same process serves again, and no rejected write is stored."""
    assert person.patch(f"/sets/{set_id}", {"measies": {"waist": 700}}).json()["set"]["measies"]["chest"] == 900
    assert person.get("/account").json()["account"]["bio"] == ""
    assert person.post("/sets", LARGE).status_code == 201
    assert len(person.get("/sets").json()["sets"]) == 2
    assert service.sign_up().new_set()["name"] == "a set"
    wait_until(lambda: person.get("/account").json()["account"]["jwtCalls"] > 5, "counting to go on")
    assert b"Traceback" not in service.log.read_bytes()


def test_a_rejected_set_leaves_no_image_behind(server: Service, folder: Path) -> None:
    pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
    person = server.sign_up()
    before = _images(server)
    disk = Full(folder)
    disk.break_for(server)
    try:
        _refused(person.post("/sets", {**LARGE, "img": f"data:image/png;base64,{pixel}"}))
    finally:
        disk.mend_for(server)
    assert _images(server) == before


def _set_immutable(file: Path, wanted: bool) -> None:
    """Permissions do not stop root, this does."""
    sign = "+i" if wanted else "-i"
    changed = subprocess.run(["chattr", sign, file], capture_output=True) if shutil.which("chattr") else None
    if changed is None or changed.returncode != 0:
        pytest.skip("no file can be made immutable here")


def test_a_file_that_is_read_only_is_read(limited: Service) -> None:
    file = limited.data / "freesewing.db"
    person = limited.sign_up()
    kept = person.new_set()
    limited.stop()
    _set_immutable(file, True)
    try:
        limited.start(migrate=False)
        assert person.get("/sets").json()["sets"] == [kept]
        for _ in range(2):
            _refused(person.post("/sets", {"name": "refused"}))
            assert person.get(f"/sets/{kept['id']}").status_code == 200
    finally:
        _set_immutable(file, False)
    assert person.new_set()["name"] == "a set"
    assert len(person.get("/sets").json()["sets"]) == 2
