"""Credentials, good and bad, and how bad ones are turned away."""

from base64 import b64encode

from tests.problems import problem
from tests.service import Service
from tests.wire import exchange, head

BEARER = 'Bearer realm="freesewing-api"'
BASIC = 'Basic realm="freesewing-api", charset="UTF-8"'


def basic(name: str | bytes, secret: str | bytes = b"", colon: bytes = b":") -> str:
    parts = [part.encode() if isinstance(part, str) else part for part in (name, secret)]
    return "Basic " + b64encode(colon.join(parts)).decode()


def refused(service: Service, authorization: str | bytes, code: str = "unauthorized", path: str = "/whoami") -> str:
    """The sentence with which the credentials are turned away."""
    line = authorization if isinstance(authorization, bytes) else authorization.encode("latin-1")
    reply = exchange(service, head("GET", path, b"Authorization: " + line))
    assert reply.headers["www-authenticate"] == f"{BEARER}, {BASIC}"
    return str(problem(reply, 401, code)["detail"])
