"""What a module of these holds: for each operation a body that is right, and then what is wrong and its code."""

from typing import Any

ABSENT = object()
"""In the place of a value: the field is not sent."""

# Operation: method, path, and a body that is right.
Good = dict[str, tuple[str, str, dict[str, Any]]]
# Operation, field ("" for the body itself), the keyword that fails, what is sent there, the code.
Wrong = list[tuple[str, str, str, Any, str]]
