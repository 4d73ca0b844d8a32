"""Operations with rate-limit policies of their own: what they leave behind is public, or goes elsewhere."""

from collections.abc import Iterator

import pytest

from tests.handlers.test_images import upload
from tests.limits.conftest import settings
from tests.service import Service

ISSUE = {"title": "A title", "body": "A body"}
POST = {"slug": "a-post", "language": "en", "markdown": "# A post"}


@pytest.fixture(scope="module")
def stingy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server that allows little of these operations."""
    quotas = settings(issues=2, posts=2, images=4, anonymous_images=2)
    service = Service(tmp_path_factory.mktemp("stingy"), **quotas)
    try:
        yield service.start()
    finally:
        service.close()


def test_issues_and_discussions_of_one_address_are_limited_together(stingy: Service) -> None:
    # The server has no code forge, so an allowed request gets notEnabled.
    codes = [stingy.http.post(path, json=ISSUE).json()["error"] for path in ("/issues", "/discussions", "/issues")]
    assert codes == ["notEnabled", "notEnabled", "quotaExceeded"]
    assert stingy.http.post("/discussions", json=ISSUE).json()["violated-policies"] == ["issues"]


def test_posts_of_one_account_are_limited(stingy: Service) -> None:
    alice = stingy.sign_up()
    codes = [alice.post("/flows/pr/blog", POST).json()["error"] for _ in range(3)]
    assert codes == ["notEnabled", "notEnabled", "quotaExceeded"]
    assert stingy.sign_up().post("/flows/pr/blog", POST).json()["error"] == "notEnabled"


def test_images_are_limited_and_more_so_without_credentials(stingy: Service) -> None:
    replies = [stingy.http.post("/images", json=upload(type="support")) for _ in range(3)]
    assert [reply.status_code for reply in replies] == [200, 200, 429]
    assert replies[-1].json()["violated-policies"] == ["anonymous-images"]
    alice = stingy.sign_up()
    replies = [alice.post("/images", upload(type="support")) for _ in range(5)]
    assert [reply.status_code for reply in replies] == [200] * 4 + [429]
    assert replies[-1].json()["violated-policies"] == ["images"]
