"""deploy/nginx-tls.conf, with a certificate that is made here: the redirect, HSTS, the protocols."""

import socket
import ssl
import warnings
from collections.abc import Iterator

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests import nginx
from tests.service import PATIENCE, Service, free_port
from tests.services.test_delivery import self_signed

HSTS = "max-age=31536000"
FOLDER = "/etc/ssl/freesewing"


class Redirecting(Service):
    """nginx, whose port without TLS answers with redirects only."""

    secure: httpx2.Client

    def is_alive(self) -> bool:
        """Whether it answers with TLS."""
        try:
            return self.secure.get("/health").status_code == 200
        except httpx2.HTTPError:
            return False


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """An instance that is reached with TLS."""
    made = Service(tmp_path_factory.mktemp("instance"), public_url="https://127.0.0.1")
    try:
        yield made.start()
    finally:
        made.close()


@pytest.fixture(scope="module")
def front(instance: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redirecting]:
    """nginx before it."""
    folder = tmp_path_factory.mktemp("nginx")
    key = ec.generate_private_key(ec.SECP256R1())
    (folder / "privkey.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "fullchain.pem").write_bytes(self_signed(key).public_bytes(Encoding.PEM))
    front, port = Redirecting(folder), free_port()
    trust = ssl.create_default_context(cafile=str(folder / "fullchain.pem"))
    front.secure = httpx2.Client(
        base_url=f"https://127.0.0.1:{port}", verify=trust, timeout=PATIENCE, trust_env=False
    )
    changes = {
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        f"{FOLDER}/fullchain.pem": str(folder / "fullchain.pem"),
        f"{FOLDER}/privkey.pem": str(folder / "privkey.pem"),
    }
    with (
        front.secure,
        nginx.before(folder, instance, instance, front=front, changes=changes, server="nginx-tls.conf"),
    ):
        yield front


def test_http_is_redirected_with_its_method(front: Redirecting) -> None:
    reply = front.http.post("/sets?a=1", headers={"Host": "api.example.org"}, follow_redirects=False)
    assert (reply.status_code, reply.headers["location"]) == (308, "https://api.example.org/sets?a=1")
    assert "strict-transport-security" not in reply.headers


def test_every_reply_has_hsts_once_also_those_of_nginx_itself(front: Redirecting, instance: Service) -> None:
    replies = [front.secure.get("/health"), front.secure.get("/nothing"), front.secure.post("/issues")]
    replies.append(front.secure.post("/sets", content=b"1" * 13_000_000))
    instance.stop()
    replies.append(front.secure.get("/health"))
    instance.start(migrate=False)
    assert [reply.status_code for reply in replies] == [200, 404, 400, 413, 503]
    assert [reply.headers.get_list("strict-transport-security") for reply in replies] == [[HSTS]] * 5


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_current_protocols_are_spoken(front: Redirecting, version: ssl.TLSVersion) -> None:
    assert _spoken(front, version, version) == {ssl.TLSVersion.TLSv1_2: "TLSv1.2"}.get(version, "TLSv1.3")


def test_older_protocols_are_rejected(front: Redirecting) -> None:
    with pytest.raises(ssl.SSLError, match=r"(?i)protocol|version"):
        _spoken(front, ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)


def _spoken(front: Redirecting, least: ssl.TLSVersion, most: ssl.TLSVersion) -> str | None:
    """The protocol that a client of these versions speaks with it."""

    context = ssl.create_default_context(cafile=str(front.data / "fullchain.pem"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of the old versions
        context.minimum_version, context.maximum_version = least, most
    # OpenSSL itself would not offer them otherwise.
    context.set_ciphers("ALL:@SECLEVEL=0")
    port = front.secure.base_url.port
    with (
        socket.create_connection(("127.0.0.1", port), PATIENCE) as connection,
        context.wrap_socket(connection, server_hostname="127.0.0.1") as wrapped,
    ):
        return wrapped.version()
