"""Drawing of social images: cards with a title and a short text, which social networks show beside a link."""

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.images import typeset
from services.images.typeset import BOLD, REGULAR, Style

# Pillow is loaded with the first card.
if TYPE_CHECKING:
    from PIL import Image

GROUND, TEXT, QUIET = "#fbfaf8", "#1f2428", "#566069"
ACCENT = "#0a6a5c"
SITES = {
    "org": ("FreeSewing.org", ACCENT),
    "dev": ("FreeSewing.dev", "#3b4a9b"),
    "social": ("FreeSewing.social", "#8a2f5f"),
}

_TAPE = 52
_LABEL = Style(BOLD, [30], 1.3)
_NUMBER = Style(REGULAR, [20], 1.0)


@dataclass(frozen=True, slots=True)
class Card:
    """The content of a card. `type` is a key of SHAPES or a label; `site` is a key of SITES or a label."""

    title: str
    intro: str = ""
    type: str = ""
    site: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """Width, height and margin in pixels; the sizes of title and intro to try."""

    width: int
    height: int
    margin: int
    title: Style
    intro: Style


SHAPES = {
    "wide": Shape(1200, 630, 80, Style(BOLD, range(88, 27, -4), 1.15), Style(REGULAR, range(40, 23, -2), 1.35)),
    "square": Shape(1080, 1080, 80, Style(BOLD, range(112, 39, -6), 1.15), Style(REGULAR, range(48, 29, -2), 1.4)),
    "tall": Shape(1080, 1920, 96, Style(BOLD, range(136, 43, -6), 1.15), Style(REGULAR, range(60, 35, -2), 1.45)),
}


def png(card: Card, home: str) -> bytes:
    """Draw a card as a PNG file, signed with `home` if the card names no site."""
    from PIL import Image

    shape = SHAPES.get(card.type, SHAPES["wide"])
    label = "" if card.type in SHAPES else card.type.upper()
    site, accent = SITES.get(card.site, (card.site or home, ACCENT))
    image = Image.new("RGB", (shape.width, shape.height), GROUND)
    _draw_tape(image, accent)
    top, bottom = shape.margin - 16, shape.height - _TAPE - shape.margin + 16
    line = typeset.fit(label, _LABEL, shape.width - 2 * shape.margin, _LABEL.sizes[0] * 2)
    typeset.draw(image, line, (shape.margin, top, shape.width - shape.margin, top + 48), accent)
    line = typeset.fit(site, _LABEL, shape.width - 2 * shape.margin, _LABEL.sizes[0])
    typeset.draw(image, line, (shape.margin, bottom - 40, shape.width - shape.margin, bottom + 8), accent)
    _draw_words(image, card, shape, (top + (64 if label else 0), bottom - 64))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _draw_words(image: "Image.Image", card: Card, shape: Shape, between: tuple[int, int]) -> None:
    """Title and intro, as one group in the middle of the room between two heights."""
    width, room, gap = shape.width - 2 * shape.margin, between[1] - between[0], shape.margin // 3
    title = typeset.fit(card.title, shape.title, width, int(room * 0.65) if card.intro else room)
    intro = typeset.fit(card.intro, shape.intro, width, room - title.height - gap)
    top = between[0] + (room - title.height - (gap + intro.height if intro.lines else 0)) // 2
    typeset.draw(image, title, (shape.margin, top, shape.width - shape.margin, between[1]), TEXT)
    top += title.height + gap
    if intro.lines:
        typeset.draw(image, intro, (shape.margin, top, shape.width - shape.margin, between[1]), QUIET)


def _draw_tape(image: "Image.Image", accent: str) -> None:
    """A tape measure along the lower edge, with a number at every tenth line."""
    from PIL import ImageDraw

    pen = ImageDraw.Draw(image)
    top = image.height - _TAPE
    pen.rectangle((0, top, image.width, image.height), accent)
    for count, x in enumerate(range(14, image.width, 14), start=1):
        length = 24 if count % 10 == 0 else 16 if count % 5 == 0 else 9
        pen.line((x, top, x, top + length), GROUND, 2)
        if count % 10 == 0:
            number = typeset.fit(str(count // 10), _NUMBER, 40, 24)
            typeset.draw(image, number, (x + 8, top + 22, min(x + 48, image.width), image.height), GROUND)
