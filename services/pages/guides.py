"""Guides in Markdown, among them the tour, rendered as HTML."""

import re
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from core.document import ADDRESS

INTEGRATE = Path(__file__).parent.parent.parent / "docs" / "integrate.md"
# The section of it that is the tour.
TOUR = re.compile(r"^## From nothing to a stored set\n(.*?)(?=^## )", re.MULTILINE | re.DOTALL)
# The languages of the tour, as the fences of its code name them.
LANGUAGES = {"sh": "curl", "python": "Python", "ts": "TypeScript", "r": "R"}


def tour(public_url: str) -> str:
    """Return the tour for a server at this address, in Markdown: one part of the file as a page."""
    found = TOUR.search(INTEGRATE.read_text(encoding="utf-8"))
    if found is None:
        raise RuntimeError(f"{INTEGRATE} has no tour")
    return re.sub(r"^###(?= )", "##", found[1], flags=re.MULTILINE).replace(ADDRESS, public_url)


def rendered(text: str) -> tuple[str, str]:
    """The list of contents and the text, as HTML."""
    from markdown_it import MarkdownIt

    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    markdown.add_render_rule("fence", _code)
    tokens = markdown.parse(text)
    titles = [(tokens[at + 1].content, token) for at, token in enumerate(tokens) if token.type == "heading_open"]
    for title, token in titles:
        token.attrSet("id", _name(title))
    links = "".join(f'<li><a href="#{_name(title)}">{escape(title)}</a></li>' for title, _ in titles)
    return links, markdown.renderer.render(tokens, markdown.options, {})


def _name(title: str) -> str:
    """What a section is known by in addresses."""
    return re.sub(r"[^a-z]+", "-", title.lower()).strip("-")


def _code(_renderer: Any, tokens: Sequence[Any], at: int, _options: Any, _env: Any) -> str:
    """A piece of code, which can be scrolled by keyboard, under the name of its language."""
    language, code = tokens[at].info.strip(), escape(tokens[at].content)
    name = LANGUAGES.get(language, "Answer")
    block = (
        f'<pre tabindex="0" role="group" aria-label="{name}"><code class="language-{language}">{code}</code></pre>'
    )
    return f'<figure data-language="{language}"><figcaption>{name}</figcaption>{block}</figure>\n'
