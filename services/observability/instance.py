"""Metrics of the process, its code and its disks; read at each scrape, on the thread of the scrape."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from prometheus_client import Metric
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from services.file_urls import folder_of
from services.observability import build
from settings import Settings
from storage import health

SQLITE = "sqlite:///"


class Instance(Collector):
    """What runs here: build, expected schema, restarts, and the disks that it writes to."""

    def __init__(self, settings: Settings, restarts: int) -> None:
        """`restarts` is how often a worker in the place of this one ended by itself."""
        self._build = {"version": build.version(), "commit": settings.commit or build.commit()}
        self._restarts = restarts
        database = settings.database_url
        folders = {
            "data": settings.data_dir,
            "images": folder_of(settings.images_url),
            "database": Path(database.removeprefix(SQLITE)).parent if database.startswith(SQLITE) else None,
        }
        self._folders = {name: folder for name, folder in folders.items() if folder is not None}

    def collect(self) -> Iterator[Metric]:
        """Return every metric; a folder that cannot be read has no sample."""
        built = GaugeMetricFamily("freesewing_build_info", "Version and commit; always 1.", labels=list(self._build))
        built.add_metric(list(self._build.values()), 1)
        yield built
        newest = int(health.newest())
        yield GaugeMetricFamily("freesewing_schema_expected", "Newest migration that the code brings.", newest)
        text = "How often a worker in this place ended by itself and was replaced."
        yield CounterMetricFamily("freesewing_worker_restarts", text, self._restarts)
        disks = {name: disk for name, folder in self._folders.items() if (disk := _disk(folder))}
        free = {name: disk.free for name, disk in disks.items()}
        yield _by_folder("freesewing_disk_free_bytes", "Free space of the disk with this folder.", free)
        size = {name: disk.total for name, disk in disks.items()}
        yield _by_folder("freesewing_disk_size_bytes", "Size of the disk with this folder.", size)


def _disk(folder: Path) -> "shutil._ntuple_diskusage | None":
    try:
        return shutil.disk_usage(folder)
    except OSError:
        return None


def _by_folder(name: str, text: str, amounts: Mapping[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=["folder"])
    for folder, amount in amounts.items():
        family.add_metric([folder], amount)
    return family
