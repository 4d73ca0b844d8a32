"""What follows from a row's number: its uuid, its owner, a key's secret. What was filled need not be read back."""

from hashlib import blake2b

from asyncpg.pgproto.pgproto import UUID

from services.auth import api_secrets

KEYS, SETS = 3, 10
# One account that has very many sets: how deep pages do is measured on it.
COLLECTOR, COLLECTED = 1, 10_000
_LETTERS = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_TO_LETTERS = bytes(_LETTERS[number % 62] for number in range(256))
# Of so many keys one was revoked and one has expired.
_ENDED_OF = 20


def uuid(table: str, number: int) -> UUID:
    """The uuid of a row: of version 4, and another in each table."""
    made = bytearray(blake2b(b"%d" % number, digest_size=16, person=table.encode()).digest())
    made[6] = made[6] & 0x0F | 0x40
    made[8] = made[8] & 0x3F | 0x80
    return UUID(bytes(made))


def secret(key: int) -> str:
    """The secret of a key, which only whoever knows this module can guess: these are no keys for production."""
    random = blake2b(b"%d" % key, digest_size=api_secrets.RANDOM, person=b"secret").digest()
    return api_secrets.of_random(random.translate(_TO_LETTERS).decode())


def owner(number: int, accounts: int) -> int:
    """Whose the key or set is. An account's are far apart in the table, as if they had been made over years."""
    return (number - 1) % accounts + 1


def is_revoked(key: int) -> bool:
    """Whether the key was revoked."""
    return key % _ENDED_OF == 0


def is_expired(key: int) -> bool:
    """Whether the key has expired."""
    return key % _ENDED_OF == 1 and key > COLLECTOR


def has_usage(account: int) -> bool:
    """Whether calls of the account were counted: of one in ten, which keeps the tables moderate."""
    return account % 10 == 1
