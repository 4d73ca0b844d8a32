"""A server of several workers."""

import signal

import psutil  # type: ignore[import-untyped, unused-ignore]

from tests.service import Service, wait_until


class Crew(Service):
    """The supervisor, with what it started."""

    def workers(self) -> list[psutil.Process]:
        """Its workers that live, by age."""
        assert self.process is not None
        found = psutil.Process(self.process.pid).children()
        return sorted(
            (one for one in found if one.status() != psutil.STATUS_ZOMBIE), key=lambda one: one.create_time()
        )

    def spread(self) -> list[int]:
        """How many clients are connected to each worker."""
        return [
            sum(
                one.status == psutil.CONN_ESTABLISHED and one.laddr.port == self.port
                for one in worker.net_connections()
            )
            for worker in self.workers()
        ]

    def replace(self) -> None:
        """Have every worker replaced, and wait until that is done."""
        assert self.process is not None
        before = {worker.pid for worker in self.workers()}
        done = self.logged("every worker was replaced")
        self.process.send_signal(signal.SIGHUP)
        wait_until(lambda: self.logged("every worker was replaced") > done, f"new workers; see {self.log}")
        assert not before & {worker.pid for worker in self.workers()}

    def logged(self, what: str) -> int:
        """How often this text is in the log."""
        return self.log.read_text().count(what)
