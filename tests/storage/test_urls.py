"""URLs of databases: valid ones, and the errors of invalid ones."""

import pytest

from storage.engines import urls
from storage.engines.urls import DatabaseUrlInvalid

WRONG = [
    ("postgresql://u:s3cr3t@h:port:x/db", "must be sqlite:///file or"),
    ("postgresql://u:s3cr3t@[::1/db", "must be sqlite:///file or"),
    ("s3cr3t", "must be sqlite:///file or"),
    ("mysql://u:s3cr3t@h/db", "must start with sqlite:/// or postgresql://"),
    ("postgresql+psycopg://u:s3cr3t@h/db", "must start with sqlite:/// or postgresql://"),
    ("postgresql://u:s3cr3t@h/db?s3=1", "has the unknown option `s3`"),
    ("postgresql://u:s3cr3t@h/db?sslmode=require", "the name of that option is `ssl` here"),
    ("postgresql://u:s3cr3t@h/db?ssl=s3cr3t", "the option `ssl` must be one of"),
    ("sqlite:///", "must name a file"),
    ("sqlite:///:memory:", "must name a file"),
    ("sqlite://host/file", "must name a file"),
]


@pytest.mark.parametrize(("url", "message"), WRONG)
def test_a_url_that_cannot_be_used_is_refused_without_quoting_it(url: str, message: str) -> None:
    with pytest.raises(DatabaseUrlInvalid) as caught:
        urls.parse(url)
    assert str(caught.value).startswith("FREESEWING_DATABASE_URL: ") and message in str(caught.value)
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://u:a%40b@h:5433/db?ssl=verify-full", "h:5433/db"),
        ("postgresql+asyncpg://u@/db?host=/run/postgresql", "/run/postgresql/db"),
        ("sqlite:////var/lib/data.db", "/var/lib/data.db"),
    ],
)
def test_a_database_is_called_by_its_place_without_user_and_password(url: str, shown: str) -> None:
    assert urls.shown(url) == shown
