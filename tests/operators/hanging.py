"""The server, with an event loop that hangs at SIGUSR1."""

import signal
import threading

import app


def hang(*_: object) -> None:
    """Block the event loop for good."""
    threading.Event().wait()


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, hang)
    app.main()
