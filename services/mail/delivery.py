"""Delivery of a finished message to a folder or to a mail server, by URL."""

import asyncio
import email.policy
import os
import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib
from aiosmtplib import SMTPException, SMTPRecipientsRefused, SMTPResponse, SMTPResponseException

TIMEOUT = 20.0
"""Seconds to wait for the connection, and then for each answer of the mail server."""

_READABLE = email.policy.EmailPolicy(utf8=True)
_STARTTLS = {"required": True, "never": False}
# Enhanced codes (RFC 3463): bad address and mailbox status. Of these, the address of the sender, and a full mailbox.
_MAILBOX = ("5.1.", "5.2.")
_OF_SENDER = {"5.1.7", "5.1.8", "5.2.2"}
# No such mailbox, moved, name not allowed, domain that accepts no mail (RFC 7504).
_NO_MAILBOX = {550, 551, 553, 556}
_OF_RELAY = re.compile(r"relay|authenti|sender|rcpthosts|policy|spam|block|denied", re.IGNORECASE)


class DeliveryFailed(Exception):
    """The message did not reach all its recipients.

    `detail` says why, without secrets, addresses or the server's own words. `permanent` is true when the
    server rejected the recipient itself for good, so that trying again is useless. A server that rejects the
    sender, the sign-in, the content or relaying is set up wrongly, and may be corrected: that is not permanent.
    """

    def __init__(self, detail: str, permanent: bool) -> None:
        super().__init__(detail)
        self.detail = detail
        self.permanent = permanent


