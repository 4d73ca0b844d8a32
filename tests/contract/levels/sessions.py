"""Sessions."""

from tests.contract.levels.case import Case

CASES = {
    "who_am_i": Case(),
    "give_consent": Case(body={"consent": 1}, ends=True),
}
