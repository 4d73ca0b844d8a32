"""Lost and wrong secrets: messages at the start, in `/ready` and at the command line."""

import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import LargeBinary, literal, update

from storage.schema.installation import canaries
from storage.schema.tables import sets
from tests import forked
from tests.databases import fresh_postgres
from tests.handlers.database import execute
from tests.proxy import Proxy
from tests.service import PATIENCE, Service, wait_until
from tests.test_cli import cli

SECRET = "s" * 40


def key(key_id: str, byte: bytes) -> str:
    """An encryption key, as in the settings."""
    return f"{key_id}:{b64encode(byte * 32).decode()}"


def refused(service: Service, **settings: str) -> str:
    """What a server that does not start says."""
    environment = {**service.environment, **{f"FREESEWING_{name.upper()}": value for name, value in settings.items()}}
    ended = forked.run("app", environment=environment, timeout=PATIENCE)
    assert ended.returncode == 1 and "Traceback" not in ended.stderr, ended.stderr
    assert ended.stderr.startswith("freesewing-api cannot start:\n")
    return ended.stderr


@pytest.fixture(params=["sqlite", "postgresql"])
def used(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Service]:
    """A server that made its own secrets and has an account; not running."""
    with ExitStack() as open_:
        there = request.param == "postgresql"
        service = Service(tmp_path, database_url=open_.enter_context(fresh_postgres()) if there else "")
        open_.callback(service.close)
        service.start().sign_up()
        service.stop()
        yield service


def test_no_secrets_are_made_for_a_database_that_has_rows(used: Service, tmp_path: Path) -> None:
    kept = tmp_path / "secrets.json"
    secrets = kept.read_text()
    kept.unlink()
    message = refused(used)
    assert "The secrets of this database are missing" in message and str(kept) in message
    message = cli(used, "users", "show", "1").stderr
    assert "The secrets of this database are missing" in message and "Traceback" not in message
    # Several workers print it once, too.
    assert refused(used, workers="2").count("are missing") == 1
    # The schema can be brought up to date without them.
    assert cli(used, "migrate").returncode == 0
    assert not kept.exists()
    kept.write_text(secrets)
    used.start(migrate=False)
    assert used.http.get("/ready").status_code == 200


def test_wrong_secrets_stop_the_start_and_every_command(used: Service, tmp_path: Path) -> None:
    kept = json.loads((tmp_path / "secrets.json").read_text())
    key_id = kept["encryption_keys"].partition(":")[0]
    assert f"`{key_id}` is not the one" in refused(used, encryption_keys=key(key_id, b"x"))
    assert f"`{key_id}`, which is not among" in refused(used, encryption_keys=key("new", b"x"), workers="2")
    assert "accept-secret-key" in refused(used, secret_key=SECRET)
    for command in (["users", "show", "1"], ["reencrypt"]):
        ended = cli(used, *command, FREESEWING_ENCRYPTION_KEYS=key("new", b"x"))
        assert ended.returncode == 1 and f"`{key_id}`" in ended.stderr and "Traceback" not in ended.stderr


def test_no_secrets_are_made_while_it_is_unknown_whether_the_database_has_rows(tmp_path: Path) -> None:
    service = Service(tmp_path, database_url="postgresql://nobody@127.0.0.1:1/none")
    assert "start the database first" in refused(service)
    assert not (tmp_path / "secrets.json").exists()
    service.close()


def test_a_running_server_whose_database_was_written_with_other_secrets_is_not_ready(tmp_path: Path) -> None:
    service = Service(tmp_path)
    try:
        assert service.start().http.get("/ready").status_code == 200
        execute(service, update(canaries).where(canaries.c.name == "secret key").values(value="another"))
        reply = service.http.get("/ready")
        assert (reply.status_code, reply.json()["error"]) == (503, "unavailable")
        wait_until(lambda: "FREESEWING_SECRET_KEY" in service.log.read_text(), "the reason in the log")
    finally:
        service.close()


def test_a_server_that_starts_before_its_database_ends_once_its_secrets_turn_out_to_be_wrong(tmp_path: Path) -> None:
    with fresh_postgres() as url:
        first = Service(tmp_path / "first", database_url=url)
        first.data.mkdir()
        first.start().sign_up()
        first.stop()
        first.http.close()
        parts = urlsplit(url)
        proxy = Proxy(parts.hostname or "", parts.port or 5432)
        proxy.cut()
        address = parts._replace(netloc=f"{parts.username}@127.0.0.1:{proxy.port}").geturl()
        wrong = {"encryption_keys": key("new", b"x"), "secret_key": SECRET}
        service = Service(tmp_path, database_url=address, **wrong)
        try:
            service.start(migrate=False)
            assert service.http.get("/ready").status_code == 503
            proxy.restore()
            assert service.process is not None
            service.process.wait(PATIENCE)
        finally:
            service.close()
        assert "which is not among the keys" in service.log.read_text()


def test_reencrypt_counts_what_cannot_be_decrypted_and_shows_its_progress(tmp_path: Path) -> None:
    old, new = key("old", b"o"), key("new", b"n")
    service = Service(tmp_path, encryption_keys=old, secret_key=SECRET)
    both = {"FREESEWING_ENCRYPTION_KEYS": f"{new},{old}"}
    try:
        alice = service.start().sign_up()
        damaged, whole = alice.new_set(), alice.new_set(notes="kept")
        execute(service, update(sets).where(sets.c.id == damaged["id"]).values({"notes": _bytes(b"damaged")}))
        for _ in range(2):
            ended = cli(service, "reencrypt", **both)
            assert ended.returncode == 1 and "Traceback" not in ended.stderr
            assert (
                f"1 rows have values that cannot be decrypted, and are left as they are: sets {damaged['id']}"
                in ended.stderr
            )
            assert "sets: 2 of 2 rows" in ended.stderr and "accounts: 1 of 1 rows" in ended.stderr
        # The old key is needed as long as something may be under it.
        service.stop()
        assert "`old`, which is not among the keys" in refused(service, encryption_keys=new)
        execute(service, update(sets).where(sets.c.id == damaged["id"]).values(notes="repaired"))
        assert cli(service, "reencrypt", **both).returncode == 0
        service.environment["FREESEWING_ENCRYPTION_KEYS"] = new
        assert service.start(migrate=False).http.get("/ready").status_code == 200
        assert alice.get(f"/sets/{whole['id']}").json()["set"]["notes"] == "kept"
    finally:
        service.close()


def _bytes(value: bytes) -> object:
    return literal(value, LargeBinary)


def test_a_new_secret_key_is_accepted_when_the_operator_says_so(tmp_path: Path) -> None:
    service = Service(tmp_path, encryption_keys=key("one", b"o"), secret_key=SECRET)
    new = "n" * 40
    try:
        alice = service.start().sign_up()
        own = alice.new_key()
        service.stop()
        assert "FREESEWING_SECRET_KEY" in refused(service, secret_key=new)
        ended = cli(service, "accept-secret-key", FREESEWING_SECRET_KEY=new)
        assert (ended.returncode, ended.stdout) == (1, "") and "--yes" in ended.stderr
        ended = cli(service, "accept-secret-key", "--yes", FREESEWING_SECRET_KEY=new)
        assert ended.returncode == 0 and "1 API keys and 1 sessions" in ended.stdout
        service.environment["FREESEWING_SECRET_KEY"] = new
        service.start(migrate=False)
        assert {one.get("/whoami").status_code for one in (alice, own)} == {401}
    finally:
        service.close()
