"""`quota`: what owners asked for, and the answers, which are mailed to them by the running server."""

import argparse
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

import clock
import storage
from commands import tables
from commands.work import Parsers, command, connected, group, operator, uuid
from security import ROLE_LEVELS
from services import maintainer, quotas
from settings import Settings
from storage import acts, quota_requests
from storage.quota_requests import DECLINED, GRANTED, OPEN, Decision, QuotaRequest

# As in the document.
MOST_UNITS, MOST_DAYS, LONGEST_ANSWER = 1_000_000_000, 366, 1000
COLUMNS = ("request", "asked", "account", "key", "policy", "quota", "days", "state", "purpose")


def add(parsers: Parsers) -> None:
    """`quota list|grant|decline`."""
    quota = group(parsers, "quota", "answer those who ask for a higher quota")
    listed = command(quota, "list", _list, "list requests for a higher quota, oldest first")
    listed.add_argument("--state", choices=(OPEN, GRANTED, DECLINED), default=OPEN)
    grant = command(quota, "grant", _grant, "grant a request; it holds from the next call on, and the owner is mailed")
    decline = command(quota, "decline", _decline, "decline a request; the owner is mailed")
    for made in (grant, decline):
        made.add_argument("request", type=uuid)
        made.add_argument("--answer", required=True, type=_answer, help="a sentence for the owner")
    grant.add_argument("--quota", type=_up_to(MOST_UNITS), help="units, where not those that were asked for")
    grant.add_argument("--days", type=_up_to(MOST_DAYS), help="days, where not as many as were asked for")
