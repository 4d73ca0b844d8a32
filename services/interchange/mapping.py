"""Making a file's measurements ours."""

from decimal import Decimal, localcontext

from services.interchange import numerals
from services.interchange.report import Contents, Imported, Measured
from services.interchange.table import TABLE, Choice


def imported(contents: Contents) -> tuple[list[Imported], list[Imported]]:
    """Return FreeSewing's measurements that are in the file, and those derived from two or more that are in it.

    What neither list uses is reported as dropped.
    """
    return _translated(contents) if contents.theirs else (_as_they_are(contents), [])


def _as_they_are(contents: Contents) -> list[Imported]:
    return [
        Imported(name, name, _stored(found.value), "exact" if found.as_is else "converted", "A")
        for name, found in contents.measured.items()
    ]


def _translated(contents: Contents) -> tuple[list[Imported], list[Imported]]:
    found: list[Imported] = []
    derived: list[Imported] = []
    used = set[str]()
    for name, choices in TABLE.items():
        for choice in choices:
            value = _value(choice, contents.measured)
            if value is not None:
                into = derived if choice.is_derived else found
                into.append(_taken(name, choice, value, contents.measured))
                used |= choice.names
                break
    for source in contents.measured:
        if source not in used:
            contents.drop(source, "unused")
    return found, derived


def _value(choice: Choice, measured: dict[str, Measured]) -> int | float | None:
    """The millimetres or degrees that the expression gives; None if something lacks, or the sum makes no sense."""
    if not choice.names <= measured.keys():
        return None
    with localcontext(numerals.EXACT):
        total = sum((factor * _part(name, measured) for factor, name in choice.terms), Decimal(0))
    return numerals.stored(total)


def _part(name: str, measured: dict[str, Measured]) -> Decimal:
    return measured[name].value if name in measured else Decimal(name)


def _taken(name: str, choice: Choice, value: int | float, measured: dict[str, Measured]) -> Imported:
    if choice.trust != "A":
        how = "approximated"
    else:
        how = "exact" if choice.text in measured and measured[choice.text].as_is else "converted"
    return Imported(name, choice.text, value, how, choice.trust, choice.note)


def _stored(value: Decimal) -> int | float:
    number = numerals.stored(value)
    assert number is not None, "measured is only what can be stored"
    return number
