"""Fetching: real servers on loopback addresses, and everything that must never be connected to."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from errors import ImageInvalid
from services.fetch import Address, Allow, fetch, is_public

NOT_FETCHED = "The image could not be fetched."
UNFIT = "The URL of an image must be http or https, on the usual port, without credentials."

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Server:
    """A real HTTP server on 127.0.0.1: what it answers, what it was asked, and where it is."""

    answer: Answer
    port: int = 0
    asked: list[bytes] = field(default_factory=list)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.asked.append(await reader.readuntil(b"\r\n\r\n"))
            await self.answer(writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    def url(self, path: str = "/", *, scheme: str = "http", host: str = "127.0.0.1") -> str:
        return f"{scheme}://{host}:{self.port}{path}"


@asynccontextmanager
async def serving(answer: Answer, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    server = Server(answer)
    listening = await asyncio.start_server(server.handle, "127.0.0.1", 0, ssl=tls)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()


def says(head: str, body: bytes = b"") -> Answer:
    """An answer of these header lines and this body, after which the connection is closed."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {head}\r\nConnection: close\r\n\r\n".encode() + body)

    return answer


def loopback(address: Address) -> bool:
    return address.is_loopback


def fetched_from(answer: Answer, path: str = "/", *, host: str = "127.0.0.1", **options: Any) -> bytes:
    async def run() -> bytes:
        async with serving(answer) as server:
            given = {"max_bytes": 1000, "allow": loopback, "ports": {server.port}, **options}
            return await fetch(server.url(path, host=host), **given)

    return asyncio.run(run())


def refusal(answer: Answer, **options: Any) -> str:
    with pytest.raises(ImageInvalid) as refused:
        fetched_from(answer, **options)
    return refused.value.detail


def refusal_of(url: str, **options: Any) -> str:
    with pytest.raises(ImageInvalid) as refused:
        asyncio.run(fetch(url, **{"max_bytes": 1000, **options}))
    return refused.value.detail


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


# --- addresses


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::101:101", "2002:101:101::1"]
)
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


NOT_PUBLIC = """
0.0.0.0 10.0.0.1 100.64.0.1 100.100.100.200 127.0.0.1 127.8.8.8 168.63.129.16 169.254.169.254 172.16.0.1
192.0.0.192 192.0.2.1 192.168.1.1 198.18.0.1 203.0.113.1 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255
:: ::1 ::7f00:1 ::a9fe:a9fe fe80::1 fec0::1 fc00::1 fd00:ec2::254 ff02::1 ff0e::1 100::1 2001::1 2001:db8::1
3fff::1 5f00::1 ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::ffff:0:127.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe
64:ff9b:1::101:101 2002:7f00:1:: 2002:a00:1::1
"""


