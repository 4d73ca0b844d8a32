"""Social images: a title with a few words, as networks show it beside a link.

The same words give the same bytes. What was drawn lately is kept in memory, so that it is not drawn again.
"""

import asyncio
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlsplit

from services.images import cards
from services.images.cards import Card

# Drawing holds the interpreter's lock for most of its time: a second one at once would gain nothing. Fonts are
# used by this thread alone, as FreeType wants it.
_WORKER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="social")
_MOST_KEPT = 128


@dataclass(frozen=True, slots=True)
class Drawing:
    """The bytes of a PNG file and their strong validator."""

    content: bytes
    etag: str


class SocialImages:
    """Social images; the last ones are cached."""

    def __init__(self, website_url: str) -> None:
        """Host and path of the website sign what names no site; raises ValueError if it is no address."""
        parts = urlsplit(website_url)
        self._home = (parts.hostname or "") + parts.path
        self._kept: OrderedDict[Card, Drawing] = OrderedDict()
        self._keeping = threading.Lock()

    async def draw(self, card: Card) -> Drawing:
        """The card's picture: as it was drawn before, or drawn now beside the event loop, one at a time."""
        found = self._find(card)
        if found is not None:
            return found
        return await asyncio.get_running_loop().run_in_executor(_WORKER, self._draw_once, card)

    def _find(self, card: Card) -> Drawing | None:
        with self._keeping:
            if card in self._kept:
                self._kept.move_to_end(card)
            return self._kept.get(card)

    def _draw_once(self, card: Card) -> Drawing:
        # Of those who ask for the same at once, the first has it drawn.
        found = self._find(card)
        if found is not None:
            return found
        content = cards.png(card, self._home)
        drawing = Drawing(content, f'"{sha256(content).hexdigest()[:32]}"')
        with self._keeping:
            self._kept[card] = drawing
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return drawing
