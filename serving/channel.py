"""What a supervisor and its workers say to each other, one byte a message, over a pair of Unix sockets.

The end of the channel is the word to end: it comes after everything that was said before it, and also when the
supervisor is killed.
"""

import os
import socket
import sys
from typing import NamedTuple

# From a worker: it serves; a connection has ended; it is not stuck, said about once a second.
READY, CLOSED, ALIVE = b"r", b"-", b"."
# To a worker: here is a connection, as the socket that comes along; whom it replaces is gone.
CONNECTION, ALONE = b"c", b"a"
_WORD = "--worker"


class Place(NamedTuple):
    """Which of the workers this process is, from 0, and the worker's end of the channel.

    `restarts` is how often a worker in this place ended by itself and was replaced.
    """

    number: int
    channel: socket.socket
    restarts: int


def command(app: str, number: int, descriptor: int, restarts: int) -> list[str]:
    """Return the command that starts a worker: its arguments mark it as a worker, and state its place."""
    return [sys.executable, app, _WORD, str(number), str(descriptor), str(restarts)]


def place() -> Place | None:
    """What the arguments of this process say; None if it is no worker."""
    if sys.argv[1:2] != [_WORD]:
        return None
    number, descriptor, restarts = (int(argument) for argument in sys.argv[2:5])
    # A program that a worker starts must not hold its channel open.
    os.set_inheritable(descriptor, False)
    return Place(number, socket.socket(fileno=descriptor), restarts)
