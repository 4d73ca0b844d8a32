"""Secrets of API keys: their form, their checksum, and the stored hash."""

import re

import pytest

from services.auth import api_secrets
from services.auth.api_secrets import ApiSecrets

KNOWN = "fsk_7Kq2ZlWm0s9fYcT4nVx1RbDpHj6GuAeLtQi5oXyCwz82ccs2V"  # the document's example


def test_a_new_secret_is_prefix_randomness_and_checksum() -> None:
    made = {api_secrets.new_secret() for _ in range(200)}
    assert len(made) == 200
    for secret in made:
        assert re.fullmatch(r"fsk_[0-9A-Za-z]{43}[0-9A-Za-z]{6}", secret)
        assert api_secrets.is_wellformed(secret)


def test_the_documents_example_is_wellformed_so_that_the_checksum_stays_what_it_is() -> None:
    assert api_secrets.is_wellformed(KNOWN)


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "fsk_",
        KNOWN[:-1],
        KNOWN + "0",
        KNOWN.upper(),
        KNOWN.swapcase(),
        "sk_" + KNOWN[4:] + "0",
        KNOWN[:-1] + "W",
        KNOWN[:10] + "X" + KNOWN[11:],
        KNOWN[:4] + KNOWN[5] + KNOWN[4] + KNOWN[6:],
        " " + KNOWN[1:],
        KNOWN[:20] + "é" + KNOWN[21:],
        KNOWN[:20] + "\x00" + KNOWN[21:],
        "0" * 64,
        KNOWN * 1000,
    ],
    ids=lambda secret: repr(secret[:60]),
)
def test_anything_else_is_not(secret: str) -> None:
    assert not api_secrets.is_wellformed(secret)


def test_every_single_wrong_character_is_noticed() -> None:
    for place in range(4, len(KNOWN)):
        wrong = "a" if KNOWN[place] != "a" else "b"
        assert not api_secrets.is_wellformed(KNOWN[:place] + wrong + KNOWN[place + 1 :])


def test_a_hash_fits_its_secret_under_its_key_alone() -> None:
    secret, other = api_secrets.new_secret(), api_secrets.new_secret()
    hashes = ApiSecrets(b"k" * 32)
    stored = hashes.hash_of(secret)
    assert re.fullmatch(r"[0-9a-f]{64}", stored)
    assert secret not in stored
    assert hashes.fits(secret, stored)
    assert not hashes.fits(other, stored)
    assert not ApiSecrets(b"another key").fits(secret, stored)
