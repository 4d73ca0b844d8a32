"""An HTTP client that keeps to the rate limits of a deployment: it slows down, and repeats what got 429 or 503."""

import re
import time
from typing import Any
from urllib.parse import urlsplit

import httpx2

# Units of a policy that are left to others of the same account or address, and for calls that cost several.
# Of a small quota a quarter is left.
RESERVE = 20
# A window that ends later than this is not waited for.
LONGEST_WAIT = 120
MOST_TRIES = 5
LOCAL = ("127.0.0.1", "::1", "localhost")
_QUOTA = re.compile(r'"([\w-]+)";q=(\d+)')
_LEFT = re.compile(r'"([\w-]+)";r=(\d+);t=(\d+)')


class OverQuota(Exception):
    """A quota of the deployment is used up, or it is busy, for longer than anybody wants to wait."""


class Pace:
    """The time until which requests with the same credentials should wait, from the responses so far."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def note(self, credentials: str, headers: Any) -> None:
        """Take in what a reply says is left (`RateLimit`)."""
        quotas = dict(_QUOTA.findall(headers.get("ratelimit-policy") or ""))
        for policy, left, seconds in _LEFT.findall(headers.get("ratelimit") or ""):
            reserve = min(RESERVE, int(quotas.get(policy, 4 * RESERVE)) // 4)
            if int(left) < reserve and int(seconds) <= LONGEST_WAIT:
                self._until[credentials] = time.time() + int(seconds)

    def keep(self, credentials: str) -> None:
        """Wait, if need be, before the next request."""
        time.sleep(max(self._until.pop(credentials, 0) - time.time(), 0))


class ThrottledClient(httpx2.Client):
    """A client that slows down before a quota is used up, and repeats a request after `Retry-After`."""

    def __init__(self, url: str) -> None:
        # A server on this machine is called without a proxy.
        super().__init__(base_url=url, timeout=30, trust_env=urlsplit(url).hostname not in LOCAL)
        self.pace = Pace()

    def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        """Send it, as often as it takes; raises OverQuota."""
        credentials = request.headers.get("authorization", "")
        for _ in range(MOST_TRIES):
            self.pace.keep(credentials)
            reply = super().send(request, **options)
            self.pace.note(credentials, reply.headers)
            seconds = _seconds_to_wait(reply)
            if seconds is None:
                return reply
            if seconds > LONGEST_WAIT:
                break
            time.sleep(seconds)
        raise OverQuota(
            f"{request.method} {request.url.path} is over a quota of this deployment, or it is busy: come again later"
        )


def _seconds_to_wait(reply: httpx2.Response) -> int | None:
    """How long to wait before it is sent again (over a quota, or the server is busy); None if it was answered."""
    retry_after = reply.headers.get("retry-after", "")
    if reply.status_code == 503 and retry_after.isdecimal():
        return int(retry_after)
    if reply.status_code == 429:
        return int(retry_after) if retry_after.isdecimal() else 60
    return None
