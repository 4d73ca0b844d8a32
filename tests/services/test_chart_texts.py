"""The texts of charts: every language has every text, with the same placeholders."""

import re
from dataclasses import asdict
from typing import Any

import pytest

from core import document
from services.mail.messages import LANGUAGES
from services.usage import chart_data, charts
from services.usage.chart_texts import FOLDER, USUAL_LANGUAGE, chart_texts
from tests.services.test_charts import DAY, SVG, parsed, usage

PLACEHOLDER = re.compile(r"\{\w*\}")
SERIES = ("calls", "without_error", "errors", "other", "tokens")


def test_the_languages_are_those_of_mails_and_of_the_document() -> None:
    stated = document.load()["components"]["schemas"]["Language"]["enum"]
    assert {path.stem for path in FOLDER.iterdir()} == set(LANGUAGES) == set(stated)
    assert USUAL_LANGUAGE in LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_there_with_the_placeholders_of_the_english_one(language: str) -> None:
    texts, english = asdict(chart_texts(language)), asdict(chart_texts("en"))
    for name, text in texts.items():
        if isinstance(text, str):
            assert text.strip() or name == "thousands", name
            assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(english[name])), name
    # Longer ones would be cut off.
    assert all(len(texts[name]) <= charts.LONGEST_NAME for name in SERIES)
    assert len({texts[name] for name in texts if "{begin}" in str(texts[name])}) == 7, "two titles are the same"


def test_no_text_is_english_in_another_language() -> None:
    texts = {language: asdict(chart_texts(language)) for language in LANGUAGES}
    for name, text in texts["en"].items():
        if name not in ("thousands", "separated_from"):
            assert [other for other in LANGUAGES if texts[other][name] == text] == ["en"], name


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en", "0 999 1,234 1,234,567"),
        ("de", "0 999 1.234 1.234.567"),
        ("es", "0 999 1234 1.234.567"),
        ("fr", "0 999 1\u202f234 1\u202f234\u202f567"),
        ("nl", "0 999 1.234 1.234.567"),
        ("uk", "0 999 1\u00a0234 1\u00a0234\u00a0567"),
    ],
)
def test_numbers_are_written_as_in_the_language(language: str, written: str) -> None:
    assert " ".join(map(chart_texts(language).number, (0, 999, 1234, 1_234_567))) == written


def test_a_german_chart_has_german_texts_and_numbers_and_iso_dates() -> None:
    rows: list[dict[str, Any]] = [{"at": DAY.format(2), "key": key, "calls": 4000} for key in ("a", None)]
    rows += [{"at": DAY.format(2), "key": f"k{number}", "calls": 1000} for number in range(8)]
    chart = chart_data.over_time(usage(rows), "key", {"a": "calls"}, "de")
    assert chart.title == "Aufrufe nach API-Schlüssel von 2026-11-01 bis 2026-11-04 (UTC)"
    assert chart.description.startswith(
        "Aufrufe: 16.000, davon 1 mit Fehler. Sitzungen, gelöschte Schlüssel: 4.000, "
    )
    assert [name for name, _ in chart.series][:2] == ["Sitzungen, gelöschte Schlüssel", "calls"]
    assert chart.series[-1] == ("sonstige", (0, 2000, 0))
    image = parsed(chart, language="de")
    texts = {element.text for element in image.iterfind(f".//{SVG}text")}
    assert {"12.000", "2026-11-01", "sonstige"} <= texts
    assert image.get("{http://www.w3.org/XML/1998/namespace}lang") == "de"


def test_the_lists_of_those_with_most_calls_are_in_the_language() -> None:
    rows = [{"network": network, "calls": 3, "errors": 1} for network in ("203.0.113.0/24", "other")]
    report = {"period": "week", "from": DAY.format(1), "to": DAY.format(8), "anonymous": rows, "keys": []}
    chart = chart_data.heaviest(report, "networks", "fr")
    assert chart.title == "Appels des réseaux anonymes du 2026-11-01 au 2026-11-08 (UTC)"
    assert chart.description == "Ceux qui ont le plus d\u2019appels. 203.0.113.0/24: 3, autres: 3."
    assert [name for name, _ in chart.series] == ["sans erreur", "erreurs"]
    without = chart_data.heaviest(report, "keys", "fr")
    assert without.description == "Aucun appel."
    assert parsed(without, language="fr").find(f".//{SVG}text[@class='no_data']").text == "Aucun appel"
