"""Messages: rendering mails in the language of their recipient.

The words live in `templates/<language>.toml`, the looks in the two layouts beside them.
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
# Mails that carry a link, answer a stranger, or say what is stored nowhere else. The request that causes one counts
# it for its recipient, and is rejected over the limit. All other kinds are notices: they count when they are sent
# (`services.mail.outbox`), and are dropped over the limit.
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
class Letter:
    """What to say to whom.

    `kind` is one of KINDS; `language` one of LANGUAGES, anything else is read as English; `to` is a single bare
    address, and so is `reply_to`, where answers go if not to the sender. `link` is a path that starts with `/`;
    kinds without a link ignore it. `values` may replace `service` (what the service calls itself; else the sender's
    display name, else the website's host) and `contact` (where people can ask for help; else the sender's address),
    and holds what the kind's own words need; without `key`, the kind's `nokey` stands in its place.
    `subscriber` is the hash of the address of somebody who gets the newsletter: mail programs can then offer to end
    that (RFC 8058).
    """

    kind: str
    language: str
    to: str
    link: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    reply_to: str | None = None
    subscriber: str | None = None


class _Unbroken(UnstructuredHeader, BaseHeader):
    """A header that is an address on the web: the standard library would break and encode it, for nobody to read."""

    def fold(self, *, policy: email.policy.Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _Unbroken)
_POLICY = email.policy.default.clone(header_factory=_HEADERS)


def of_queue(queued: Mapping[str, Any]) -> Letter:
    """Return the letter of a row of the mail queue.

    Version 0.1 queued the link to a new address with the old address in `cc`: the copy is not sent.
    """
    return Letter(**{name: value for name, value in queued.items() if name != "cc"})


def render(letter: Letter, *, sender: str, website: str, server: str) -> EmailMessage:
    """The letter as a message with a plain text and an HTML part, dated now.

    `sender` is an address with or without a display name; `website` the URL that links start with; `server` the one
    that mail programs reach this server at. Raises ValueError for an unknown kind, a missing or relative link, a bad
    address, and a line break in what becomes a header.
    """
    if letter.kind not in KINDS:
        raise ValueError(f"There is no letter of the kind {letter.kind!r}")
    language = letter.language if letter.language in LANGUAGES else "en"
    author = author_of(sender)
    words = _words(letter, language, author, website)
    message = EmailMessage(_POLICY)
    _address(message, letter, author, words["subject"])
    if letter.subscriber is not None:
        message["List-Unsubscribe"] = f"<{server}/ocunsub/{letter.subscriber}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    # 8bit keeps links whole and readable in letters delivered into a folder; the layout breaks the lines.
    message.set_content(_LAYOUTS.get_template("layout.txt").render(words), cte="8bit")
    html = _LAYOUTS.get_template("layout.html").render(words)
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    return message


def _address(message: EmailMessage, letter: Letter, author: Address, subject: str) -> None:
    message["Subject"] = subject
    message["From"] = author
    message["To"] = _mailbox(letter.to)
    if letter.reply_to is not None:
        message["Reply-To"] = _mailbox(letter.reply_to)
    message["Date"] = clock.now()
    # Naming the domain spares a look-up of this machine's name, and does not tell it to the world.
    message["Message-ID"] = email.utils.make_msgid(domain=author.domain)
    message["Auto-Submitted"] = "auto-generated"


def _words(letter: Letter, language: str, author: Address, website: str) -> dict[str, Any]:
    """Everything that the layouts show, in plain text: escaping is theirs."""
    texts = _texts(language)
    chosen = texts[letter.kind]
    link = _link(letter, website) if "button" in chosen else ""
    service = author.display_name or urlsplit(website).hostname or website
    # What a letter about a key calls that which it is about where there is none.
    known = {"service": service, "contact": author.addr_spec, "key": chosen.get("nokey", "")} | dict(letter.values)
    known |= {"website": website, "address": email_addresses.shown(letter.to)}
    known["contact"] = email_addresses.shown(known["contact"])
    shared = {name: text for name, text in texts.items() if not isinstance(text, dict)}
    words = {name: _fill(text, known) for name, text in (shared | chosen).items()}
    return words | {"language": language, "link": link}


def policy(name: str, language: str) -> str:
    """What a quota's policy limits, to stand behind a number, in one of LANGUAGES (English for any other)."""
    words: str = _texts(language if language in LANGUAGES else "en")["policies"][name]
    return words


@cache
def _texts(language: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / f"{language}.toml").read_text("utf-8"))


def _fill(text: str | list[str], known: Mapping[str, str]) -> str | list[str]:
    if isinstance(text, list):
        return [paragraph.format_map(known) for paragraph in text]
    return text.format_map(known)


def _link(letter: Letter, website: str) -> str:
    # A link that does not start with a slash could change the host: example.org + ".evil.example".
    if not letter.link.startswith("/"):
        raise ValueError(f"A letter of the kind {letter.kind!r} needs a link that starts with a slash")
    return website.rstrip("/") + letter.link


def author_of(sender: str) -> Address:
    """The one address, with or without a display name, that letters come from; raises ValueError."""
    draft = EmailMessage()
    draft["From"] = sender
    authors = draft["From"].addresses
    if len(authors) != 1 or not authors[0].domain:
        raise ValueError("The sender is not a single e-mail address")
    author: Address = authors[0]
    domain = email_addresses.deliverable(f"@{author.domain}").removeprefix("@")
    return Address(author.display_name, author.username, domain)


def _mailbox(address: str) -> Address:
    """One bare address. A list of them, or anything that only begins with an address, raises ValueError."""
    address = email_addresses.deliverable(address)
    try:
        return Address(addr_spec=address)
    except NonASCIILocalPartDefect:
        # Fine where the mail server knows SMTPUTF8; given in parts, the standard library takes it too.
        username, _, domain = address.rpartition("@")
        return Address(username=username, domain=domain)
    except (IndexError, ValueError, HeaderParseError):
        # The standard library answers some malformed addresses with an IndexError, others with the address.
        raise ValueError("Not a single e-mail address") from None
