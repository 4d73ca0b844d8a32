"""Images for posts and for support."""

from itertools import count
from typing import Any

from tests.contract.levels.case import Case, admin
from tests.service import Person
from tests.services.image_files import data_uri, encoded, two_halves

PIXEL = data_uri(encoded(two_halves((2, 1)), "PNG"))
_numbers = count(1)


def _image(owner: Person, public: bool) -> dict[str, Any]:
    body = {"type": "blog", "subId": "main", "slug": f"level-{next(_numbers)}", "img": PIXEL}
    return {"id": admin(owner.service).post("/images", body).json()["imgId"]}


CASES = {"delete_image": Case(record=_image)}
