"""The file with the generated secrets, and the parser of encryption keys.

In development, secrets that are not set are generated once and stored in this file.
"""

import contextlib
import json
import os
import secrets
import stat
from base64 import b64decode, b64encode
from pathlib import Path
from tempfile import NamedTemporaryFile

NAMES = ("encryption_keys", "secret_key")
# Characters of `secret_key`.
LEAST_SECRET = 32


def read(file: Path) -> dict[str, str]:
    """Return {name: secret}; raises ValueError with a message for the operator.

    Removes the permissions of group and others from the file.
    """
    try:
        if stat.S_IMODE(file.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
            file.chmod(0o600)
        stored = json.loads(file.read_text())
        parse_keys(stored["encryption_keys"])
        if len(stored["secret_key"]) < LEAST_SECRET:
            raise ValueError
    except OSError as error:
        raise ValueError(f"{file} cannot be used: {error.strerror}") from None
    except (KeyError, TypeError, ValueError):
        raise ValueError(
            f"{file} is damaged: it must hold {' and '.join(NAMES)}. Restore it from its"
            " backup, or set FREESEWING_ENCRYPTION_KEYS and FREESEWING_SECRET_KEY"
        ) from None
    return {name: stored[name] for name in NAMES}


def create(file: Path) -> None:
    """Write new secrets, readable by the owner only; raises ValueError with a message for the operator.

    The file appears complete or not at all. If two processes start at once, the file of one of them stays.
    """
    made = {
        # A random id, so that keys generated in different places have different ids.
        "encryption_keys": f"{secrets.token_hex(4)}:{b64encode(secrets.token_bytes(32)).decode()}",
        "secret_key": secrets.token_urlsafe(32),
    }
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=file.parent) as new:
            new.write(json.dumps(made))
            new.flush()
            with contextlib.suppress(FileExistsError):
                os.link(new.name, file)
    except OSError as error:
        raise ValueError(f"{file} cannot be written: {error.strerror}") from None


def parse_keys(text: str) -> dict[str, bytes]:
    """Parse `id:base64,id:base64` to {id: 32 bytes}, in the same order; raises ValueError."""
    keys: dict[str, bytes] = {}
    for entry in text.split(","):
        key_id, separator, encoded = entry.strip().partition(":")
        try:
            key = b64decode(encoded, validate=True) if separator else b""
        except ValueError:  # Its message does not name the setting.
            key = b""
        if not key_id.isascii() or not 1 <= len(key_id) <= 16 or len(key) != 32:
            raise ValueError("ENCRYPTION_KEYS must be id:base64 of 32 bytes, ids of 1 to 16 ASCII characters")
        if key_id in keys:
            raise ValueError(f"ENCRYPTION_KEYS has two keys with the id {key_id}: each needs an id of its own")
        keys[key_id] = key
    return keys
