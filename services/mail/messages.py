"""Rendering of mails in the language of their recipient.

The texts are in `templates/<language>.toml`, the HTML and plain-text layouts beside them.
"""

import email.policy
import email.utils
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.errors import HeaderParseError, NonASCIILocalPartDefect
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from core import clock, email_addresses

KINDS = (
    "signup",
    "signup-aea",
    "signup-aed",
    "signinlink",
    "emailchange",
    "emailchange-notice",
    "emailchange-taken",
    "nlsub",
    "nlsub-active",
    "nlunsub",
    "transinvite",
    "langsuggest",
    "quotarequest",
    "quotagranted",
    "quotadeclined",
    "keyrevoked",
    "keyended",
    "keyleaked",
    "keyswithdrawn",
    "keyexpires",
    "keyunused",
    "quotanear",
    "quotareached",
    "passwordchanged",
    "emailchanged",
    "mfaenabled",
    "mfadisabled",
    "mfaremoved",
)
# Mails with a link, to addresses without an account, or with content that is stored nowhere else. The request that
# causes one counts it for its recipient, and is rejected over the limit. All other kinds are notices: they count when
# they are sent (`services.mail.outbox`), and are dropped over the limit.
COUNTED_AT_REQUEST = frozenset(
    {
        *("signup", "signup-aea", "signup-aed", "signinlink", "emailchange", "emailchange-taken"),
        *("nlsub", "nlsub-active", "nlunsub", "langsuggest"),
    }
)
LANGUAGES = ("en", "de", "es", "fr", "nl", "uk")

_FOLDER = Path(__file__).parent / "templates"
_LAYOUTS = Environment(
    loader=FileSystemLoader(_FOLDER),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    keep_trailing_newline=True,
)


@dataclass(frozen=True, slots=True)
class Mail:
    """The content of a mail and its recipient.

    `kind` is one of KINDS; `language` is one of LANGUAGES, any other means English; `to` is a single bare address,
    and so is `reply_to`, the address for answers if it is not the sender. `link` is a path that starts with `/`;
    kinds without a link ignore it. `values` has the values of the placeholders in the texts of the kind. It may
    replace `service` (the name of the service; else the sender's display name, else the website's host) and `contact`
    (the address for help; else the sender's address). Without `key`, the text `nokey` of the kind is used.
    `subscriber` is the hash of the address of a newsletter subscriber: mail programs can then offer to unsubscribe
    (RFC 8058).
    """

    kind: str
    language: str
    to: str
    link: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    reply_to: str | None = None
    subscriber: str | None = None


class _Unbroken(UnstructuredHeader, BaseHeader):
    """A header with a URL. The standard library would fold and encode it, and mail programs could not read it."""

    def fold(self, *, policy: email.policy.Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _Unbroken)
_POLICY = email.policy.default.clone(header_factory=_HEADERS)


def of_queue(queued: Mapping[str, Any]) -> Mail:
    """Return the mail of a row of the mail queue.

    Version 0.1 queued the link to a new address with the old address in `cc`: the copy is not sent.
    """
    return Mail(**{name: value for name, value in queued.items() if name != "cc"})


def render(mail: Mail, *, sender: str, website: str, server: str) -> EmailMessage:
    """Return the mail as a message with a plain text and an HTML part, dated now.

    `sender` is an address with or without a display name; `website` the base URL of links; `server` the public base
    URL of this server, for mail programs. Raises ValueError for an unknown kind, a missing or relative link, a bad
    address, and a line break in what becomes a header.
    """
    if mail.kind not in KINDS:
        raise ValueError(f"There is no mail of the kind {mail.kind!r}")
    language = mail.language if mail.language in LANGUAGES else "en"
    author = author_of(sender)
    words = _words(mail, language, author, website)
    message = EmailMessage(_POLICY)
    _address(message, mail, author, words["subject"])
    if mail.subscriber is not None:
        message["List-Unsubscribe"] = f"<{server}/ocunsub/{mail.subscriber}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    # 8bit keeps links whole and readable in mails delivered into a folder; the layout breaks the lines.
    message.set_content(_LAYOUTS.get_template("layout.txt").render(words), cte="8bit")
    html = _LAYOUTS.get_template("layout.html").render(words)
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    return message


def _address(message: EmailMessage, mail: Mail, author: Address, subject: str) -> None:
    message["Subject"] = subject
    message["From"] = author
    message["To"] = _mailbox(mail.to)
    if mail.reply_to is not None:
        message["Reply-To"] = _mailbox(mail.reply_to)
    message["Date"] = clock.now()
    # With a domain, the standard library does not look up and disclose the name of this machine.
    message["Message-ID"] = email.utils.make_msgid(domain=author.domain)
    message["Auto-Submitted"] = "auto-generated"


def _words(mail: Mail, language: str, author: Address, website: str) -> dict[str, Any]:
    """Return the values of the layouts, in plain text: the layouts escape them."""
    texts = _texts(language)
    chosen = texts[mail.kind]
    link = _link(mail, website) if "button" in chosen else ""
    service = author.display_name or urlsplit(website).hostname or website
    # A mail about a key uses the text `nokey` if the mail concerns no key.
    known = {"service": service, "contact": author.addr_spec, "key": chosen.get("nokey", "")} | dict(mail.values)
    known |= {"website": website, "address": email_addresses.shown(mail.to)}
    known["contact"] = email_addresses.shown(known["contact"])
    shared = {name: text for name, text in texts.items() if not isinstance(text, dict)}
    words = {name: _fill(text, known) for name, text in (shared | chosen).items()}
    return words | {"language": language, "link": link}


def policy(name: str, language: str) -> str:
    """Return the noun for the units of a policy, as in "500 requests", in one of LANGUAGES (else in English)."""
    words: str = _texts(language if language in LANGUAGES else "en")["policies"][name]
    return words


@cache
def _texts(language: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / f"{language}.toml").read_text("utf-8"))


def _fill(text: str | list[str], known: Mapping[str, str]) -> str | list[str]:
    if isinstance(text, list):
        return [paragraph.format_map(known) for paragraph in text]
    return text.format_map(known)


def _link(mail: Mail, website: str) -> str:
    # A link that does not start with a slash could change the host: example.org + ".evil.example".
    if not mail.link.startswith("/"):
        raise ValueError(f"A mail of the kind {mail.kind!r} needs a link that starts with a slash")
    return website.rstrip("/") + mail.link


def author_of(sender: str) -> Address:
    """Parse the sender, a single address with or without a display name; raises ValueError."""
    draft = EmailMessage()
    draft["From"] = sender
    authors = draft["From"].addresses
    if len(authors) != 1 or not authors[0].domain:
        raise ValueError("The sender is not a single e-mail address")
    author: Address = authors[0]
    domain = email_addresses.deliverable(f"@{author.domain}").removeprefix("@")
    return Address(author.display_name, author.username, domain)


def _mailbox(address: str) -> Address:
    """Parse one bare address. A list of addresses, or an address with trailing text, raises ValueError."""
    address = email_addresses.deliverable(address)
    try:
        return Address(addr_spec=address)
    except NonASCIILocalPartDefect:
        # Valid if the mail server supports SMTPUTF8. The standard library accepts it in two parts.
        username, _, domain = address.rpartition("@")
        return Address(username=username, domain=domain)
    except (IndexError, ValueError, HeaderParseError):
        # The standard library raises IndexError for some malformed addresses; other errors repeat the address.
        raise ValueError("Not a single e-mail address") from None
