"""Remaining amounts of the quotas of an account, and of one of its keys."""

from typing import Any

from core import clock
from handlers.serializers.apikeys import quota_state
from services.limits.limiter import Limiter, Quotas, claims_of_account


def quota_states(
    limiter: Limiter | None,
    user_id: int,
    account_quotas: Quotas | None,
    key_id: int = 0,
    key_quotas: Quotas | None = None,
) -> list[dict[str, Any]]:
    """Return `QuotaState` of each policy, those of the key first; none if limits are off."""
    if limiter is None:
        return []
    claims = claims_of_account(limiter, user_id, account_quotas, key_id, key_quotas, 1)
    now = clock.epoch()
    return [quota_state(state, now) for state in limiter.peek(claims)]
