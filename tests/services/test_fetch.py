"""Fetching of images from URLs: the request, each kind of response, and TLS."""

import asyncio
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from core.errors import ImageInvalid
from services.images.fetch import fetch
from tests.service import PATIENCE
from tests.services.fetching import (
    NOT_FETCHED,
    Answer,
    Names,
    Server,
    fetched_from,
    loopback,
    refusal,
    refusal_of,
    says,
    serving,
)


def test_the_body_is_fetched_and_nothing_compressed_is_asked_for() -> None:
    async def run() -> tuple[bytes, Server]:
        async with serving(says("200 OK\r\nContent-Length: 5", b"image")) as server:
            url = server.url("/a b.png?c=d#e")
            return await fetch(url, max_bytes=5, allow=loopback, ports={server.port}), server

    body, server = asyncio.run(run())
    asked = server.asked[0].decode().splitlines()
    assert body == b"image"
    assert asked[0] == "GET /a%20b.png?c=d HTTP/1.1"
    assert {"Accept-Encoding: identity", f"Host: 127.0.0.1:{server.port}"} <= set(asked)


def test_a_chunked_body_is_fetched() -> None:
    head = "200 OK\r\nTransfer-Encoding: chunked"
    assert fetched_from(says(head, b"3\r\nima\r\n2\r\nge\r\n0\r\n\r\n")) == b"image"


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert fetched_from(says("200 OK", b"image")) == b"image"


def test_a_loopback_server_is_refused_unless_a_test_allows_it() -> None:
    async def run() -> Server:
        async with serving(says("200 OK", b"image")) as server:
            with pytest.raises(ImageInvalid, match=NOT_FETCHED):
                await fetch(server.url(), max_bytes=1000, ports={server.port})
            return server

    assert asyncio.run(run()).asked == []


# --- answers


async def _endless(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    while True:
        writer.write(b"\0" * 65_536)
        await writer.drain()


@pytest.mark.parametrize(
    "answer",
    [
        says("200 OK\r\nContent-Length: 1001", b"\0" * 1001),
        says("200 OK\r\nContent-Length: 1001"),
        says("200 OK", b"\0" * 1001),
        says("200 OK\r\nTransfer-Encoding: chunked", b"3e9\r\n" + b"\0" * 1001 + b"\r\n0\r\n\r\n"),
        _endless,
    ],
)
def test_a_body_over_the_limit_is_refused_however_it_is_sent(answer: Answer) -> None:
    assert refusal(answer) == "The image is larger than 0.001 MB, the most that is accepted."


def test_a_body_of_just_the_limit_is_fetched() -> None:
    assert len(fetched_from(says("200 OK", b"\0" * 1000))) == 1000


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()


@pytest.mark.parametrize(
    "answer",
    [
        says("404 Not Found", b"secret"),
        says("500 Oops"),
        says("204 No Content"),
        says("206 Partial Content", b"secret"),
        says("304 Not Modified"),
        says("302 Found"),
        says("200 OK\r\nContent-Encoding: gzip", b"secret"),
        says("200 OK\r\nContent-Length: 50", b"cut short"),
        says("200 OK\r\nContent-Length: x"),
        says("nonsense"),
        _hang_up,
        says("200 OK\r\nX: " + "a" * 200_000),
    ],
)
def test_every_other_failure_reads_the_same(answer: Answer) -> None:
    assert refusal(answer) == NOT_FETCHED


def test_a_closed_port_reads_the_same() -> None:
    with socket.socket() as taken:  # bound and not listening: nothing else can answer there
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        assert refusal_of(f"http://127.0.0.1:{port}/", allow=loopback, ports={port}) == NOT_FETCHED


def stalls_after(sent: bytes) -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        await writer.drain()
        await asyncio.Event().wait()

    return answer


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nima"])
def test_a_server_that_stalls_meets_the_deadline_and_reads_the_same(sent: bytes) -> None:
    started = monotonic()
    assert refusal(stalls_after(sent), timeout=0.1) == NOT_FETCHED
    assert monotonic() - started < PATIENCE


def test_the_deadline_holds_over_a_server_that_never_stops_dripping() -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"\0")
            await writer.drain()
            await asyncio.sleep(0)

    assert refusal(drip, timeout=0.1, max_bytes=1_000_000_000) == NOT_FETCHED


# --- TLS


def self_signed(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's TLS context with a new certificate for `name`, and a client's that trusts it alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "both.pem").write_bytes(pem + secret)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "both.pem")
    return server, ssl.create_default_context(cadata=pem.decode())


@pytest.mark.parametrize(
    ("host", "trusted", "is_fetched"),
    [("images.example", True, True), ("images.example", False, False), ("other.example", True, False)],
)
def test_the_certificate_must_be_trusted_and_name_the_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, trusted: bool, is_fetched: bool
) -> None:
    Names(monkeypatch, ["127.0.0.1"])
    server_tls, client_tls = self_signed(tmp_path, "images.example")

    async def run() -> bytes | str:
        async with serving(says("200 OK", b"image"), tls=server_tls) as server:
            try:
                return await fetch(
                    server.url(scheme="https", host=host),
                    max_bytes=1000,
                    allow=loopback,
                    ports={server.port},
                    tls=client_tls if trusted else None,
                )
            except ImageInvalid as refused:
                return refused.detail

    assert asyncio.run(run()) == (b"image" if is_fetched else NOT_FETCHED)
