"""The records that the document's examples name, made so that they have the ids that stand there."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import Table, delete, select, update

from storage.schema import access, fair_use, tables
from tests.contract.examples.requests import SPEC, resolved
from tests.handlers.database import execute
from tests.service import PASSWORD, Person, Service

PARAMETERS = SPEC["components"]["parameters"]
ID = UUID(resolved(PARAMETERS["SuggestionId"])["example"])
KEY = UUID(PARAMETERS["ApiKeyId"]["example"])
CONFIRMATION, CHECK = UUID(PARAMETERS["ConfirmationId"]["example"]), PARAMETERS["Check"]["example"]
UNMODIFIED = datetime(2023, 11, 11, 10, 30, tzinfo=UTC)
EMAIL = "alice@example.org"


@dataclass(frozen=True)
class World:
    """The server, an administrator made for one request, and the account that the examples call `alice` and 1."""

    service: Service
    caller: Person
    alice: Person

    def name(self, table: Table, found: dict[str, Any], **wanted: Any) -> None:
        """Give the row with these values the wanted ones, which no other row has from now on."""
        identity, value = next(iter(wanted.items()))
        [(row,)] = execute(self.service, select(_primary(table)).where(*_equal(table, found)))
        execute(self.service, delete(table).where(table.c[identity] == value, _primary(table) != row))
        execute(self.service, update(table).where(_primary(table) == row).values(**wanted))

    def record(self, table: Table, made: dict[str, Any]) -> None:
        """Give a record that has just been made the number of the examples, and an old date of change."""
        self.name(table, {"id": made["id"]}, id=1, updated_at=UNMODIFIED)

    def made(self, path: str, member: str, **body: Any) -> dict[str, Any]:
        """What the caller makes by a POST."""
        reply = self.caller.post(path, body)
        assert reply.status_code == 201, reply.text
        made: dict[str, Any] = reply.json()[member]
        return made

    def key(self, key: UUID = KEY) -> None:
        """An API key of the caller's that has the id of the examples."""
        self.name(tables.apikeys, {"key": UUID(self.caller.new_key(1).key)}, key=key)

    def confirmation(self, path: str, **body: Any) -> None:
        """The confirmation that this request makes, with the id and the check of the examples."""
        before = {row.id for row in execute(self.service, select(tables.confirmations.c.id))}
        assert self.service.http.post(path, json=body).status_code in (200, 201)
        [made] = {row.id for row in execute(self.service, select(tables.confirmations.c.id))} - before
        self.name(tables.confirmations, {"id": made}, id=CONFIRMATION, check_hash=sha256(CHECK.encode()).hexdigest())


def _primary(table: Table) -> Any:
    return next(iter(table.primary_key))


def _equal(table: Table, values: dict[str, Any]) -> list[Any]:
    return [table.c[name] == value for name, value in values.items()]


Arrange = Callable[[World], None]


def _set(world: World) -> None:
    made = world.caller.new_set(public=True)
    world.name(tables.sets, {"id": made["id"]}, uuid=ID)
    world.record(tables.sets, made)


def _pattern(world: World) -> None:
    world.record(tables.patterns, world.caller.new_pattern(public=True))


def _bookmark(world: World) -> None:
    world.record(tables.bookmarks, world.caller.new_bookmark())


def _curated_set(world: World) -> None:
    made = world.made(
        "/curated-sets", "curatedSet", nameEn="x", published=True, measies={"chest": 1000, "waist": 850}
    )
    world.record(tables.curated_sets, made)


def _option_pack(world: World) -> None:
    world.record(tables.option_packs, world.made("/option-packs", "optionPack", nameEn="x", design="aaron"))


def _suggested_set(world: World) -> None:
    world.name(tables.suggestions, {"uuid": UUID(str(world.caller.new_suggestion()["id"]))}, uuid=ID)


def _suggested_pack(world: World) -> None:
    made = world.made("/option-packs/suggest", "submission", design="aaron", name="x", options={})
    world.name(tables.suggestions, {"uuid": UUID(str(made["id"]))}, uuid=ID)


def _wish(world: World) -> None:
    key = world.caller.new_key(0).key
    wish = {"key": key, "policy": "day", "quota": 1, "purpose": "x", "days": 1}
    made = world.made("/quota-requests", "request", **wish)
    world.name(fair_use.quota_requests, {"uuid": UUID(made["id"])}, uuid=ID)


