"""A COMMIT that was not answered: whether or not the record was written, the image that it names exists."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from core import clock
from tests import templates
from tests.databases import fresh_postgres
from tests.handlers.reading import failure
from tests.handlers.test_images import image
from tests.in_process import AsgiService, in_process
from tests.proxy import Proxy
from tests.services.image_files import BLUE

LATER = timedelta(days=2)


@pytest.fixture
def proxied(tmp_path: Path) -> Iterator[tuple[AsgiService, Proxy]]:
    """The application, whose database is behind a proxy."""
    with fresh_postgres() as url:
        templates.prepare(url, {})
        parts = urlsplit(url)
        proxy = Proxy(parts.hostname or "", parts.port or 5432)
        address = parts._replace(netloc=f"{parts.username}@127.0.0.1:{proxy.port}").geturl()
        with in_process(tmp_path, address, migrate=False) as application:
            yield application, proxy
        proxy.cut()


@pytest.mark.parametrize("committed", [True, False], ids=["committed", "not committed"])
def test_a_record_names_an_image_that_exists_whatever_became_of_its_commit(
    proxied: tuple[AsgiService, Proxy], committed: bool
) -> None:
    application, proxy = proxied
    person = application.sign_up()
    made = person.new_set(img=image())
    path, former = f"/sets/{made['id']}", made["img"]
    # The first transaction schedules the removal of the new image.
    proxy.cut_at(b"COMMIT", passing=1, delivered=committed)
    assert failure(person.patch(path, {"img": image(BLUE)})) == (503, "unavailable")
    present = person.get(path).json()["set"]["img"]
    assert (present != former) is committed
    assert exists(application, present)
    removed = application.run(application.services.images.remove_due(clock.now() + LATER))
    assert removed == 1
    assert exists(application, present)
    assert exists(application, former) is (not committed)


def exists(application: AsgiService, name: str) -> bool:
    """Whether there is an image of this name."""
    return application.run(application.services.images.exists(name))
