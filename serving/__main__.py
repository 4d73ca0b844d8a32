"""`python -m serving app.py`: the supervisor; what `python app.py` becomes with FREESEWING_WORKERS above 1."""

import asyncio
import logging
import os
import sys

import settings as configuration
from services.observability import logs
from serving import supervisor
from serving.manager import ServiceManager

log = logging.getLogger("freesewing-api")


def main() -> None:
    """Run workers until a signal to stop."""
    os.umask(configuration.UMASK)
    try:
        settings = configuration.load()
    except configuration.SettingsInvalid as error:
        raise SystemExit(f"freesewing-api cannot start:\n{error}") from None
    try:
        listener = supervisor.listen(settings.host, settings.port)
    except OSError as error:
        where = f"cannot listen on {settings.host}:{settings.port}: {error.strerror}"
        raise SystemExit(f"freesewing-api cannot start:\nFREESEWING_HOST, FREESEWING_PORT: {where}") from None
    logs.set_up(settings.log_level, settings.log_format)
    log.info("%s workers on http://%s:%s", settings.workers, settings.host, settings.port)
    if settings.limits == "on" and not settings.redis_url:
        log.warning(
            "without FREESEWING_REDIS_URL each worker limits by itself: quotas are up to %s times what they say",
            settings.workers,
        )
    service_manager = ServiceManager.of_this_process()
    running = supervisor.Supervisor(sys.argv[1], listener, settings.workers, service_manager)
    sys.exit(asyncio.run(running.run()))


if __name__ == "__main__":
    main()
