"""Rate-limit policies and their default quotas. The document's introduction explains each one."""

from typing import NamedTuple

MINUTE, DAY = 60, 86_400


class Policy(NamedTuple):
    """A rate-limit policy: `quota` units in each window of `seconds`."""

    name: str
    quota: int
    seconds: int


DEFAULTS = (
    Policy("burst", 600, MINUTE),
    Policy("day", 50_000, DAY),
    Policy("account-burst", 1_200, MINUTE),
    Policy("account-day", 100_000, DAY),
    Policy("address-burst", 300, MINUTE),
    Policy("address-day", 20_000, DAY),
    Policy("sign-ins", 30, MINUTE),
    Policy("sign-ups", 20, DAY),
    Policy("mails", 50, DAY),
    Policy("mails-to", 10, DAY),
    Policy("notices-to", 20, DAY),
    Policy("staff-mails", 10, DAY),
    Policy("issues", 20, DAY),
    Policy("posts", 10, DAY),
    Policy("images", 200, DAY),
    Policy("anonymous-images", 20, DAY),
    Policy("leak-reports", 20, MINUTE),
)

# What an account may store: not in a window of time, but at all.
RECORDS, BYTES = "records", "bytes"
STORAGE = {RECORDS: 10_000, BYTES: 200_000_000}


def parsed(quotas: str) -> dict[str, int]:
    """Return the quotas in `policy=units,…`; raise ValueError for an unknown policy or a quota that is no number."""
    wanted: dict[str, str] = dict(part.strip().partition("=")[::2] for part in quotas.split(",")) if quotas else {}
    known = [*(policy.name for policy in DEFAULTS), *STORAGE]
    if set(wanted) - set(known) or not all(units.isdigit() for units in wanted.values()):
        raise ValueError(f"must be policy=units, comma-separated; the policies are {', '.join(known)}")
    return {name: int(units) for name, units in wanted.items()}
