"""Validation of user names: see `User names` in the document's introduction."""

import re
from unicodedata import category, combining, digit, normalize
from uuid import UUID

from handlers.support import scripts
from storage.schema import names

# The column holds no more.
LONGEST_COMPARED = 200
RESERVED = """
    abuse account admin administrator anonymous api billing bot contact curator deleted everyone freesewing help
    helpdesk hostmaster info legal maintainer moderator nobody noreply null official operator owner postmaster privacy
    root security service staff superuser support sysadmin sysop system team undefined unknown user webmaster www
"""
# Default_Ignorable_Code_Point: invisible, though `isprintable` accepts them.
_INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
# More marks on one letter than any language writes (UTS 39 section 5.4), or a mark without a letter.
_STRAY_MARKS = re.compile("^M|M{5}")
# What looks like a letter of a reserved word: Cyrillic and Greek letters, digits, and letters that look alike.
_LOOKS = str.maketrans("асеорхуіјѕһԁԛԝαειοκνρτυχıl|01345", "aceopxyijshdqwaeioknptuxiiioieas")  # noqa: RUF001
_LOOKS_LIKE_DIGITS = str.maketrans("oil|", "0111")
_NUMBERED = re.compile(r"user[\W_]*[0-9]+")
_NO_LETTER = re.compile(r"[\W\d_]+")
_RESERVED = re.compile(f"(?:{'|'.join(word.translate(_LOOKS) for word in RESERVED.split())})+s?")


def is_acceptable(name: str, *, user_id: int) -> bool:
    """Return whether the account can take the name, if it is free.

    `user-<id>`, the name that an account starts with, is acceptable to that account alone.
    """
    compared = names.compared(name)
    if compared == f"user-{user_id}":
        return True
    return (
        len(name) >= 2
        and len(compared) <= LONGEST_COMPARED
        and _is_visible(name)
        and _is_no_other_identifier(compared)
        and not _imitates(compared)
        and scripts.fit_together(compared)
    )


def _is_visible(name: str) -> bool:
    """Whether every character is printed, each mark on a letter."""
    kinds = "".join(category(character)[0] for character in name)
    return name.isprintable() and not _INVISIBLE.search(name) and not _STRAY_MARKS.search(kinds)


def _is_no_other_identifier(compared: str) -> bool:
    """Whether the name differs from a number, a UUID and an e-mail address, and fits in a path."""
    return (
        len(compared) >= 2
        and compared == compared.strip()
        and not set(compared) & {"/", "@"}
        and set(compared) != {"."}
        and not compared.isdigit()
        and not _is_uuid(compared)
    )


def _is_uuid(name: str) -> bool:
    try:
        UUID(name)
    except ValueError:
        return False
    return True


def _imitates(compared: str) -> bool:
    """Whether the name looks like a reserved word, several in a row, or the first name of another account."""
    plain = "".join(_ascii_digit(each) for each in normalize("NFKD", compared) if not combining(each))
    if _NUMBERED.fullmatch(plain.translate(_LOOKS_LIKE_DIGITS)):
        return True
    # `adm1n` by the looks of its digit, `admin1` without it.
    looks = (plain.translate(_LOOKS), _NO_LETTER.sub("", plain).translate(_LOOKS))
    return any(_RESERVED.fullmatch(_NO_LETTER.sub("", look)) for look in looks)


def _ascii_digit(character: str) -> str:
    value = digit(character, None)
    return character if value is None else str(value)
