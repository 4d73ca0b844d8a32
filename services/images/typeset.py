"""Setting text into a box: wrapped, shrunk until it fits, and cut with an ellipsis if nothing else helps.

The font is FiraGO, which has Latin, Cyrillic, Greek, Arabic, Hebrew, Thai, Georgian and Devanagari. Letters are
joined and lines run from right to left where the machine has FriBiDi, which Pillow looks for by itself.
"""

import io
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

# Pillow and the fonts are loaded with the first text.
if TYPE_CHECKING:
    from PIL import Image, ImageFont

REGULAR, BOLD = "figo", "figbo"
ELLIPSIS = "…"

# Widths are sums of the widths of single letters, measured once at this size. The reserve covers the kerning, which
# is ignored; joined letters are narrower.
_MEASURED_AT = 100
_RESERVE = 0.97
# Marks on one letter pile up beyond every line; no language needs more.
_MOST_MARKS = 4
_JOINERS = "\u200c\u200d"
# A code point that is never assigned: every font draws its box for missing letters.
_NEVER_ASSIGNED = "\U0010fffe"


@dataclass(frozen=True, slots=True)
class Style:
    """A face with the sizes to try, largest first (pixels), and the height of a line in times the size."""

    face: str
    sizes: Sequence[int]
    leading: float


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that fit a box, at one size."""

    lines: list[str]
    style: Style
    size: int
    from_right: bool

    @property
    def height(self) -> int:
        """Of all lines, in pixels."""
        return len(self.lines) * round(self.size * self.style.leading)


def fit(text: str, style: Style, width: int, height: int) -> Block:
    """The text at the largest size at which it fits; at the smallest one it is cut."""
    words = _clean(text, style.face)
    from_right = _runs_from_right(words)
    # Words are broken only where no size is small enough for them to stay whole.
    may_break = _breaks(words, style.face, style.sizes[-1], width)
    for size in style.sizes:
        block = Block(list(_wrap(words, style.face, size, width)), style, size, from_right)
        if block.height > height or (not may_break and _breaks(words, style.face, size, width)):
            continue
        if all(_length(block, line) <= width for line in block.lines):
            return block
    return _cut(block, width, height)


def draw(image: "Image.Image", block: Block, box: tuple[int, int, int, int], colour: str) -> None:
    """Draw the block at the top of the box; marks may rise a little above it, nothing else leaves the box."""
    from PIL import Image, ImageDraw

    left, top, right, bottom = box
    rise = block.size // 4
    mask = Image.new("L", (right - left, bottom - top + rise))
    pen = ImageDraw.Draw(mask)
    start, anchor = (mask.width, "ra") if block.from_right else (0, "la")
    for number, line in enumerate(block.lines):
        place = (start, rise + number * round(block.size * block.style.leading))
        pen.text(place, line, 255, _font(block.style.face, block.size), anchor, direction=_direction(block))
    image.paste(colour, (left, top - rise, right, bottom), mask)


def _clean(text: str, face: str) -> list[str]:
    """Return the words of the text, without control characters and characters that the font lacks."""
    kept: list[str] = []
    marks = 0
    base_is_drawn = False
    for character in unicodedata.normalize("NFC", text):
        if character.isspace():
            kept.append(" ")
            base_is_drawn = False
        elif _belongs_to_last(character):
            marks += 1
            if base_is_drawn and marks <= _MOST_MARKS and _has(face, character):
                kept.append(character)
        else:
            marks = 0
            base_is_drawn = unicodedata.category(character)[0] != "C" and _has(face, character)
            if base_is_drawn:
                kept.append(character)
    return "".join(kept).split()


def _belongs_to_last(character: str) -> bool:
    return character in _JOINERS or unicodedata.category(character)[0] == "M"


def _runs_from_right(words: list[str]) -> bool:
    """Whether the first letter that has a direction runs from right to left (Unicode's rule for a paragraph)."""
    directions = (unicodedata.bidirectional(character) for word in words for character in word)
    return next((direction for direction in directions if direction in ("L", "R", "AL")), "L") != "L"


def _wrap(words: list[str], face: str, size: int, width: int) -> Iterator[str]:
    """Lines of words; a word that is wider than a line is broken between letters."""
    line = ""
    for piece in (piece for word in words for piece in _pieces(word, face, size, width)):
        longer = f"{line} {piece}" if line else piece
        if line and _estimate(longer, face, size) > width:
            yield line
            longer = piece
        line = longer
    if line:
        yield line


def _pieces(word: str, face: str, size: int, width: int) -> Iterator[str]:
    if _estimate(word, face, size) <= width:
        yield word
        return
    piece = ""
    for letter in _letters(word):
        if piece and _estimate(piece + letter, face, size) > width:
            yield piece
            piece = ""
        piece += letter
    yield piece


def _letters(word: str) -> list[str]:
    """Letters with the marks that belong to them."""
    letters: list[str] = []
    for character in word:
        if letters and _belongs_to_last(character):
            letters[-1] += character
        else:
            letters.append(character)
    return letters


def _breaks(words: list[str], face: str, size: int, width: int) -> bool:
    return any(_estimate(word, face, size) > width for word in words)


def _cut(block: Block, width: int, height: int) -> Block:
    """As many lines as there is room for, the last with an ellipsis."""
    most = max(1, int(height // round(block.size * block.style.leading)))
    lines = block.lines[:most]
    if len(block.lines) > most:
        lines[-1] += ELLIPSIS
    shortened = [_shorten(block, line, width) for line in lines]
    return Block(shortened, block.style, block.size, block.from_right)


def _shorten(block: Block, line: str, width: int) -> str:
    """Return the line, shortened before its ellipsis until it fits."""
    letters = _letters(line.removesuffix(ELLIPSIS))
    while _length(block, line) > width and letters:
        letters.pop()
        line = "".join(letters).rstrip() + ELLIPSIS
    return line


def _estimate(text: str, face: str, size: int) -> float:
    return sum(_advance(face, character) for character in text) * size / _MEASURED_AT / _RESERVE


def _length(block: Block, line: str) -> float:
    return _font(block.style.face, block.size).getlength(line, direction=_direction(block))


def _direction(block: Block) -> str | None:
    # Pillow takes a direction only where it can follow it.
    return ("rtl" if block.from_right else "ltr") if _has_bidi() else None


@lru_cache(maxsize=8192)
def _advance(face: str, character: str) -> float:
    return _letter_by_letter(face).getlength(character)


@lru_cache(maxsize=8192)
def _has(face: str, character: str) -> bool:
    font = _letter_by_letter(face)
    return bytes(font.getmask(character)) != bytes(font.getmask(_NEVER_ASSIGNED))


@lru_cache(maxsize=2)
def _letter_by_letter(face: str) -> "ImageFont.FreeTypeFont":
    from PIL import ImageFont

    return ImageFont.truetype(io.BytesIO(_file(face)), _MEASURED_AT, layout_engine=ImageFont.Layout.BASIC)


# Each holds a copy of the file, 0.8 MB.
@lru_cache(maxsize=16)
def _font(face: str, size: int) -> "ImageFont.FreeTypeFont":
    from PIL import ImageFont

    return ImageFont.truetype(io.BytesIO(_file(face)), size)


@lru_cache(maxsize=2)
def _file(face: str) -> bytes:
    from pymupdf_fonts import myfont

    return bytes(myfont(face))


@cache
def _has_bidi() -> bool:
    from PIL import features

    return bool(features.check("raqm"))
