"""The image store: the same tests for a folder and for memory, and what only one of them can show."""

import asyncio
import hashlib
import io
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image

from core.errors import ImageExists, ImageStoreUnavailable
from services.images.store import EncodedImage, ImageStore, StoredImage, new_image_id, open_store


def image(format: str = "JPEG", colour: str = "red") -> EncodedImage:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4), colour).save(buffer, format)
    return EncodedImage(buffer.getvalue(), f"image/{format.lower()}")


def put(store: ImageStore, image_id: str, given: EncodedImage) -> None:
    asyncio.run(store.put(image_id, given))


def get(store: ImageStore, image_id: str) -> StoredImage | None:
    return asyncio.run(store.get(image_id))


@pytest.fixture(params=["file", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ImageStore:
    return open_store("memory:" if request.param == "memory" else f"file:{tmp_path}/images")


@pytest.mark.parametrize("format", ["JPEG", "WEBP", "PNG"])
def test_a_stored_image_is_read_with_its_media_type(store: ImageStore, format: str) -> None:
    given = image(format)
    put(store, "set-1", given)
    found = get(store, "set-1")
    assert found is not None
    assert (found.content, found.media_type) == (given.content, given.media_type)


def test_the_etag_is_strong_and_follows_the_content(store: ImageStore) -> None:
    for image_id, colour in [("set-1", "red"), ("set-2", "red"), ("set-3", "blue")]:
        put(store, image_id, image(colour=colour))
    etags = [found.etag for image_id in ("set-1", "set-2", "set-3") if (found := get(store, image_id))]
    assert etags[0] == f'"{hashlib.sha256(image().content).hexdigest()[:32]}"'
    assert etags[0] == etags[1] != etags[2]


def test_the_time_of_storing_is_in_utc(store: ImageStore) -> None:
    put(store, "set-1", image())
    found = get(store, "set-1")
    assert found is not None and found.last_modified.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - found.last_modified) < timedelta(minutes=1)


def test_a_second_put_takes_the_place_of_the_first(store: ImageStore) -> None:
    put(store, "set-1", image("JPEG"))
    put(store, "set-1", image("WEBP"))
    found = get(store, "set-1")
    assert found is not None and found.media_type == "image/webp"


def test_an_image_added_without_replacement_replaces_no_other(store: ImageStore) -> None:
    asyncio.run(store.put("set-1", image("JPEG"), replace=False))
    with pytest.raises(ImageExists):
        asyncio.run(store.put("set-1", image("WEBP"), replace=False))
    found = get(store, "set-1")
    assert found is not None and found.media_type == "image/jpeg"


def test_of_many_added_at_once_one_is_kept(store: ImageStore) -> None:
    async def race() -> list[BaseException | None]:
        puts = (store.put("set-1", image(), replace=False) for _ in range(10))
        return await asyncio.gather(*puts, return_exceptions=True)

    outcomes = asyncio.run(race())
    assert outcomes.count(None) == 1 and [type(outcome) for outcome in outcomes].count(ImageExists) == 9


def test_it_is_known_whether_an_image_is_there(store: ImageStore) -> None:
    put(store, "set-1", image())
    assert [asyncio.run(store.has(one)) for one in ("set-1", "set-10")] == [True, False]


def test_an_image_that_was_never_put_is_none(store: ImageStore) -> None:
    assert get(store, "set-unknown") is None


def test_removing_leaves_the_others_and_may_be_repeated(store: ImageStore) -> None:
    put(store, "set-1", image())
    put(store, "set-10", image())
    for _ in range(2):
        asyncio.run(store.remove("set-1"))
    assert get(store, "set-1") is None
    assert get(store, "set-10") is not None


UNFIT = [
    "",
    "set",
    "-1",
    "set-",
    "Set-1",
    "set-../../etc",
    "../set-1",
    "set-1/2",
    "set-1\n",
    "set-é",
    "set-%2e",
    "/set-1",
]


@pytest.mark.parametrize("image_id", [*UNFIT, "set-" + "a" * 121, "set-a.b", "set-a\0b", "set-a\\b"])
def test_an_id_that_could_be_a_path_is_refused_everywhere(store: ImageStore, image_id: str) -> None:
    for call in (store.put(image_id, image()), store.get(image_id), store.has(image_id), store.remove(image_id)):
        with pytest.raises(ValueError, match="id of an image"):
            asyncio.run(call)


def test_the_longest_id_is_accepted(store: ImageStore) -> None:
    longest = "pattern-" + "a" * 120
    put(store, longest, image())
    assert get(store, longest) is not None


@pytest.mark.parametrize(
    "mislabelled",
    [
        EncodedImage(image("PNG").content, "image/jpeg"),
        EncodedImage(b"<svg/>", "image/svg+xml"),
        EncodedImage(b"", "image/png"),
    ],
)
def test_content_of_another_type_than_stated_is_not_stored(store: ImageStore, mislabelled: EncodedImage) -> None:
    with pytest.raises(ValueError, match="media type"):
        put(store, "set-1", mislabelled)
    assert get(store, "set-1") is None


def test_new_ids_fit_the_store_and_do_not_repeat(store: ImageStore) -> None:
    ids = {new_image_id("set") for _ in range(200)}
    assert len(ids) == 200
    assert all(one.startswith("set-") and len(one) >= 4 + 22 for one in ids)
    put(store, ids.pop(), image())


@pytest.mark.parametrize("kind", ["", "Set", "a-b", "../set", "set\n"])
def test_a_kind_that_makes_no_id_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="kind"):
        new_image_id(kind)


@pytest.mark.parametrize("form", ["file:{}", "file://{}"])
def test_the_folder_is_made_and_keeps_images_when_opened_again(tmp_path: Path, form: str) -> None:
    folder = tmp_path / "new folder" / "images"
    url = form.format(str(folder).replace(" ", "%20") if "//" in form else folder)
    put(open_store(url), "set-1", image())
    assert (folder / "set-1").read_bytes() == image().content
    assert get(open_store(url), "set-1") is not None


def test_a_relative_folder_is_below_where_the_server_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    put(open_store("file:kept/images"), "set-1", image())
    assert os.listdir(tmp_path / "kept" / "images") == ["set-1"]


def test_memory_is_not_shared_between_stores() -> None:
    put(open_store("memory:"), "set-1", image())
    assert get(open_store("memory:"), "set-1") is None


def test_a_missing_folder_is_raised_as_unavailable(tmp_path: Path) -> None:
    store = open_store(f"file:{tmp_path}/images")
    shutil.rmtree(tmp_path / "images")
    (tmp_path / "images").write_text("a file where the folder was")
    for call in (store.put("set-1", image()), store.get("set-1"), store.has("set-1"), store.remove("set-1")):
        with pytest.raises(ImageStoreUnavailable) as failure:
            asyncio.run(call)
        assert str(tmp_path) not in failure.value.detail


def test_an_unreachable_object_store_is_raised_as_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "id",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "eu-central-1",
    }.items():
        monkeypatch.setenv(name, value)
    store = open_store("s3://bucket/images")
    for call in (store.put("set-1", image()), store.get("set-1"), store.has("set-1"), store.remove("set-1")):
        with pytest.raises(ImageStoreUnavailable):
            asyncio.run(call)


@pytest.mark.parametrize("url", ["", "images", "ftp://user:secret@host/x", "s3://", "file:/proc/none/images"])
def test_a_place_that_cannot_be_used_is_refused_at_once_without_its_secrets(url: str) -> None:
    with pytest.raises(ValueError, match="images cannot be kept there") as refused:
        open_store(url)
    assert "secret" not in str(refused.value)
