"""Imports: with the token of the test servers."""

from typing import Any

from tests.contract.fuzzing import address
from tests.service import IMPORT_TOKEN


def _token(case: Any) -> None:
    case.body = {**case.body, "import_token": IMPORT_TOKEN}


def _account(case: Any) -> None:
    case.body = {**case.body, "import_token": IMPORT_TOKEN, "account": {"email": address()}}


REAL = {"import_subscribers": _token, "import_users": _token, "migrate_account": _account}
