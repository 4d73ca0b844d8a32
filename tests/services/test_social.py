"""Social images: the place of the words, what changes an image, and that no image is drawn twice."""

import asyncio
import io

import pytest
from PIL import Image, ImageChops

from services.images import cards
from services.images.cards import Card
from services.images.social import MAX_DRAWINGS, Drawing, SocialImages
from tests.services.test_typeset import TEXTS

HOME = "https://sew.example.org"


@pytest.fixture
def drawn_cards(monkeypatch: pytest.MonkeyPatch) -> list[Card]:
    """The cards that were drawn, not found in the cache."""
    drawn: list[Card] = []
    draw = cards.png

    def noted(card: Card, home: str) -> bytes:
        drawn.append(card)
        return draw(card, home)

    monkeypatch.setattr(cards, "png", noted)
    return drawn


def draw(*cards: Card, by: SocialImages | None = None) -> list[Drawing]:
    images = by or SocialImages(HOME)

    async def all_at_once() -> list[Drawing]:
        return await asyncio.gather(*(images.draw(card) for card in cards))

    return asyncio.run(all_at_once())


def opened(card: Card) -> Image.Image:
    image = Image.open(io.BytesIO(draw(card)[0].content))
    image.load()
    assert (image.format, image.mode) == ("PNG", "RGB")
    return image


def ink(image: Image.Image) -> tuple[int, int, int, int] | None:
    """The edges of everything that is not ground, above the tape; None if nothing is."""
    above = image.crop((0, 0, image.width, image.height - cards._TAPE))
    return ImageChops.difference(above, Image.new("RGB", above.size, cards.GROUND)).getbbox()


@pytest.mark.parametrize("type", ["", "wide", "square", "tall", "showcase"])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_all_words_stay_within_the_margins(text: str, type: str) -> None:
    shape = cards.SHAPES.get(type, cards.SHAPES["wide"])
    image = opened(Card(text[:200], text[:600], type, text[:100]))
    assert image.size == (shape.width, shape.height)
    edges = ink(image)
    if edges is not None:
        left, top, right, bottom = edges
        assert left >= shape.margin and right <= shape.width - shape.margin
        assert top >= shape.margin // 2 and bottom <= shape.height - cards._TAPE - shape.margin // 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Card("Aaron"), Card("Aaron.")),
        (Card("Aaron"), Card("Aaron", "A shirt")),
        (Card("Aaron", "A shirt"), Card("Aaron", "A shirt.")),
        (Card("Aaron"), Card("Aaron", type="blog")),
        (Card("Aaron", type="blog"), Card("Aaron", type="showcase")),
        (Card("Aaron"), Card("Aaron", site="org")),
        (Card("Aaron", site="org"), Card("Aaron", site="dev")),
        (Card("Aaron", site="org"), Card("Aaron", site="example.org")),
    ],
)
def test_cards_with_different_texts_have_different_images_and_etags(one: Card, other: Card) -> None:
    first, second = draw(one, other)
    assert first.content != second.content and first.etag != second.etag


@pytest.mark.parametrize("title", ["漢字", "\u0301", "\n\n"])
def test_a_title_without_a_letter_to_draw_leaves_the_rest(title: str) -> None:
    assert ink(opened(Card(title))) == ink(opened(Card("")))
    assert ink(opened(Card(title))) is not None


def test_a_shape_is_not_a_label() -> None:
    assert draw(Card("Aaron", type="wide"))[0].content == draw(Card("Aaron"))[0].content


def test_a_card_that_names_no_site_is_signed_with_the_host_of_the_website() -> None:
    signed = draw(Card("Aaron"))[0].content
    assert signed == draw(Card("Aaron", site="sew.example.org"))[0].content
    other = SocialImages("https://other.example.org")
    assert draw(Card("Aaron"), by=other)[0].content != signed


def test_a_website_under_a_path_signs_with_it() -> None:
    images = SocialImages(f"{HOME}/sewing")
    signed = draw(Card("Aaron", site="sew.example.org/sewing"))[0].content
    assert draw(Card("Aaron"), by=images)[0].content == signed


def test_the_same_card_is_drawn_once(drawn_cards: list[Card]) -> None:
    card, images = Card("Aaron", "A shirt"), SocialImages(HOME)
    first, second = draw(card, by=images)[0], draw(card, by=images)[0]
    assert first is second and drawn_cards == [card]


def test_of_several_requests_at_once_only_one_draws(drawn_cards: list[Card]) -> None:
    card = Card("Aaron", "A shirt")
    drawings = draw(*[card] * 8)
    assert len(set(map(id, drawings))) == 1 and drawn_cards == [card]


def test_an_image_drawn_again_has_the_same_bytes_and_validator() -> None:
    card = Card("Aaron", "A shirt", "blog", "org")
    first, second = draw(card)[0], draw(card)[0]
    assert first is not second and first == second
    assert first.etag.startswith('"') and first.etag.endswith('"')


def test_the_least_recently_used_drawings_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []

    def png(card: Card, home: str) -> bytes:
        drawn.append(card.title)
        return card.title.encode()

    monkeypatch.setattr(cards, "png", png)
    images = SocialImages(HOME)
    for title in (*map(str, range(MAX_DRAWINGS)), "0", "one more", "0", "1"):
        draw(Card(title), by=images)
    assert drawn == [*map(str, range(MAX_DRAWINGS)), "one more", "1"]


def test_a_website_without_a_readable_address_stops_the_start() -> None:
    with pytest.raises(ValueError):
        SocialImages("https://[::1")
