"""Images to share."""

from typing import Any

from starlette.responses import Response

from handlers.support.responses import content
from services.container import Services
from services.images.cards import Card

A_DAY = "public, max-age=86400"


async def draw_social_image(body: dict[str, Any], services: Services) -> Response:
    """Return the image, from the cache if it was drawn before."""
    words = {name: body[name] for name in ("title", "intro", "type", "site") if name in body}
    drawing = await services.social.draw(Card(**words))
    return content(drawing.content, "image/png", headers={"ETag": drawing.etag, "Cache-Control": A_DAY})
