"""An outage writes no line for each request."""

import logging
from collections.abc import Iterator

import pytest

from services.observability.log_throttle import Throttled


class Written(Throttled):
    """Keeps the lines instead of writing them."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.now = 100.0

    def flush(self) -> None:
        """Nothing is written to a stream."""


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[logging.Logger, Written]]:
    """A logger with only this handler, whose clock the test moves."""
    handler = Written()
    monkeypatch.setattr(logging.StreamHandler, "emit", lambda self, record: self.lines.append(self.format(record)))
    monkeypatch.setattr("services.observability.log_throttle.time.monotonic", lambda: handler.now)
    logger = logging.Logger("test")
    logger.addHandler(handler)
    yield logger, handler
    monkeypatch.undo()
    handler.close()


def test_of_a_flood_of_warnings_one_a_second_is_written_with_the_number_of_the_others(
    log: tuple[logging.Logger, Written],
) -> None:
    logger, handler = log
    for request in range(11):
        handler.now += 0.25
        logger.warning("request %s: no database", request)
    assert len(handler.lines) == 3
    assert handler.lines[0] == "request 0: no database"
    assert handler.lines[1] == "request 4: no database (suppressed 3 like this one)"
    handler.report()
    assert len(handler.lines) == 3
    handler.now += 1
    handler.report()
    handler.report()
    assert handler.lines[3:] == ["request 10: no database (suppressed 1 like this one)"]


def test_suppressed_messages_are_counted_at_the_end(log: tuple[logging.Logger, Written]) -> None:
    logger, handler = log
    for request in range(3):
        logger.error("request %s: no database", request)
    handler.close()
    assert handler.lines == [
        "request 0: no database",
        "request 2: no database (suppressed 1 like this one)",
    ]


def test_other_places_causes_operations_and_errors_have_lines_of_their_own(
    log: tuple[logging.Logger, Written],
) -> None:
    logger, handler = log
    for _ in range(2):
        logger.warning("here")
        logger.warning("there")
        for kind in (KeyError, ValueError):
            logger.error("failed", exc_info=kind())
        for extra in ({"cause": "database"}, {"cause": "image_store"}, {"operation": "a"}, {"operation": "b"}):
            logger.warning("it", extra=extra)
        logger.info("not limited")
    lines = [line.partition("\n")[0] for line in handler.lines]
    assert sorted(lines) == sorted(["here", "there", "failed", "failed", *4 * ["it"], *2 * ["not limited"]])
