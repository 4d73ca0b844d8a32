"""Issues, discussions and posts at the code forge."""

from typing import Any

from tests.contract.fuzzing import made, numbers


def _taken(case: Any) -> None:
    slug = f"fuzzed-{next(numbers)}"
    made("/flows/pr/blog", {"slug": slug, "markdown": "# Fuzzed", "language": "en"})
    case.path_parameters = {"type": "blog", "slug": slug}


REAL = {"check_slug": _taken}
