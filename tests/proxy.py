"""A TCP proxy between a server and its database, which can be cut and can hang."""

import contextlib
import socket
from threading import Event, Thread


class Proxy:
    """Forwards connections until it is told to `cut` them or to `hang`; `restore` makes all well again."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._flowing = Event()
        self._sockets: list[socket.socket] = []
        self._listener = self._listen(0)
        self.port = int(self._listener.getsockname()[1])
        self._flowing.set()

    def cut(self) -> None:
        """Refuse new connections and end the present ones."""
        self._flowing.set()
        _end(self._listener)
        while self._sockets:
            _end(self._sockets.pop())

    def hang(self) -> None:
        """Go on accepting and never answer."""
        self._flowing.clear()

    def restore(self) -> None:
        """Forward again; what was held back while hanging flows now."""
        self._flowing.set()
        if self._listener.fileno() == -1:
            self._listener = self._listen(self.port)

    def _listen(self, port: int) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", port), backlog=200)
        Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(self._target)
                self._sockets += [near, far]
                for source, sink in ((near, far), (far, near)):
                    Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                self._flowing.wait()
                sink.sendall(data)
        _end(source)
        _end(sink)


def _end(connection: socket.socket) -> None:
    # Closing alone does not wake a thread that waits in accept or recv.
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
