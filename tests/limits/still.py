"""The server on a clock that stands still for quotas: no window ends during a test, however slow the machine is."""

import sys
import time
from types import SimpleNamespace
from unittest.mock import patch

from core import clock
from services.limits import counters
from tests import quick_server
from tests.service import Service

# The middle of a minute. One for all servers of a process: several share their counters.
MOMENT = time.time() // 60 * 60 + 30


class Still(Service):
    """A server of this kind."""

    module = "tests.limits.still"
    arguments = (str(MOMENT),)


def main() -> None:
    """Serve; the argument is the moment, in seconds since the epoch."""
    moment = float(sys.argv[1])
    stopped = SimpleNamespace(monotonic=lambda: 0.0, time=lambda: moment)
    with patch.object(clock, "epoch", lambda: moment), patch.object(counters, "time", stopped):
        quick_server.main()
