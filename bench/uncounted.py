"""Our server without metering, to measure what metering and limits cost: `python -m bench.uncounted`, limits off."""

import app
from services.usage.counting import UsageCounter

if __name__ == "__main__":
    for name in ("count", "count_anonymous"):
        setattr(UsageCounter, name, lambda *_: None)
    app.main()
