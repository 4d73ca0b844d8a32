"""A database that has been stolen does not reveal whether a known address is in it."""

from uuid import uuid4

from sqlalchemy import text

from storage.schema.tables import metadata
from tests.handlers.database import execute
from tests.service import Service
from tests.unkeyed_hashes import with_unkeyed_hash


def test_no_row_of_any_table_holds_a_hash_that_can_be_guessed_from_an_address(service: Service) -> None:
    """After requests of every kind that store something under an address or for one."""
    alice = service.sign_up()
    new, reader, stranger = (f"{uuid4().hex}@example.org" for _ in range(3))
    key = {"Idempotency-Key": "1"}
    for path, body in {
        "/signup": {"email": stranger, "language": "en"},
        "/subscriber": {"email": reader, "language": "en"},
        "/signinlink": {"email": alice.email},
        "/subscriber/remove": {"email": reader},
        "/signin": {"username": stranger, "password": "wrong password"},
    }.items():
        assert service.http.post(path, json=body, headers=key).status_code < 500
    assert alice.patch("/account", {"email": new}).status_code == 200
    rows = str([execute(service, text(f"SELECT * FROM {table.name}")) for table in metadata.sorted_tables])
    assert len(rows) > 1_000 and with_unkeyed_hash(rows, [alice.email, new, reader, stranger]) == []
