"""What `docs/interchange.md` shows, done."""

import re
import subprocess
from pathlib import Path

from tests.matrix import on_sqlite
from tests.service import ROOT, Service

BLOCKS = re.findall(r"```\n\$ (.*?)\n(.*?)```", (ROOT / "docs/interchange.md").read_text(), re.DOTALL)


@on_sqlite
def test_the_commands_answer_as_it_is_printed(service: Service, tmp_path: Path) -> None:
    alice = service.sign_up()
    key = alice.new_key(3)
    measies = {"chest": 920.75, "hips": 863.6, "shoulderSlope": 13}
    made = alice.new_set(name="Alice", notes="Taken in November", imperial=True, measies=measies)
    assert len(BLOCKS) == 5
    for command, shown in BLOCKS:
        if command == "cat alice.smis":
            (tmp_path / "alice.smis").write_text(shown)
        for stated, real in (
            ("http://127.0.0.1:8000", service.url),
            ("sets/1.", f"sets/{made['id']}."),
            ("set-1.", f"set-{made['id']}."),
        ):
            command = command.replace(stated, real)
        said = run(command, f"{key.key}:{key.secret}", tmp_path).replace("\r\n", "\n")
        assert _start(said, shown) == _start(shown, shown)


def run(command: str, authorization: str, folder: Path) -> str:
    """What a command prints."""
    ran = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={"AUTH": authorization, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=True,
    )
    return ran.stdout.decode()


def _start(text: str, shown: str) -> str:
    """Return the part of the text that the documentation shows. The rest differs between sets."""
    return text.partition(',"set":{"id":')[0] if "…" in shown else text.strip()
