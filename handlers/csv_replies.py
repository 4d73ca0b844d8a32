"""Lists as CSV (RFC 4180), to open in a spreadsheet."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Any

from starlette.responses import Response

from handlers.replies import PRIVATE, content
from services import spreadsheets

CSV = "text/csv; charset=utf-8; header=present"


def csv_reply(name: str, columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> Response:
    """200 with a heading and these rows; a member that a row lacks, or that is None, is an empty cell."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_cell(row.get(column)) for column in columns] for row in rows)
    headers = {**PRIVATE, "Content-Disposition": f'attachment; filename="{name}.csv"'}
    return content(text.getvalue(), CSV, headers=headers)


def _cell(value: Any) -> Any:
    return spreadsheets.cell(value) if isinstance(value, str) else value
