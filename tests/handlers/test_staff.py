"""What staff do with the records of others is kept, under the name of the request; what owners do is not."""

from uuid import UUID

from sqlalchemy import select

from storage.schema.tables import acts
from tests.handlers.database import execute
from tests.service import Person, Service


def acts_on(service: Service, person: Person) -> list[tuple[int, str, UUID]]:
    """Who did what to the person, in which request, oldest first."""
    query = select(acts.c.actor_id, acts.c.act, acts.c.request_id).where(acts.c.subject_id == person.id)
    return [tuple(row) for row in execute(service, query.order_by(acts.c.id))]


def test_revoking_anothers_key_is_recorded(service: Service, admin: Person, alice: Person) -> None:
    reply = admin.delete(f"/apikeys/{alice.new_key().key}?reason=x")
    assert reply.status_code == 204
    assert acts_on(service, alice) == [(admin.id, "revokeApiKey", UUID(reply.headers["x-request-id"]))]


def test_reading_all_data_of_another_is_recorded(service: Service, alice: Person) -> None:
    support = service.sign_up("support")
    reply = support.new_key(8).get(f"/users/{alice.id}/data")
    assert reply.status_code == 200
    assert acts_on(service, alice) == [(support.id, "readData", UUID(reply.headers["x-request-id"]))]


def test_what_staff_do_to_anothers_set_is_recorded(service: Service, admin: Person, alice: Person) -> None:
    private, public = alice.new_set()["id"], alice.new_set(public=True)["id"]
    replies = [
        admin.patch(f"/sets/{private}", {"notes": "x"}),
        admin.post(f"/sets/{private}/clone"),
        admin.post(f"/sets/{public}/clone"),
        admin.delete(f"/sets/{private}"),
    ]
    assert [reply.status_code for reply in replies] == [200, 201, 201, 204]
    assert [act for _, act, _ in acts_on(service, alice)] == ["updateSet", "cloneSet", "deleteSet"]


def test_what_staff_do_to_anothers_pattern_is_recorded(service: Service, admin: Person, alice: Person) -> None:
    body = {"design": "simon", "settings": {}}
    private, public = (
        alice.post("/patterns", {**body, "public": public}).json()["pattern"]["id"] for public in (False, True)
    )
    replies = [
        admin.patch(f"/patterns/{private}", {"notes": "x"}),
        admin.post(f"/patterns/{private}/clone"),
        admin.post(f"/patterns/{public}/clone"),
        admin.delete(f"/patterns/{private}"),
    ]
    assert [reply.status_code for reply in replies] == [200, 200, 200, 204]
    assert [act for _, act, _ in acts_on(service, alice)] == ["updatePattern", "clonePattern", "deletePattern"]


def test_actions_of_owners_and_rejected_ones_are_not_recorded(service: Service, alice: Person, bob: Person) -> None:
    key = alice.new_key()
    assert bob.delete(f"/apikeys/{key.key}").status_code == 403
    assert bob.get(f"/users/{alice.id}/data").status_code == 403
    assert alice.get(f"/users/{alice.id}/data").status_code == 200
    assert alice.delete(f"/apikeys/{key.key}").status_code == 204
    assert acts_on(service, alice) == []
