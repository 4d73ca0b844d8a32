"""E-mail addresses with internationalised domains (IDNA 2008): stored with A-labels, shown with U-labels.

`alice@bücher.example` and `alice@xn--bcher-kva.example` are the same address.
"""

import re

import idna

LONGEST = 254
_LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})+", re.ASCII)
_A_LABEL = "xn--"


class DomainInvalid(ValueError):
    """The domain is none that the DNS can have, or the address is too long with it."""


def stored(text: str) -> str:
    """Return the address as it is stored and compared: trimmed, in lower case, its domain in A-labels.

    Raises DomainInvalid for a domain that has no A-labels.
    """
    local, at, domain = text.strip().rpartition("@")
    address = f"{local.lower()}{at}{_ascii(domain)}"
    if len(address) > LONGEST:
        raise DomainInvalid(
            f"The address has {len(address)} characters with A-labels; at most {LONGEST} are accepted."
        )
    return address


def compared(text: str) -> str:
    """Return the same for any text: one that cannot be an address is only trimmed and in lower case."""
    try:
        return stored(text)
    except DomainInvalid:
        return text.strip().lower()


def deliverable(address: str) -> str:
    """Return the address with its domain in A-labels, and the rest as it is; raises DomainInvalid."""
    local, at, domain = address.rpartition("@")
    return address if domain.isascii() else f"{local}{at}{_ascii(domain)}"


def shown(address: str) -> str:
    """Return the address with its domain in U-labels, where it has any."""
    local, at, domain = address.rpartition("@")
    if _A_LABEL not in domain:
        return address
    try:
        return f"{local}{at}{idna.decode(domain)}"
    except idna.IDNAError:
        return address


def _ascii(domain: str) -> str:
    if domain.isascii():
        # Not held against IDNA: names such as r3---sn.example are in the DNS, and were accepted before.
        return domain.lower()
    try:
        # UTS 46 maps what people type: capitals, full-width letters, ideographic full stops.
        found = idna.encode(domain, uts46=True, std3_rules=True).decode()
    except idna.IDNAError:
        raise DomainInvalid("The domain of the address is not a valid internationalised domain name.") from None
    if not _DOMAIN.fullmatch(found):
        raise DomainInvalid("The domain of the address needs at least two labels.")
    return found
