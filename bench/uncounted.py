"""Our server without metering and limits, to see what these cost: `python -m bench.uncounted`, with limits off."""

from typing import Any

import app
from services.usage import counting


def _nothing(*_: Any) -> None:
    return None


if __name__ == "__main__":
    for name in ("count", "count_anonymous"):
        setattr(counting, name, _nothing)
    app.main()
