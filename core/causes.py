"""Causes of a 503: label of a metric, field of a log line. `docs/monitoring.md` explains each."""

from typing import Literal, get_args

Cause = Literal[
    "address_resolution",
    "concurrency",
    "concurrent_deletion",
    "database",
    "first_count",
    "image_removed",
    "image_store",
    "large_bodies",
    "large_replies",
    "migrations",
    "secrets",
    "slow_body",
    "stopping",
    "waiting_requests",
]
CAUSES: tuple[Cause, ...] = get_args(Cause)
