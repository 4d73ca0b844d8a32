"""Where npm is away, the run says so; in CI it fails. A tarball that is not the pinned one is never unpacked."""

from pathlib import Path

import pytest

from tests.clients import hook
from tests.service import free_port

OUTCOMES = [("false", pytest.skip.Exception), ("true", pytest.fail.Exception)]


@pytest.mark.parametrize(("ci", "outcome"), OUTCOMES)
def test_without_a_registry_it_is_skipped_or_in_ci_failed(
    ci: str, outcome: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setenv("npm_config_registry", f"http://127.0.0.1:{free_port()}/")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    with pytest.raises(outcome, match="was NOT tried"):
        hook.unpacked(tmp_path)


def test_another_tarball_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hook, "INTEGRITY", "sha512-")
    with pytest.raises(AssertionError):
        hook.unpacked(tmp_path)
    assert not (tmp_path / "package").exists()
