"""Lists of entity tags in `If-Match` and `If-None-Match`."""

import pytest

from core import etags

TAG = etags.of(b"a body")
OTHER = etags.of(b"another body")


@pytest.mark.parametrize(
    "header",
    [TAG, f"W/{TAG}", f"{OTHER}, {TAG}", f"{OTHER},W/{TAG}", f'"a, b" , {TAG}', "*"],
)
def test_a_list_with_the_tag_names_it(header: str) -> None:
    assert etags.names(header, TAG)


@pytest.mark.parametrize(
    "header",
    ["", OTHER, f"W/{OTHER}", TAG.strip('"'), f"W/{TAG.strip(chr(34))}", f'"{TAG}', f'"a{TAG[1:]}', '"*"', ",", "W/"],
)
def test_a_list_without_the_tag_does_not_name_it(header: str) -> None:
    assert not etags.names(header, TAG)
