"""Typesetting: every text fits its box."""

import io
import unicodedata
from itertools import pairwise

import pytest
from PIL import Image, ImageChops, ImageFont, features
from pymupdf_fonts import myfont

from services.images import typeset
from services.images.typeset import BOLD, ELLIPSIS, Block, Style

STYLE = Style(BOLD, range(88, 27, -4), 1.15)
WIDTH, HEIGHT = 1040, 300
UKRAINIAN = "Як зшити сорочку за власними мірками: ґудзики, їжак, щілина, підйом"
HEBREW = "איך לתפור חולצה במידה"
ARABIC = "كيف تخيط قميصاً يناسبك تماماً"
EMOJI = "\U0001f9f5\U0001f468\u200d\U0001f469\u200d\U0001f467\u2764\ufe0f"
TEXTS = {
    "short": "Aaron",
    "sentence": "How to sew a well-fitting shirt",
    "200 W's": "W" * 200,
    "600 W's": "W" * 600,
    "one long word": "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    "a long word among short ones": "a b " + "m" * 120 + " c d",
    "many short words": "i " * 300,
    "emoji": f"Sew {EMOJI} on {EMOJI * 20}",
    "Ukrainian": UKRAINIAN * 4,
    "Hebrew": HEBREW * 8,
    "Arabic": ARABIC * 8,
    "both directions": f"{HEBREW} Aaron {ARABIC} 42 " * 6,
    "Thai, which has no spaces": "วิธีเย็บเสื้อให้พอดีตัว" * 10,
    "Devanagari": "कमीज़ कैसे सिलें क्षत्रिय " * 10,
    "Greek": "Πώς ράβουμε ένα πουκάμισο " * 8,
    "piled marks": ("Z" + "\u0301" * 30) * 12,
    "marks alone": "\u0301" * 100,
    "joiners alone": "\u200d\u200c" * 100,
    "newlines": "one\n\n\ntwo\r\nthree\tfour\u2028five\u2029six " * 10,
    "letters that the font lacks": "漢字" * 60,
    "overrides of direction": "a\u202eb\u202cc\u2066d\u2069" * 30,
}


def lengths(block: Block) -> list[float]:
    """What the lines take, as they are drawn; measured on a font of our own."""
    font = ImageFont.truetype(io.BytesIO(myfont(block.style.face)), block.size)
    direction = ("rtl" if block.from_right else "ltr") if features.check("raqm") else None
    return [font.getlength(line, direction=direction) for line in block.lines]


def drawn(text: str) -> Image.Image:
    image = Image.new("L", (WIDTH + 200, HEIGHT + 200))
    typeset.draw(image, typeset.fit(text, STYLE, WIDTH, HEIGHT), (100, 100, 100 + WIDTH, 100 + HEIGHT), "white")
    return image


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize(("width", "height"), [(WIDTH, HEIGHT), (300, 1000), (1040, 60), (60, 60)])
def test_every_line_fits(text: str, width: int, height: int) -> None:
    block = typeset.fit(text, STYLE, width, height)
    assert all(length <= width for length in lengths(block))
    assert block.height <= height and block.size in STYLE.sizes


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_nothing_is_drawn_outside_of_the_box(text: str) -> None:
    ink = drawn(text).getbbox()
    if ink is not None:
        left, top, right, bottom = ink
        assert left >= 100 and right <= 100 + WIDTH and bottom <= 100 + HEIGHT and top >= 100 - STYLE.sizes[0] // 4


@pytest.mark.parametrize("name", ["sentence", "Ukrainian", "Hebrew", "Arabic", "Greek", "200 W's", "one long word"])
def test_what_has_room_is_drawn_whole(name: str) -> None:
    block = typeset.fit(TEXTS[name], STYLE, WIDTH, 1000)
    assert "".join("".join(block.lines).split()) == "".join(unicodedata.normalize("NFC", TEXTS[name]).split())


def test_short_text_is_large_and_long_text_is_small() -> None:
    sizes = [typeset.fit("sewing " * count, STYLE, WIDTH, HEIGHT).size for count in (1, 8, 16, 30, 80)]
    assert sizes == sorted(sizes, reverse=True) and (sizes[0], sizes[-1]) == (88, 28) and len(set(sizes)) >= 4


def test_a_word_is_made_small_before_it_is_broken() -> None:
    block = typeset.fit("My Rindfleischetikettierungsüberwachungsaufgabe is sewn", STYLE, WIDTH, HEIGHT)
    assert "Rindfleischetikettierungsüberwachungsaufgabe" in " ".join(block.lines) and block.size < 60


def test_what_fits_at_no_size_is_cut_with_an_ellipsis() -> None:
    block = typeset.fit("W" * 600, STYLE, WIDTH, HEIGHT)
    assert block.lines[-1].endswith(ELLIPSIS) and block.size == STYLE.sizes[-1]
    assert not any(ELLIPSIS in line for line in block.lines[:-1])


def test_letters_without_a_glyph_and_control_characters_are_left_out() -> None:
    kept = typeset.fit(f"a{EMOJI}b 漢 \x00c\x1b[31m\u202ed \u200dx", STYLE, WIDTH, HEIGHT)
    assert kept.lines == ["ab c[31md x"]


def test_marks_stay_with_their_letters_and_do_not_pile_up() -> None:
    kept = "".join(typeset.fit("Q" + "\u0301" * 40 + "b", STYLE, WIDTH, HEIGHT).lines)
    assert kept == "Q" + "\u0301" * 4 + "b"
    pieces = typeset.fit(("o" + "\u0323\u0302") * 80, Style(BOLD, [60], 1.2), 300, 9000).lines
    assert len(pieces) > 3 and not any(unicodedata.combining(piece[0]) for piece in pieces)


@pytest.mark.parametrize(
    ("text", "from_right"), [(HEBREW, True), (ARABIC, True), ("42 " + HEBREW, True), ("A1", False)]
)
def test_a_text_begins_where_its_first_letter_says(text: str, from_right: bool) -> None:
    ink = drawn(text).getbbox()
    assert ink is not None
    assert (ink[2] > 90 + WIDTH) is from_right and (ink[0] < 110) is not from_right


@pytest.mark.parametrize("letters", ["іїєґщ", "ÀéñøßŁ", "Ωψ", "שת", "กข"])
def test_letters_of_these_scripts_differ_from_one_another(letters: str) -> None:
    shapes = [drawn(letter) for letter in letters]
    assert all(shape.getbbox() for shape in shapes)
    assert all(ImageChops.difference(one, other).getbbox() for one, other in pairwise(shapes))


@pytest.mark.parametrize("text", ["", " \n ", "\x00\x07", "漢字", "\u200d"])
def test_text_without_anything_to_draw_has_no_lines(text: str) -> None:
    assert typeset.fit(text, STYLE, WIDTH, HEIGHT).lines == []
