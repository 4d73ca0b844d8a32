"""How much there is of everything, and imports that only the operator may make."""

from tests.contract.checks.problems import is_problem
from tests.contract.deployment import Deployment


def test_there_are_counts_of_everything(there: Deployment) -> None:
    stats, users = there.call("read_stats"), there.call("read_user_count")
    assert (stats.status_code, users.status_code) == (200, 200), "there are no counts"
    # They may be counted anew between the two.
    again = there.call("read_stats").json()["user"]
    assert users.json()["users"] in (stats.json()["user"], again), "two counts of users differ"


def test_imports_need_the_operators_token(there: Deployment) -> None:
    body = {"import_token": "not the token of the operator", "list": {"en": ["a@example.org"]}}
    reply = there.call("import_subscribers", json=body)
    assert reply.status_code in (401, 403), f"an import without the token is answered {reply.status_code}"
    codes = {"authenticationFailed", "notEnabled"}
    assert is_problem(reply, reply.status_code)["error"] in codes, "an import is refused for another reason"
