"""An error in the one shape, held against the document of the deployment."""

from typing import Any

import httpx2


def is_problem(reply: httpx2.Response, status: int, code: str | None = None) -> dict[str, Any]:
    """Fail unless the reply is this error; its body."""
    assert reply.status_code == status, f"{reply.request.method} {reply.request.url.path}: {reply.status_code}"
    assert reply.headers["content-type"].startswith("application/json"), "an error is no JSON"
    body = reply.json()
    assert isinstance(body, dict) and {"result", "error", "type", "title", "status", "instance"} <= set(body), (
        "an error has another shape"
    )
    assert body["result"] == "error" and body["status"] == status, "an error does not say its own status"
    assert body["type"].endswith(f"#{body['error']}"), "an error's type does not name its code"
    if code is not None:
        assert body["error"] == code, f"the error is {body['error']}, not {code}"
    return body
