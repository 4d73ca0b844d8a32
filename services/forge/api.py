"""HTTP client of a forge: one JSON request, one bounded JSON response, and the same error for every failure.

The forge's messages reach neither the client nor the log: they may quote the request, and so the token. The method,
the path and the status are logged for the operator.
"""

import logging
import ssl
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import orjson

from core.errors import ForgeUnavailable

# Imported on first use: a server without a forge does not need it.
if TYPE_CHECKING:
    import httpx2

MOST_BYTES = 2_000_000
CONNECT_SECONDS = 4.0
# The whole of an operation has a deadline of its own, see `services.forge`.
READ_SECONDS = 15.0

_UNAVAILABLE = "The code forge is unavailable or rejected the request."
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Made:
    """An issue, discussion or pull request that was created: its number, its title, and the URL of its page."""

    number: int
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue to open: its texts, and the names of labels and assignees, which the forge may not know."""

    title: str
    body: str
    labels: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Author:
    """The author of a commit, which is public."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit: its id, its message, and, where the forge asks for it, the id of its tree."""

    id: str
    message: str
    tree: str = ""


@dataclass(frozen=True, slots=True)
class Post:
    """A file for a new branch, and the pull request to merge the branch into `base`.

    `mark` is a line of the commit's message that no other commit has.
    """

    branch: str
    base: str
    path: str
    markdown: str
    title: str
    description: str
    mark: str
    author: Author | None

    @property
    def message(self) -> str:
        """The message of the commit."""
        return f"{self.title}\n\n{self.mark}\n"


class Http:
    """Questions below one address. Follows no redirects, for they could carry the token elsewhere."""

    def __init__(self, client: "httpx2.AsyncClient", base: str) -> None:
        self._client = client
        self.base = base

    async def ask(
        self, method: str, path: str, body: Any = None, *, expected: Collection[int], base: str | None = None
    ) -> tuple[int, Any]:
        """Status and decoded answer, the status being one of those expected; raises ForgeUnavailable."""
        import httpx2

        question = f"{method} {path.partition('?')[0]}"
        url = (self.base if base is None else base) + path
        content = None if body is None else orjson.dumps(body)
        headers = {"Content-Type": "application/json"} if content is not None else {}
        try:
            async with self._client.stream(method, url, content=content, headers=headers) as reply:
                status, answer = reply.status_code, await _bounded(reply)
        except (httpx2.HTTPError, httpx2.StreamError, OSError, ValueError) as failure:
            raise unavailable(question, type(failure).__name__) from None
        if status not in expected:
            raise unavailable(question, f"answered {status}" + _hint(status))
        return status, answer


def require_usable(url: str) -> None:
    """Raise ValueError, which does not quote it, unless this can be the address of a forge's API."""
    import httpx2

    try:
        parts = httpx2.URL(url)
    except httpx2.InvalidURL:
        raise ValueError("is no address") from None
    if parts.scheme not in ("http", "https") or not parts.host or parts.userinfo or parts.query or parts.fragment:
        raise ValueError("must be http or https, a host and a path, without credentials")


@asynccontextmanager
async def client(base: str, headers: dict[str, str]) -> AsyncIterator[Http]:
    """Connections for one operation; nothing is taken from the environment: no proxy, no .netrc."""
    import httpx2

    async with httpx2.AsyncClient(
        headers={"User-Agent": "freesewing-api", "Accept-Encoding": "identity", **headers},
        timeout=httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
        verify=_trusted(),
        trust_env=False,
        follow_redirects=False,
    ) as connections:
        yield Http(connections, base)


async def create_issue(http: Http, path: str, issue: Issue, options: dict[str, Any]) -> Made:
    """Open an issue; with 422 once more without its `options`, which name what the forge may not know."""
    texts = {"title": issue.title, "body": issue.body}
    given = {name: value for name, value in options.items() if value}
    status, answer = await http.ask("POST", path, texts | given, expected={201, 422} if given else {201})
    if status == 422:
        _, answer = await http.ask("POST", path, texts, expected={201})
    return made(answer)


def made(answer: Any, *, url: str = "html_url") -> Made:
    """What an answer describes; raises ForgeUnavailable for one that describes nothing."""
    number, title, address = (field(answer, name) for name in ("number", "title", url))
    if type(number) is not int or not isinstance(title, str) or not isinstance(address, str):
        raise unavailable("an answer", "has another shape than documented")
    if not address.startswith(("https://", "http://")):
        raise unavailable("an answer", "has another shape than documented")
    return Made(number, title[:1000], address[:1000])


def field(answer: Any, *path: str) -> Any:
    """What lies at this path of an answer, None where there is nothing."""
    for name in path:
        answer = answer.get(name) if isinstance(answer, dict) else None
    return answer


def text(answer: Any, *path: str) -> str:
    """The text at this path of an answer; raises ForgeUnavailable where there is none."""
    value = field(answer, *path)
    if not isinstance(value, str):
        raise unavailable("an answer", "has another shape than documented")
    return value


def segment(name: str) -> str:
    """A name as one segment of a path."""
    return quote(name, safe="")


def unavailable(question: str, problem: str) -> ForgeUnavailable:
    """The one fact for all that can go wrong there, logged for the operator."""
    log.warning("forge: %s: %s", question, problem)
    return ForgeUnavailable(_UNAVAILABLE)


def _hint(status: int) -> str:
    if status in (401, 403):
        return "; FREESEWING_FORGE_TOKEN may be wrong, or lack a scope, or the forge limits us"
    if status in (301, 302, 307, 308, 404, 410):
        return "; FREESEWING_FORGE_REPOSITORY or FREESEWING_FORGE_BRANCH may be wrong, or the token not see it"
    return ""


async def _bounded(reply: "httpx2.Response") -> Any:
    """The decoded body, None for an empty one; raises ValueError for anything but so much plain JSON."""
    # A compressed body could be small here and huge once unpacked.
    if reply.headers.get("content-encoding", "identity") != "identity":
        raise ValueError("compressed")
    content = bytearray()
    async for piece in reply.aiter_raw():
        content += piece
        if len(content) > MOST_BYTES:
            raise ValueError("too large")
    if not content:
        return None
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        # Errors come in HTML too, from what stands before the forge; there the status says enough.
        if reply.status_code < 400:
            raise ValueError("not JSON") from None
        return None


@cache
def _trusted() -> ssl.SSLContext:
    """Made once, because reading the certificates of all authorities takes tens of milliseconds."""
    import httpx2

    return httpx2.create_ssl_context()
