"""The forge service, set up for a forge of the tests."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest

from core.errors import ForgeUnavailable
from services import forge
from services.forge.api import Author
from tests.forges import REPOSITORY, TOKEN, Forge, serving
from tests.forges.forgejo import Forgejo
from tests.forges.github import GitHub

KINDS = {"github": GitHub, "forgejo": Forgejo}
ALICE = Author("alice", "alice@example.org")
T = TypeVar("T")


def place(kind: str, url: str, **other: Any) -> forge.Place:
    """Where a forge is, with the defaults of the settings."""
    given = {"repository": REPOSITORY, "token": TOKEN, "branch": "main", "posts": "markdown/org", **other}
    return forge.Place(kind=kind, url=url, **{"discussions": "general", **given})


@contextmanager
def running(kind: str, **other: Any) -> Iterator[Forge]:
    """A forge of this kind, at which the service is directed; afterwards there is none."""
    with serving(KINDS[kind]()) as there:
        forge.configure(place(kind, there.url, **other))
        try:
            yield there
        finally:
            forge.configure(None)


def done(work: Coroutine[Any, Any, T]) -> T:
    """What comes of it."""
    return asyncio.run(work)


def fails(work: Coroutine[Any, Any, Any]) -> str:
    """The one sentence for all that can go wrong there."""
    with pytest.raises(ForgeUnavailable) as caught:
        asyncio.run(work)
    assert caught.value.__cause__ is None
    return caught.value.detail


def post(slug: str = "hello", *, kind: str = "blog", by: str = "alice", author: Author | None = ALICE) -> Any:
    """Opening a post."""
    return forge.open_post(kind, slug, "en", "# Hello\n\nDär är jag 👋\n", by=by, author=author)
