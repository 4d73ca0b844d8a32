"""Pictures to share: a title with a few words about it, as networks show them beside a link.

The same words give the same bytes. What was drawn lately is kept in memory, so that it is not drawn again.
"""

import asyncio
import io
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlsplit

from PIL import Image, ImageDraw

from services import typeset
from services.typeset import BOLD, REGULAR, Style

GROUND, TEXT, QUIET = "#fbfaf8", "#1f2428", "#566069"
ACCENT = "#0a6a5c"
SITES = {
    "org": ("FreeSewing.org", ACCENT),
    "dev": ("FreeSewing.dev", "#3b4a9b"),
    "social": ("FreeSewing.social", "#8a2f5f"),
}

# Drawing holds the interpreter's lock for most of its time: a second one at once would gain nothing. Fonts are
# used by this thread alone, as FreeType wants it.
_WORKER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="social")
_MOST_KEPT = 128
_TAPE = 52
_LABEL = Style(BOLD, [30], 1.3)
_NUMBER = Style(REGULAR, [20], 1.0)


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


@dataclass(frozen=True, slots=True)
class Card:
    """What is asked for. `type` is a shape or a label; `site` is one of SITES or a label."""

    title: str
    intro: str = ""
    type: str = ""
    site: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """The bytes of a PNG file and their strong validator."""

    content: bytes
    etag: str


_kept: OrderedDict[Card, Drawing] = OrderedDict()
_keeping = threading.Lock()
_home = ""


def configure(website_url: str) -> None:
    """The website's address, whose host signs what names no site; raises ValueError if it is none."""
    global _home
    _home = urlsplit(website_url).hostname or ""
    with _keeping:
        _kept.clear()


async def draw(card: Card) -> Drawing:
    """The card's picture: as it was drawn before, or drawn now beside the event loop, one at a time."""
    found = _find(card)
    if found is not None:
        return found
    return await asyncio.get_running_loop().run_in_executor(_WORKER, _draw_once, card)


def _find(card: Card) -> Drawing | None:
    with _keeping:
        if card in _kept:
            _kept.move_to_end(card)
        return _kept.get(card)


def _draw_once(card: Card) -> Drawing:
    # Of those who ask for the same at once, the first has it drawn.
    found = _find(card)
    if found is not None:
        return found
    drawing = _encode(_picture(card))
    with _keeping:
        _kept[card] = drawing
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
    return drawing


def _encode(picture: Image.Image) -> Drawing:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    content = buffer.getvalue()
    return Drawing(content, f'"{sha256(content).hexdigest()[:32]}"')


def _picture(card: Card) -> Image.Image:
    shape = SHAPES.get(card.type, SHAPES["wide"])
    label = "" if card.type in SHAPES else card.type.upper()
    site, accent = SITES.get(card.site, (card.site or _home, ACCENT))
    picture = Image.new("RGB", (shape.width, shape.height), GROUND)
    _draw_tape(picture, accent)
    top, bottom = shape.margin - 16, shape.height - _TAPE - shape.margin + 16
    line = typeset.fit(label, _LABEL, shape.width - 2 * shape.margin, _LABEL.sizes[0] * 2)
    typeset.draw(picture, line, (shape.margin, top, shape.width - shape.margin, top + 48), accent)
    line = typeset.fit(site, _LABEL, shape.width - 2 * shape.margin, _LABEL.sizes[0])
    typeset.draw(picture, line, (shape.margin, bottom - 40, shape.width - shape.margin, bottom + 8), accent)
    _draw_words(picture, card, shape, (top + (64 if label else 0), bottom - 64))
    return picture


def _draw_words(picture: Image.Image, card: Card, shape: Shape, between: tuple[int, int]) -> None:
    """Title and intro, as one group in the middle of the room between two heights."""
    width, room, gap = shape.width - 2 * shape.margin, between[1] - between[0], shape.margin // 3
    title = typeset.fit(card.title, shape.title, width, int(room * 0.65) if card.intro else room)
    intro = typeset.fit(card.intro, shape.intro, width, room - title.height - gap)
    top = between[0] + (room - title.height - (gap + intro.height if intro.lines else 0)) // 2
    typeset.draw(picture, title, (shape.margin, top, shape.width - shape.margin, between[1]), TEXT)
    top += title.height + gap
    if intro.lines:
        typeset.draw(picture, intro, (shape.margin, top, shape.width - shape.margin, between[1]), QUIET)


def _draw_tape(picture: Image.Image, accent: str) -> None:
    """A tape measure along the lower edge, with a number at every tenth line."""
    pen = ImageDraw.Draw(picture)
    top = picture.height - _TAPE
    pen.rectangle((0, top, picture.width, picture.height), accent)
    for count, x in enumerate(range(14, picture.width, 14), start=1):
        length = 24 if count % 10 == 0 else 16 if count % 5 == 0 else 9
        pen.line((x, top, x, top + length), GROUND, 2)
        if count % 10 == 0:
            number = typeset.fit(str(count // 10), _NUMBER, 40, 24)
            typeset.draw(picture, number, (x + 8, top + 22, min(x + 48, picture.width), picture.height), GROUND)
