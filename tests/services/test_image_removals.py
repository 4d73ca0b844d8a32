"""Images of records: none that a record names is ever removed, and none that no record names stays."""

import asyncio
from datetime import timedelta
from threading import Event

import pytest
from sqlalchemy import Connection, select

from core import clock
from core.errors import ApiError, ImageStoreUnavailable, NoSuchRecord, StorageUnavailable
from services.images.record_images import Images
from services.images.store import ImageStore
from storage import image_removals, sets
from storage.schema.image_removals import image_removals as removal_table
from storage.schema.tables import Record
from storage.schema.tables import sets as table
from tests.handlers.test_images import image
from tests.service import PATIENCE
from tests.storage.conftest import postgresql_url, sqlite_store, sqlite_url, store
from tests.storage.store import Store, new_set

__all__ = ["postgresql_url", "sqlite_store", "sqlite_url", "store"]
# When all that is scheduled is due.
LATER = image_removals.GRACE + timedelta(minutes=1)


def exists(images: Images, name: str) -> bool:
    return asyncio.run(images.exists(name))


def sweep(store: Store, images: Images) -> int:
    """How many images are removed once all that is scheduled is due."""
    return store.run(images.remove_due(clock.now() + LATER))


async def stored_set(store: Store, images: Images, user_id: int) -> Record:
    """A set with an image."""
    async with images.stored(image(), "set") as name:
        return await store.storage.write(new_set, user_id, img=name)


@pytest.fixture
def images(store: Store) -> Images:
    """Images in memory."""
    return Images(store.storage, "memory:")


def test_an_image_stays_as_long_as_a_record_names_it(store: Store, images: Images) -> None:
    made = store.run(stored_set(store, images, store.new_account()["id"]))
    assert sweep(store, images) == 0
    assert exists(images, made["img"])
    store.write(sets.remove, made)
    assert store.run(images.remove_due(clock.now())) == 0
    assert (sweep(store, images), exists(images, made["img"])) == (1, False)
    assert store.count(removal_table) == 0


@pytest.mark.parametrize(("failure", "at_once"), [(NoSuchRecord, True), (StorageUnavailable, False)])
def test_an_image_is_removed_at_once_if_its_record_was_not_written_and_later_if_that_is_unknown(
    store: Store, images: Images, failure: type[ApiError], at_once: bool
) -> None:
    names: list[str] = []

    def fails(_connection: Connection) -> None:
        raise failure

    async def store_image() -> None:
        async with images.stored(image(), "set") as name:
            names.append(str(name))
            await store.storage.write(fails)

    with pytest.raises(failure):
        store.run(store_image())
    assert exists(images, names[0]) is not at_once
    assert (sweep(store, images), exists(images, names[0])) == (1, False)


def test_an_image_stays_if_the_request_is_cancelled_while_its_record_is_written(sqlite_store: Store) -> None:
    images = Images(sqlite_store.storage, "memory:")
    user_id = sqlite_store.new_account()["id"]
    begun, cancelled = asyncio.Event(), Event()

    async def cancel() -> None:
        loop = asyncio.get_running_loop()

        def slowly(connection: Connection, img: str) -> Record:
            loop.call_soon_threadsafe(begun.set)
            cancelled.wait(PATIENCE)
            return new_set(connection, user_id, img=img)

        async def request() -> None:
            async with images.stored(image(), "set") as name:
                await sqlite_store.storage.write(slowly, str(name))

        task = asyncio.create_task(request())
        await begun.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        cancelled.set()

    sqlite_store.run(cancel())
    # Writes are done one after the other: the cancelled one is done by then.
    (name,) = sqlite_store.write(lambda connection: connection.execute(select(table.c.img)).scalars().all())
    assert sweep(sqlite_store, images) == 0
    assert exists(images, name)


def test_no_record_names_an_image_whose_removal_has_begun(store: Store, images: Images) -> None:
    user_id = store.new_account()["id"]

    async def too_late() -> None:
        async with images.stored(image(), "set") as name:
            await store.storage.write_alone(image_removals.begin, clock.now() + LATER)
            await store.storage.write(new_set, user_id, img=name)

    with pytest.raises(ImageStoreUnavailable):
        store.run(too_late())
    assert store.count(table) == 0


def test_a_removal_that_fails_is_tried_again(store: Store, images: Images, monkeypatch: pytest.MonkeyPatch) -> None:
    made = store.run(stored_set(store, images, store.new_account()["id"]))
    store.write(sets.remove, made)
    with monkeypatch.context() as patch:
        patch.setattr(ImageStore, "remove", _unavailable)
        with pytest.raises(ImageStoreUnavailable):
            sweep(store, images)
    assert (sweep(store, images), exists(images, made["img"])) == (1, False)


async def _unavailable(_store: object, _name: str) -> None:
    raise ImageStoreUnavailable
