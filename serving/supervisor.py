"""Several workers behind one port: each new connection goes to the worker that has the fewest.

The supervisor holds the port: connections wait there while a worker is replaced, and none is lost.
"""

import asyncio
import logging
import signal
import socket
import time
from collections import Counter
from collections.abc import Coroutine

from serving import manager
from serving.manager import ServiceManager
from serving.worker import Worker

BACKLOG = 2048
# A worker that ended by itself is replaced after this, and later each time that the next one does not last.
FIRST_DELAY, LONGEST_DELAY = 0.5, 30.0
LASTING_SECONDS = 60.0
# How long a new worker may take until it serves, and a retired one until it has finished. The second is longer than
# all that a worker allows itself: connections, requests at hand, mail.
START_SECONDS, END_SECONDS = 60.0, 25.0
# How often the supervisor checks the workers, and after how many checks in a row without a message from a worker it
# counts as hung. Counted instead of timed: after the machine was suspended, no worker has sent a message.
LOOK_SECONDS, MOST_SILENCE = 5.0, 6
# After no worker could take a connection, and after none could be accepted (too many open files, most likely).
FULL_SECONDS, TROUBLE_SECONDS = 0.05, 1.0
log = logging.getLogger(__name__)


def listen(host: str, port: int) -> socket.socket:
    """The socket that clients connect to; raises OSError if it cannot be had."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    listener = socket.create_server(address[:2], family=family, backlog=BACKLOG)
    # Connections have it from their listener.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.setblocking(False)
    return listener


class Supervisor:
    """Keeps so many workers running, and gives them connections."""

    def __init__(
        self, app: str, listener: socket.socket, count: int, service_manager: ServiceManager = manager.NONE
    ) -> None:
        self._service_manager = service_manager
        self._app = app
        self._listener = listener
        self._count = count
        self._workers: list[Worker] = []  # those that serve; of equals the first is the next to get a connection
        # How often the worker in each place ended by itself.
        self._restarts = Counter[int]()
        self._held: socket.socket | None = None
        self._retiring: set[Worker] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._all_started = True
        # Until all have been started there is nothing to reload.
        self._reloading = True
        self._ending = asyncio.Event()

    async def run(self) -> int:
        """Serve until SIGTERM or SIGINT, replacing every worker at SIGHUP; the exit status."""
        loop = asyncio.get_running_loop()
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(each, self._ending.set)
        loop.add_signal_handler(signal.SIGHUP, lambda: self._go_on(self._reload()))
        self._go_on(self._start_all())
        await self._ending.wait()
        await self._end()
        return 0 if self._all_started else 1

    async def _start_all(self) -> None:
        started = await asyncio.gather(*(self._begin(number) for number in range(self._count)))
        if None in started:  # as would those that came after it
            self._all_started = False
            self._ending.set()
            return
        for worker in self._workers:
            worker.is_alone()
            self._go_on(self._watch(worker))
        self._reloading = False
        self._resume()
        self._go_on(self._look())
        if self._service_manager.watches:
            self._go_on(self._say_alive())
        self._service_manager.ready()

    async def _say_alive(self) -> None:
        """Tell the service manager once a second, as long as a worker answers: one that hangs is replaced here."""
        while True:
            if any(worker.silence <= MOST_SILENCE for worker in self._workers):
                self._service_manager.alive()
            await asyncio.sleep(manager.ALIVE_SECONDS)

    async def _look(self) -> None:
        """End workers that are stuck: who waits on their connections can come again to another."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for worker in list(self._workers):
                worker.silence += 1
                if worker.silence == MOST_SILENCE + 1:
                    log.error("worker %s (process %s) is stuck", worker.number, worker.pid)
                    worker.abort()
                elif worker.silence > MOST_SILENCE:  # a frozen process does not handle SIGABRT
                    worker.end()

    async def _begin(self, number: int) -> Worker | None:
        """Start a worker; None if it does not come to serve."""
        try:
            worker = await Worker.start(self._app, number, self._restarts[number])
        except OSError as error:  # no memory, no process, no file to spare
            log.error("worker %s did not start: %s", number, error.strerror)
            return None
        try:
            if await worker.serves(START_SECONDS):
                self._workers.insert(0, worker)
                return worker
            log.error("worker %s (process %s) did not start", number, worker.pid)
        finally:
            if worker not in self._workers:
                await worker.kill()
        return None

    async def _watch(self, worker: Worker) -> None:
        """Replace the worker whenever it ends by itself."""
        delay = FIRST_DELAY
        while True:
            begun = time.monotonic()
            status = await worker.ended()
            if worker.is_retired:
                return
            self._workers.remove(worker)
            if time.monotonic() - begun > LASTING_SECONDS:
                delay = FIRST_DELAY
            log.error("worker %s (process %s) ended with status %s", worker.number, worker.pid, status)
            self._restarts[worker.number] += 1
            new: Worker | None = None
            while new is None:
                await asyncio.sleep(delay)
                delay = min(delay * 2, LONGEST_DELAY)
                new = await self._begin(worker.number)
            worker = new
            worker.is_alone()

    async def _reload(self) -> None:
        """Replace one worker after the other, each once its successor serves; stop at one that does not start."""
        if self._reloading:
            return
        self._reloading = True
        self._service_manager.reloading()
        try:
            for old in sorted(self._workers, key=lambda worker: worker.number):
                new = await self._begin(old.number)
                if new is None:
                    log.error("the other workers are not replaced")
                    return
                if old not in self._workers:  # it ended by itself meanwhile, and is being replaced
                    await self._retire(new)
                    continue
                self._go_on(self._watch(new))
                await self._retire(old)
                new.is_alone()
            log.info("every worker was replaced")
        finally:
            self._reloading = False
            self._service_manager.ready()

    async def _retire(self, worker: Worker) -> None:
        """Give it nothing more, and wait until it has finished what it has."""
        if worker in self._workers:
            self._workers.remove(worker)
        self._retiring.add(worker)
        if not await worker.retired(END_SECONDS):
            log.error("worker %s (process %s) did not end in time", worker.number, worker.pid)
        self._retiring.discard(worker)

    async def _end(self) -> None:
        """Hand over what waits already, stop listening, and let everybody finish."""
        self._service_manager.stopping()
        asyncio.get_running_loop().remove_reader(self._listener)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        while self._workers and self._accept():
            pass
        self._listener.close()
        # Those too that a reload was replacing at this moment.
        await asyncio.gather(*(self._retire(worker) for worker in {*self._workers, *self._retiring}))

    def _accept(self) -> bool:
        """Hand one connection to the worker with the fewest; False if there was none, or no worker accepted it."""
        try:
            self._held = self._held or self._listener.accept()[0]
        except BlockingIOError:
            return False
        except OSError as error:
            log.error("cannot accept connections: %s", error.strerror)
            self._pause(TROUBLE_SECONDS)
            return False
        self._workers.sort(key=lambda worker: worker.open)
        taker = next((worker for worker in self._workers if worker.hand(self._held)), None)
        if taker is None:
            self._pause(FULL_SECONDS)
            return False
        # Of equals another is the next one.
        self._workers.remove(taker)
        self._workers.append(taker)
        self._held.close()
        self._held = None
        return True

    def _pause(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._listener)
        loop.call_later(seconds, self._resume)

    def _resume(self) -> None:
        if not self._ending.is_set():
            asyncio.get_running_loop().add_reader(self._listener, self._accept)
            if self._held:
                self._accept()

    def _go_on(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._note_end)

    def _note_end(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("the supervisor made a mistake", exc_info=task.exception())
