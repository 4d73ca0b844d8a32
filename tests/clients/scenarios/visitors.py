"""Public pages: statistics, and images to share."""

from tests.clients.scenario import drives
from tests.clients.site import Site

COUNTS = ("user", "pattern", "set", "curatedSet", "bookmark", "apikey")


@drives("getStats", "getUserCount")
def a_visitor_sees_the_figures(site: Site) -> None:
    status, stats = site.visitor.call("getStats")
    assert status == 200
    # The page breaks where any of these is missing.
    assert all(isinstance(stats[name], int) for name in COUNTS)
    assert all(isinstance(stats["activity"][kind], int) for kind in ("jwt", "key"))
    assert all(isinstance(count, int) for count in stats["designs"].values())
    assert all({"id", "username", "calls"} <= user.keys() for user in stats["topUsers"])
    assert site.visitor.call("getUserCount")[0] == 200


@drives("createSocialImage")
def a_visitor_sees_an_image_to_share(site: Site) -> None:
    wanted = {"title": "A very nice shirt", "intro": "Made to measure", "type": "showcase", "site": "org"}
    # An image is not JSON, and the hook reads nothing else.
    assert site.visitor.call("createSocialImage", wanted) == [200, None]
