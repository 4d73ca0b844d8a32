"""Pictures for posts, and the addresses of posts."""

from uuid import uuid4

from tests.clients.scenario import drives
from tests.clients.scenarios.account import PIXEL
from tests.clients.site import Site


@drives("uploadImage", "removeImage")
def somebody_uploads_pictures_for_a_post(site: Site) -> None:
    page, curator, slug = site.signed_in(), site.signed_in("curator"), f"aaron-{uuid4().hex[:8]}"
    for number in ("main", "2"):
        wanted = {"type": "showcase", "subId": number, "slug": slug, "img": PIXEL}
        image = page.done("uploadImage", wanted)["imgId"]
        assert image.startswith(f"showcase-{slug}")
        assert site.service.http.get(f"/images/{image}").status_code == 200
    assert page.refused("removeImage", image) == (403, "insufficientAccessLevel")
    curator.gone("removeImage", image)
    assert site.service.http.get(f"/images/{image}").status_code == 404


@drives("isSlugAvailable", "isPostSlugAvailable")
def somebody_picks_the_address_of_a_post(site: Site) -> None:
    page, slug = site.signed_in(), f"aaron-{uuid4().hex[:8]}"
    for kind in ("blog", "showcase"):
        post = {"slug": slug, "type": kind}
        assert page.call("isSlugAvailable", post) is True
        free = page.call("isPostSlugAvailable", post)
        assert (free["success"], free["available"]) == (True, True)


@drives()
def without_a_code_forge_nothing_is_opened(site: Site) -> None:
    page, post = site.signed_in(), {"slug": "aaron-in-linen", "language": "en", "markdown": "# Aaron"}
    assert page.refused("createIssue", {"title": "A bug", "body": "It does not fit"}) == (400, "notEnabled")
    assert page.refused("createPostPr", "showcase", post) == (400, "notEnabled")
