"""The introduction of the document states the levels of the roles."""

import re

from security import ROLE_LEVELS
from tests.contract.test_document import SPEC


def test_the_levels_of_the_introduction_are_those_of_security() -> None:
    stated = re.search(r"user and tester (\d), curator (\d), bughunter (\d), support (\d), admin (\d)\.",
                       SPEC["info"]["description"].replace("\n", " "))  # fmt: skip
    assert stated
    roles = ("user", "curator", "bughunter", "support", "admin")
    levels = {role: int(level) for role, level in zip(roles, stated.groups(), strict=True)}
    assert {**levels, "tester": levels["user"]} == ROLE_LEVELS
