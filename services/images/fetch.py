"""Fetching images from URLs that clients give, without reaching hosts of our own network.

Every connection is made here, to an address that was resolved and checked here, so neither a redirect nor a
DNS answer that changes between two look-ups can lead elsewhere. All failures to get through look alike: a
client must not learn from us which internal hosts exist or what they answer.
"""

import asyncio
import ssl
from collections.abc import Callable, Collection, Iterable
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import TYPE_CHECKING, cast

from core.errors import ImageInvalid
from services.images.limits import too_large
from services.images.lookups import Address, Lookups

# They take 3 MB, and few images are fetched: the functions that need them import them.
if TYPE_CHECKING:
    import httpcore2
    import httpx2

Allow = Callable[[Address], bool]

PORTS = frozenset({80, 443})
MAX_REDIRECTS = 3

# Callers without credentials have fewer look-ups, and no way to use up those of the others.
LOOKUPS, ANONYMOUS_LOOKUPS = Lookups(8), Lookups(2)

_DEFAULT_PORTS = {"http": 80, "https": 443}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEADERS = [("Accept", "image/*"), ("Accept-Encoding", "identity"), ("User-Agent", "freesewing-api")]

# One dead address (often IPv6 without a route) must not use up the time of the others.
_CONNECT_SECONDS = 3.0
_CONNECT_ATTEMPTS = 3

_FAILED = "The image could not be fetched."
_UNFIT = "The URL of an image must be http or https, on the usual port, without credentials."

_GLOBAL_UNICAST = ip_network("2000::/3")
_NAT64 = ip_network("64:ff9b::/96")

# Not for the public internet, though `is_global` of Python 3.11 lets them pass.
_SPECIAL = (
    ip_network("192.0.0.0/24"),  # IETF protocols; one cloud's metadata service lives at 192.0.0.192
    ip_network("168.63.129.16/32"),  # a cloud's host agent, reachable from its virtual machines only
    ip_network("2001::/23"),  # IETF protocols, Teredo among them, which embeds an IPv4 address
    ip_network("3fff::/20"),  # documentation
)


def is_public(address: Address) -> bool:
    """Whether this is a public unicast address; IPv4 inside IPv6 is judged as the IPv4 address it is."""
    if isinstance(address, IPv6Address):
        embedded = _embedded_ipv4(address)
        if embedded is not None:
            return is_public(embedded)
        if address not in _GLOBAL_UNICAST:
            return False
    special = any(address in network for network in _SPECIAL)
    return address.is_global and not (special or address.is_multicast or address.is_reserved)


async def fetch(
    url: str,
    *,
    max_bytes: int,
    timeout: float = 10.0,
    lookups: Lookups = LOOKUPS,
    allow: Allow = is_public,
    ports: Collection[int] = PORTS,
    tls: ssl.SSLContext | None = None,
) -> bytes:
    """Return the body behind an http(s) URL, at most `max_bytes` bytes, within `timeout` seconds over all redirects.

    `allow`, `ports` and `tls` are for tests, which serve on a loopback address. Raises ImageInvalid, and Overloaded
    if too many host names are being looked up.
    """
    import httpcore2
    import httpx2

    backend = cast(httpcore2.AsyncNetworkBackend, _CheckedBackend(allow, lookups))
    try:
        async with asyncio.timeout(timeout):
            async with httpcore2.AsyncConnectionPool(tls or _trusted(), network_backend=backend) as pool:
                return await _follow(pool, httpx2.URL(url), ports, max_bytes)
    except _failures():
        # `from None`: the details must not reach the client, and a log of them would contain the client's URL.
        raise ImageInvalid(_FAILED) from None


@cache
def _failures() -> tuple[type[Exception], ...]:
    import httpcore2
    import httpx2

    return (
        OSError,  # sockets, look-ups, TLS, and the deadline
        ValueError,  # names and headers that cannot be decoded
        httpx2.InvalidURL,
        httpcore2.ConnectionNotAvailable,
        httpcore2.NetworkError,
        httpcore2.ProtocolError,
        httpcore2.TimeoutException,
    )


@cache
def _trusted() -> ssl.SSLContext:
    """Made once, because reading the certificates of all authorities takes tens of milliseconds."""
    import httpcore2

    return httpcore2.default_ssl_context()


async def _follow(
    pool: "httpcore2.AsyncConnectionPool", url: "httpx2.URL", ports: Collection[int], max_bytes: int
) -> bytes:
    for _ in range(MAX_REDIRECTS + 1):
        target = _target(url, ports)
        headers = [("Host", url.netloc.decode("ascii")), *_HEADERS]
        async with pool.stream("GET", target, headers=headers) as response:
            location = _header(response, b"location")
            if response.status not in _REDIRECTS or not location:
                return await _body(response, max_bytes)
            url = url.join(location)
    raise ImageInvalid("The URL of the image redirects too often.")


def _target(url: "httpx2.URL", ports: Collection[int]) -> "httpcore2.URL":
    """The URL as httpcore2 takes it, already split: a second parser could see another host than this one."""
    import httpcore2

    port = _DEFAULT_PORTS.get(url.scheme, 0) if url.port is None else url.port
    if url.scheme not in _DEFAULT_PORTS or port not in ports or url.userinfo or not url.raw_host:
        raise ImageInvalid(_UNFIT)
    return httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=port, target=url.raw_path)


async def _body(response: "httpcore2.Response", max_bytes: int) -> bytes:
    # A compressed body could be small here and huge once unpacked, and images gain nothing by it.
    if response.status != 200 or _header(response, b"content-encoding").lower() not in ("", "identity"):
        raise ImageInvalid(_FAILED)
    if int(_header(response, b"content-length") or 0) > max_bytes:
        raise too_large(max_bytes)
    content = bytearray()
    async for piece in response.aiter_stream():
        content += piece
        if len(content) > max_bytes:
            raise too_large(max_bytes)
    return bytes(content)


def _header(response: "httpcore2.Response", wanted: bytes) -> str:
    return next((value.decode() for name, value in response.headers if name.lower() == wanted), "")


def _embedded_ipv4(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


class _CheckedBackend:
    """Connects only if every address of a name is allowed, and then to the very address that was checked.

    An `AsyncNetworkBackend`, as far as the pool uses one.
    """

    def __init__(self, allow: Allow, lookups: Lookups) -> None:
        import httpcore2

        self._allow = allow
        self._lookups = lookups
        self._network = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: "Iterable[httpcore2.SOCKET_OPTION] | None" = None,
    ) -> "httpcore2.AsyncNetworkStream":
        import httpcore2

        addresses = await self._lookups.resolve(host, port)
        if not all(self._allow(address) for address in addresses):
            raise httpcore2.ConnectError("not a public address")
        for address in addresses[:_CONNECT_ATTEMPTS]:
            try:
                return await self._network.connect_tcp(str(address), port, timeout=_CONNECT_SECONDS)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        raise httpcore2.ConnectError("no address answers")

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: "Iterable[httpcore2.SOCKET_OPTION] | None" = None,
    ) -> "httpcore2.AsyncNetworkStream":
        import httpcore2

        raise httpcore2.ConnectError("not a public address")
