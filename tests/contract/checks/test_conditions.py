"""Entity tags: a read of an unchanged record gets 304, and no change overwrites a concurrent one. Also HEAD."""

import pytest

from tests.contract.checks.kinds import Kind, each_kind
from tests.contract.checks.problems import is_problem
from tests.contract.cleanup import KEY_LIFE
from tests.contract.deployment import Deployment
from tests.service import wait_until

OTHER = '"no-tag-of-anything"'
KEY = {"name": "contract, not to be kept", "level": 0, "expiresIn": KEY_LIFE}
# Open to everybody, and the same for a while.
PUBLIC = ("read_openapi_json", "list_curated_sets", "list_option_packs", "read_landing_page", "check_health")
# What may differ from one reply to the next.
OF_ONE_REPLY = {"date", "ratelimit", "x-request-id", "content-length"}


@each_kind
def test_a_conditional_read_of_an_unchanged_record_gets_304(there: Deployment, kind: Kind) -> None:
    made, owner, read = kind.make(there), kind.owner(there), f"read_{kind.noun}"
    tag = there.call(read, owner, id=made["id"]).headers["etag"]
    again = there.call(read, owner, id=made["id"], headers={"If-None-Match": tag})
    assert again.status_code == 304, "what is unchanged is sent again"
    assert (again.content, again.headers["etag"]) == (b"", tag)
    assert there.call(read, owner, id=made["id"], headers={"If-None-Match": OTHER}).status_code == 200
    there.call(f"update_{kind.noun}", owner, id=made["id"], json=kind.change)
    changed = there.call(read, owner, id=made["id"], headers={"If-None-Match": tag})
    assert changed.status_code == 200, "a changed record is told to be unchanged"
    assert changed.headers["etag"] != tag, "a changed record has the same tag"
    kind.remove(there, made)


@each_kind
def test_an_update_with_an_old_tag_is_rejected(there: Deployment, kind: Kind) -> None:
    made, owner = kind.make(there), kind.owner(there)
    tag = there.call(f"read_{kind.noun}", owner, id=made["id"]).headers["etag"]
    for name in (f"update_{kind.noun}", f"delete_{kind.noun}"):
        body = kind.change if name.startswith("update") else None
        stale = there.call(name, owner, id=made["id"], json=body, headers={"If-Match": OTHER})
        is_problem(stale, 412, "preconditionFailed")
    assert there.call(f"read_{kind.noun}", owner, id=made["id"]).headers["etag"] == tag, "a refused update was made"
    updated = there.call(f"update_{kind.noun}", owner, id=made["id"], json=kind.change, headers={"If-Match": tag})
    assert updated.status_code == 200, "the present tag was refused"
    present = {"If-Match": updated.headers["etag"]}
    assert there.call(f"delete_{kind.noun}", owner, id=made["id"], headers=present).status_code == 204


def _head_is_as_get(there: Deployment, path: str, headers: dict[str, str]) -> None:
    full = there.http.get(path, headers=headers)
    head = there.http.head(path, headers=headers)
    assert head.content == b"", f"HEAD {path} has a body"
    assert head.status_code == full.status_code, f"HEAD {path} is {head.status_code}, GET {full.status_code}"
    kept = [{k: v for k, v in reply.headers.items() if k not in OF_ONE_REPLY} for reply in (head, full)]
    assert kept[0] == kept[1], f"HEAD {path} has other headers than GET"


@pytest.mark.parametrize("name", PUBLIC)
def test_head_is_get_without_the_body(there: Deployment, name: str) -> None:
    _head_is_as_get(there, there.book.find(name)[0], {})


@each_kind
def test_head_of_a_record_is_get_without_the_body(there: Deployment, kind: Kind) -> None:
    made = kind.make(there)
    path = there.book.find(f"read_{kind.noun}")[0]
    sent = {"Authorization": kind.owner(there).authorization}
    _head_is_as_get(there, path.format(id=made["id"]), sent)
    kind.remove(there, made)
    _head_is_as_get(there, path.format(id=made["id"]), sent)


@each_kind
def test_the_weak_form_of_a_tag_is_the_tag(there: Deployment, kind: Kind) -> None:
    made, owner, read = kind.make(there), kind.owner(there), f"read_{kind.noun}"
    weak = "W/" + there.call(read, owner, id=made["id"]).headers["etag"]
    again = there.call(read, owner, id=made["id"], headers={"If-None-Match": f"{OTHER}, {weak}"})
    assert again.status_code == 304, "the weak form of a tag is not taken for it in a read"
    change = there.call(f"update_{kind.noun}", owner, id=made["id"], json=kind.change, headers={"If-Match": weak})
    kind.remove(there, made)
    assert change.status_code == 200, "the weak form of a tag is not taken for it in an update"


@each_kind
def test_an_update_may_demand_another_tag(there: Deployment, kind: Kind) -> None:
    made, owner, update = kind.make(there), kind.owner(there), f"update_{kind.noun}"
    tag = there.call(f"read_{kind.noun}", owner, id=made["id"]).headers["etag"]
    refused = [
        there.call(update, owner, id=made["id"], json=kind.change, headers={"If-None-Match": value})
        for value in ("*", tag)
    ]
    accepted = there.call(update, owner, id=made["id"], json=kind.change, headers={"If-None-Match": OTHER})
    kind.remove(there, made)
    for reply in refused:
        is_problem(reply, 412, "preconditionFailed")
    assert accepted.status_code == 200, "an update is refused for a tag that the record does not have"


@each_kind
def test_an_update_may_demand_that_nothing_changed_since(there: Deployment, kind: Kind) -> None:
    made, owner, update = kind.make(there), kind.owner(there), f"update_{kind.noun}"
    modified = there.call(f"read_{kind.noun}", owner, id=made["id"]).headers["last-modified"]
    since = {"If-Unmodified-Since": modified}
    statuses = [
        there.call(update, owner, id=made["id"], json=kind.change, headers=headers).status_code
        for headers in (
            {"If-Unmodified-Since": "Thu, 01 Jan 2015 00:00:00 GMT"},
            {"If-Unmodified-Since": "no date"},
            {**since, "If-Match": OTHER},
        )
    ]
    unchanged = there.call(f"delete_{kind.noun}", owner, id=made["id"], headers={**since, "If-Match": "*"})
    assert statuses == [412, 200, 412], f"an update since a time is answered {statuses}"
    assert unchanged.status_code == 204


def test_the_tag_of_an_account_leaves_its_counters_out(there: Deployment) -> None:
    def read() -> tuple[int, str]:
        reply = there.call("read_account", there.alice)
        account = reply.json()["account"]
        return account["jwtCalls"] + account["keyCalls"], reply.headers["etag"]

    calls, tag = read()
    wait_until(lambda: read()[0] > calls, "calls of an account to be counted", seconds=10)
    assert read()[1] == tag, "the tag of an account changes with its calls"


def test_private_responses_are_not_cached_by_others(there: Deployment) -> None:
    for name in ("list_sets", "list_patterns", "list_bookmarks", "read_account"):
        kept = there.call(name, there.alice).headers.get("cache-control", "")
        assert "private" in kept or "no-store" in kept, f"{name} may be kept by a cache of others: {kept!r}"
    assert "no-store" in there.call("create_api_key", there.alice, json=KEY).headers["cache-control"], (
        "a secret may be kept"
    )