def _quota(world: World) -> None:
    terms = {"policy": "day", "quota": 1, "reason": "x", "until": "2999-01-01T00:00:00.000Z"}
    body = {"key": world.caller.new_key(0).key, **terms}
    made = world.caller.request("PUT", "/admin/quotas", json=body).json()["quota"]
    world.name(fair_use.quotas, {"uuid": UUID(made["id"])}, uuid=ID)


def _session(world: World) -> None:
    mine = {row.id for row in execute(world.service, _sessions_of(world.caller))}
    account = world.caller.patch("/account", {"password": PASSWORD}).json()["account"]
    body = {"username": account["email"], "password": PASSWORD}
    assert world.service.http.post("/signin", json=body).status_code == 200
    [made] = {row.id for row in execute(world.service, _sessions_of(world.caller))} - mine
    world.name(access.sessions, {"id": made}, id=ID)


def _sessions_of(person: Person) -> Any:
    return select(access.sessions.c.id).where(access.sessions.c.user_id == person.id)


def _email_change(world: World) -> None:
    assert world.caller.patch("/account", {"email": "new.address@example.org"}).status_code == 200


def _untouched_account(world: World) -> None:
    execute(world.service, update(tables.accounts).where(_is(world.caller)).values(updated_at=UNMODIFIED))


def _untouched_alice(world: World) -> None:
    execute(world.service, update(tables.accounts).where(_is(world.alice)).values(updated_at=UNMODIFIED))


def _is(person: Person) -> Any:
    return tables.accounts.c.id == person.id


def _sign_up(world: World) -> None:
    address = f"newcomer.{world.caller.id}@example.org"
    world.confirmation("/signup", email=address)


def _sign_in_link(world: World) -> None:
    world.confirmation("/signinlink", username=world.caller.email)


def _subscription(world: World) -> None:
    assert world.service.http.post("/subscriber", json={"email": EMAIL, "language": "en"}).status_code == 200
    execute(world.service, update(tables.subscribers).values(uuid=ID))


def _post(world: World) -> None:
    body = {"slug": "my-first-coat", "markdown": "# x", "language": "en"}
    assert world.caller.post("/flows/pr/blog", body).status_code in (201, 409)


def _key(world: World) -> None:
    world.key()


def _key_of_a_quota(world: World) -> None:
    world.key(UUID(SPEC["components"]["examples"]["QuotaSet"]["value"]["key"]))


# By the beginning of the path, the longest that fits; and by the operation, which goes before.
OF_PATHS: dict[str, Arrange] = {
    "/sets/1": _set,
    "/patterns/1": _pattern,
    "/bookmarks/1": _bookmark,
    "/curated-sets/1": _curated_set,
    "/curated-sets/from/": _suggested_set,
    "/option-packs/1": _option_pack,
    "/option-packs/from/": _suggested_pack,
    f"/suggested-sets/{ID}": _suggested_set,
    f"/suggested-packs/{ID}": _suggested_pack,
    f"/apikeys/{KEY}": _key,
    f"/quota-requests/{ID}": _wish,
    f"/admin/quota-requests/{ID}": _wish,
    f"/admin/quotas/{ID}": _quota,
    f"/account/sessions/{ID}": _session,
    "/account/email-change": _email_change,
    "/confirm/signup/": _sign_up,
    "/confirmations/": _sign_up,
    "/signinlink/": _sign_in_link,
    "/ocunsub/": _subscription,
    "/subscriber/": _subscription,
}
OF_OPERATIONS: dict[str, Arrange] = {
    "confirm_subscription": _subscription,
    "unsubscribe_v3": _subscription,
    "check_slug": _post,
    "suggest_curated_set": _set,
    "set_quota": _key_of_a_quota,
    "create_quota_request": _key_of_a_quota,
    "update_account": _untouched_account,
    "remove_account": _untouched_account,
    "update_user": _untouched_alice,
}


def arrange(world: World, operation: str, path: str) -> None:
    """Make what a request to this path needs."""
    fitting = [begin for begin in OF_PATHS if path.startswith(begin)]
    by_path = OF_PATHS[max(fitting, key=len)] if fitting else None
    needed = OF_OPERATIONS.get(operation, by_path)
    if needed is not None:
        needed(world)
