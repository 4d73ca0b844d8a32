"""A worker as its supervisor sees it."""

import asyncio
import contextlib
import signal
import socket
import subprocess

from serving import channel


class Worker:
    """A process, our end of its channel, and how many of the connections that it was handed are open."""

    def __init__(self, number: int, process: asyncio.subprocess.Process, end: socket.socket) -> None:
        self.number = number
        self.open = 0
        self.pid = process.pid
        self.is_retired = False
        # How often the supervisor has looked since it last said anything.
        self.silence = 0
        self._process = process
        self._ready = asyncio.Event()
        self._end = end
        asyncio.get_running_loop().add_reader(end, self._listen)

    @classmethod
    async def start(cls, app: str, number: int, restarts: int = 0) -> "Worker":
        """Start the process, in a session of its own: Ctrl-C at the terminal is for the supervisor alone.

        `restarts` is how often a worker with this number ended by itself before.
        """
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *channel.command(app, number, theirs.fileno(), restarts),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        return cls(number, process, ours)

    def hand(self, connection: socket.socket) -> bool:
        """Give it a connection; False if it cannot take one at this moment, or no more."""
        try:
            socket.send_fds(self._end, [channel.CONNECTION], [connection.fileno()])
        except OSError:
            return False
        self.open += 1
        return True

    def is_alone(self) -> None:
        """Tell the worker that it is the only one left in its place."""
        with contextlib.suppress(OSError):
            self._end.send(channel.ALONE)

    async def serves(self, seconds: float) -> bool:
        """Wait until it serves; False if it ended before, or took longer."""
        ready, ended = asyncio.create_task(self._ready.wait()), asyncio.create_task(self._process.wait())
        try:
            await asyncio.wait({ready, ended}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            return ready.done() and not ended.done()
        finally:
            ready.cancel()
            ended.cancel()

    async def ended(self) -> int:
        """Wait for its end; its exit status."""
        status = await self._process.wait()
        self._close()
        return status

    async def retired(self, seconds: float) -> bool:
        """Let it finish what it has, and end; False if it took longer, and was killed."""
        self.is_retired = True
        self._close()
        try:
            await asyncio.wait_for(self._process.wait(), seconds)
        except TimeoutError:
            await self.kill()
            return False
        return True

    def abort(self) -> None:
        """End it; with PYTHONFAULTHANDLER in its environment it writes where it hangs to the log."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGABRT)

    def end(self) -> None:
        """End it at once, as if it had ended by itself."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def kill(self) -> None:
        """End it at once, for good."""
        self.is_retired = True
        self.end()
        await self._process.wait()
        self._close()

    def _listen(self) -> None:
        try:
            said = self._end.recv(4096)
        except BlockingIOError:
            return
        except OSError:
            said = b""
        if not said:
            asyncio.get_running_loop().remove_reader(self._end)
        self.silence = 0
        if channel.READY in said:
            self._ready.set()
        self.open -= said.count(channel.CLOSED)

    def _close(self) -> None:
        if self._end.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._end)
            self._end.close()
