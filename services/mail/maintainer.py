"""The mail address of the operator, and the language of mails to it."""

from services.mail import messages

_email = ""
_language = ""


def configure(email: str, sender: str, language: str) -> None:
    """Their address, or else the sender's own, and their language; raises ValueError."""
    global _email, _language
    _email, _language = messages.author_of(email or sender).addr_spec, language


def email() -> str:
    """Their one bare address."""
    return _email


def language() -> str:
    """One of `letters.LANGUAGES`."""
    return _language
