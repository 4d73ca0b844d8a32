"""How many records and bytes an account may store."""

from typing import Any

from core import clock
from services.limits.limiter import Quotas
from services.limits.policies import BYTES, RECORDS, STORAGE, parsed
from storage.storage_use import UNLIMITED, Storage


class StorageQuotas:
    """The quotas of storage, unless administrators have set others for an account."""

    def __init__(self, *, enabled: bool, quotas: str) -> None:
        """`quotas` is as for `Limits`; raises ValueError as it does."""
        wanted = {**STORAGE, **parsed(quotas)}
        self._usual = Storage(wanted[RECORDS], wanted[BYTES]) if enabled else UNLIMITED

    def of(self, account_quotas: Quotas | None) -> Storage:
        """Return the quotas of an account, from those that administrators have set for it (`accounts.quotas`)."""
        if not account_quotas or self._usual is UNLIMITED:
            return self._usual
        now = clock.epoch()
        own = {name: given["quota"] for name, given in account_quotas.items() if given["until"] > now}
        return Storage(own.get(RECORDS, self._usual.records), own.get(BYTES, self._usual.bytes))


def shown(use: Storage, quota: Storage) -> dict[str, Any]:
    """Return `StorageUse`: the records and bytes that an account stores, its quotas, and the remaining units."""
    limited = quota is not UNLIMITED
    return {
        "records": use.records,
        "bytes": use.bytes,
        "recordsQuota": quota.records if limited else None,
        "bytesQuota": quota.bytes if limited else None,
        "recordsLeft": max(0, quota.records - use.records) if limited else None,
        "bytesLeft": max(0, quota.bytes - use.bytes) if limited else None,
    }
