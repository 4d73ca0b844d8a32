"""The health check of the image: exit status 0 if the server answers. A hung server is killed.

Docker marks a container whose check fails as unhealthy, and leaves it running. So the check kills the server. The
init process of the container (`init: true`, `docker run --init`) then ends, and the restart policy starts the
container again.
"""

import contextlib
import http.client
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

# Together as long as the timeout of systemd's watchdog. A failed database does not delay /health.
TRIES, TRY_SECONDS = 6, 5.0
# How long a killed server may take to log its traceback.
LOG_SECONDS = 1.0


def main() -> int:
    """Check the server of this container; the exit status."""
    port = int(os.environ["FREESEWING_PORT"])
    seconds = float(sys.argv[1]) if sys.argv[1:] else TRY_SECONDS
    for _ in range(TRIES):
        try:
            return 0 if _answers(port, seconds) else 1
        except TimeoutError:
            continue
    sys.stdout.write("the server hangs\n")
    # Of processes that were started into a container, and of no others, the parent is not visible.
    if os.getppid() == 0:
        _kill(list(_children_of_init()))
    return 1


def _answers(port: int, seconds: float) -> bool:
    """Whether it answers, with any status, or refuses, as when it starts or ends; TimeoutError if it hangs."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request("GET", "/health")
        connection.getresponse()
    except TimeoutError:
        raise
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def _children_of_init() -> Iterator[int]:
    """The ids of the processes that process 1 has started."""
    for status in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError):
            if "\nPPid:\t1\n" in status.read_text():
                yield int(status.parent.name)


def _kill(processes: list[int]) -> None:
    """End them, at SIGABRT with a traceback in the log if PYTHONFAULTHANDLER is set."""
    for number, seconds in ((signal.SIGABRT, LOG_SECONDS), (signal.SIGKILL, 0)):
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)
        time.sleep(seconds)


if __name__ == "__main__":
    sys.exit(main())
