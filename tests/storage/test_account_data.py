"""Names of the images of an account."""

from sqlalchemy import text

from storage import account_data
from tests.storage.store import Store


def test_the_images_of_an_account_are_found_without_decrypting_its_records(store: Store) -> None:
    user_id = store.new_account()["id"]
    store.new_set(user_id, img="set-1")
    store.new_pattern(user_id, img="pattern-1")
    for statement in ("UPDATE sets SET measies = notes", "UPDATE patterns SET data = notes, settings = notes"):
        store.write(lambda connection: connection.execute(text(statement)).rowcount)  # noqa: B023
    assert {"set-1", "pattern-1"} <= set(store.read(account_data.images, user_id))
