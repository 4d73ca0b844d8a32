"""Recent rejected and slow requests, for administrators."""

from typing import Any

from storage.recent_requests import REJECTED, SLOW
from tests.handlers.reading import failure
from tests.in_process import AsgiService
from tests.service import Person
from tests.storage.test_recent_requests import request


def recent(admin: Person, **query: Any) -> list[dict[str, Any]]:
    """Return the listed requests, without what differs from run to run."""
    reply = admin.request("GET", "/admin/requests", params=query)
    assert reply.status_code == 200 and "secret" not in reply.text
    listed: list[dict[str, Any]] = reply.json()["requests"]
    return [{name: value for name, value in one.items() if name not in ("at", "milliseconds")} for one in listed]


def test_administrators_see_rejected_requests_with_their_callers(application: AsgiService) -> None:
    admin, alice = application.sign_up("admin"), application.sign_up()
    key = alice.new_key(1, name="my script")
    assert key.get("/admin/acts?cursor=secret").status_code == 403
    assert application.http.get("/secret/path?token=secret").status_code == 404
    application.run(application.services.usage.flush())
    of_nobody = {"userId": None, "username": None, "key": None, "keyName": None}
    anonymous = {"operation": None, "method": "GET", "status": 404, "code": "notFound", **of_nobody}
    by_key = {"operation": "list_acts", "method": "GET", "status": 403, "code": "insufficientAccessLevel"}
    by_key |= {"userId": alice.id, "username": f"user-{alice.id}", "key": key.key, "keyName": "my script"}
    newest = [{**anonymous, "network": "127.0.0.0/24"}, {**by_key, "network": None}]
    assert recent(admin, kind="rejected")[:2] == newest
    assert recent(admin, limit=1) == newest[:1]


def test_slow_requests_are_listed_by_themselves(application: AsgiService) -> None:
    admin = application.sign_up("admin")
    application.services.usage.recent.add(request(kind=SLOW)._replace(operation="a slow one"))
    application.run(application.services.usage.flush())
    listed = {kind: [one["operation"] for one in recent(admin, kind=kind)] for kind in (SLOW, REJECTED)}
    assert "a slow one" in listed[SLOW] and "a slow one" not in listed[REJECTED]


def test_reading_recent_requests_is_recorded(application: AsgiService) -> None:
    admin = application.sign_up("admin")
    reply = admin.get("/admin/requests")
    [act] = admin.get("/admin/acts?limit=1").json()["acts"]
    assert (act["act"], act["actorId"], act["subjectId"]) == ("listRecentRequests", admin.id, 0)
    assert act["requestId"] == reply.headers["x-request-id"]


def test_an_unknown_kind_is_rejected(application: AsgiService) -> None:
    admin = application.sign_up("admin")
    assert failure(admin.get("/admin/requests?kind=fast")) == (400, "validationFailed")
