"""Usage as charts: the same as in JSON, for the same callers, as an image that a browser may keep."""

from datetime import timedelta
from typing import Any

import pytest

from tests.handlers.reading import failure
from tests.handlers.test_usage import day, number, today, used
from tests.service import Credentials, Person, Service


def described(who: Credentials, path: str, **query: Any) -> str:
    """The text alternative of a chart."""
    reply = who.request("GET", path, params=query)
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"] == "image/svg+xml"
    assert reply.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    return reply.text.partition("<desc")[2].partition("</desc>")[0]


def test_the_chart_of_an_account_and_of_a_key_show_their_calls(alice: Person) -> None:
    key = alice.new_key(name="<b>mine</b>")
    used(alice, at=today() - timedelta(days=2), calls=7)
    used(alice, at=today() - timedelta(days=2), calls=3, key_id=number(key), status=4)
    query = {"from": day(2), "to": day(1)}
    assert "Calls: 10, of which 3 with an error." in described(alice, "/account/usage.svg", **query)
    assert "2xx: 7, 4xx: 3." in described(alice, "/account/usage.svg", **query, by="status", theme="dark", width=480)
    by_key = described(alice, "/account/usage.svg", **query, by="key")
    assert "sessions and deleted keys: 7, &lt;b&gt;mine&lt;/b&gt;: 3." in by_key
    path = f"/apikeys/{key.key}/usage.svg"
    assert "read_set: 3." in described(alice, path, **query, by="operation")


def test_a_chart_is_in_the_language_of_the_query_alone(alice: Person, admin: Person) -> None:
    assert alice.patch("/account", {"language": "nl"}).status_code == 200
    used(alice, at=today() - timedelta(days=2), calls=1234, status=4)
    query = {"from": day(2), "to": day(1)}
    assert "Calls: 1,234, of which 1,234 with an error." in described(alice, "/account/usage.svg", **query)
    german = described(alice, "/account/usage.svg", **query, language="de")
    assert "Aufrufe: 1.234, davon 1.234 mit Fehler." in german
    path = f"/apikeys/{alice.new_key().key}/usage.svg"
    assert "Appels : 0, dont 0 en erreur." in described(alice, path, **query, language="fr")
    assert "Найбільше викликів" in described(admin, "/admin/usage.svg", language="uk", period="month")


def test_a_chart_in_another_language_has_another_tag_and_does_not_vary_by_header(alice: Person) -> None:
    path = f"/account/usage.svg?from={day(2)}&to={day(1)}"
    english = alice.get(path)
    asked = {"If-None-Match": english.headers["etag"], "Accept-Language": "es"}
    assert alice.request("GET", path, headers=asked).status_code == 304
    spanish = alice.request("GET", f"{path}&language=es", headers=asked)
    assert (spanish.status_code, spanish.headers["etag"] == english.headers["etag"]) == (200, False)
    assert "accept-language" not in spanish.headers.get("vary", "").lower()


@pytest.mark.parametrize("language", ["tlh", "DE", ""])
def test_a_language_that_there_is_not_is_refused(alice: Person, language: str) -> None:
    reply = alice.request("GET", "/account/usage.svg", params={"language": language})
    assert failure(reply) == (400, "unsupportedLanguage")


def test_a_chart_that_has_not_changed_is_not_sent_again(alice: Person) -> None:
    path = f"/apikeys/{alice.new_key().key}/usage.svg?from={day(2)}&to={day(1)}"
    first = alice.get(path)
    again = alice.request("GET", path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(("name", "value"), [("theme", "blue"), ("width", 319), ("width", 1921), ("by", "colour")])
def test_a_look_that_there_is_not_is_refused(alice: Person, name: str, value: Any) -> None:
    reply = alice.request("GET", "/account/usage.svg", params={name: value})
    assert failure(reply) == (400, "validationFailed")
    assert reply.json()["detail"].startswith(f"query /{name}")


def test_the_chart_of_a_key_is_its_owners_and_supports(alice: Person, bob: Person, service: Service) -> None:
    path = f"/apikeys/{alice.new_key().key}/usage.svg"
    assert failure(bob.get(path)) == (403, "insufficientAccessLevel")
    assert [who.get(path).status_code for who in (alice, service.sign_up("support"))] == [200] * 2


def test_administrators_see_a_chart_of_each_list_on_the_record(admin: Person, alice: Person) -> None:
    key = alice.new_key(name="heavy")
    used(alice, at=today(), calls=10**13, key_id=number(key), operation="old")
    assert f"user-{alice.id}: 1" in described(admin, "/admin/usage.svg", limit=1)
    assert f"heavy (user-{alice.id}): 1" in described(
        admin, "/admin/usage.svg", list="keys", period="day", theme="light"
    )
    assert described(admin, "/admin/usage.svg", list="networks")
    [act] = admin.get("/admin/acts?limit=1").json()["acts"]
    assert (act["act"], act["actorId"], act["subjectId"]) == ("listUsage", admin.id, 0)
