"""Images for posts and for support."""

from typing import Any

from tests.contract.fuzzing import AUTHORIZATION, http, noted, slug

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="


def _upload(case: Any) -> None:
    case.body = {**case.body, "img": PIXEL}


def _stored(case: Any) -> None:
    body = {"type": "blog", "subId": "main", "slug": slug(), "img": PIXEL}
    reply = http.post("/images", json=body, headers={"Authorization": AUTHORIZATION})
    case.path_parameters = {"id": noted(reply.json())["imgId"]}


REAL = {"upload_image": _upload, "delete_image": _stored}
