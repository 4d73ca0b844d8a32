"""Social images: a title with a few words, as networks show it beside a link.

The same words give the same bytes. The images used last stay in memory, so that they are not drawn again.
"""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlsplit

from cachetools import LRUCache, cachedmethod

from services.images import cards
from services.images.cards import Card

# Drawing holds the interpreter's lock for most of its time: a second one at once would gain nothing. Fonts are
# used by this thread alone, as FreeType wants it.
_WORKER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="social")
MAX_DRAWINGS = 128


@dataclass(frozen=True, slots=True)
class Drawing:
    """The bytes of a PNG file and their strong validator."""

    content: bytes
    etag: str


class SocialImages:
    """Social images; the images used last are cached."""

    def __init__(self, website_url: str) -> None:
        """Host and path of the website sign cards without a site; raises ValueError if it is no address."""
        parts = urlsplit(website_url)
        self._home = (parts.hostname or "") + parts.path
        self._drawings: LRUCache[Card, Drawing] = LRUCache(MAX_DRAWINGS)
        # The event loop reads the cache, the worker writes it.
        self._lock = threading.Lock()

    async def draw(self, card: Card) -> Drawing:
        """Return the image of the card from the cache, or draw it beside the event loop, one at a time."""
        with self._lock:
            found = self._drawings.get(card)
        if found is not None:
            return found
        return await asyncio.get_running_loop().run_in_executor(_WORKER, self._draw, card)

    # Of several requests for the same card at once, the first one draws it.
    @cachedmethod(lambda self: self._drawings, key=lambda _self, card: card, lock=lambda self: self._lock)
    def _draw(self, card: Card) -> Drawing:
        content = cards.png(card, self._home)
        return Drawing(content, f'"{sha256(content).hexdigest()[:32]}"')
