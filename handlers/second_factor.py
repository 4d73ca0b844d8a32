"""The second factor: one-time codes and scratch codes, each accepted once."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from errors import MfaTokenRequired
from services import mfa
from storage import accounts


def given(token: Any) -> str:
    """The code that a client sent; raises MfaTokenRequired for none (absent, `false`, empty)."""
    if not isinstance(token, str) or not token.strip():
        raise MfaTokenRequired("A one-time code is needed.")
    return token


def consume(connection: Connection, user_id: int, code: str, now: datetime) -> bool:
    """Whether the code is good, and from now on it is not. Part of a write."""
    account = accounts.lock(connection, user_id)
    if not account["mfa_enabled"]:  # turned off since the caller looked
        return False
    step = mfa.matching_step(account["mfa_secret"], code, now=now, after=account["mfa_step"])
    if step is not None:
        accounts.change(connection, user_id, mfa_step=step)
        return True
    hashed = mfa.hash_of(code)
    if hashed not in account["mfa_scratch"]:
        return False
    left = [scratch for scratch in account["mfa_scratch"] if scratch != hashed]
    accounts.change(connection, user_id, mfa_scratch=left)
    return True
