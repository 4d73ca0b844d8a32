"""Every kind of record, from its making to its removal."""

from tests.contract.checks.kinds import KINDS, Kind, each_kind, each_own_kind
from tests.contract.checks.problems import is_problem
from tests.contract.deployment import Deployment


@each_kind
def test_a_read_returns_the_stored_record(there: Deployment, kind: Kind) -> None:
    made = kind.make(there)
    for name, value in kind.body.items():
        assert made[name] == value, f"{name} was stored as something else"
    for handle in ("id", "uuid"):
        if handle in made:
            reply = there.call(f"read_{kind.noun}", kind.owner(there), id=made[handle])
            assert reply.status_code == 200
            assert {name: reply.json()[kind.one].get(name) for name in made} == made
    kind.remove(there, made)


@each_kind
def test_a_new_record_stands_last_in_its_list(there: Deployment, kind: Kind) -> None:
    first, second = kind.make(there), kind.make(there)
    ids = [record["id"] for record in kind.listed(there)]
    assert len(ids) == len(set(ids)), "a record is listed twice"
    assert first["id"] in ids and second["id"] in ids, "a record is not listed"
    assert ids.index(first["id"]) < ids.index(second["id"]), "a list is not in the order of making"
    kind.remove(there, first)
    kind.remove(there, second)


@each_kind
def test_an_update_changes_only_the_sent_members(there: Deployment, kind: Kind) -> None:
    made = kind.make(there)
    reply = there.call(f"update_{kind.noun}", kind.owner(there), id=made["id"], json=kind.change)
    assert reply.status_code == 200, f"an update was refused: {reply.status_code}"
    read = there.call(f"read_{kind.noun}", kind.owner(there), id=made["id"]).json()[kind.one]
    for name, value in kind.change.items():
        expected = {**made[name], **value} if isinstance(value, dict) else value
        assert read[name] == expected, f"{name} is not as it was sent"
    untouched = set(made) - set(kind.change) - kind.follow - {"updatedAt"}
    assert {name: read[name] for name in untouched} == {name: made[name] for name in untouched}
    assert read["updatedAt"] >= made["updatedAt"]
    kind.remove(there, made)


@each_kind
def test_a_removed_record_is_gone_everywhere(there: Deployment, kind: Kind) -> None:
    made, owner = kind.make(there), kind.owner(there)
    reply = there.call(f"delete_{kind.noun}", owner, id=made["id"])
    assert (reply.status_code, reply.content) == (204, b"")
    is_problem(there.call(f"read_{kind.noun}", owner, id=made["id"]), 404, "notFound")
    is_problem(there.call(f"update_{kind.noun}", owner, id=made["id"], json=kind.change), 404, "notFound")
    is_problem(there.call(f"delete_{kind.noun}", owner, id=made["id"]), 404, "notFound")
    assert made["id"] not in [record["id"] for record in kind.listed(there)], "a removed record is listed"


@each_own_kind
def test_a_record_of_one_account_is_closed_to_another(there: Deployment, kind: Kind) -> None:
    made, stranger = kind.make(there), there.bob
    for name, body in (
        (f"read_{kind.noun}", None),
        (f"update_{kind.noun}", kind.change),
        (f"delete_{kind.noun}", None),
    ):
        status = there.call(name, stranger, id=made["id"], json=body).status_code
        assert status in (403, 404), f"{name} is answered {status} to a stranger"
    kept = there.call(f"read_{kind.noun}", kind.owner(there), id=made["id"]).json()[kind.one]
    assert {name: kept[name] for name in made} == made
    kind.remove(there, made)


def _as_data(there: Deployment, kind: Kind, made: dict[str, object]) -> list[int]:
    names = (f"read_{kind.noun}_json", f"read_{kind.noun}_yaml")
    return [there.call(name, id=made["id"]).status_code for name in names]


@each_own_kind
def test_only_the_owner_reads_a_private_record_and_every_client_a_public_one(there: Deployment, kind: Kind) -> None:
    if f"read_{kind.noun}_json" not in there.book.names():
        return
    private, public = kind.make(there, public=False), kind.make(there, public=True)
    assert _as_data(there, kind, private) == [404, 404], "a private record can be read without credentials"
    assert _as_data(there, kind, public) == [200, 200]
    kind.remove(there, private)
    kind.remove(there, public)


@each_own_kind
def test_a_clone_is_a_record_of_its_own(there: Deployment, kind: Kind) -> None:
    if f"clone_{kind.noun}" not in there.book.names():
        return
    made, owner = kind.make(there), kind.owner(there)
    reply = there.call(f"clone_{kind.noun}", owner, id=made["id"])
    clone = reply.json()[kind.one]
    assert clone["id"] != made["id"]
    kind.remove(there, made)
    assert there.call(f"read_{kind.noun}", owner, id=clone["id"]).status_code == 200
    kind.remove(there, clone)


def test_every_kind_that_can_be_listed_made_and_removed_is_checked_here(there: Deployment) -> None:
    named = {name.removeprefix("update_") for name in there.book.names() if name.startswith("update_")}
    assert named - {"account", "user"} == {kind.noun for kind in KINDS}
