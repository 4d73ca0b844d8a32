"""Issues, discussions and posts at the code forge."""

from itertools import count
from typing import Any

from tests.contract.levels.case import Case
from tests.service import Person

_numbers = count(1)


def _post(owner: Person, public: bool) -> dict[str, Any]:
    assert owner.service.forge is not None
    owner.service.forge.reset()  # a slug can be had once
    return {"type": "blog"}


def _slug(owner: Person, public: bool) -> dict[str, Any]:
    return {"type": "blog", "slug": f"free-{next(_numbers)}"}


CASES = {
    "open_post": Case(body={"slug": "level", "markdown": "# A", "language": "en"}, record=_post),
    "check_slug": Case(record=_slug, passed=404),
}
