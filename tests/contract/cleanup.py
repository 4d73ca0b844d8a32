"""Remove from a deployment what a run created there, or name what could not be removed."""

import os
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import httpx2

from tests.contract.throttling import OverQuota, ThrottledClient
from tests.service import Credentials, Person, Service

# Lifetime of the keys of this run, in seconds. The owner of an active key gets a mail when it is revoked, so keys are
# removed after they have expired.
KEY_LIFE = int(os.environ.get("CONTRACT_KEY_LIFE", "120"))
# The lists of an account: path, member of the reply, name of a record in its path.
HELD = (
    ("/sets", "sets", "id"),
    ("/patterns", "patterns", "id"),
    ("/bookmarks", "bookmarks", "id"),
    ("/apikeys", "apikeys", "key"),
)
# Records without an owner: the member of the response that created one, and the path to delete it.
COMMON = {"curatedSet": "/curated-sets/{id}", "optionPack": "/option-packs/{id}", "imgId": "/images/{id}"}
# The same for records of the given account, in case its lists cannot be read.
OWN = {"set": "/sets/{id}", "pattern": "/patterns/{id}", "bookmark": "/bookmarks/{id}", "apikey": "/apikeys/{key}"}
# Errors of one deletion, after which the next one is tried.
FAILURES = (httpx2.HTTPError, OverQuota, AssertionError)
# After so many failed connections in a row, no further request is sent.
MOST_IN_VAIN = 5

T = TypeVar("T")


class Cleanup(Service):
    """A server of another operator, and the records that this run created on it."""

    http: ThrottledClient
    given: Person | None
    admin: Any
    # The paths of what the given account held before; never removed.
    _before: set[str]

    def begin(self) -> None:
        """Nothing has been made yet."""
        self._people: dict[int, Person] = {}
        self._common: list[str] = []
        self._own: list[str] = []
        self._unconfirmed: list[str] = []
        self._in_vain = 0

    def note_made(self, reply: httpx2.Response) -> None:
        """Keep in mind what this reply says was made."""
        if reply.headers.get("content-type", "").startswith("application/json"):
            made = reply.json()
            self.keep_in_mind(made if isinstance(made, dict) else {})

    def keep_in_mind(self, made: Any) -> None:
        """The same, from the body of the reply; accounts, too, that another process of this run made."""
        self._common += _paths(COMMON, made)
        if self.given:
            self._own += _paths(OWN, made)
        if "confirmation" in made:
            self._unconfirmed.append(made["confirmation"])
        if "token" in made and "account" in made and not self.given:
            user_id = made["account"]["id"]
            if user_id not in (one.id for one in vars(self).values() if isinstance(one, Person)):
                self._people[user_id] = Person(self, user_id, "", made["token"])

    def confirm(self, confirmation: str, consent: int) -> httpx2.Response:
        """Follow the link of a sign-up."""
        return self.http.post(f"/confirm/signup/{confirmation}", json={"consent": consent})

    def held(self) -> Iterator[str]:
        """The path of every record of the given account."""
        assert self.given is not None
        for path, member, name in HELD:
            for record in self.given.every(path, member):
                yield f"{path}/{record[name]}"

    def leave(self) -> None:
        """Take away all that was made, and go."""
        try:
            self.remove_all()
        finally:
            self.http.close()

    def remove_all(self) -> None:
        """Take away all that this run made; raises AssertionError naming what could not be."""
        left = []
        self._take_in_unconfirmed()
        if self.given:
            # A key that may be active is reported, not removed: its owner would get a mail.
            stay = () if self._tried(partial(self._await_keys, self.given)) else ("/apikeys/",)
            left += [path for path in self._new() if path.startswith(stay) or not self._remove(path)]
        left += [path for path in self._common if not self._remove(path)]
        left += [f"account {person.id}" for person in self._still_there() if not self._remove_for(person)]
        # Last, who helped with the others.
        if "admin" in vars(self) and not self._remove("/account"):
            left.append(f"account {self.admin.id}")
        self.begin()
        assert not left, f"left behind at {self.url}: {left}"

    def _tried(self, ask: Callable[[], T]) -> T | None:
        """What comes of it; None where it fails, as what comes after it may not."""
        if self._in_vain >= MOST_IN_VAIN:
            return None
        try:
            answer = ask()
        except FAILURES as error:
            self._in_vain = self._in_vain + 1 if isinstance(error, httpx2.HTTPError) else 0
            return None
        self._in_vain = 0
        return answer

    def _take_in_unconfirmed(self) -> None:
        """Those that were left open become accounts; the others were confirmed, or are no sign-ups."""
        for one in self._unconfirmed:
            session = self._tried(partial(self.confirm, one, 1))
            if session is not None and session.status_code == 200:
                self.keep_in_mind(session.json())

    def _new(self) -> list[str]:
        """Return the records that the given account has got since this run began, or the known ones if lists fail."""
        held = self._tried(lambda: list(self.held()))
        return self._own if held is None else [path for path in held if path not in self._before]

    def _await_keys(self, owner: Person) -> bool:
        """Wait until the keys of this run have expired; whether they have."""
        made = [key for key in owner.every("/apikeys", "apikeys") if f"/apikeys/{key['key']}" not in self._before]
        ends = [datetime.fromisoformat(key["expiresAt"]).timestamp() for key in made if key["state"] == "active"]
        time.sleep(min(max([0.0, *(end - time.time() + 1 for end in ends)]), KEY_LIFE + 1))
        return True

    def _still_there(self) -> list[Person]:
        """Whose account could not be removed with their own credentials, or is gone already."""
        others = [one for one in self._people.values() if one is not vars(self).get("admin")]
        return [person for person in others if not self._remove("/account", person)]

    def _remove(self, path: str, who: Credentials | None = None) -> bool:
        """Whether it is gone; without an owner the given account removes it, or an administrator made for that."""
        reply = self._tried(lambda: (who or self.given or self.admin).delete(path))
        return reply is not None and reply.status_code in (200, 204, 404)

    def _remove_for(self, person: Person) -> bool:
        """Remove an account whose owner cannot: frozen, without consent, or with a token that has ended."""
        if self._status_of(person) == 404:
            return True
        session = self._tried(lambda: self._session_for(person))
        if session is None or session.status_code != 200:
            return False
        return self._remove("/account", Person(self, person.id, "", session.json()["token"]))

    def _status_of(self, person: Person) -> int | None:
        return self._tried(lambda: int(self.admin.get(f"/admin/user/{person.id}").status_code))

    def _session_for(self, person: Person) -> httpx2.Response:
        """A session of an account that its owner confirms anew: an impersonation may not remove an account."""
        self.admin.patch(f"/admin/user/{person.id}", {"status": 0, "role": "user"})
        email = self.admin.get(f"/admin/user/{person.id}").json()["user"]["email"]
        made = self.http.post("/signup", json={"email": email, "language": "en", "test": True})
        return self.confirm(made.json()["confirmation"], consent=1)


def _paths(kinds: dict[str, str], made: dict[str, Any]) -> list[str]:
    """Where what a reply says was made can be removed."""
    records = {member: made[member] for member in kinds if made.get(member) is not None}
    return [
        kinds[member].format(**(record if isinstance(record, dict) else {"id": record}))
        for member, record in records.items()
    ]
