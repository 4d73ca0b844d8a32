"""The forge service, set up for a forge of the tests."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest

from core.errors import ForgeUnavailable
from services.forge import code_forge
from services.forge.api import Author
from services.forge.code_forge import CodeForge
from tests.forges import REPOSITORY, TOKEN, Forge, serving
from tests.forges.forgejo import Forgejo
from tests.forges.github import GitHub

KINDS = {"github": GitHub, "forgejo": Forgejo}
ALICE = Author("alice", "alice@example.org")
T = TypeVar("T")
_services: dict[Forge, CodeForge] = {}


def place(kind: str, url: str, **other: Any) -> code_forge.Place:
    """Where a forge is, with the defaults of the settings."""
    given = {"repository": REPOSITORY, "token": TOKEN, "branch": "main", "posts": "markdown/org", **other}
    return code_forge.Place(kind=kind, url=url, **{"discussions": "general", **given})


@contextmanager
def running(kind: str, **other: Any) -> Iterator[Forge]:
    """A forge of this kind, and a service directed at it (see `at`)."""
    with serving(KINDS[kind]()) as there:
        _services[there] = CodeForge(place(kind, there.url, **other))
        try:
            yield there
        finally:
            del _services[there]


def at(there: Forge) -> CodeForge:
    """The service directed at a running forge."""
    return _services[there]


def done(work: Coroutine[Any, Any, T]) -> T:
    """What comes of it."""
    return asyncio.run(work)


def fails(work: Coroutine[Any, Any, Any]) -> str:
    """The one sentence for all that can go wrong there."""
    with pytest.raises(ForgeUnavailable) as caught:
        asyncio.run(work)
    assert caught.value.__cause__ is None
    return caught.value.detail


def post(
    forge: CodeForge, slug: str = "hello", *, kind: str = "blog", by: str = "alice", author: Author | None = ALICE
) -> Any:
    """Opening a post."""
    return forge.open_post(kind, slug, "en", "# Hello\n\nDär är jag 👋\n", by=by, author=author)
