"""The location of the image store: an unusable one aborts start-up, and a later failure is raised as unavailable."""

import asyncio
import shutil
from pathlib import Path
from typing import cast

import pytest

from core.errors import ImageStoreUnavailable, NoSuchRecord
from services.images.record_images import Images
from storage.database import Storage


def images_at(url: str) -> Images:
    return Images(cast(Storage, None), url)


@pytest.mark.parametrize(
    "url", ["", "images", "ftp://user:secret@host/x", "file:/proc/none/images", "file:/dev/null"]
)
def test_an_unusable_location_aborts_start_up_and_is_not_quoted(url: str) -> None:
    with pytest.raises(ValueError, match="images cannot be kept there") as refused:
        images_at(url)
    assert "secret" not in str(refused.value)


def test_a_folder_is_made_at_the_start(tmp_path: Path) -> None:
    images = images_at(f"file:{tmp_path}/new/images")
    assert (tmp_path / "new" / "images").is_dir()
    with pytest.raises(NoSuchRecord):
        asyncio.run(images.find("set-1"))


def test_a_folder_that_something_took_the_place_of_is_unavailable(tmp_path: Path) -> None:
    folder = tmp_path / "images"
    images = images_at(f"file:{folder}")
    shutil.rmtree(folder)
    folder.write_text("in the way")
    with pytest.raises(ImageStoreUnavailable):
        asyncio.run(images.find("set-1"))
    folder.unlink()
    with pytest.raises(NoSuchRecord):
        asyncio.run(images.find("set-1"))
