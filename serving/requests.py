"""Strict HTTP/1.1: a malformed request gets 400 as problem details, and its connection is closed."""

import logging
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from serving import heads

# uvicorn accepts heads and queues of pipelined requests of any size.
MOST_HEAD_BYTES, MOST_URL_BYTES, MOST_HEADERS, MOST_PIPELINED = 32_768, 16_384, 100, 64
HEAD_TOO_LARGE = f"The head of the request has more than {MOST_HEAD_BYTES:,} bytes."
# How long a client may go on sending a rejected request: after a reset it could not read the response.
LINGER_SECONDS = 2.0
log = logging.getLogger(__name__)


class _OfClients(logging.LoggerAdapter[logging.Logger]):
    """uvicorn's log. Its warnings are all about what clients send: they are logged for debugging only."""

    def warning(self, msg: object, *args: object, **options: Any) -> None:
        """Log it at the level of debugging."""
        self.debug(msg, *args, **options)

    @property
    def level(self) -> int:
        """The level of uvicorn's log."""
        return self.logger.level


class Requests(HttpToolsProtocol):
    """uvicorn's protocol, which checks heads, and rejects in our shape. `base` is the address of the server."""

    base = ""

    def __init__(self, config: Config, server_state: ServerState, app_state: dict[str, Any], **options: Any) -> None:
        super().__init__(config, server_state, app_state, **options)
        self.logger = _OfClients(self.logger)  # type: ignore[assignment]
        self.fault = ""
        # At most so many bytes of the present head have come: bytes before it may be counted as well.
        self.received = 0
        # Whether nothing more is read.
        self.lingers = False
        # The request that is being answered; with pipelining it may be an earlier one than `cycle`.
        self.answered: Any = None

    def on_headers_complete(self) -> None:
        """Begin the request; raise Malformed, for which uvicorn calls `send_400_response`."""
        try:
            self._check()
        except heads.Malformed as error:
            self.fault = str(error)
            raise
        super().on_headers_complete()
        if self.parser.should_upgrade():
            # There is no other protocol, and the parser skips what came after such a head.
            self.cycle.keep_alive = False

    def _check(self) -> None:
        if len(self.headers) > MOST_HEADERS:
            raise heads.Malformed(f"The request has more than {MOST_HEADERS} headers.")
        if len(self.url) > MOST_URL_BYTES:
            raise heads.Malformed(f"The URL has more than {MOST_URL_BYTES:,} bytes.")
        if self.received > MOST_HEAD_BYTES and heads.size(self.url, self.headers) > MOST_HEAD_BYTES:
            raise heads.Malformed(HEAD_TOO_LARGE)
        if len(self.pipeline) >= MOST_PIPELINED:
            raise heads.Malformed(f"More than {MOST_PIPELINED} requests wait for the reply to an earlier one.")
        parser = self.parser
        self.url = heads.checked(parser.get_method(), self.url, parser.get_http_version(), self.headers)
        if parser.should_upgrade() and heads.has_body(self.headers):
            raise heads.Malformed("A request with a body must be sent without Upgrade.")

    def send_400_response(self, msg: str) -> None:
        """Reject malformed HTTP; no further bytes are read.

        The replies to earlier requests on the connection are finished first; then it is closed without another reply.
        """
        detail = self.fault or "This is not valid HTTP."
        log.debug("rejected: %s", detail)
        cycle = self.cycle
        in_body = cycle is not None and cycle.scope is self.scope and cycle.more_body
        if in_body and cycle.response_complete:
            self.finish()
        elif in_body and (cycle.response_started or cycle is not self.answered):
            self.end()
        elif in_body or cycle is None or cycle.response_complete:
            self.note_end()
            self._reject(detail)
        else:
            cycle.keep_alive = False
            self.lingers = True

    def _reject(self, detail: str) -> None:
        headers = self.server_state.default_headers
        self.transport.write(heads.rejection(detail, self.parser.get_method(), headers, self.base))
        self.linger()

    def finish(self) -> None:
        """Close it once the client has the reply: not while it sends, which would reset the connection."""
        if self.cycle is None or not self.cycle.more_body or self.lingers:
            self.transport.close()
        else:
            self.linger()

    def linger(self) -> None:
        """Write nothing more, read nothing more, and close it once the client has had time to stop sending."""
        self.lingers = True
        self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def end(self) -> None:
        """End it at once, and let nothing be written to it any more."""
        self.note_end()
        self.transport.abort()

    def note_end(self) -> None:
        """uvicorn tells the last request that came; the one that is being answered may be another, before it."""
        self.pipeline.clear()
        if self.answered is not None:
            self.answered.disconnected = True
            self.answered.message_event.set()

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        self.answered = cycle
        super()._start_asgi_task(cycle, app)
