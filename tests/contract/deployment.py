"""A running deployment, and the accounts that the checks in `checks/` use there."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx2
import pytest

from tests.contract.cleanup import KEY_LIFE, Cleanup
from tests.contract.conforming import Book
from tests.contract.throttling import OverQuota, ThrottledClient
from tests.service import PASSWORD, ApiKey, Credentials, Person

TITLE = "FreeSewing API"


def asked_for() -> set[str]:
    """Return the groups of operations that are called although they are usually excluded (see exclusions.py)."""
    return {name.strip() for name in os.environ.get("CONTRACT_ALSO", "").split(",")}


@contextmanager
def undisturbed() -> Iterator[None]:
    """Block interrupts until the ids of new records are known, so that they can be deleted."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class CannotBeChecked(Exception):
    """Why the suite does not start there, in a sentence."""


class Deployment(Cleanup):
    """A server of another operator.

    In test mode the people are accounts made for this run. Elsewhere `alice` is the account of the given credentials,
    and the only one. `remove_all` deletes the records of this run, and never any other.
    """

    def __init__(self, url: str, *, authorization: str = "") -> None:
        self.url = url.rstrip("/")
        self.http = ThrottledClient(self.url)
        self.forge = None
        self.process = None
        self.run = uuid4().hex[:12]
        try:
            self._arrive(authorization)
        except BaseException:
            self.http.close()
            raise

    def _arrive(self, authorization: str) -> None:
        """Read the document and the settings of the deployment; raises CannotBeChecked."""
        published, limited = self._published()
        self.published, self.limited = published, limited
        self.book = Book(published, limited=limited)
        self.test_domain: str = published["servers"][0].get("x-test-domain", "")
        self.keys: dict[tuple[int, int], tuple[float, ApiKey]] = {}
        self._made = 0
        # The address of the account of `new_session`.
        self.traveller = ""
        self.begin()
        self.given = self._known(authorization) if authorization else None
        self._before = set(self.held()) if self.given else set()
        if not self.given and not self.test_domain:
            raise CannotBeChecked(
                f"{self.url} is not in test mode: put the credentials of a throw-away account into the environment,"
                " CONTRACT_TOKEN=… or CONTRACT_KEY=key:secret."
            )

    def _published(self) -> tuple[dict[str, Any], bool]:
        try:
            reply = self.http.get("/openapi.json")
            published = reply.json()
            limited = "ratelimit-policy" in reply.headers
            if published["info"]["title"] == TITLE and published["servers"]:
                return published, limited
        except (httpx2.HTTPError, httpx2.InvalidURL, OverQuota) as error:
            raise CannotBeChecked(f"{self.url} does not answer ({type(error).__name__}).") from None
        except (ValueError, LookupError, TypeError):
            pass
        raise CannotBeChecked(f"What answers at {self.url} is no freesewing-api: /openapi.json is not its document.")

    def _known(self, authorization: str) -> Person:
        """The account with these credentials; it must be one that can do no harm."""
        headers = {"Authorization": authorization}
        who, account = (self.http.get(path, headers=headers) for path in ("/whoami", "/account"))
        if who.status_code != 200 or account.status_code != 200:
            raise CannotBeChecked(f"The credentials do not work at {self.url}: {account.json()['error']}.")
        if who.json().get("apikey", {"level": 4})["level"] < 4:
            raise CannotBeChecked("The API key needs level 4: make one for this.")
        found = account.json()["account"]
        if found["role"] not in ("user", "tester"):
            raise CannotBeChecked(f"The account has the role {found['role']}: give one that cannot touch others'.")
        person = Person(self, found["id"], found["email"], "")
        object.__setattr__(person, "authorization", authorization)
        return person

    @cached_property
    def alice(self) -> Person:
        """A user."""
        return self.given or self.sign_up()

    @cached_property
    def bob(self) -> Person:
        """A second user."""
        return self._of_role("user", "a second account")

    @cached_property
    def spare(self) -> Person:
        """An account that a check may lose."""
        return self._of_role("user", "an account that may be lost")

    def new_session(self) -> Person:
        """A new session of an account with a password, whose sessions and keys checks may end."""
        if self.given:
            pytest.skip("left out: needs an account whose sessions may end")
        if not self.traveller:
            person = self.sign_up()
            assert person.patch("/account", {"password": PASSWORD}).status_code == 200, "a password is refused"
            self.traveller = person.email
        reply = self.call("sign_in", json={"username": self.traveller, "password": PASSWORD})
        assert reply.status_code == 200, f"the right password is answered {reply.status_code}"
        return self.known_by(reply)

    def known_by(self, reply: httpx2.Response) -> Person:
        """The account of `new_session`, with the token in this reply, which removes the account in the end."""
        person = Person(self, reply.json()["account"]["id"], self.traveller, reply.json()["token"])
        self._people[person.id] = person
        return person

    @cached_property
    def curator(self) -> Person:
        """A curator."""
        return self._of_role("curator", "the role of a curator")

    @cached_property
    def admin(self) -> Person:
        """An administrator."""
        return self._of_role("admin", "the role of an administrator")

    def _of_role(self, role: str, what: str) -> Person:
        if self.given:
            pytest.skip(f"left out: needs {what}")
        return self.sign_up(role)

    def sign_up(self, role: str = "user", *, consent: int = 2, language: str = "en") -> Person:
        """A new account, made without a mail; raises AssertionError where it cannot be."""
        email = f"contract.{self.run}.{self._made}@{self.test_domain}"
        self._made += 1
        body = {"email": email, "language": language, "test": True, "role": role}
        with undisturbed():
            return self._signed_up(body, consent)

    def _signed_up(self, body: dict[str, Any], consent: int) -> Person:
        made = self.http.post("/signup", json=body)
        assert made.status_code == 201 and "confirmation" in made.json(), (
            f"no sign-up in test mode: {made.status_code}"
        )
        self.keep_in_mind(made.json())
        session = self.confirm(made.json()["confirmation"], consent)
        assert session.status_code == 200, f"no confirmation of a sign-up: {session.status_code}"
        person = Person(self, session.json()["account"]["id"], body["email"], session.json()["token"])
        self._people[person.id] = person
        return person

    def call(
        self,
        operation: str,
        who: Credentials | None = None,
        *,
        json: Any = None,
        query: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        **parameters: Any,
    ) -> httpx2.Response:
        """Call an operation by its name, and hold the reply against the document; `parameters` are of the path."""
        path, method, _ = self.book.find(operation)
        path = path.format(**{name: quote(str(value), safe="") for name, value in parameters.items()})
        sent = dict(headers or {})
        if who:
            sent["Authorization"] = who.authorization
        with undisturbed():
            reply = self.http.request(method.upper(), path, json=json, params=query, headers=sent)
            if reply.status_code in (200, 201) and method == "post":
                self.note_made(reply)
        self.book.hold(operation, reply)
        return reply

    def new_key(self, owner: Person, level: int, *, seconds: int = KEY_LIFE, name: str) -> ApiKey:
        """A key that is known to be of this run."""
        wanted = {"name": f"contract, {name}", "level": level, "expiresIn": seconds}
        reply = self.call("create_api_key", owner, json=wanted)
        assert reply.status_code == 201, f"a new key was refused: {reply.status_code}"
        made = reply.json()["apikey"]
        return ApiKey(self, made["key"], made["secret"])

    def may_mail_staff(self) -> None:
        """Leave the check out where it would send a mail to the administrators of a deployment of others."""
        if os.environ.get("CONTRACT_URL") and "mails" not in asked_for():
            pytest.skip("left out: sends mails to administrators (CONTRACT_ALSO=mails)")

    def become(self, role: str) -> Person:
        """The account of `new_session` in another role, until `become("user")`."""
        person = self.new_session()
        reply = self.call("update_user", self.admin, id=person.id, json={"role": role})
        assert reply.status_code == 200, f"a change of role is answered {reply.status_code}"
        return self.new_session()

    def may_mail(self) -> None:
        """Skip the check if it would send a mail to an existing account."""
        if self.given and "mails" not in asked_for():
            pytest.skip("left out: sends mails (CONTRACT_ALSO=mails)")
