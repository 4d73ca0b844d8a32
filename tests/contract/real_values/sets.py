"""Measurement sets."""

from typing import Any

from tests.contract.fuzzing import made, numbers

TAPE = "<{0}><unit>inch</unit><body-measurements><m name='hip_circ' value='40'/></body-measurements></{0}>"
FILES = {
    "csv": b"measurement,value,unit\nchest,90,cm\n",
    "smis": TAPE.format("smis").encode(),
    "vit": TAPE.format("vit").encode(),
    "json": b'{"chest": 900}',
    "yaml": b"chest: 900",
}


def _own(case: Any) -> None:
    case.path_parameters = {"id": str(made("/sets", {"name": "fuzzed", "public": True})["set"]["id"])}


def _file(case: Any) -> None:
    form = sorted(FILES)[next(numbers) % len(FILES)]
    case.query = {**case.query, "format": form, "name": "fuzzed", "units": "mm"}
    case.body = FILES[form]


REAL = {
    **dict.fromkeys(("read_set", "update_set", "delete_set", "clone_set"), _own),
    **{f"read_set_{form}": _own for form in ("json", "yaml", "csv", "smis", "vit")},
    "import_set": _file,
}
