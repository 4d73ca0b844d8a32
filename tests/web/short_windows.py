"""`python -m tests.web.short_windows`: the server with windows of seconds where quotas are per minute.

A client that uses up a quota is rejected by the limiter itself, but waits for seconds only.
"""

import app
from services.limits import limiter, policies

SECONDS = 2


def main() -> None:
    """Serve."""
    short = [one._replace(seconds=SECONDS) if one.seconds == policies.MINUTE else one for one in policies.DEFAULTS]
    setattr(limiter, "DEFAULTS", tuple(short))  # noqa: B010
    app.main()


if __name__ == "__main__":
    main()
