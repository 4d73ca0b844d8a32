"""Validation of e-mail addresses in request bodies."""

from core import email_addresses
from core.errors import Refused


def stored_address(sent: str) -> str:
    """Return the address as it is stored; raises Refused for a domain that no schema can tell to be invalid."""
    try:
        return email_addresses.stored(sent)
    except email_addresses.DomainInvalid as error:
        raise Refused("emailInvalid", str(error)) from None
