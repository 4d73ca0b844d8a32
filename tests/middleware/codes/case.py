"""The types of these modules: a valid body of each operation, and invalid values with their codes."""

from typing import Any

ABSENT = object()
"""In place of a value: the field is absent."""

# Operation: method, path, and a valid body.
Good = dict[str, tuple[str, str, dict[str, Any]]]
# Operation, field ("" for the body itself), violated keyword, value, code.
Wrong = list[tuple[str, str, str, Any, str]]
