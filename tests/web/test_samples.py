"""The code samples of the document, run as programs against a running server."""

import os
import re
import shutil
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from core import document
from tests.service import PASSWORD, ROOT, ApiKey, Person, Service
from tests.web.tour_programs import NEEDS, interpreter

SAMPLED = [op["operationId"] for _, _, op in document.operations(document.load()) if "x-codeSamples" in op]
# A file for the sample of the import.
FILE = ROOT / "tests" / "interchange" / "cases" / "unit-inches.vit"
# The languages of the samples, as tests.web.tour_programs names them.
LANGUAGES = {"curl": "sh", "Python": "python", "TypeScript": "ts"}
# Text that the sample of an operation prints in every language.
PRINTED = {
    "sign_up": "@",
    "confirm_sign_up": "eyJ",
    "sign_in": "eyJ",
    "who_am_i": "4",
    "list_api_keys": "a key",
    "create_api_key": "fsk_",
    "revoke_api_key": "Z",
    "rotate_api_key": "fsk_",
    "read_key_usage": "bytesOut",
    "list_sets": "a set",
    "create_set": "",
    "import_set": "chest",
    "read_set": "900",
    "read_set_json": "900",
    "update_set": "770",
    "delete_set": "204",
    "read_account": "user-",
    "list_patterns": "aaron",
    "create_pattern": "",
    "list_curated_sets": "[",
}


@dataclass(frozen=True)
class Reader:
    """A user of the samples, with a password, an API key, a set, a pattern, and the link of another sign-up."""

    person: Person
    key: ApiKey
    set_id: int
    link: str

    def adapted(self, source: str) -> str:
        """The sample with this user's address and set."""
        return re.sub(r"\b12\b", str(self.set_id), source.replace("alice@example.org", self.person.email))

    def environment(self) -> dict[str, str]:
        """The variables that samples read."""
        inherited = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        own = {"KEY": self.key.key, "SECRET": self.key.secret, "TOKEN": self.person.token}
        return {**inherited, **own, "PASSWORD": PASSWORD, "LINK": self.link}


def reader(service: Service) -> Reader:
    """A new user of the samples."""
    person = service.sign_up()
    assert person.patch("/account", {"password": PASSWORD}).status_code == 200
    set_id = person.new_set(public=True)["id"]
    assert person.post("/patterns", {"design": "aaron", "settings": {}}).status_code == 201
    body = {"email": f"other.{person.email}", "language": "en", "test": True}
    asked = service.http.post("/signup", json=body).json()
    link = f"{service.url}/confirm/signup/{asked['confirmation']}/{asked['check']}"
    return Reader(person, person.new_key(), set_id, link)


def start(service: Service, sample: dict[str, str], folder: Path) -> subprocess.Popen[str]:
    """Run the sample of an operation as a program in this folder."""
    user, language = reader(service), LANGUAGES[sample["label"]]
    shutil.copy(FILE, folder / "measurements.vit")
    program = folder / NEEDS[language][0]
    program.write_text(user.adapted(sample["source"]))
    piped: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen([interpreter(language), program.name], cwd=folder, env=user.environment(), **piped)


def published(service: Service, operation_id: str) -> list[dict[str, str]]:
    """The samples of an operation, as the server publishes them."""
    shown = service.http.get("/openapi.json").json()
    samples: list[dict[str, str]]
    [samples] = [
        operation["x-codeSamples"]
        for _, _, operation in document.operations(shown)
        if operation["operationId"] == operation_id
    ]
    return samples


# Which engine stores the data makes no difference to a client.
@pytest.mark.parametrize("service", ["sqlite"], indirect=True)
@pytest.mark.parametrize("operation_id", SAMPLED)
def test_the_samples_of_an_operation_call_it(service: Service, operation_id: str, tmp_path: Path) -> None:
    samples = published(service, operation_id)
    assert [sample["label"] for sample in samples] == list(LANGUAGES)
    for sample in samples:
        (tmp_path / sample["label"]).mkdir()
    # At the same time: most of a program's time is its start.
    with ExitStack() as stack:
        programs = {
            sample["label"]: stack.enter_context(start(service, sample, tmp_path / sample["label"]))
            for sample in samples
        }
        printed = {label: program.communicate(timeout=120)[0] for label, program in programs.items()}
    for label, program in programs.items():
        assert program.returncode == 0 and PRINTED[operation_id] in printed[label], f"{label}: {printed[label]}"
        assert '"result":"error"' not in printed[label], f"{label}: {printed[label]}"


def test_twenty_operations_have_samples() -> None:
    assert set(SAMPLED) == set(PRINTED) and len(SAMPLED) == 20
