"""The mail address of the operator, and the language of mails to it."""

from services.mail import messages


class Maintainer:
    """Where mails to the operator go, and in which language."""

    def __init__(self, email: str, sender: str, language: str) -> None:
        """`email` is the address, the one of `sender` if it is empty; `language` one of `messages.LANGUAGES`.

        Raises ValueError.
        """
        self.email = messages.author_of(email or sender).addr_spec
        self.language = language
