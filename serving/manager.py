"""Notifications for the service manager, by systemd's protocol (sd_notify(3)): ready, alive, reloading, stopping."""

import logging
import socket
import time

from pydantic_settings import BaseSettings

# How often a process says that it is alive. A watchdog needs a multiple of this.
ALIVE_SECONDS = 1.0
log = logging.getLogger(__name__)


class _Environment(BaseSettings):
    """What the service manager sets for a process that it starts; see sd_watchdog_enabled(3)."""

    notify_socket: str = ""
    watchdog_usec: int = 0


class ServiceManager:
    """The service manager that started this process. Where none did, nothing is sent.

    Only the main process of a service may use it: systemd ignores the others (`NotifyAccess=main`).
    """

    def __init__(self, address: str = "", *, watches: bool = False) -> None:
        """`address` is a path, or "@" and a name in the abstract namespace; `watches`: it has a watchdog."""
        self.watches = watches and bool(address)
        self._address = f"\0{address[1:]}" if address.startswith("@") else address

    @classmethod
    def of_this_process(cls) -> "ServiceManager":
        """Return the service manager that the environment names."""
        found = _Environment()
        return cls(found.notify_socket, watches=found.watchdog_usec > 0)

    def ready(self) -> None:
        """The process serves, or has reloaded."""
        self._send("READY=1")

    def alive(self) -> None:
        """The process does not hang. It is killed if it stops saying so."""
        if self.watches:
            self._send("WATCHDOG=1")

    def reloading(self) -> None:
        """The process has begun to reload; `ready` ends that."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """The process has begun to end."""
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
                # The event loop sends it: a service manager that reads nothing must not block it.
                channel.setblocking(False)
                channel.sendto(message.encode(), self._address)
        except OSError as error:
            log.warning("the service manager was not notified of %s: %s", message.split("\n")[0], error.strerror)


NONE = ServiceManager()
