"""The files of measurements of SeamlyMe (`.smis`) and Valentina (`.vit`): XML of one form, under two roots.

lxml is imported inside functions: most servers never read or write such a file (docs/decisions/027).
"""

import re
from collections.abc import Mapping
from typing import Any

from core.errors import FileInvalid, UnitsMissing
from services.interchange import numerals
from services.interchange.report import Contents, unit_of
from services.interchange.table import ALIASES, TABLE

SMIS, VIT = "smis", "vit"
# Of Valentina's the last that it shares with SeamlyMe: releases of many years open it.
VERSIONS = {SMIS: "0.3.4", VIT: "0.3.3"}
# Values for an unknown person; the format requires a date.
_NOBODY = {"family-name": "", "given-name": "", "birth-date": "1800-01-01", "gender": "unknown", "email": ""}
_ANY_SYSTEM = "998"
# FreeSewing's value for a set without notes.
_NO_NOTES = "--"
_NAMES = ("given-name", "family-name", "customer")
# Before it, each measurement was an element of its own name.
_OLDEST = (0, 3)
_VERSION = re.compile(r"\d{1,3}(\.\d{1,3}){0,3}", re.ASCII)
_PARTS = frozenset({"version", "read-only", "notes", "unit", "pm_system", "personal", "body-measurements"})
_COMMENTS = ("full_name", "description")
_MULTISIZE = ("smms", "vst")
MOST_TAGS = 20_000
"""What begins or ends an element; a file of all known measurements has 300."""
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")


def read(text: str, units: str | None, *, named: bool) -> Contents:
    """What the file holds, named after its person if `named`; raises FileInvalid, UnitsMissing.

    `units` is for files that do not say theirs. The root says which of the two formats it is, not the file's name.
    """
    root = _root(text)
    _require_readable_version(_text(root, "version"))
    contents = Contents(_local(root), theirs=True)
    unit = _unit(_text(root, "unit"), units)
    contents.imperial = unit == numerals.INCH
    _drop_unsupported(root, contents)
    if _child(root, "notes") is not None:
        contents.notes = contents.text("notes", _said(root, "notes"))
    _take_person(root, contents, named=named)
    body = _child(root, "body-measurements")
    for element in body if body is not None else ():
        if _local(element) == "m":
            _take(element, contents, unit)
        else:
            contents.drop(_local(element), "unsupported")
    return contents


def _require_readable_version(version: str) -> None:
    """Raise FileInvalid for a format that is too old; a file without a version is read as a current one."""
    if _VERSION.fullmatch(version) and tuple(map(int, version.split("."))) < _OLDEST:
        raise FileInvalid(
            f"The file has version {version} of its format; versions from 0.3 on can be imported."
            " Open it in a current release of its program and save it again."
        )


def _unit(written: str, requested: str | None) -> str:
    """Return the unit of the file's lengths: its own, else the requested one. Raises FileInvalid, UnitsMissing."""
    unit = numerals.unit_named(written) if written else requested
    if written and unit in (None, numerals.DEGREE):
        raise FileInvalid("The unit of the file is not mm, cm or inch.")
    if not unit:
        raise UnitsMissing("Neither the file nor the request states the unit: mm, cm or inch.")
    return unit


def _drop_unsupported(root: Any, contents: Contents) -> None:
    """Report the parts of the file that cannot be imported, and a second part of the same name."""
    seen = set[str]()
    for element in root:
        name = _local(element)
        if name not in _PARTS or name in seen:
            contents.drop(name, "duplicate" if name in seen else "unsupported")
        seen.add(name)


def _root(text: str) -> Any:
    """Return the root element of a file with one person's measurements; raises FileInvalid for any other file."""
    from lxml import etree

    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise FileInvalid("The file has a document type declaration, which is not accepted.")
    if text.count("<") > MOST_TAGS:
        raise FileInvalid(f"The file has more than {MOST_TAGS:,} tags.")
    parser = etree.XMLParser(
        encoding="utf-8",
        huge_tree=False,
        load_dtd=False,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
        resolve_entities=False,
    )
    try:
        # What it says of its encoding was true before it was decoded.
        declared = _DECLARATION.match(text)
        root = etree.fromstring(text[declared.end() if declared else 0 :].encode(), parser)
    except etree.XMLSyntaxError as broken:
        raise FileInvalid(f"The file is not well-formed XML: line {broken.lineno or 1}.") from None
    if _local(root) in _MULTISIZE:
        raise FileInvalid("The file is a multi-size file. Only individual measurements are accepted.")
    if _local(root) not in VERSIONS:
        raise FileInvalid("The file is XML, but its root is neither smis nor vit.")
    return root


def _local(element: Any) -> str:
    """The name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def _children(element: Any, name: str) -> list[Any]:
    return [child for child in element if _local(child) == name] if element is not None else []


def _child(element: Any, name: str) -> Any:
    return next(iter(_children(element, name)), None)


def _said(element: Any, name: str) -> str:
    child = _child(element, name)
    return "".join(child.itertext()) if child is not None else ""


def _text(element: Any, name: str) -> str:
    return _said(element, name).strip()


def _take_person(root: Any, contents: Contents, *, named: bool) -> None:
    person = _child(root, "personal")
    if named:
        contents.name = contents.text("name", " ".join(filter(None, (_text(person, field) for field in _NAMES))))
    for element in person if person is not None else ():
        field, text = _local(element), "".join(element.itertext()).strip()
        if text not in ("", _NOBODY.get(field)) and not (named and field in _NAMES):
            contents.drop(field, "personal")


def _take(element: Any, contents: Contents, unit: str) -> None:
    if element.get("type") == "separator":
        return
    name = element.get("name", "").strip()
    # What has a unit of its own is no length.
    own = element.get("specialUnits") == "true"
    contents.add(name, element.get("value", "").strip(), numerals.DEGREE if own else unit_of(name, unit))
    if name in contents.measured:
        comments = [comment for comment in _COMMENTS if element.get(comment, "").strip()]
        for part in (*comments, *map(_local, element)):
            contents.drop(f"{name}: {part}", "unsupported")


def written(record: Mapping[str, Any], form: str) -> bytes:
    """A set (`name`, `notes`, `measies` in millimetres, `imperial`) as a file, in inches or millimetres."""
    from lxml import etree
    from lxml.builder import E

    unit = numerals.INCH if record["imperial"] else numerals.MM
    person = {**_NOBODY, "given-name": _possible(record["name"])}
    made = E(
        form,
        E("version", VERSIONS[form]),
        E("read-only", "false"),
        E("notes", "" if record["notes"] == _NO_NOTES else _possible(record["notes"])),
        E("unit", unit),
        E("pm_system", _ANY_SYSTEM),
        E("personal", *(E(field, said) for field, said in person.items())),
        E("body-measurements", *(E("m", name=name, value=value) for name, value in _named(record["measies"], unit))),
    )
    return bytes(etree.tostring(made, encoding="UTF-8", xml_declaration=True, pretty_print=True))


def _possible(text: str) -> str:
    """The text with a mark in place of each character that XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)


def _named(measies: dict[str, float], unit: str) -> list[tuple[str, str]]:
    """Name and value of each measurement, as theirs."""
    ours = {ALIASES.get(name, name): measies[name] for name in sorted(measies, key=lambda name: name not in ALIASES)}
    return [(TABLE[name][0].text, numerals.shown(value, unit_of(name, unit))) for name, value in ours.items()]
