"""A TCP proxy before a server or a database, which can be cut or held, also at certain bytes, and can hang."""

import contextlib
import socket
from dataclasses import dataclass
from threading import Event, Lock, Thread

from tests.service import free_port


@dataclass
class _Cut:
    """What to cut at, how often it may still pass, and whether it is delivered then."""

    said: bytes
    passing: int
    delivered: bool


class Proxy:
    """Forwards connections. `cut` closes them, `hang` holds data back, and `restore` ends both."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._flowing = Event()
        self._sockets: list[socket.socket] = []
        self._cut: _Cut | None = None
        self._held_at = b""
        self.is_held = Event()
        self._lock = Lock()
        self.port = free_port()
        self._listener = self._listen()
        self._flowing.set()

    def cut(self) -> None:
        """Refuse new connections and end the present ones."""
        self._flowing.set()
        with self._lock:
            _end(self._listener)
            while self._sockets:
                _end(self._sockets.pop())

    def cut_at(self, said: bytes, *, passing: int, delivered: bool) -> None:
        """End the connection that sends this, except the first `passing` times: undelivered, or unanswered."""
        self._cut = _Cut(said, passing, delivered)

    def hold_at(self, said: bytes) -> None:
        """Hang as soon as a connection sends this, undelivered; `is_held` is set then."""
        self.is_held.clear()
        self._held_at = said

    def hang(self) -> None:
        """Go on accepting and never answer."""
        self._flowing.clear()

    def restore(self) -> None:
        """Forward again, also the data held back by `hang`."""
        self._flowing.set()
        if self._listener.fileno() == -1:
            self._listener = self._listen()

    def _listen(self) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", self.port), backlog=200)
        Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(self._target)
                with self._lock:
                    if listener.fileno() == -1:  # cut meanwhile
                        _end(near)
                        _end(far)
                        return
                    self._sockets += [near, far]
                unanswered = Event()
                Thread(target=self._forward, args=(near, far, unanswered), daemon=True).start()
                Thread(target=self._answer, args=(far, near, unanswered), daemon=True).start()

    def _forward(self, near: socket.socket, far: socket.socket, unanswered: Event) -> None:
        with contextlib.suppress(OSError):
            while data := near.recv(65_536):
                if self._held_at and self._held_at in data:
                    self._held_at = b""
                    self.hang()
                    self.is_held.set()
                self._flowing.wait()
                cut = self._cut_in(data)
                if cut is not None and not cut.delivered:
                    break
                if cut is not None:
                    unanswered.set()
                far.sendall(data)
        if not unanswered.is_set():
            _end(near)
            _end(far)

    def _cut_in(self, data: bytes) -> "_Cut | None":
        cut = self._cut
        if cut is None or cut.said not in data:
            return None
        if cut.passing:
            cut.passing -= 1
            return None
        self._cut = None
        return cut

    def _answer(self, far: socket.socket, near: socket.socket, unanswered: Event) -> None:
        with contextlib.suppress(OSError):
            while data := far.recv(65_536):
                self._flowing.wait()
                if unanswered.is_set():
                    break
                near.sendall(data)
        _end(near)
        _end(far)


def _end(connection: socket.socket) -> None:
    # Closing alone does not wake a thread that waits in accept or recv.
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
