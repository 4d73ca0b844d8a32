"""The modes of the files and folders that the server and the commands create."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.handlers.test_sets import PIXEL
from tests.service import ROOT, Service, wait_until


@pytest.fixture
def open_to_all(tmp_path: Path) -> Iterator[Service]:
    """A server on a new installation, started by an operator whose umask removes nothing."""
    service = Service(tmp_path / "above" / "data")
    service.log = tmp_path / "server.log"
    before = os.umask(0)
    try:
        subprocess.run([sys.executable, "cli.py", "migrate"], cwd=ROOT, env=service.environment, check=True)
        yield service.start(migrate=False)
    finally:
        os.umask(before)
        service.close()


def test_only_the_owner_can_read_files_of_the_server(open_to_all: Service, tmp_path: Path) -> None:
    alice = open_to_all.sign_up()
    alice.new_set(img=PIXEL)
    open_to_all.http.post("/subscriber", json={"email": "reader@example.org", "language": "en"})
    wait_until(open_to_all.mails, "the mail")
    found = {path: path.stat().st_mode for path in (tmp_path / "above").rglob("*")}
    names = {path.name for path in found}
    assert {"secrets.json", "freesewing.db", "freesewing.db-wal", "freesewing.db-shm", "outbox", "images"} <= names
    files = {path.name: oct(stat.S_IMODE(mode)) for path, mode in found.items() if stat.S_ISREG(mode)}
    folders = {path.name: oct(stat.S_IMODE(mode)) for path, mode in found.items() if stat.S_ISDIR(mode)}
    assert files == dict.fromkeys(files, "0o600") and len(files) >= 6
    assert folders == dict.fromkeys(folders, "0o700") and {"data", "outbox", "images"} <= folders.keys()
