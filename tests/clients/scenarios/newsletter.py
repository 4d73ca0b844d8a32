"""The newsletter."""

from tests.clients.scenario import drives
from tests.clients.scenarios.sessions import mailed
from tests.clients.site import Site
from tests.handlers.reading import new_address


@drives("newsletterSubscribe", "newsletterConfirmSubscribe", "adminLoadSubscribers", "newsletterUnsubscribe")
def a_visitor_subscribes_and_leaves(site: Site) -> None:
    email, admin = new_address(), site.signed_in("admin")
    assert site.visitor.done("newsletterSubscribe", email)["data"] == {"email": email, "language": "en"}
    link = mailed(site, email)
    site.visitor.done("newsletterConfirmSubscribe", {"id": link["id"], "ehash": link["check"]})
    (listed,) = (row for row in admin.done("adminLoadSubscribers")["subscribers"]["en"] if row["email"] == email)
    site.visitor.gone("newsletterUnsubscribe", listed["ehash"])
    # Whether the address was on the list does not show: the second response equals the first.
    site.visitor.gone("newsletterUnsubscribe", listed["ehash"])


@drives("newsletterStartUnsubscribe")
def a_visitor_asks_to_leave(site: Site) -> None:
    site.visitor.done("newsletterStartUnsubscribe", new_address())
