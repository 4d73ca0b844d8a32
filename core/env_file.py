"""Validation of a `.env` file. Libraries that read one ignore invalid lines silently."""

from pathlib import Path

from dotenv.parser import parse_stream


def require_valid_lines(file: Path, *, prefix: str) -> None:
    """Raise ValueError for a line that cannot be parsed, or that has a name with this prefix and no value.

    The message has the number of the line and never its text. A missing file is valid.
    """
    try:
        with file.open(encoding="utf-8") as stream:
            lines = list(parse_stream(stream))
    except FileNotFoundError:
        return
    except UnicodeDecodeError:
        raise ValueError(f"{file} is not UTF-8 text") from None
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror}") from None
    for line in lines:
        if line.error or (line.value is None and (line.key or "").startswith(prefix)):
            blank = len(line.original.string) - len(line.original.string.lstrip("\n"))
            raise ValueError(f"{file}, line {line.original.line + blank}: must be NAME=value")
