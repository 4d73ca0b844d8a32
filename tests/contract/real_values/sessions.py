"""Sessions."""

from typing import Any

from tests.contract.fuzzing import EMAIL, PASSWORD, USERNAME, address, link_for


def _link() -> dict[str, str]:
    """A sign-in link of the account that fuzzes."""
    return link_for(EMAIL)


def _sign_up(case: Any) -> None:
    language = {"language": case.body["language"]} if "language" in case.body else {}
    case.body = {"email": address(), "test": True, **language}


def _confirm(case: Any) -> None:
    case.path_parameters = {"id": link_for(address())["id"]}
    case.body = {"consent": case.body["consent"]}


def _read_confirmation(case: Any) -> None:
    case.path_parameters = _link()


def _sign_in(case: Any) -> None:
    case.body = {**case.body, "username": USERNAME, "password": PASSWORD}


def _by_link(case: Any) -> None:
    link = _link()
    case.path_parameters = {"id": link["id"]}
    case.body = {**case.body, "check": link["check"]}


def _by_full_link(case: Any) -> None:
    case.path_parameters = _link()


REAL = {
    "sign_up": _sign_up,
    "confirm_sign_up": _confirm,
    "read_confirmation": _read_confirmation,
    "sign_in": _sign_in,
    "sign_in_by_link": _by_link,
    "sign_in_by_full_link": _by_full_link,
}
ENDING = {"give_consent"}
