"""Images for posts, and the addresses of posts."""

from uuid import uuid4

from tests.clients.scenario import drives
from tests.clients.scenarios.account import PIXEL
from tests.clients.site import Site


@drives("uploadImage", "removeImage", "isSlugAvailable", "isPostSlugAvailable")
def a_person_uploads_images_for_a_post(site: Site) -> None:
    page, curator, slug = site.signed_in(), site.signed_in("curator"), f"aaron-{uuid4().hex[:8]}"
    for number in ("main", "2"):
        wanted = {"type": "showcase", "subId": number, "slug": slug, "img": PIXEL}
        image = page.done("uploadImage", wanted)["imgId"]
        assert image.startswith(f"showcase-{slug}")
        assert site.service.http.get(f"/images/{image}").status_code == 200
    # A post that has images has its address.
    assert page.call("isSlugAvailable", {"slug": slug, "type": "showcase"}) is False
    assert page.call("isPostSlugAvailable", {"slug": slug, "type": "showcase"})["available"] is False
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


@drives("createIssue")
def a_visitor_reports_a_bug(site: Site) -> None:
    assert (
        site.visitor.made("createIssue", {"title": "A bug", "body": "It does not fit"})["issue"]["title"] == "A bug"
    )


@drives("createPostPr")
def somebody_sends_in_a_post(site: Site) -> None:
    page, slug = site.signed_in(), f"aaron-{uuid4().hex[:8]}"
    post = {"slug": slug, "language": "en", "markdown": "# Aaron"}
    assert slug in page.made("createPostPr", "showcase", post)["file"]["path"]
