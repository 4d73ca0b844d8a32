"""Helping to translate."""

from tests.contract.levels.case import Case

CASES = {
    "invite_translator": Case(body={"language": "uk"}),
    "suggest_language": Case(body={"language": "Esperanto"}),
}
