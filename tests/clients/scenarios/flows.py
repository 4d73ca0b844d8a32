"""Pictures for posts, and the addresses of posts."""

from uuid import uuid4

from tests.clients.scenario import drives
from tests.clients.scenarios.account import PIXEL
from tests.clients.site import Site


@drives("uploadImage", "removeImage", "isSlugAvailable", "isPostSlugAvailable")
def somebody_uploads_pictures_for_a_post(site: Site) -> None:
    page, curator, slug = site.signed_in(), site.signed_in("curator"), f"aaron-{uuid4().hex[:8]}"
    for extra, suffix in (({}, ""), ({"subId": "main"}, ""), ({"subId": "2"}, "-2")):
        wanted = {"type": "showcase", "slug": slug, "img": PIXEL, **extra}
        image = (page if suffix else curator).done("uploadImage", wanted)["imgId"]
        assert image.startswith(f"showcase-{slug}")
    assert page.refused("removeImage", image) == (403, "insufficientAccessLevel")
    curator.gone("removeImage", image)
    assert curator.refused("removeImage", image) == (404, "notFound")


@drives("isSlugAvailable", "isPostSlugAvailable")
def somebody_picks_the_address_of_a_post(site: Site) -> None:
    page, slug = site.signed_in(), f"aaron-{uuid4().hex[:8]}"
    for kind in ("blog", "showcase"):
        assert page.call("isSlugAvailable", {"slug": slug, "type": kind}) is True
        assert page.call("isPostSlugAvailable", {"slug": slug, "type": kind})["available"] is True


@drives("createSocialImage")
def a_visitor_sees_a_picture_to_share(site: Site) -> None:
    wanted = {"title": "A very nice shirt", "intro": "Made to measure", "type": "showcase", "site": "org"}
    # A picture is not JSON, and the hook reads nothing else.
    assert site.visitor.call("createSocialImage", wanted) == [200]
