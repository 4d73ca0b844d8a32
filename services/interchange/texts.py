"""Files as text."""

import codecs

from core.errors import FileInvalid

# The longer mark first: that of UTF-32 begins as that of UTF-16 does, and is refused for the NULs behind it.
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def decoded(raw: bytes) -> str:
    """The text: UTF-8, or UTF-16 with a byte order mark; raises FileInvalid for others, and for a NUL in it."""
    mark, encoding = next((pair for pair in _MARKS if raw.startswith(pair[0])), (b"", "utf-8"))
    try:
        text = raw[len(mark) :].decode(encoding)
    except UnicodeDecodeError:
        raise FileInvalid("The file is neither UTF-8 nor UTF-16 with a byte order mark.") from None
    if "\x00" in text:
        raise FileInvalid("The file has a NUL character.")
    return text