@pytest.mark.parametrize("address", NOT_PUBLIC.split())
def test_all_other_addresses_are_not(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


NOTATIONS_OF_LOOPBACK = """
2130706433 0x7f000001 0x7f.1 017700000001 127.1 0 127.0.0.1. localhost LOCALHOST. 127。0。0。1
[::1] [::] [::ffff:127.0.0.1] [::ffff:7f00:1] [0:0:0:0:0:ffff:7f00:1]
"""


@pytest.mark.parametrize("host", NOTATIONS_OF_LOOPBACK.split())
def test_no_notation_of_a_loopback_address_gets_through(host: str) -> None:
    async def run() -> tuple[str, list[bytes]]:
        async with serving(says("200 OK", b"image")) as server:
            with pytest.raises(ImageInvalid) as refused:
                await fetch(server.url(host=host), max_bytes=1000, ports={server.port})
            return refused.value.detail, server.asked

    assert asyncio.run(run()) == (NOT_FETCHED, [])


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1"])
def test_those_notations_do_reach_the_server_where_loopback_is_allowed(host: str) -> None:
    assert fetched_from(says("200 OK", b"image"), host=host) == b"image"


class Names:
    """A resolver for names in `example`: each look-up takes the next answer, the last one stays."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> None:
        self.looked_up: list[str] = []
        self._answers = list(answers)
        self._real = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", self._look_up)

    def _look_up(self, host: Any, port: Any, *rest: Any, **options: Any) -> Any:
        if not str(host).endswith("example"):
            return self._real(host, port, *rest, **options)
        self.looked_up.append(host)
        addresses = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return [entry for address in addresses for entry in self._real(address, port, type=socket.SOCK_STREAM)]


@pytest.mark.parametrize("addresses", [["10.0.0.1"], ["93.184.216.34", "169.254.169.254"], ["::1", "1.1.1.1"]])
def test_a_name_with_any_private_address_is_refused(monkeypatch: pytest.MonkeyPatch, addresses: list[str]) -> None:
    Names(monkeypatch, addresses)
    judged: list[str] = []

    def allow(address: Address) -> bool:
        judged.append(str(address))
        return is_public(address)

    assert refusal_of("http://inside.example/", allow=allow) == NOT_FETCHED
    assert set(judged) <= set(addresses) and not is_public(ipaddress.ip_address(judged[-1]))


def test_a_name_is_looked_up_once_so_that_a_second_answer_cannot_matter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = Names(monkeypatch, ["127.0.0.1"], ["169.254.169.254"])
    assert fetched_from(says("200 OK", b"image"), host="rebinding.example") == b"image"
    assert names.looked_up == ["rebinding.example"]


def test_the_next_address_is_tried_if_one_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    Names(monkeypatch, ["::1", "127.0.0.1"])
    assert fetched_from(says("200 OK", b"image"), host="two.example") == b"image"


# --- URLs


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://images.example/",
        "gopher://images.example/",
        "http://me:secret@images.example/",
        "https://me@images.example/",
        "http://images.example:22/",
        "http://images.example:0/",
        "https://images.example:8443/",
        "http:///path",
        "http://",
        "/relative",
        "unix:///run/docker.sock",
        "http://images.example:99999/",
    ],
)
def test_a_url_of_another_kind_is_refused(url: str) -> None:
    assert refusal_of(url) == UNFIT


@pytest.mark.parametrize(
    "url",
    [
        "http://[::1",
        "http://a\nb/",
        "http://images.example\r\nX: y/",
        "http://127.0.0.1\0.example/",
        "http://0177.0.0.1/",
        "http://" + "a" * 70 + ".example/",
        "http://a..example/",
        "http://images.example:port/",
        "https://" + "a" * 70_000,
    ],
)
def test_a_url_that_is_none_is_refused(url: str) -> None:
    assert refusal_of(url) == NOT_FETCHED


# --- redirects


def only_the_first_hop() -> Allow:
    """Allows the loopback address of the server that redirects, and then what is allowed in earnest."""
    first: Iterator[bool] = iter([True])
    return lambda address: next(first, False) or is_public(address)


def redirects(*targets: str) -> Callable[[list[Server]], Answer]:
    """Answers with a redirect to each target in turn, then with an image; `{port}` is the server's own."""
    left = list(targets)

    def of(server: list[Server]) -> Answer:
        async def answer(writer: asyncio.StreamWriter) -> None:
            target = left.pop(0).format(port=server[0].port) if left else ""
            await says(f"302 Found\r\nLocation: {target}" if target else "200 OK", b"image")(writer)

        return answer

    return of


def redirected(*targets: str, allow: Allow = loopback) -> tuple[bytes | str, list[str]]:
    """What came of it (a body or a refusal) and the paths that the server was asked for."""

    async def run() -> tuple[bytes | str, list[str]]:
        known: list[Server] = []
        async with serving(redirects(*targets)(known)) as server:
            known.append(server)
            try:
                result: bytes | str = await fetch(
                    server.url(), max_bytes=1000, allow=allow, ports={80, 443, server.port}
                )
            except ImageInvalid as refused:
                result = refused.detail
            return result, [asked.split()[1].decode() for asked in server.asked]

    return asyncio.run(run())


@pytest.mark.parametrize(
    "target", ["/second", "second", "http://127.0.0.1:{port}/second", "//127.0.0.1:{port}/second"]
)
def test_a_redirect_is_followed(target: str) -> None:
    assert redirected(target) == (b"image", ["/", "/second"])


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:{port}/",
        "//127.0.0.1:{port}/",
        "http://2130706433:{port}/",
        "http://169.254.169.254/latest/",
        "http://[::1]:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://localhost:{port}/",
        "http://10.0.0.1/",
        "http://127.0.0.1/",
    ],
)
def test_a_redirect_to_an_inside_address_is_not_followed(target: str) -> None:
    assert redirected(target, allow=only_the_first_hop()) == (NOT_FETCHED, ["/"])


@pytest.mark.parametrize(
    "target",
    [
        "file:///etc/passwd",
        "http://me:pw@127.0.0.1:{port}/",
        "http://127.0.0.1:22/",
        "data:,a",
    ],
)
def test_a_redirect_to_a_url_of_another_kind_is_not_followed(target: str) -> None:
    assert redirected(target) == (UNFIT, ["/"])


def test_three_redirects_are_followed_and_a_fourth_is_not() -> None:
    assert redirected("/1", "/2", "/3") == (b"image", ["/", "/1", "/2", "/3"])
    assert redirected("/1", "/2", "/3", "/4") == (
        "The URL of the image redirects too often.",
        ["/", "/1", "/2", "/3"],
    )


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
    assert refusal(answer) == "The image is larger than 0.001 MB."


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
    assert monotonic() - started < 5


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
