"""Pictures to share."""

from typing import Any

from starlette.responses import Response

from handlers.replies import content
from services import social

A_DAY = "public, max-age=86400"


async def draw_social_image(body: dict[str, Any]) -> Response:
    """The picture, as it was drawn for the same words before."""
    words = {name: body[name] for name in ("title", "intro", "type", "site") if name in body}
    drawing = await social.draw(social.Card(**words))
    return content(drawing.content, "image/png", headers={"ETag": drawing.etag, "Cache-Control": A_DAY})
