"""The server with windows of seconds where quotas are per minute.

A client that uses up a quota is rejected by the limiter itself, but waits for seconds only.
"""

from services.limits import limiter, policies
from tests import quick_server

SECONDS = 2


def main() -> None:
    """Serve."""
    short = [one._replace(seconds=SECONDS) if one.seconds == policies.MINUTE else one for one in policies.DEFAULTS]
    setattr(limiter, "DEFAULTS", tuple(short))  # noqa: B010
    quick_server.main()
