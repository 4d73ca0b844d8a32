"""What the README shows, done."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from tests.service import ROOT, Service

README = (ROOT / "README.md").read_text()


def test_the_tour_works_as_it_is_printed(tmp_path: Path) -> None:
    service = Service(tmp_path / "data", test_mode="0")
    service.data.mkdir()
    try:
        service.start()
        printed = follow(service, tmp_path)
    finally:
        service.close()
    shown = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", README, re.DOTALL)]
    assert [shape(value) for value in printed if "sets" not in value] == [shape(value) for value in shown]
    assert printed[-1]["measurements"] == shown[-1]["measurements"]


def follow(service: Service, folder: Path) -> list[Any]:
    """Run the tour's commands, waiting where a person would look for the mail; every JSON value they print."""
    commands = "\n".join(re.findall(r"```sh\n(.*?)```", README, re.DOTALL))
    waiting = "for _ in $(seq 100); do ls data/outbox/*.eml >/dev/null 2>&1 && break; sleep 0.1; done\nID="
    script = "set -eu\n" + commands.replace("http://127.0.0.1:8000", service.url).replace("ID=", waiting, 1)
    ran = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, text=True, check=True, timeout=60)
    decoder, text, values = json.JSONDecoder(), ran.stdout.strip(), []
    while text:
        value, end = decoder.raw_decode(text)
        values.append(value)
        text = text[end:].strip()
    return values


def shape(value: Any) -> Any:
    """The names and types in a value."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    return type(value).__name__


def test_every_folder_and_module_is_in_the_map() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    rooms = {line.split("/")[0] + "/" for line in tracked.splitlines() if "/" in line and not line.startswith(".")}
    modules = {line for line in tracked.splitlines() if line.endswith(".py") and "/" not in line}
    for place in (rooms | modules) - {"tools/"}:
        assert f"`{place}" in README, place
