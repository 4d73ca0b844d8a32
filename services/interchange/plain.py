"""JSON and YAML: a set as we publish it, or nothing but names with their numbers."""

import re
from typing import Any

import yaml

from core import strict_json
from core.errors import FileInvalid
from services.interchange import numerals
from services.interchange.report import MOST_ENTRIES, NO_NUMBER, Contents, unit_of

MOST_DEPTH = 16
# Of a set as we publish it: what an import reads, and what says where the set is from.
_SET_PARTS = frozenset({"measurements", "name", "notes", "units", "type"})
_SET_ORIGIN = frozenset({"result", "author", "about", "id", "uuid", "createdAt", "updatedAt"})
MOST_EVENTS = 4 * MOST_ENTRIES
"""Of YAML: what begins, ends, or is a value."""
_DIRECTIVE = re.compile("(^|[\n\r\x85\u2028\u2029])%")
_NOTHING = ("", "~", "null")
_NUMBERS = (int, float)


def read_json(text: str, units: str | None) -> Contents:
    """Return the contents of the file; raises MalformedBody for invalid JSON, and FileInvalid."""
    return _contents("json", strict_json.decode(text.encode()), units)


def read_yaml(text: str, units: str | None) -> Contents:
    """What the file holds; raises FileInvalid."""
    try:
        _admit(text)
        # Nothing is made of a value but its text: `12:30` is no number, and no tag makes an object.
        value = yaml.load(text, Loader=_Loader)  # noqa: S506
    except yaml.YAMLError:
        raise FileInvalid("The file is not YAML, or has a name twice.") from None
    return _contents("yaml", value, units)


def _admit(text: str) -> None:
    """Raise FileInvalid for YAML that is more than plain values: it could stand for far more than it is."""
    if _DIRECTIVE.search(text):
        # Each is compared with all before it: a file full of them takes a quarter of a minute.
        raise FileInvalid("YAML directives are not accepted.")
    depth = 0
    for number, event in enumerate(yaml.parse(text, Loader=yaml.CBaseLoader)):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if number > MOST_EVENTS or depth > MOST_DEPTH:
            most = f"{MOST_EVENTS:,} values and names, or is nested deeper than {MOST_DEPTH} levels"
            raise FileInvalid(f"The file has more than {most}.")
        if getattr(event, "anchor", None) or getattr(event, "tag", None):
            raise FileInvalid("YAML anchors, aliases and tags are not accepted.")


class _Loader(yaml.CBaseLoader):
    """Every value is a text, and no name stands twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [name.value for name, _ in node.value]
        if not all(isinstance(name, str) for name in names) or len(set(names)) != len(names):
            raise yaml.constructor.ConstructorError(None, None, "a name is no text, or stands twice")
        return super().construct_mapping(node, deep=deep)


def _contents(form: str, value: Any, units: str | None) -> Contents:
    if not isinstance(value, dict):
        raise FileInvalid("The file must be an object of names and numbers, or a set.")
    contents = Contents(form)
    measurements = value.get("measurements")
    if isinstance(measurements, dict):
        units = _take_set(contents, value, units)
    else:
        measurements = value
        contents.imperial = units == numerals.INCH
    for name, found in measurements.items():
        contents.add(name, _written(found), unit_of(name, units or numerals.MM))
    return contents


def _take_set(contents: Contents, value: dict[str, Any], units: str | None) -> str | None:
    """Take what a set says of itself; returns the unit of its lengths, if it or `units` says. Raises FileInvalid."""
    contents.name, contents.notes = (
        contents.text(field, value[field]) if field in value else None for field in ("name", "notes")
    )
    for part in sorted(value.keys() - _SET_PARTS - _SET_ORIGIN):
        contents.drop(part, "unsupported")
    shown = value.get("units", "metric")
    if shown not in ("metric", "imperial"):
        raise FileInvalid("The `units` of a set are metric or imperial. Its values are in millimetres in both cases.")
    if {"type", "units"} & value.keys():
        # As we publish it: in millimetres, whatever it says of how to show it.
        units = numerals.MM
    contents.imperial = shown == "imperial" or units == numerals.INCH
    return units


def _written(found: Any) -> str:
    """A value as text, as if it stood in a table."""
    if isinstance(found, str) or found is None:
        text = (found or "").strip()
        return "" if text in _NOTHING else text
    return str(found) if type(found) in _NUMBERS else NO_NUMBER  # not isinstance: True and False are none
