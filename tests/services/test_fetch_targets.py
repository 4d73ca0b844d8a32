"""Everything that must never be fetched from: addresses, URLs and redirects."""

import asyncio
import ipaddress
from collections.abc import Callable, Iterator

import pytest

from core.errors import ImageInvalid
from services.images.fetch import Allow, fetch, is_public
from services.images.lookups import Address
from tests.services.fetching import (
    NOT_FETCHED,
    Answer,
    Names,
    Server,
    fetched_from,
    loopback,
    refusal_of,
    says,
    serving,
)

UNFIT = "The URL of an image must be http or https, on the usual port, without credentials."


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
    """Allow the loopback address of the redirecting server first, and then only public addresses."""
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
