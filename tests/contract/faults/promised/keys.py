"""Faults of API keys."""

from datetime import timedelta
from typing import Any

import handlers.apikeys
from handlers.support.reauthentication import reauthenticate
from storage import apikeys
from tests.contract.faults.exchange import Exchange
from tests.contract.faults.registry import Replaced, in_code, in_replies

KEY = r"/apikeys/[0-9a-f-]+"


@in_code("test_keys::test_a_key_lives_as_long_as_was_asked_for", "lives 120 s, not 60 s")
def a_key_lives_twice_as_long_as_was_asked_for() -> Replaced:
    yield handlers.apikeys, "timedelta", lambda seconds: timedelta(seconds=2 * seconds)


@in_code("test_keys::test_a_key_made_with_a_key_ends_no_later", "ends after the key that it was made with")
def a_key_outlives_the_key_that_it_was_made_with() -> Replaced:
    yield handlers.apikeys, "reauthenticate", lambda *call: reauthenticate(*call)._replace(until=None)


@in_replies("test_keys::test_the_list_tells_the_state_of_each_key", "an expired key is not listed")
def ended_keys_are_not_listed(e: Exchange) -> None:
    if e.is_to("GET", "/apikeys", 200):
        e.change(lambda body: {**body, "apikeys": [one for one in body["apikeys"] if one["state"] == "active"]})


@in_code("test_keys::test_a_key_of_one_account_is_closed_to_another", "is answered 200 to a stranger")
def keys_of_others_can_be_read() -> Replaced:
    yield handlers.apikeys, "require_allowed", lambda *_: None


@in_replies("test_keys::test_a_revoked_key_says_why", "does not say why")
def a_revoked_key_does_not_say_why(e: Exchange) -> None:
    if e.status == 401 and b"keyRevoked" in e.body:
        e.change(lambda body: body.pop("reason", None) and None)


@in_code("test_keys::test_the_key_of_another_is_revoked_for_a_reason", "DELETE /apikeys/.*: 204|: 200")
def the_key_of_another_is_revoked_without_a_reason() -> Replaced:
    held = handlers.apikeys._held

    def careless(connection: Any, key: Any, reason: Any, caller: Any) -> Any:
        return held(connection, key, reason or "none", caller)

    yield handlers.apikeys, "_held", careless


@in_replies("test_keys::test_who_am_i_shows_the_key_to_a_key", "a key is not shown what is known of it")
def a_key_is_shown_the_account(e: Exchange) -> None:
    if e.is_to("GET", "/whoami", 200) and e.asked["authorization"].startswith("Basic"):
        e.change(lambda body: body.pop("apikey") and None)


@in_replies("test_keys::test_a_secret_is_known_by_its_form", "does not match")
def a_secret_has_another_form(e: Exchange) -> None:
    if e.is_to("POST", "/apikeys", 201):
        e.change(lambda body: body["apikey"].update(secret="fsk_" + "a" * 48 + "-"))


@in_replies("test_keys::test_a_new_key_reads_and_writes", "a new key cannot write")
def a_new_key_cannot_write(e: Exchange) -> None:
    if e.is_to("POST", "/sets", 201) and e.asked["authorization"].startswith("Basic"):
        e.status = 200


def _rotating(**changed: Any) -> Any:
    rotate = apikeys.rotate

    def rotated(connection: Any, held: Any, **terms: Any) -> Any:
        return rotate(connection, held, **{**terms, **changed})

    return rotated


@in_code("test_rotation::test_the_earlier_secret_stays_good_for_the_grace", "the earlier secret ends at")
def the_earlier_secret_ends_at_another_time() -> Replaced:
    yield apikeys, "rotate", _rotating(grace=timedelta(seconds=40))


@in_code("test_rotation::test_a_key_has_one_earlier_secret_at_most", r"/rotate: 201")
def a_rotation_ends_the_earlier_secret_before_its_time() -> Replaced:
    yield apikeys, "rotate", _rotating(grace=timedelta(0))


@in_code("test_rotation::test_rotating_a_key_requires_at_least_its_level_and_expiry", r"/rotate: 201")
def a_key_of_a_higher_level_can_be_rotated() -> Replaced:
    def promoted(*call: Any) -> Any:
        again = reauthenticate(*call)
        return again._replace(caller=again.caller._replace(level=9), until=None)

    yield handlers.apikeys, "reauthenticate", promoted


@in_code("test_rotation::test_an_ended_key_cannot_be_rotated", r"/rotate: 201")
def an_ended_key_can_be_rotated() -> Replaced:
    yield apikeys, "state", lambda *_: apikeys.ACTIVE


@in_code("test_leaks::test_a_leaked_key_is_revoked_and_the_answer_tells_nothing", "a leaked key still works")
def a_leaked_key_still_works() -> Replaced:
    async def nothing(*_: Any) -> None:
        pass

    yield handlers.apikeys, "_end_leaked", nothing
