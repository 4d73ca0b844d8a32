"""Faults of measurement sets, their files and images."""

from dataclasses import replace
from typing import Any

import services.images.decoding
import services.images.limits
import services.images.record_images
from handlers.support import prepared_responses
from services import interchange
from services.images.store import EncodedImage
from storage import sets
from tests.contract.faults.exchange import Exchange
from tests.contract.faults.registry import Replaced, in_code, in_replies

SETS = "test_sets::test_"
FILES = "test_set_files::test_"
IMAGES = "test_set_images::test_"
SET = r"/sets/\d+"


@in_replies(SETS + "only_the_name_is_required", "other defaults")
def a_new_set_is_public(e: Exchange) -> None:
    if e.is_to("POST", "/sets", 201):
        e.change(lambda body: body["set"].update(public=True))


@in_replies(SETS + "invalid_measurements_are_dropped", "stored are")
def a_measurement_of_zero_is_stored(e: Exchange) -> None:
    if e.is_to("POST", "/sets", 201):
        e.change(lambda body: body["set"]["measies"].update(waist=1))


@in_replies(SETS + "invalid_measurements_are_listed", "without the right reason")
def a_measurement_is_dropped_silently(e: Exchange) -> None:
    if e.is_to("POST", "/sets", 201):
        e.change(lambda body: body.update(ignored=body["ignored"][1:]))


@in_code(SETS + "measurements_are_merged", "are not merged")
def measurements_are_replaced_as_a_whole() -> Replaced:
    edit = sets.edit

    def replaced(connection: Any, locked: Any, *, measies: Any, **rest: Any) -> Any:
        return edit(connection, locked, measies={**dict.fromkeys(locked["measies"]), **measies}, **rest)

    yield sets, "edit", replaced


@in_replies(SETS + "how_a_set_is_shown_changes_no_measurement", "a measurement changed")
def a_set_in_inches_is_given_in_inches(e: Exchange) -> None:
    if e.is_to("GET", r"/sets/\d+\.json", 200):
        e.change(lambda body: body["measurements"].update(chest=body["measurements"]["chest"] / 25.4))


@in_replies("test_refusals::test_an_error_names_the_limit", "does not name the limit")
def an_error_of_validation_names_no_limit(e: Exchange) -> None:
    if e.is_to("POST", "/sets", 400):
        e.change(lambda body: [error.update(detail="is too long") for error in body.get("errors", ())] and None)


@in_code(FILES + "yaml_says_the_same_as_json", "the YAML of a set differs")
def yaml_differs_from_json() -> Replaced:
    as_yaml = prepared_responses.as_yaml

    async def shorter(shape, *rest):  # type: ignore[no-untyped-def]
        return await as_yaml({**shape, "notes": "other notes"}, *rest)

    yield prepared_responses, "as_yaml", shorter


@in_replies(FILES + "csv_has_a_line_for_each_measurement", "the rows are", imperial=True)
def csv_is_always_in_millimetres(e: Exchange) -> None:
    if e.is_to("GET", r"/sets/\d+\.csv", 200):
        e.body = e.body.replace(b"10,inch", b"254,mm").replace(b"10.0,inch", b"254,mm")


@in_code(FILES + "a_file_of_a_design_tool_holds_the_set", "not the given name", form="smis")
def a_file_for_seamly_has_no_name() -> Replaced:
    written = interchange.WRITERS["smis"]
    nameless = {**interchange.WRITERS, "smis": lambda record: written({**record, "name": "somebody"})}
    yield interchange, "WRITERS", nameless


@in_replies(IMAGES + "an_empty_image_is_none", "is not taken for no image")
def an_image_cannot_be_removed(e: Exchange) -> None:
    if e.is_to("PATCH", SET, 200):
        e.change(lambda body: body["set"].update(img="set-" + "a" * 24))


def _recoding(**changed: int) -> Any:
    recode = services.images.decoding._recode
    return lambda content, limits: recode(content, replace(limits, **changed))


@in_code(IMAGES + "an_image_is_scaled_and_stored_without_metadata", "not turned upright and scaled")
def images_are_not_scaled() -> Replaced:
    yield services.images.decoding, "_recode", _recoding(max_side=4000)


@in_code(IMAGES + "a_file_that_is_no_image_is_rejected", "POST /sets: 201")
def a_file_that_is_no_image_is_stored() -> Replaced:
    async def normalise(_: str) -> EncodedImage:
        return EncodedImage(b"\xff\xd8\xff", "image/jpeg")

    yield services.images.record_images, "normalise", normalise


@in_replies(IMAGES + "an_image_of_too_many_pixels_is_rejected", "does not name the limit")
def an_error_of_an_image_names_no_limit(e: Exchange) -> None:
    if e.is_to("POST", "/sets", 400):
        e.change(lambda body: body.update(detail="The image is too large."))


@in_code(IMAGES + "an_image_of_too_many_pixels_is_rejected", "POST /sets: 201")
def images_of_any_size_are_accepted() -> Replaced:
    yield services.images.decoding, "_recode", _recoding(max_pixels=10**9)
    yield services.images.limits, "MOST_MEMORY", 10**9


@in_replies(IMAGES + "a_new_image_has_a_new_name_and_is_cached_for_ever", "not cached for ever")
def an_image_of_a_record_is_cached_for_a_minute(e: Exchange) -> None:
    if e.is_to("GET", r"/images/set-.+", 200):
        e.headers["cache-control"] = "public, max-age=60"
