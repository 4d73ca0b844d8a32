"""nginx as deploy/nginx.conf has it, before servers of a test."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.service import ROOT, Service, wait_until

DEPLOY = ROOT / "deploy"
PROXY = "freesewing-proxy.conf"
# Debian has it where only root looks.
PROGRAM = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin")
# What a main file must say so that nginx runs as anybody, in a folder of its own.
MAIN = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{ worker_connections 512; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/conf.d/*.conf;
}}
"""


def require_nginx() -> None:
    """Skip, saying so, where there is no nginx; with CI=true that is a failure."""
    if PROGRAM is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no nginx here")
        pytest.skip("no nginx here")


def written(
    folder: Path,
    port: int,
    *instances: int,
    changes: Mapping[str, str] | None = None,
    server: str = "nginx.conf",
) -> Path:
    """The main file; the ports of deploy/ are replaced, and `changes`, each of which must be found there once."""
    (folder / "conf.d").mkdir(parents=True)
    places = {server: "conf.d/server.conf", "upstream.conf": "conf.d/upstream.conf", PROXY: PROXY}
    texts = {place: (DEPLOY / name).read_text() for name, place in places.items()}
    ports = {f":800{at + 1} ": f":{instance} " for at, instance in enumerate(instances)}
    for old, new in {"listen 80;": f"listen 127.0.0.1:{port};", **ports, **(changes or {})}.items():
        assert sum(text.count(old) for text in texts.values()) == 1, old
        texts = {place: text.replace(old, new) for place, text in texts.items()}
    for place, text in texts.items():
        (folder / place).write_text(text)
    main = folder / "nginx.conf"
    main.write_text(MAIN.format(folder=folder))
    return main


@contextmanager
def before(
    folder: Path,
    *instances: Service,
    front: Service | None = None,
    changes: Mapping[str, str] | None = None,
    server: str = "nginx.conf",
) -> Iterator[Service]:
    """nginx before these, as if it were the server itself, which is `front` if it is given."""
    require_nginx()
    front = front or Service(folder)
    main = written(folder, front.port, *(one.port for one in instances), changes=changes, server=server)
    front.process = subprocess.Popen([str(PROGRAM), "-e", str(folder / "error.log"), "-c", str(main)])
    try:
        wait_until(front.is_alive, f"nginx; see {folder}/error.log")
        yield front
    finally:
        front.close()
