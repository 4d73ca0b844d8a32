"""What each reader sees of each record: the members of real responses, compared with the allowed ones.

A member that is added to a record fails here until it is allowed for each reader that sees it.
"""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import handlers.serializers
from tests.handlers.curating import new_curated_set, new_pack
from tests.handlers.reading import new_test_address
from tests.in_process import AsgiService, in_process
from tests.service import ApiKey, Person


def names(text: str, *more: frozenset[str]) -> frozenset[str]:
    """The members in a text, and more."""
    return frozenset(text.split()).union(*more)


def within(name: str, members: frozenset[str]) -> frozenset[str]:
    """The members of a record inside another one: `set.id`."""
    return frozenset({name, *(f"{name}.{member}" for member in members)})


DATED = names("id uuid createdAt updatedAt")
TEXTS = names(
    "nameDe nameEn nameEs nameFr nameNl nameUk notesDe notesEn notesEs notesFr notesNl notesUk"
    " tagsDe tagsEn tagsEs tagsFr tagsNl tagsUk"
)
ACCOUNT = names(
    "bio compare consent control data ehash email ihash img imperial initial jwtCalls keyCalls language lastSeen"
    " lusername mfaEnabled newsletter notices passwordType patron role status username",
    DATED,
)
PROFILE = names("id bio ihash img patron role username")
KEY_BASICS = names("key level expiresAt name userId")
KEY = names("createdAt state revokedAt revokedBy revokedReason rotatedAt previousUntil", KEY_BASICS)
LISTED_KEY = names("id calls lastSeen", KEY)
SET = names("img imperial name notes userId userUuid measies public", DATED)
PUBLIC_SET = names("result author type about img name notes measurements units", DATED)
CURATED = names("height img published name notes tags measies", DATED, TEXTS)
PACK = names("design img name notes tags options", DATED, TEXTS)
FILE = names("author type about")
PATTERN = names("data design img name notes public settings setId csetId userId userUuid set cset", DATED)
PUBLIC_PATTERN = names("result provider type", PATTERN)
BOOKMARK = names("type title url userId", DATED)
SUGGESTION = names("type id uuid createdAt userId img name notes height measies")
EVENT = names("id createdAt event by key requestId details")
SESSION = names("id createdAt lastUsedAt expiresAt network userAgent by current")
QUOTA = names("id createdAt userId key policy quota")
REQUEST = names("purpose days state decidedAt answer", QUOTA)
SUGGEST = "/curated-sets/suggest"
ACT = names("id createdAt actorId subjectId act operation requestId changes")


@dataclass(frozen=True, slots=True)
class Read:
    """A read: its serializer, reader and path, the member of the response, and the allowed members of the record."""

    serializer: str
    reader: str
    path: str
    member: str
    allowed: frozenset[str]

    def __str__(self) -> str:
        return f"{self.serializer}: {self.path} read by {self.reader}"


