"""What axe finds on a page."""

from collections.abc import Sequence
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

COLOURS: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
# What the colours of a page can break.
OF_COLOURS = ("color-contrast", "link-in-text-block")


def violations(page: Page, tags: Sequence[str] = WCAG, *, exclude: Sequence[str] = ()) -> list[tuple[Any, ...]]:
    """Return the rules that are broken in light or dark colours, each with the colours and the element.

    In dark colours only the rules about colours run: all others find the same as in light ones.
    """
    found = []
    for colours in COLOURS:
        page.emulate_media(color_scheme=colours, reduced_motion="reduce")
        only = {"type": "tag", "values": list(tags)} if colours == "light" else {"type": "rule", "values": OF_COLOURS}
        # Without `resultTypes` axe describes every element that breaks no rule: four times the time on a long page.
        options = {"runOnly": only, "resultTypes": ["violations"]}
        broken = Axe().run(page, context={"exclude": list(exclude)}, options=options).response["violations"]
        found += [(colours, one["id"], node["target"]) for one in broken for node in one["nodes"]]
    return found
