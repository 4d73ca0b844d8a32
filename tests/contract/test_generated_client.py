"""What an integrator does: generate a client from the published document, and use nothing but it."""

import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.service import Service


@pytest.fixture(scope="module")
def client_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the client is generated to."""
    return tmp_path_factory.mktemp("generated")


@pytest.mark.parametrize("service", ["sqlite"], indirect=True)
def test_a_generated_client_makes_a_key_stores_a_set_and_reads_it(
    service: Service, client_package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate(service, client_package)
    monkeypatch.syspath_prepend(client_package)
    package = importlib.import_module("freesewing_client")
    models = importlib.import_module("freesewing_client.models")
    with package.Client(service.url) as anyone:
        email, language = "generated@freesewing.dev", models.Language("en")
        signed_up = call("sessions.sign_up", anyone, body=models.SignUp(email=email, language=language, test=True))
        consent = models.SignUpConfirm(consent=2)
        session = call("sessions.confirm_sign_up", anyone, signed_up.confirmation.id, body=consent)
    with package.AuthenticatedClient(service.url, session.token) as person:
        wanted = models.ApiKeyCreate(name="a script", level=3, expires_in=3600)
        made = call("apikeys.create_api_key", person, body=wanted).apikey
    with package.Client(service.url, httpx_args={"auth": (str(made.key), made.secret)}) as script:
        measies = models.MeasurementsInput.from_dict({"chest": 920, "waist": 760})
        body = models.MeasurementsSetCreate(name="Alice", measies=measies)
        stored = call("sets.create_set", script, body=body).set_
        read = call("sets.read_set", script, str(stored.id)).set_
        missing = call("sets.read_set", script, "999999")
    assert read.measies.to_dict() == {"chest": 920, "waist": 760}
    assert read == stored
    assert (missing.error, missing.status) == (models.ErrorCode("notFound"), 404)


def generate(service: Service, folder: Path) -> None:
    """Run openapi-python-client on the running server's document."""
    subprocess.run(
        [
            *(sys.executable, "-m", "openapi_python_client", "generate", "--url", f"{service.url}/openapi.json"),
            *("--meta", "none", "--output-path", str(folder / "freesewing_client")),
        ],
        check=True,
        capture_output=True,
    )


def call(operation: str, client: Any, *args: Any, **kwargs: Any) -> Any:
    """Call an operation of the generated client; its parsed reply."""
    module = importlib.import_module(f"freesewing_client.api.{operation}")
    return module.sync(*args, client=client, **kwargs)
