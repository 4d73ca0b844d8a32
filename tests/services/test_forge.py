"""Issues, discussions and pull requests at the forge, and the requests that create them, for GitHub and Forgejo."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from core.errors import NotEnabled, SlugTaken
from services.forge import code_forge
from services.forge.api import Author, Issue, Made
from services.forge.code_forge import CodeForge
from tests.forges import Commit, Forge
from tests.service import wait_until
from tests.services.forging import ALICE, KINDS, at, done, fails, place, post, running


@pytest.fixture(params=list(KINDS))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def there(kind: str) -> Iterator[Forge]:
    with running(kind) as forge_there:
        yield forge_there


def test_an_issue_is_opened_with_its_title_and_body(there: Forge) -> None:
    made = done(at(there).create_issue(Issue("A button is missing", "Where is it?\n\nÆlla 👗")))
    assert [(issue["title"], issue["body"]) for issue in there.issues] == [
        ("A button is missing", "Where is it?\n\nÆlla 👗")
    ]
    assert made == Made(1, "A button is missing", there.page_of("issues", 1))


def test_a_discussion_goes_to_its_category_or_is_an_issue_where_there_are_none(kind: str, there: Forge) -> None:
    made = done(at(there).create_discussion("Which fabric?", "For a cape."))
    found = there.discussions if kind == "github" else there.issues
    assert [(one["title"], one["body"]) for one in found] == [("Which fabric?", "For a cape.")]
    assert (made.number, made.url) == (1, there.page_of("discussions" if kind == "github" else "issues", 1))


def test_a_post_becomes_a_file_on_a_branch_and_a_pull_request(there: Forge) -> None:
    made = done(post(at(there), "hello", kind="showcase"))
    assert (made.branch, made.path) == ("post-showcase-hello", "markdown/org/showcase/hello/en.md")
    assert there.file_of(made.branch, made.path) == "# Hello\n\nDär är jag 👋\n"
    assert there.file_of(made.branch, "markdown/org/blog/old/en.md") == "An old post"
    [pull] = there.pulls
    assert (pull["head"]["ref"], pull["base"]["ref"]) == (made.branch, "main")
    assert (made.request.number, made.request.url) == (pull["number"], pull["html_url"])
    assert "hello" in pull["title"] and "`alice`" in pull["body"]
    assert there.branches["main"] != there.branches[made.branch]


def test_the_commit_names_its_author_if_there_is_one(there: Forge) -> None:
    for slug, author in (("by-alice", ALICE), ("by-nobody", None)):
        done(post(at(there), slug, author=author))
    authors = [there.commits[there.branches[f"post-blog-{slug}"]].author for slug in ("by-alice", "by-nobody")]
    assert authors == [
        {"name": "alice", "email": "alice@example.org"},
        {"name": "bot", "email": "bot@forge.example"},
    ]


@pytest.mark.parametrize(
    ("name", "email"),
    [
        (None, "alice@example.org"),
        ("alice", None),
        ("", "alice@example.org"),
        ("alice", ""),
        ("alice", "nobody"),
        ("alice\n", "alice@example.org\nX: y"),
        ("alice <root@example.org>", "alice@example.org"),
        ("a" * 101, "alice@example.org"),
        (5, ["alice@example.org"]),
    ],
)
def test_an_author_without_a_valid_name_and_address_is_not_named(
    there: Forge, kind: str, name: object, email: object
) -> None:
    prefix = "github" if kind == "github" else "codeberg"
    assert at(there).author_of({f"{prefix}Username": name, f"{prefix}Email": email}) is None


def test_an_author_with_a_name_and_an_address_for_this_forge_is_named(there: Forge, kind: str) -> None:
    both = {"githubUsername": "g", "githubEmail": "g@a.org", "codebergUsername": "c", "codebergEmail": " c@a.org "}
    assert at(there).author_of(both) == (Author("g", "g@a.org") if kind == "github" else Author("c", "c@a.org"))
    assert at(there).author_of({}) is None


def test_a_name_in_a_pull_request_mentions_no_account_of_the_forge(there: Forge) -> None:
    done(post(at(there), by="@everyone` [x](https://evil.example)\n# Now"))
    assert "`@everyone' [x](https://evil.example) # Now`" in there.pulls[0]["body"]


def test_branch_and_folder_of_posts_are_as_set(kind: str) -> None:
    with running(kind, branch="release/1", posts="content") as there:
        there.branches["release/1"] = there.add_commit(Commit("other", {"content/blog/there/de.md": "x"}))
        made = done(post(at(there), "hello"))
        assert made.path == "content/blog/hello/en.md"
        assert there.pulls[0]["base"]["ref"] == "release/1"
        assert there.file_of(made.branch, "content/blog/there/de.md") == "x"
        assert done(at(there).has_post("blog", "there"))


def test_discussions_go_to_the_category_that_is_set() -> None:
    with running("github", discussions="unknown") as there:
        fails(at(there).create_discussion("Which fabric?", "For a cape."))


@pytest.mark.parametrize(
    ("post_kind", "slug", "is_there"),
    [
        ("blog", "old", True),  # merged
        ("blog", "waiting", True),  # on a branch of its own
        ("blog", "new", False),
        ("showcase", "old", False),
        ("showcase", "waiting", False),
        ("blog", "ol", False),
    ],
)
def test_a_post_is_there_once_it_is_asked_for(there: Forge, post_kind: str, slug: str, is_there: bool) -> None:
    done(post(at(there), "waiting"))
    assert done(at(there).has_post(post_kind, slug)) is is_there


@pytest.mark.parametrize("slug", ["old", "waiting"])
def test_the_same_slug_twice_is_taken_and_harms_nothing(there: Forge, slug: str) -> None:
    done(post(at(there), "waiting"))
    before = dict(there.branches)
    with pytest.raises(SlugTaken):
        done(post(at(there), slug))
    assert there.branches == before and len(there.pulls) == 1


def test_of_many_at_once_one_opens_the_post(there: Forge) -> None:
    async def race() -> list[Any]:
        return await asyncio.gather(*(post(at(there), "race") for _ in range(6)), return_exceptions=True)

    outcomes = [type(outcome) for outcome in done(race())]
    assert sorted(outcomes, key=str) == [SlugTaken] * 5 + [code_forge.PullRequest]
    assert len(there.pulls) == 1 and set(there.branches) == {"main", "post-blog-race"}


def test_no_more_than_so_many_ask_at_a_time(there: Forge) -> None:
    there.fails("POST", "/issues", hang=True)

    async def crowd() -> list[Any]:
        waiting = [
            asyncio.create_task(at(there).create_issue(Issue("t", "b"))) for _ in range(code_forge.AT_ONCE + 5)
        ]
        await asyncio.to_thread(wait_until, lambda: there.busy == code_forge.AT_ONCE, "the requests")
        there.ended.set()
        return await asyncio.gather(*waiting, return_exceptions=True)

    assert {type(outcome).__name__ for outcome in done(crowd())} == {"ForgeUnavailable"}
    assert there.busiest == code_forge.AT_ONCE


@pytest.mark.parametrize(
    "work",
    [
        lambda forge: forge.create_issue(Issue("t", "b")),
        lambda forge: forge.create_discussion("t", "b"),
        lambda forge: forge.has_post("blog", "hello"),
        lambda forge: post(forge, "hello"),
    ],
)
def test_without_a_forge_it_is_refused(work: Any) -> None:
    with pytest.raises(NotEnabled):
        done(work(CodeForge(None)))


@pytest.mark.parametrize("url", ["ftp://forge.example", "https://", "https://me:pass@forge.example", "https://[::1"])
def test_an_address_that_is_none_is_refused_without_being_quoted(url: str) -> None:
    with pytest.raises(ValueError) as refused:
        CodeForge(place("github", url))
    assert url not in str(refused.value) and "pass" not in str(refused.value)


def test_a_place_does_not_show_its_token() -> None:
    assert "t0ken" not in repr(place("github", "https://forge.example"))
