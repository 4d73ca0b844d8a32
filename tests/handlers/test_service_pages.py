"""What the service tells of itself: its health, its document, its pages."""

import json
import re
from typing import Any
from uuid import uuid4

import pytest
import yaml
from openapi_spec_validator import validate

from core import document
from tests.service import DOMAIN, Person, Service

PAGES = ["/docs", "/docs/start", "/docs/reference", "/docs/errors"]
FORMS = {"json": "application/json; charset=utf-8", "yaml": "text/yaml; charset=utf-8"}


def published(service: Service, form: str = "json") -> dict[str, Any]:
    """The document as clients read it."""
    read: dict[str, Any] = yaml.load(service.http.get(f"/openapi.{form}").content, Loader=yaml.CSafeLoader)
    return read


@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_a_healthy_service_says_so_and_nothing_keeps_the_answer(service: Service, path: str) -> None:
    reply = service.http.get(path)
    assert (reply.status_code, reply.json()) == (200, {"result": "success"})
    assert reply.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("form", FORMS)
def test_the_document_is_not_sent_again_to_a_client_that_caches_it(service: Service, form: str) -> None:
    path = f"/openapi.{form}"
    reply = service.http.get(path)
    assert (reply.status_code, reply.headers["content-type"]) == (200, FORMS[form])
    etag = reply.headers["etag"]
    for held in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = service.http.get(path, headers={"If-None-Match": held})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    for held in ('"other"', etag.strip('"'), f"{etag[:-1]}x"):
        assert service.http.get(path, headers={"If-None-Match": held}).content == reply.content


def test_both_forms_are_the_same_document_under_names_of_their_own(service: Service) -> None:
    assert published(service, "json") == published(service, "yaml")
    etags = {service.http.get(f"/openapi.{form}").headers["etag"] for form in FORMS}
    assert len(etags) == 2


def test_the_document_is_the_one_in_the_repository_with_this_servers_address(service: Service) -> None:
    shown = published(service)
    (server,) = shown["servers"]
    # The tests' servers are in test mode, and say so.
    assert (server["url"], server["x-test-domain"]) == (service.url, DOMAIN)
    ours = json.loads(json.dumps(document.load()).replace(document.ADDRESS, service.url))
    for _, _, operation in document.operations(ours):
        del operation["x-openapi-router-controller"]
    assert {**shown, "servers": None} == {**ours, "servers": None}


def test_the_document_is_valid(service: Service) -> None:
    validate(published(service))


def test_the_document_keeps_its_references_and_tells_nothing_of_the_framework(service: Service) -> None:
    text = service.http.get("/openapi.json").text
    assert text.count('"$ref"') > 500
    assert "x-openapi-router-controller" not in text
    shown = published(service)
    references = set(references_in(shown))
    assert len(references) > 50
    assert all(isinstance(referred(shown, reference), dict) for reference in references)


def references_in(value: Any) -> list[str]:
    """Every $ref of a document."""
    if isinstance(value, list):
        return [reference for item in value for reference in references_in(item)]
    if not isinstance(value, dict):
        return []
    here = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
    return here + [reference for item in value.values() for reference in references_in(item)]


def referred(at: Any, reference: str) -> Any:
    """What a reference within this document leads to."""
    for step in reference.removeprefix("#/").split("/"):
        at = at[step]
    return at


@pytest.mark.parametrize("path", ["/", "/docs/", *PAGES, "/docs/reference/"])
def test_a_page_is_html_that_loads_nothing_from_elsewhere(service: Service, path: str) -> None:
    reply = service.http.get(path)
    assert (reply.status_code, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert reply.text.lower().startswith("<!doctype html>")
    assert "default-src 'none'" in reply.headers["content-security-policy"]
    assert not re.search(r"%[A-Z_]+%", reply.text)
    again = service.http.get(path, headers={"If-None-Match": reply.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_every_error_code_has_its_place_on_the_page_that_problems_point_at(service: Service, alice: Person) -> None:
    page = service.http.get("/docs/errors").text
    for code in list(document.error_meanings()):
        assert f'id="{code}"' in page
    problem = alice.get("/sets/999999999").json()
    address, _, anchor = problem["type"].partition("#")
    assert (address, anchor) == (f"{service.url}/docs/errors", "notFound")


def test_the_page_behind_a_mailed_link_does_not_reveal_its_url(service: Service) -> None:
    check = "0" * 40
    for kind in ("signup", "signin", "emailchange"):
        reply = service.http.get(f"/confirm/{kind}/00000000-0000-4000-8000-000000000000/{check}")
        assert reply.status_code == 200
        assert reply.headers["referrer-policy"] == "no-referrer"
        assert reply.headers["cache-control"] == "no-store"
        assert check not in reply.text


def test_a_damaged_link_gets_the_page_that_explains_it(service: Service) -> None:
    for path in (
        f"/confirm/other/{uuid4()}/{'0' * 40}",
        f"/confirm/signup/1/{'0' * 40}",
        f"/confirm/signin/{uuid4()}/0x",
    ):
        assert service.http.get(path).headers["content-type"].startswith("text/html")


def test_the_default_avatar_is_served(service: Service) -> None:
    reply = service.http.get("/images/default-avatar")
    assert (reply.status_code, reply.headers["content-type"]) == (200, "image/png")
    assert reply.content.startswith(b"\x89PNG")
    again = service.http.get("/images/default-avatar", headers={"If-None-Match": reply.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("path", ["/health", "/openapi.json", "/", *PAGES, "/images/default-avatar"])
def test_head_tells_what_get_would(service: Service, path: str) -> None:
    got, headed = service.http.get(path), service.http.head(path)
    assert (headed.status_code, headed.content) == (got.status_code, b"")
    assert headed.headers["content-length"] == got.headers["content-length"]
    assert headed.headers["content-type"] == got.headers["content-type"]