@dataclass(frozen=True, slots=True)
class Folder:
    """Where messages become files."""

    path: Path


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server. `starttls` None: if the server offers it. `port` None: 465 for smtps, 587 where STARTTLS
    is required, else 25.
    """

    host: str
    port: int | None
    username: str | None
    password: str | None = field(repr=False)
    tls: bool
    starttls: bool | None


async def deliver(message: EmailMessage, url: str) -> None:
    """Deliver the message to its To and Cc, once.

    `url` is one that `destination` understands. Raises DeliveryFailed, or ValueError for a bad URL.
    """
    target = destination(url)
    if isinstance(target, Folder):
        await asyncio.to_thread(_keep, message, target.path)
    else:
        await _send(message, target)


def destination(url: str) -> Folder | Server:
    """What the URL names. Raises ValueError, which never quotes the URL, since that may hold a password.

    `file:<folder>`; `smtp://[user:pass@]host[:port][?starttls=required|never]`; `smtps://[user:pass@]host[:port]`.
    User and password are percent-encoded, the folder is not.
    """
    scheme, _, rest = url.partition(":")
    if scheme.lower() == "file" and rest.removeprefix("//"):
        return Folder(Path(rest.removeprefix("//")))
    if scheme.lower() in ("smtp", "smtps") and rest.startswith("//"):
        return _server(url, tls=scheme.lower() == "smtps")
    raise ValueError("A mail URL starts with file:<folder>, smtp:// or smtps://")


def _server(url: str, tls: bool) -> Server:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError("The mail URL has a malformed host or port") from None
    if not host or parts.path.strip("/") or parts.fragment:
        raise ValueError("The mail URL must name a host and no path; percent-encode user and password")
    username = unquote(parts.username) if parts.username else None
    password = unquote(parts.password or "") if username else None
    return Server(host, port, username, password, tls, False if tls else _starttls(parts.query))


def _starttls(query: str) -> bool | None:
    wishes = parse_qs(query, keep_blank_values=True)
    wish = wishes.pop("starttls", [None])[-1]
    if wishes or (wish is not None and wish not in _STARTTLS):
        raise ValueError("The mail URL knows only starttls=required and starttls=never")
    return None if wish is None else _STARTTLS[wish]


async def sign_in(server: Server) -> None:
    """Connect to the mail server, sign in where there is a user, and leave without a message.

    Raises DeliveryFailed.
    """
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        username=server.username,
        password=server.password,
        use_tls=server.tls,
        start_tls=server.starttls,
        timeout=TIMEOUT,
    )
    try:
        async with client:
            await client.noop()
    except (SMTPException, OSError) as error:
        raise _failure(error, server.host) from None


async def _send(message: EmailMessage, server: Server) -> None:
    try:
        refused, _ = await aiosmtplib.send(
            message,
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            use_tls=server.tls,
            start_tls=server.starttls,
            timeout=TIMEOUT,
        )
    except (SMTPException, OSError) as error:
        # From None: what the server said may quote addresses, links or the sign-in, and would reach the log.
        raise _failure(error, server.host) from None
    if refused:
        # Some recipients were accepted. Silence would hide that the others know nothing.
        raise _refusal(list(refused.values()), server.host)


def _failure(error: Exception, host: str) -> DeliveryFailed:
    if isinstance(error, SMTPRecipientsRefused):
        return _refusal([SMTPResponse(one.code, one.message) for one in error.recipients], host)
    if isinstance(error, SMTPResponseException):
        return DeliveryFailed(f"{host}: {type(error).__name__}, {_code(error.code, error.message)}", False)
    return DeliveryFailed(f"{host}: {type(error).__name__}", False)


def _refusal(answers: list[SMTPResponse], host: str) -> DeliveryFailed:
    codes = ", ".join(_code(answer.code, answer.message) for answer in answers)
    permanent = all(_is_of_recipient(answer.code, answer.message) for answer in answers)
    return DeliveryFailed(f"{host} refused {len(answers)} recipient(s): {codes}", permanent)


def _is_of_recipient(code: int, text: str) -> bool:
    """Return whether the answer to RCPT rejects the recipient for good, and not our server's right to send to it.

    The enhanced code decides where there is one. RFC 5321 gives 550 and 553 to both; servers without enhanced codes
    name the reason in words.
    """
    enhanced = _enhanced(text)
    if enhanced is not None:
        return code >= 500 and enhanced.startswith(_MAILBOX) and enhanced not in _OF_SENDER
    return code in _NO_MAILBOX and not _OF_RELAY.search(text)


def _code(code: int, text: str) -> str:
    """The answer's code with the enhanced one (RFC 3463) if there is one: all of it that is safe to log."""
    enhanced = _enhanced(text)
    return f"{code} {enhanced}" if enhanced else str(code)


def _enhanced(text: str) -> str | None:
    """Return the enhanced code at the start of an answer, or where qmail has it: `(#5.7.1)`."""
    found = re.search(r"^([245]\.\d{1,3}\.\d{1,3})(?=\s|$)|\(#([245]\.\d{1,3}\.\d{1,3})\)", text)
    return (found[1] or found[2]) if found else None


def _keep(message: EmailMessage, folder: Path) -> None:
    """Write the message under its final name only once it is whole and on the disk."""
    name = _file_name(message)
    unfinished = folder / f".{name}.tmp"
    try:
        # Mails hold sign-in links, so only the owner of the files may read them.
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(unfinished, message.as_bytes(policy=_READABLE))
        unfinished.rename(folder / name)
        _sync(folder)
    except OSError as error:
        raise DeliveryFailed(f"Cannot write to the mail folder: {error.strerror}", False) from error
    finally:
        _discard(unfinished)


def _write(path: Path, content: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Make the new name durable as well: a rename is a change of the folder."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _discard(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        # Nothing was written, or the folder is gone: the first error is the one worth telling.
        return


def _file_name(message: EmailMessage) -> str:
    recipients = message["To"].addresses if message["To"] else ()
    local = recipients[0].username if recipients else "nobody"
    safe = re.sub(r"[^A-Za-z0-9.+_-]", "_", local)[:40]
    # In nanoseconds, so that mails of one millisecond sort in the order in which they were written.
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(4)}-{safe}.eml"
