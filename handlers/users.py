"""The public profiles of others."""

from html import escape
from typing import Any

from starlette.responses import Response

from core.errors import NoSuchRecord
from handlers.serializers.accounts import profile_for_public
from handlers.support.responses import PUBLIC, content, success
from services.container import Services
from storage import accounts, profiles

MOST_PROFILES = 10
CARD = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 120" role="img" aria-label="{name}">
  <rect width="480" height="120" rx="12" fill="#1e293b"/>
  <text x="24" y="58" font-family="sans-serif" font-size="30" fill="#f8fafc" textLength="{length}"
    lengthAdjust="spacingAndGlyphs">{name}</text>
  <text x="24" y="92" font-family="sans-serif" font-size="18" fill="#94a3b8">User {id}</text>
</svg>
"""
WIDEST = 432


async def read_profile(id: str, services: Services) -> Response:
    """The profile."""
    return success(profile=profile_for_public(await _visible(services, id)), headers=PUBLIC)


async def read_profile_card(id: str, services: Services) -> Response:
    """The profile as a small image."""
    account = await _visible(services, id)
    length = min(WIDEST, 17 * len(account["username"]))
    card = CARD.format(name=escape(account["username"]), id=account["id"], length=length)
    return content(card, "image/svg+xml", headers={**PUBLIC, "Content-Security-Policy": "default-src 'none'"})


async def find_users(body: dict[str, Any], services: Services) -> Response:
    """Profiles by the start of their name."""
    found = await services.storage.read(profiles.find_profiles, body["match"], MOST_PROFILES)
    return success(profiles=[profile_for_public(row) for row in found], headers=PUBLIC)


async def _visible(services: Services, handle: str) -> accounts.Account:
    account = await services.storage.read(accounts.find_by_handle, handle)
    if account is None or not accounts.is_visible(account):
        raise NoSuchRecord("There is no such profile.")
    return account