OWNER, STRANGER, CURATOR, ADMINISTRATOR, ANYONE, KEY_ITSELF = (
    *("owner", "stranger", "curator", "administrator", "anyone"),
    "key",
)
READS = [
    Read("account_for_owner", OWNER, "/account", "account", ACCOUNT),
    Read("account_for_owner", OWNER, "/whoami", "account", ACCOUNT),
    Read("account_for_administrator", ADMINISTRATOR, "/admin/user/{account}", "user", ACCOUNT),
    Read("profile_for_public", ANYONE, "/users/{account}", "profile", PROFILE),
    Read("profile_for_public", ADMINISTRATOR, "/users/{account}", "profile", PROFILE),
    Read("email_change_for_owner", OWNER, "/account/email-change", "emailChange", names("email createdAt expiresAt")),
    Read("event_for_owner", OWNER, "/account/events", "events", EVENT),
    Read("session_for_owner", OWNER, "/account/sessions", "sessions", SESSION),
    Read("api_key_for_owner", OWNER, "/apikeys/{key}", "apikey", KEY),
    Read("api_key_for_owner", ADMINISTRATOR, "/apikeys/{key}", "apikey", KEY),
    Read("listed_api_key_for_owner", OWNER, "/apikeys", "apikeys", LISTED_KEY),
    Read("api_key_for_itself", KEY_ITSELF, "/whoami", "apikey", names("usage quotas", KEY_BASICS)),
    Read("measurement_set_for_owner", OWNER, "/sets/{private set}", "set", SET),
    Read("measurement_set_for_owner", OWNER, "/sets", "sets", SET),
    Read("measurement_set_for_owner", ADMINISTRATOR, "/sets/{private set}", "set", SET),
    Read("measurement_set_for_public", ANYONE, "/sets/{public set}.json", "", PUBLIC_SET),
    Read("measurement_set_for_public", STRANGER, "/sets/{public set}.json", "", PUBLIC_SET),
    Read("measurement_set_for_public", OWNER, "/sets/{private set}.json", "", PUBLIC_SET),
    Read("pattern_for_owner", OWNER, "/patterns/{pattern of own set}", "pattern", PATTERN | within("set", SET)),
    Read("pattern_for_owner", OWNER, "/patterns/{pattern of closed set}", "pattern", PATTERN),
    Read(
        "pattern_for_owner",
        ADMINISTRATOR,
        "/patterns/{pattern of closed set}",
        "pattern",
        PATTERN | within("set", SET),
    ),
    Read(
        "measurement_set_for_other_user",
        OWNER,
        "/patterns/{pattern of set of another}",
        "pattern",
        PATTERN | within("set", SET) | within("cset", CURATED),
    ),
    Read(
        "pattern_for_public",
        ANYONE,
        "/patterns/{pattern of set of another}.json",
        "",
        PUBLIC_PATTERN | within("set", SET) | within("cset", CURATED),
    ),
    Read("pattern_for_public", ANYONE, "/patterns/{pattern of own set}.json", "", PUBLIC_PATTERN),
    Read("pattern_for_public", OWNER, "/patterns/{pattern of own set}.json", "", PUBLIC_PATTERN),
    Read("bookmark_for_owner", OWNER, "/bookmarks/{bookmark}", "bookmark", BOOKMARK),
    Read("bookmark_for_owner", OWNER, "/bookmarks", "bookmarks", BOOKMARK),
    Read("curated_set_for_public", ANYONE, "/curated-sets/{curated set}", "curatedSet", CURATED),
    Read("curated_set_for_public", CURATOR, "/curated-sets", "curatedSets", CURATED),
    Read(
        "curated_set_file_for_public",
        ANYONE,
        "/curated-sets/{curated set}.json",
        "",
        names("measurements", FILE, CURATED),
    ),
    Read("option_pack_for_public", ANYONE, "/option-packs/{pack}", "optionPack", PACK),
    Read("option_pack_file_for_public", ANYONE, "/option-packs/{pack}.json", "", FILE | PACK),
    Read("suggestion_for_owner", OWNER, SUGGEST, "submission", SUGGESTION),
    Read("suggestion_for_curator", CURATOR, "/suggested-sets", "suggestions", SUGGESTION),
    Read("quota_request_for_owner", OWNER, "/quota-requests/{request}", "request", REQUEST),
    Read("quota_request_for_administrator", ADMINISTRATOR, "/admin/quota-requests", "requests", REQUEST),
    Read("quota_for_administrator", ADMINISTRATOR, "/admin/quotas", "quotas", names("until reason setBy", QUOTA)),
    Read("act_for_administrator", ADMINISTRATOR, "/admin/acts", "acts", ACT),
    Read(
        "subscriber_for_administrator",
        ADMINISTRATOR,
        "/admin/subscribers?limit=1",
        "subscribers.en",
        names("id email ehash createdAt source"),
    ),
]
# Records that these readers do not see at all.
CLOSED = [
    (STRANGER, "/sets/{private set}", 403),
    (STRANGER, "/sets/{public set}", 403),
    (ANYONE, "/sets/{private set}.json", 404),
    (STRANGER, "/sets/{private set}.json", 404),
    (STRANGER, "/patterns/{pattern of own set}", 403),
    (ANYONE, "/patterns/{private pattern}.json", 404),
    (STRANGER, "/bookmarks/{bookmark}", 403),
    (ADMINISTRATOR, "/bookmarks/{bookmark}", 403),
    (STRANGER, "/apikeys/{key}", 403),
    (STRANGER, "/users/{account}/data", 403),
    (STRANGER, "/quota-requests/{request}", 404),
    (ADMINISTRATOR, "/quota-requests/{request}", 404),
    (OWNER, "/suggested-sets", 403),
    (OWNER, "/admin/user/{account}", 403),
    (OWNER, "/admin/acts", 403),
    (OWNER, "/admin/subscribers", 403),
]


