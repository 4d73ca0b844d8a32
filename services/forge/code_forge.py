"""The code forge: issues, discussions, and posts as pull requests, at GitHub or a Forgejo such as Codeberg.

Off unless it is set up. Every failure is raised as ForgeUnavailable.
"""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from core import clock
from core.errors import ForgeUnavailable, NotEnabled, SlugTaken
from services.forge import forgejo, github
from services.forge.api import Author, Commit, Issue, Made, Post, client, require_usable, unavailable
from services.forge.forgejo import Forgejo
from services.forge.github import GitHub

Forge = GitHub | Forgejo

# For all the questions of one operation together; and for clearing up after one that failed.
SECONDS = 25.0
CLEARING_SECONDS = 8.0
# A forge counts what one token asks at a time, and a slow one must not gather all our visitors.
AT_ONCE = 8
# Where people tell who they are at a forge, in the free data of their account: FreeSewing's pages write these.
_PEOPLE = {"github": ("githubUsername", "githubEmail"), "forgejo": ("codebergUsername", "codebergEmail")}
_NAME = re.compile(r"[^\x00-\x1f\x7f<>]{1,100}")
_EMAIL = re.compile(r"[^\x00-\x20\x7f<>@]{1,100}@[A-Za-z0-9.-]{1,150}")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """Which forge, which repository there, and where in it: the branch that posts are for, the folder of posts,
    and the category of discussions.
    """

    kind: str
    url: str
    repository: str
    token: str = field(repr=False)
    branch: str
    posts: str
    discussions: str


@dataclass(frozen=True, slots=True)
class PullRequest:
    """What became of a post: the pull request, its branch, and the path of the file."""

    request: Made
    branch: str
    path: str


class CodeForge:
    """The code forge of one application."""

    def __init__(self, place: Place | None) -> None:
        """`place` is None without a forge. Raises ValueError for an address that is none."""
        if place is not None and place.url:
            require_usable(place.url)
        self._place, self._turns = place, asyncio.Semaphore(AT_ONCE)

    def is_enabled(self) -> bool:
        """Whether there is a forge."""
        return self._place is not None

    def author_of(self, data: Mapping[str, Any]) -> Author | None:
        """Who a commit is to name, as the data of an account says; None where it does not, or without a forge.

        Never an account's own address: commits are public.
        """
        name, email = (data.get(key) for key in _PEOPLE[self._place.kind]) if self._place else (None, None)
        if not isinstance(name, str) or not isinstance(email, str):
            return None
        name, email = name.strip(), email.strip()
        return Author(name, email) if _NAME.fullmatch(name) and _EMAIL.fullmatch(email) else None

    async def create_issue(self, issue: Issue) -> Made:
        """Open an issue; raises NotEnabled without a forge, ForgeUnavailable."""
        async with self._asking() as (forge, _):
            return await forge.create_issue(issue)

    async def create_discussion(self, title: str, body: str) -> Made:
        """Open a discussion, or an issue where the forge has none; raises as opening an issue does."""
        async with self._asking() as (forge, _):
            return await forge.create_discussion(title, body)

    async def has_post(self, kind: str, slug: str) -> bool:
        """Whether there is such a post, in any language, or one waits to be merged; raises as the others."""
        async with self._asking() as (forge, place):
            return await _post_at(forge, place, kind, slug) or await forge.head_of(_branch(kind, slug)) is not None

    async def open_post(
        self, kind: str, slug: str, language: str, markdown: str, *, by: str, author: Author | None
    ) -> PullRequest:
        """Put a post on a branch and open a pull request; raises SlugTaken, and as the others.

        The branch is named by the slug, so that of two at once one finds it taken. `by` names the person in the pull
        request, `author` in the commit; without one the commit is by the account of the token.
        """
        async with self._asking() as (forge, place):
            head = await _head(forge, place)
            if await forge.has(_folder(place, kind, slug), head.id):
                raise SlugTaken("A post with this slug exists.")
            post = Post(
                branch=_branch(kind, slug),
                base=place.branch,
                path=f"{_folder(place, kind, slug)}/{language}.md",
                markdown=markdown,
                title=f"New {kind} post: {slug}",
                description=f"A {kind} post by {_quoted(by)}, language `{language}`, sent through the API.",
                mark=f"Request: {clock.new_uuid()}",
                author=author,
            )
            async with _cleared_if_it_fails(forge, post):
                if not await forge.add(post, head):
                    raise await _refusal(forge, post)
                return PullRequest(await forge.open_pull_request(post), post.branch, post.path)

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[tuple[Forge, Place]]:
        """The forge, for one operation, which has so much time and not more."""
        place = self._place
        if place is None:
            raise NotEnabled("This server has no code forge.")
        try:
            async with asyncio.timeout(SECONDS), self._turns, _connected(place) as forge:
                yield forge, place
        except TimeoutError:
            raise unavailable("an operation", f"took more than {SECONDS:g} s") from None


async def _refusal(forge: Forge, post: Post) -> SlugTaken | ForgeUnavailable:
    """Why a branch could not be made: the answer itself does not say whether it is there already."""
    if await forge.head_of(post.branch) is None:
        return unavailable("a new branch", "refused")
    return SlugTaken("An open pull request has a post with this slug.")


@asynccontextmanager
async def _cleared_if_it_fails(forge: Forge, post: Post) -> AsyncIterator[None]:
    """Remove the branch if the `with` block fails and this request created the branch.

    A forge that did not respond may have created the branch. Another request may have created the same branch.
    """
    try:
        yield
    except SlugTaken:
        raise
    except BaseException:
        try:
            async with asyncio.timeout(CLEARING_SECONDS):
                head = await forge.head_of(post.branch)
                if head is not None and post.mark in head.message:
                    await forge.remove_branch(post.branch)
        except (ForgeUnavailable, TimeoutError, asyncio.CancelledError):
            # Within a deadline that is over already, that of the clearing ends as a cancellation.
            log.warning("forge: branch %s may stay behind; while it is there, its slug is taken", post.branch)
        raise


async def _post_at(forge: Forge, place: Place, kind: str, slug: str) -> bool:
    return await forge.has(_folder(place, kind, slug), (await _head(forge, place)).id)


async def _head(forge: Forge, place: Place) -> Commit:
    head = await forge.head_of(place.branch)
    if head is None:
        raise unavailable("GET the branch of posts", "there is none; see FREESEWING_FORGE_BRANCH and _REPOSITORY")
    return head


@asynccontextmanager
async def _connected(place: Place) -> AsyncIterator[Forge]:
    if place.kind == "github":
        async with client(place.url or github.API, github.headers(place.token)) as http:
            yield GitHub(http, place.repository, place.discussions)
    else:
        async with client(place.url or forgejo.API, forgejo.headers(place.token)) as http:
            yield Forgejo(http, place.repository)


def _branch(kind: str, slug: str) -> str:
    return f"post-{kind}-{slug}"


def _folder(place: Place, kind: str, slug: str) -> str:
    """Of one post in all its languages."""
    return f"{place.posts}/{kind}/{slug}"


def _quoted(name: str) -> str:
    """Return the name without characters that Markdown interprets, so that it mentions no user of the forge."""
    return "`" + name.replace("`", "'").replace("\n", " ") + "`"
