"""The newsletter, in test mode: confirmed with a link, ended with a hash, the same for every address."""

from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest

from tests.contract.checks.problems import is_problem
from tests.contract.deployment import Deployment

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def _subscribed(there: Deployment, language: str = "en") -> dict[str, Any]:
    """A subscription that waits to be confirmed, without a mail."""
    if not there.test_domain:
        pytest.skip("left out: sends mails")
    email = f"contract.{there.run}.{uuid4().hex[:8]}@{there.test_domain}"
    body = {"email": f" {email.upper()}", "language": language, "test": 1}
    reply = there.call("subscribe", json=body)
    assert reply.status_code == 200, f"a subscription is answered {reply.status_code}"
    made: dict[str, Any] = reply.json()["data"]
    assert made["email"] == email, "an address is not trimmed and made small"
    return made


def _link(made: dict[str, Any], **changed: str) -> dict[str, str]:
    return {"id": made["id"], "ehash": made["ehash"], **changed}


def _confirmed(there: Deployment, made: dict[str, Any]) -> int:
    return int(there.call("confirm_subscription", json=_link(made)).status_code)


def test_a_subscription_is_confirmed_with_its_link(there: Deployment) -> None:
    made = _subscribed(there)
    assert made["ehash"] == sha256(made["email"].encode()).hexdigest(), "the hash is another one"
    assert [_confirmed(there, made) for _ in range(2)] == [200, 200], "a link does not work twice"
    listed = there.call("list_subscribers", there.admin).json()["subscribers"]["en"]
    assert made["email"] in [one["email"] for one in listed], "a subscriber is not listed"
    there.call("unsubscribe", ehash=made["ehash"])


def test_an_invalid_link_is_rejected_without_details(there: Deployment) -> None:
    made = _subscribed(there)
    details = set()
    for wrong in ({"id": str(uuid4())}, {"ehash": "0" * 64}, {"id": "no id"}, {"ehash": "no hash"}):
        problem = is_problem(there.call("confirm_subscription", json=_link(made, **wrong)), 404, "notFound")
        details.add(problem["detail"])
    there.call("unsubscribe", ehash=made["ehash"])
    assert len(details) == 1, f"a refusal says what is wrong with a link: {details}"


def test_the_answers_are_the_same_for_each_address(there: Deployment) -> None:
    made = _subscribed(there)
    _confirmed(there, made)
    again = there.call("subscribe", json={"email": made["email"], "language": "de", "test": True}).json()
    assert again["data"]["email"] == made["email"] and set(again["data"]) == set(made)
    listed = there.call("list_subscribers", there.admin).json()["subscribers"]
    stays = made["email"] in [one["email"] for one in listed["en"]]
    replies = [there.call("unsubscribe", ehash=ehash) for ehash in (made["ehash"], made["ehash"], "0" * 64)]
    assert stays, "a subscription does not stay as it is when it is asked for again"
    assert {reply.status_code for reply in replies} == {204}, "an answer tells whether an address subscribes"
    unknown = there.call("request_unsubscription", json={"email": f"nobody.{there.run}@{there.test_domain}"})
    assert unknown.status_code == 200


def test_the_newsletter_ends_with_the_hash(there: Deployment) -> None:
    for name in ("unsubscribe", "unsubscribe_in_one_click"):
        made = _subscribed(there)
        _confirmed(there, made)
        path, method, _ = there.book.find(name)
        options: dict[str, Any] = (
            {} if method == "delete" else {"content": b"List-Unsubscribe=One-Click", "headers": FORM}
        )
        reply = there.http.request(method.upper(), path.format(ehash=made["ehash"]), **options)
        there.book.hold(name, reply)
        assert reply.is_success, f"{name} is answered {reply.status_code}"
        assert _confirmed(there, made) == 404, f"the newsletter goes on after {name}"


def test_opening_the_page_changes_nothing(there: Deployment) -> None:
    made = _subscribed(there)
    _confirmed(there, made)
    page = there.call("read_unsubscribe_page", ehash=made["ehash"])
    unknown = there.call("read_unsubscribe_page", ehash="0" * 64)
    goes_on = _confirmed(there, made) == 200
    there.call("unsubscribe", ehash=made["ehash"])
    assert goes_on, "opening the page ends the newsletter"
    same = page.text.replace(made["ehash"], "") == unknown.text.replace("0" * 64, "")
    assert same and "<form" in page.text, "the page differs, or needs a script"


@pytest.mark.parametrize("place", ["json", "query"])
def test_both_parts_end_a_subscription_in_body_or_query(there: Deployment, place: str) -> None:
    made = _subscribed(there)
    _confirmed(there, made)
    body, query = (_link(made), None) if place == "json" else ({}, _link(made))
    reply = there.call("unsubscribe_v3", json=body, query=query)
    ended = _confirmed(there, made) == 404
    there.call("unsubscribe", ehash=made["ehash"])
    assert reply.status_code == 204 and ended, "both parts of a link do not end the newsletter"


def test_a_language_may_be_in_capitals(there: Deployment) -> None:
    made = _subscribed(there, "DE")
    there.call("unsubscribe", ehash=made["ehash"])
    assert made["language"] == "de", f"the language is {made['language']}"
