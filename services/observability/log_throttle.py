"""A log handler that limits repeated warnings: an outage or a client must not write a line for each request."""

import logging
import time
from copy import copy
from dataclasses import dataclass

SECONDS = 1.0


@dataclass(slots=True)
class _Place:
    """A place in the code that logs: until when its lines are suppressed, how many were, and the last of them."""

    until: float = 0.0
    suppressed: int = 0
    last: logging.LogRecord | None = None


class Throttled(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes to stderr. Of warnings and errors from one place in the code, one each SECONDS, with their number.

    Lines with another `cause`, `operation`, `setting` or type of exception count separately. `report` writes the
    counts that are due.
    """

    def __init__(self) -> None:
        super().__init__()
        self._places: dict[tuple[object, ...], _Place] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line, or count it."""
        if record.levelno < logging.WARNING:
            super().emit(record)
            return
        place = self._places.setdefault(_place_of(record), _Place())
        if time.monotonic() < place.until:
            place.suppressed += 1
            place.last = record
        else:
            self._write(place, record)

    def report(self) -> None:
        """Write the last suppressed line of each place whose time is over, with the number of the others."""
        now = time.monotonic()
        self.acquire()
        try:
            for place in self._places.values():
                if place.last is not None and now >= place.until:
                    place.suppressed -= 1
                    self._write(place, place.last)
        finally:
            self.release()

    def close(self) -> None:
        """Write every suppressed line that is left before the log ends."""
        for place in self._places.values():
            place.until = 0.0
        self.report()
        super().close()

    def _write(self, place: _Place, record: logging.LogRecord) -> None:
        written = record if place.suppressed == 0 else _with_number(record, place.suppressed)
        place.until, place.suppressed, place.last = time.monotonic() + SECONDS, 0, None
        super().emit(written)


def _place_of(record: logging.LogRecord) -> tuple[object, ...]:
    """Return what makes lines alike: as many as there are places in the code, whatever the messages hold."""
    kind = type(record.exc_info[1]) if record.exc_info else None
    own = (record.__dict__.get(name) for name in ("cause", "operation", "setting"))
    return (record.pathname, record.lineno, record.levelno, kind, *own)


def _with_number(record: logging.LogRecord, suppressed: int) -> logging.LogRecord:
    counted = copy(record)
    counted.msg, counted.args = f"{record.getMessage()} (suppressed {suppressed} like this one)", ()
    counted.__dict__["suppressed"] = suppressed
    return counted
