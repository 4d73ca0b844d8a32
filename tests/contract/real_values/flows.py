"""Issues, discussions and posts at the code forge."""

from typing import Any

from tests.contract.fuzzing import made, slug


def _taken(case: Any) -> None:
    taken = slug()
    made("/flows/pr/blog", {"slug": taken, "markdown": "# Fuzzed", "language": "en"})
    case.path_parameters = {"type": "blog", "slug": taken}


REAL = {"check_slug": _taken}
