"""How Schemathesis is run: the same for servers of our own and for deployments of others."""

import os
import sys
from pathlib import Path

from tests.service import ROOT

# Examples for each operation; CONTRACT_EXAMPLES sets one number for all runs.
EXAMPLES = os.environ.get("CONTRACT_EXAMPLES", "")
SEED = os.environ.get("CONTRACT_SEED", "")
# Folder of the reports of a run against a deployment of another operator.
REPORTS = Path(os.environ.get("CONTRACT_REPORTS", ROOT / "reports" / "contract"))


# All phases of Schemathesis.
ALL = "examples,coverage,fuzzing,stateful"
# Where only the credentials or the paths are others.
ONLY_EXAMPLES = "examples"
# At a deployment: those that send the same requests in each run.
REPEATABLE = "examples,coverage"


def command(document: Path, url: str, examples: str, phases: str) -> list[str]:
    """`st run` of a document against a server, with every check, in these phases."""
    return [
        *(sys.executable, "-m", "schemathesis.cli", "run", str(document), "--url", url),
        *("-n", examples, "--checks", "all", "--continue-on-failure", "--no-color"),
        *(("--seed", SEED) if SEED else ()),
        *("--phases", phases),
    ]


def environment(
    url: str, reached: Path, *, scheme: str, authorization: str, username: str, email: str, password: str, **more: str
) -> dict[str, str]:
    """What the hooks read: the server, the account that fuzzes, and where they note which operations answered 2xx."""
    ours = {name: value for name, value in os.environ.items() if name not in ("CONTRACT_TOKEN", "CONTRACT_KEY")}
    return {
        **ours,
        "SCHEMATHESIS_HOOKS": "tests.contract.hooks",
        "CONTRACT_BASE_URL": url,
        "CONTRACT_REACHED": str(reached),
        "CONTRACT_USERNAME": username,
        "CONTRACT_PASSWORD": password,
        "CONTRACT_EMAIL": email,
        "CONTRACT_SCHEME": scheme,
        "CONTRACT_AUTHORIZATION": authorization,
        **more,
    }
