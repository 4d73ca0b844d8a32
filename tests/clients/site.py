"""FreeSewing's website before the service: who visits it, and what its pages do through the hook."""

from dataclasses import dataclass, field
from typing import Any

from tests.clients.hook import Hook
from tests.service import Person, Service


@dataclass(frozen=True)
class Page:
    """A page in the browser of a signed-in person, or of a visitor if there is no person."""

    site: "Site"
    token: str | None
    person: Person | None = None

    def call(self, method: str, *arguments: Any) -> Any:
        """What a method of the hook resolves to."""
        self.site.called.add(method)
        return self.site.hook.call(self.site.service.url, self.token, method, *arguments)

    def done(self, method: str, *arguments: Any) -> dict[str, Any]:
        """The body of a success (200)."""
        status, body = self.call(method, *arguments)
        assert (status, body.get("result")) == (200, "success"), (method, status, body)
        return dict(body)

    def made(self, method: str, *arguments: Any) -> dict[str, Any]:
        """The body of a creation (201)."""
        status, body = self.call(method, *arguments)
        assert (status, body.get("result")) == (201, "created"), (method, status, body)
        return dict(body)

    def gone(self, method: str, *arguments: Any) -> None:
        """A removal (204), of which there is nothing to read."""
        assert self.call(method, *arguments) == [204, ""], method

    def refused(self, method: str, *arguments: Any) -> tuple[int, str]:
        """The status and the code of a refusal."""
        status, body = self.call(method, *arguments)
        assert body["result"] == "error", (method, status, body)
        return status, body["error"]


@dataclass(frozen=True)
class Site:
    """The website, with the service as its backend."""

    hook: Hook
    service: Service
    called: set[str] = field(default_factory=set)

    @property
    def visitor(self) -> Page:
        """A visitor without a session."""
        return Page(self, None)

    def with_token(self, token: str) -> Page:
        """A visitor whose browser has stored this token."""
        return Page(self, token)

    def signed_in(self, role: str = "user") -> Page:
        """A new person with this role."""
        person = self.service.sign_up(role)
        return Page(self, person.token, person)