class World:
    """One record of each kind, and its readers."""

    def __init__(self, service: AsgiService) -> None:
        self.service = service
        people = {OWNER: "user", STRANGER: "user", CURATOR: "curator", ADMINISTRATOR: "admin"}
        self.people: dict[str, Person] = {name: service.sign_up(role) for name, role in people.items()}
        self.ids: dict[str, Any] = {"account": self.people[OWNER].id}
        self.key = self._create_key()
        self._create_records()

    def _create_key(self) -> ApiKey:
        key = self.people[OWNER].new_key()
        self.ids["key"] = key.key
        return key

    def _create_records(self) -> None:
        owner, stranger, curator = (self.people[name] for name in (OWNER, STRANGER, CURATOR))
        administrator = self.people[ADMINISTRATOR]
        theirs, closed = (stranger.new_set(public=True)["id"] for _ in range(2))
        curated = new_curated_set(curator)["id"]
        own = owner.new_set()["id"]
        self.ids |= {
            "private set": own,
            "public set": owner.new_set(public=True)["id"],
            "curated set": curated,
            "pattern of own set": owner.new_pattern(set=own, public=True)["id"],
            "pattern of set of another": owner.new_pattern(set=theirs, cset=curated, public=True)["id"],
            "pattern of closed set": owner.new_pattern(set=closed)["id"],
            "private pattern": owner.new_pattern()["id"],
            "bookmark": owner.new_bookmark()["id"],
            "pack": new_pack(curator)["id"],
        }
        stranger.patch(f"/sets/{closed}", {"public": False})
        owner.new_suggestion()
        wish = {"policy": "account-day", "quota": 5, "purpose": "x", "days": 1}
        self.ids["request"] = owner.post("/quota-requests", wish).json()["request"]["id"]
        quota = {"user": owner.id, "policy": "account-day", "quota": 5, "reason": "x"}
        administrator.request("PUT", "/admin/quotas", json={**quota, "until": "2100-01-01T00:00:00.000Z"})
        owner.patch("/account", {"email": new_test_address(), "test": True})
        owner.patch("/account", {"newsletter": True})

    def get(self, reader: str, path: str) -> Any:
        """The response to this reader."""
        path = path.format(**self.ids)
        if path == SUGGEST:
            return self.people[reader].post(path, {"set": self.ids["private set"]})
        if reader == ANYONE:
            return self.service.http.request("GET", path)
        return (self.key if reader == KEY_ITSELF else self.people[reader]).get(path)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The application in this process, with one record of each kind."""
    with in_process(tmp_path_factory.mktemp("readers")) as service:
        yield World(service)


@pytest.mark.parametrize("read", READS, ids=str)
def test_a_reader_sees_the_allowed_members_and_no_other(world: World, read: Read) -> None:
    reply = world.get(read.reader, read.path)
    assert reply.is_success, reply.text
    found = reply.json()
    for name in filter(None, read.member.split(".")):
        found = found[name]
    shown = _members(found[0] if isinstance(found, list) else found)
    assert (sorted(shown - read.allowed), sorted(read.allowed - shown)) == ([], []), "not allowed, missing"


def _members(record: dict[str, Any]) -> set[str]:
    """The members of a record, and those of the records in it."""
    inner = {name: record[name] for name in ("set", "cset") if record.get(name)}
    return set(record).union(*(within(name, frozenset(value)) for name, value in inner.items()))


@pytest.mark.parametrize(("reader", "path", "status"), CLOSED)
def test_a_reader_does_not_see_a_closed_record(world: World, reader: str, path: str, status: int) -> None:
    assert world.get(reader, path).status_code == status


def test_every_serializer_for_a_reader_is_listed() -> None:
    assert _serializers() == {read.serializer for read in READS}


def _serializers() -> set[str]:
    [folder] = handlers.serializers.__path__
    modules = [import_module(f"handlers.serializers.{path.stem}") for path in Path(folder).glob("[a-z]*.py")]
    functions = {name for module in modules for name, _ in inspect.getmembers(module, inspect.isfunction)}
    return {name for name in functions if "_for_" in name and not name.startswith("_")}
