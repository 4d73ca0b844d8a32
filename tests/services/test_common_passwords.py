"""The list of the most common passwords."""

import pytest

from services.auth.passwords import is_common


@pytest.mark.parametrize("password", ["password", "12345678", "PASSWORD1", " qwertyuiop", "00000000", "iloveyou"])
def test_a_common_password_is_recognised_in_any_case(password: str) -> None:
    assert is_common(password)


@pytest.mark.parametrize(
    "password", ["correct horse battery staple", "password" * 3, "# The passwords", "", "Ünïcødé"]
)
def test_any_other_is_not_common(password: str) -> None:
    assert not is_common(password)
