"""The newsletter."""

from typing import Any

from tests.contract.fuzzing import address, http


def _asked() -> dict[str, str]:
    """Both parts of the link that confirms a subscription."""
    made = http.post("/subscriber", json={"email": address(), "language": "en", "test": True}).json()["data"]
    return {"id": made["id"], "ehash": made["ehash"]}


def _subscribe(case: Any) -> None:
    case.body = {**case.body, "email": address(), "test": True}


def _by_link(case: Any) -> None:
    # Where a body may be left out, it sometimes is.
    case.body = {**(case.body if isinstance(case.body, dict) else {}), **_asked()}


def _by_query(case: Any) -> None:
    case.query = _asked()
    _by_link(case)


def _by_hash(case: Any) -> None:
    case.path_parameters = {"ehash": _asked()["ehash"]}


REAL = {
    "subscribe": _subscribe,
    "confirm_subscription": _by_link,
    "unsubscribe_v3": _by_query,
    "unsubscribe": _by_hash,
    "unsubscribe_in_one_click": _by_hash,
}
