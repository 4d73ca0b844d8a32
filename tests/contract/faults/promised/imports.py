"""Faults of imports of files."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import services.interchange
from services.interchange import tapes
from tests.contract.faults.exchange import Exchange
from tests.contract.faults.registry import Replaced, in_code, in_replies

IMPORTS = "test_imports::test_"


def _report(change: Callable[[dict[str, Any]], Any]) -> Callable[[Exchange], None]:
    """Change the report of an import."""

    def changed(e: Exchange) -> None:
        if e.is_to("POST", "/sets/import", 200, 201):
            e.change(lambda body: change(body["report"]) and None)

    return changed


@in_replies(IMPORTS + "an_import_stores_a_set_only_on_request", "an imported set is public")
def an_imported_set_is_public(e: Exchange) -> None:
    if e.is_to("POST", "/sets/import", 201):
        e.change(lambda body: body["set"].update(public=True))


@in_replies(IMPORTS + "of_two_values_the_first_counts", "another one than the first")
def of_two_values_the_last_counts(e: Exchange) -> None:
    _report(lambda it: it["measurements"][0].update(value=910))(e)


@in_replies(IMPORTS + "dropped_measurements_are_listed_with_their_reason", "dropped are")
def what_an_import_drops_is_not_listed(e: Exchange) -> None:
    _report(lambda it: it["dropped"].pop())(e)


@in_code(IMPORTS + "derived_values_are_stored_only_if_asked_for", "not listed apart|are stored")
def derived_values_are_stored_unasked() -> Replaced:
    read = services.interchange.read

    def mixed(*asked: Any, **options: Any) -> Any:
        report = read(*asked, **options)
        return replace(report, measurements=[*report.measurements, *report.derived])

    yield services.interchange, "read", mixed


@in_replies(IMPORTS + "people_in_a_file_are_left_out", "a person is told of")
def an_import_tells_of_a_person(e: Exchange) -> None:
    _report(lambda it: it["dropped"][0].update(source="Ada"))(e)


@in_code(IMPORTS + "an_old_format_and_an_unknown_unit_are_rejected", "POST /sets/import: 200")
def an_old_format_is_read() -> Replaced:
    read = tapes.read
    yield tapes, "read", lambda text, *rest, **options: read(text.replace("0.2.0", "0.3.4"), *rest, **options)


@in_code(IMPORTS + "lengths_are_in_the_unit_stated", "36 inch are another length|POST /sets/import: 200")
def lengths_are_always_in_millimetres() -> Replaced:
    read = services.interchange.read

    def in_mm(file: Any, form: Any, units: Any = None, **options: Any) -> Any:
        return read(file, form, "mm", **options)

    yield services.interchange, "read", in_mm


@in_replies(IMPORTS + "the_set_has_the_name_of_the_request_or_the_file", "the set is called")
def the_name_of_a_file_is_lost(e: Exchange) -> None:
    if e.is_to("POST", "/sets/import", 201):
        e.change(lambda body: body["set"].update(name="a set"))


@in_replies(IMPORTS + "each_format_is_read", "a file of ours is read as")
def a_file_of_valentina_loses_a_measurement(e: Exchange) -> None:
    if "format=vit" in e.query:
        _report(lambda it: it["measurements"].pop())(e)


@in_replies(IMPORTS + "a_file_has_at_most_1000_measurements", "POST /sets/import: 200")
def a_file_of_any_length_is_read(e: Exchange) -> None:
    if e.is_to("POST", "/sets/import", 400):
        report = {"format": "csv", "imperial": False, "measurements": [], "derived": [], "dropped": []}
        e.status, e.body = 200, b"{}"
        e.change(lambda _: {"result": "success", "report": report})
