"""`python -m tests.web.hasty`: the server with quotas of a minute that begin anew every few seconds.

Whoever uses one up is really refused, and a test need not wait for a minute until they are not.
"""

import app
from services.limits import limiter, policies

SECONDS = 2


def main() -> None:
    """Serve."""
    hasty = [one._replace(seconds=SECONDS) if one.seconds == policies.MINUTE else one for one in policies.DEFAULTS]
    setattr(limiter, "DEFAULTS", tuple(hasty))  # noqa: B010
    app.main()


if __name__ == "__main__":
    main()
