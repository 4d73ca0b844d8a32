"""How much there is of everything, as it was counted last."""

from starlette.responses import Response

from core.errors import StorageUnavailable
from handlers.support.responses import success
from services.container import Services
from storage import statistics

# As long as the totals of a small server stand.
TWO_MINUTES = {"Cache-Control": "public, max-age=120"}
# Our tables by FreeSewing's names of their records.
NAMES = {
    "user": "accounts",
    "pattern": "patterns",
    "set": "sets",
    "curatedSet": "curated_sets",
    "bookmark": "bookmarks",
    "apikey": "apikeys",
}


async def read_stats(services: Services) -> Response:
    """Counts, the designs drafted most, calls, and the accounts that call most."""
    found = await services.storage.read(statistics.find)
    if found is None:
        raise _not_yet()
    return success(
        headers=TWO_MINUTES,
        **{name: found.rows[table] for name, table in NAMES.items()},
        designs=found.designs,
        activity={"jwt": found.jwt_calls, "key": found.key_calls},
        topUsers=[{"id": user_id, "username": name, "calls": calls} for user_id, name, calls in found.top_users],
    )


async def read_user_count(services: Services) -> Response:
    """The number of accounts."""
    users = await services.storage.read(statistics.count_accounts)
    if users is None:
        raise _not_yet()
    return success(headers=TWO_MINUTES, users=users)


def _not_yet() -> StorageUnavailable:
    return StorageUnavailable("There are no statistics yet.", cause="first_count")
