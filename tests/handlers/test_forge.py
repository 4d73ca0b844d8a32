"""Issues, discussions and posts: a real server, and a forge that is a real server too (GitHub's API on SQLite,
Forgejo's on PostgreSQL).
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.forges import TOKEN, Forge
from tests.matrix import both_engines
from tests.problems import problem, unharmed
from tests.service import Credentials, Person, Service
from tests.services.image_files import data_uri, encoded, two_halves

POST = {"slug": "hello", "markdown": "# Hello\n", "language": "en"}


def test_anyone_can_open_an_issue(service: Service, forge: Forge) -> None:
    body = {"title": "A title", "body": "A body", "labels": ["bug", "no label"], "assignees": ["joost"], "test": True}
    reply = service.http.post("/issues", json=body)
    assert reply.status_code == 201
    [made] = forge.issues
    page = made["html_url"]
    issue = {"number": 1, "title": "A title", "url": page, "html_url": page, "state": "open"}
    assert reply.json() == {"result": "created", "issue": issue}
    assert (made["title"], made["body"], made["assignees"]) == ("A title", "A body", ["joost"])
    # GitHub makes labels that it does not have yet; Forgejo knows labels by their number.
    assert made["labels"] == (["bug", "no label"] if forge.kind == "github" else [11])


def test_an_issue_is_opened_without_assignees_that_the_forge_rejects(service: Service, forge: Forge) -> None:
    body = {"title": "A title", "body": "A body", "labels": ["bug"], "assignees": ["nobody"]}
    assert service.http.post("/issues", json=body).status_code == 201
    [made] = forge.issues
    assert (made["title"], made["assignees"]) == ("A title", [])


def test_anyone_can_open_a_discussion(service: Service, forge: Forge) -> None:
    reply = service.http.post("/discussions", json={"title": "A title", "body": "A body", "test": True})
    assert reply.status_code == 201
    [made] = forge.issues + forge.discussions
    page = made.get("html_url", made["url"])
    known = {"number": 1, "title": "A title", "url": page}
    data = {"createDiscussion": {"discussion": known}}
    assert reply.json() == {"result": "created", "discussion": {**known, "html_url": page, "data": data}}
    assert (made["title"], made["body"]) == ("A title", "A body")


def test_a_post_becomes_a_pull_request_and_its_slug_is_taken(forge: Forge, alice: Person) -> None:
    assert alice.get("/slugs/showcase/hello").status_code == 404
    reply = alice.post("/flows/pr/showcase/jwt", POST)
    assert reply.status_code == 201
    [pull] = forge.pulls
    answer = reply.json()
    assert (answer["pr"]["number"], answer["pr"]["html_url"]) == (pull["number"], pull["html_url"])
    assert forge.file_of(answer["branch"]["name"], answer["file"]["path"]) == "# Hello\n"
    taken = alice.get("/slugs/showcase/hello/jwt")
    assert (taken.status_code, taken.json()) == (200, {"result": "success", "slug": "hello", "available": False})
    problem(alice.post("/flows/pr/showcase", POST), 409, "slugTaken")
    assert len(forge.pulls) == 1


def test_a_post_names_its_author_as_the_account_wishes_and_never_by_its_own_address(
    forge: Forge, alice: Person, bob: Person
) -> None:
    names = {
        f"{where}{what}": f"me@{where}.example" for where in ("github", "codeberg") for what in ("Username", "Email")
    }
    alice.patch("/account", {"data": names})
    for person, slug in ((alice, "a"), (bob, "b")):
        assert person.post("/flows/pr/blog", {**POST, "slug": slug}).status_code == 201
    authors = [forge.commits[forge.branches[f"post-blog-{slug}"]].author["email"] for slug in "ab"]
    where = "github" if forge.kind == "github" else "codeberg"
    assert authors == [f"me@{where}.example", "bot@forge.example"]
    assert alice.email not in str(forge.asked) and bob.email not in str(forge.asked)


@both_engines
def test_of_many_at_once_one_opens_the_post(forge: Forge, alice: Person) -> None:
    with ThreadPoolExecutor(6) as pool:
        statuses = sorted(
            reply.status_code for reply in pool.map(lambda _: alice.post("/flows/pr/blog", POST), range(6))
        )
    assert statuses == [201, 409, 409, 409, 409, 409]
    assert len(forge.pulls) == 1


@pytest.mark.parametrize("slug", ["Upper", "with_underscore", "a--b", "-a", "a-", "a..b", "é", "a" * 101, "a b"])
def test_a_slug_that_cannot_be_had_is_not_free(forge: Forge, alice: Person, slug: str) -> None:
    assert alice.get(f"/slugs/blog/{slug}").status_code == 200
    assert forge.asked == []


@pytest.mark.parametrize("kind", ["support", "Blog", "x"])
def test_there_are_no_other_kinds_of_posts(forge: Forge, alice: Person, kind: str) -> None:
    problem(alice.post(f"/flows/pr/{kind}", POST), 404, "notFound")
    problem(alice.get(f"/slugs/{kind}/old"), 404, "notFound")
    assert forge.asked == []


def test_a_post_that_is_merged_is_taken_in_every_language(forge: Forge, alice: Person) -> None:
    assert alice.get("/slugs/blog/old").status_code == 200
    problem(alice.post("/flows/pr/blog", {**POST, "slug": "old", "language": "de"}), 409, "slugTaken")


CALLS: list[tuple[str, str, Any]] = [
    ("POST", "/issues", {"title": "t", "body": "b"}),
    ("POST", "/discussions", {"title": "t", "body": "b"}),
    ("POST", "/flows/pr/blog", POST),
    ("GET", "/slugs/blog/hello", None),
]


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
@pytest.mark.parametrize("how", [{"status": 500}, {"status": 401}, {"status": 200, "raw": b"<html>rubbish"}])
def test_a_failing_forge_gets_502_and_leaves_nothing_half_done(
    service: Service, forge: Forge, alice: Person, method: str, path: str, body: Any, how: dict[str, Any]
) -> None:
    for asked in ("POST", "GET"):
        forge.fails(asked, ".*", **how)
    with unharmed(service):
        reply = alice.request(method, path, **({} if body is None else {"json": body}))
    error = problem(reply, 502, "forgeUnavailable")
    assert TOKEN not in str(error) and forge.url not in str(error)
    assert set(forge.branches) == {"main"} and not forge.issues + forge.discussions + forge.pulls
    assert TOKEN not in service.log.read_text()


def test_a_pull_request_that_fails_leaves_no_branch(forge: Forge, alice: Person) -> None:
    forge.fails("POST", "/pulls", status=503)
    problem(alice.post("/flows/pr/blog", POST), 502, "forgeUnavailable")
    assert set(forge.branches) == {"main"}
    assert alice.get("/slugs/blog/hello").status_code == 404
    forge.faults.clear()
    assert alice.post("/flows/pr/blog", POST).status_code == 201


@pytest.fixture(scope="module")
def without_forge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server whose operator has not set up a forge."""
    service = Service(tmp_path_factory.mktemp("without-forge"))
    try:
        yield service.start()
    finally:
        service.close()


def test_without_a_forge_posts_are_not_enabled_and_only_images_reserve_slugs(without_forge: Service) -> None:
    person = without_forge.sign_up()
    for method, path, body in CALLS[:3]:
        problem(person.request(method, path, json=body), 400, "notEnabled")
    assert person.get("/slugs/blog/hello").status_code == 404
    image = {"type": "blog", "subId": "main", "slug": "hello", "img": data_uri(encoded(two_halves(), "PNG"))}
    assert person.post("/images", image).status_code == 200
    assert person.get("/slugs/blog/hello").status_code == 200


def test_bad_credentials_never_count_as_none(service: Service, forge: Forge) -> None:
    problem(Credentials(service, "Bearer nonsense").post("/flows/pr/blog", POST), 401, "unauthorized")
    assert forge.asked == []
