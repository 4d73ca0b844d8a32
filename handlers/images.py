"""Images for posts and for support, which have names of their own."""

from typing import Any

from starlette.responses import Response

from core.errors import SchemaViolation, ValidationFailed
from handlers.support.responses import no_content, success
from security import Caller, unauthenticated
from services.container import Services
from services.images import record_images

CURATE = 5


async def upload_image(body: dict[str, Any], caller: Caller | None, services: Services) -> Response:
    """Store an image under the name that its type, slug and number make."""
    if "img" not in body and "url" not in body:
        raise ValidationFailed("imgOrUrlMissing", [SchemaViolation("body", "", "is not as documented")])
    if caller is None and body["type"] != "support":
        raise unauthenticated("Without credentials only pictures for support are taken.")
    name = record_images.name_of(body["type"], body["slug"], body["subId"])
    may_replace = caller is not None and caller.level >= CURATE
    await services.images.publish(body.get("img") or body["url"], name, replace=may_replace, anonymous=caller is None)
    return success(imgId=name)


async def delete_image(id: str, services: Services) -> Response:
    """Remove such an image."""
    await services.images.withdraw(id)
    return no_content()
