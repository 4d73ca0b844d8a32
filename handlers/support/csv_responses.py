"""Responses with lists as CSV."""

from collections.abc import Iterable, Sequence
from typing import Any

from starlette.responses import Response

from handlers.support.responses import PRIVATE, content
from services.interchange import spreadsheets

CSV = "text/csv; charset=utf-8; header=present"


def csv_reply(name: str, columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> Response:
    """200 with a heading and these rows; a member that a row lacks, or that is None, is an empty cell."""
    text = spreadsheets.written(columns, ([row.get(column) for column in columns] for row in rows))
    return content(text, CSV, headers={**PRIVATE, **attachment(f"{name}.csv")})


def attachment(name: str) -> dict[str, str]:
    """The header that names the file which a browser is to keep."""
    return {"Content-Disposition": f'attachment; filename="{name}"'}
