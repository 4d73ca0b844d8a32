"""The client of a request as shown to the account owner: its network and its user agent."""

import re
from typing import NamedTuple

from services.auth import networks

# The part of an address that one household has: of IPv4 and of IPv6.
_NETWORK_BITS = (24, 48)
_LONGEST_AGENT, _LONGEST_READ = 60, 500
# The first that occurs names the browser: each says that it is one of those below it, too.
_BROWSERS = {
    "Edg": "Edge",
    "EdgA": "Edge",
    "EdgiOS": "Edge",
    "OPR": "Opera",
    "Vivaldi": "Vivaldi",
    "SamsungBrowser": "Samsung Internet",
    "FxiOS": "Firefox",
    "Firefox": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "HeadlessChrome": "Chrome",
    "Version": "Safari",
}
_SYSTEMS = {
    "Android": "Android",
    "iPhone": "iOS",
    "iPad": "iOS",
    "Windows": "Windows",
    "Macintosh": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}
_PRODUCT = re.compile(r"([A-Za-z0-9_.+-]+)(?:/([0-9]+))?")


class Client(NamedTuple):
    """The client of a request: its address, if it has one, and its `User-Agent`."""

    address: str | None
    user_agent: str = ""

    @property
    def network(self) -> str | None:
        """The network of the address, as it is stored; None if that is not known."""
        return networks.network_of(self.address or "", *_NETWORK_BITS)

    @property
    def agent(self) -> str | None:
        """The user agent in a few words, as it is stored; None if it names nothing."""
        return shortened(self.user_agent[:_LONGEST_READ])


def shortened(user_agent: str) -> str | None:
    """Return the browser, its major version and the system ("Firefox 144, Linux"), or else the first product's name.

    At most 60 characters; None if there is neither. Every browser calls itself Mozilla: of an unknown one, only the
    system is returned.
    """
    versions = dict(_PRODUCT.findall(user_agent))
    browser = next((name for name in _BROWSERS if versions.get(name)), None)
    system = next((name for word, name in _SYSTEMS.items() if word in user_agent), None)
    if browser is None:
        first = _PRODUCT.match(user_agent)
        if first is None or first[1] == "Mozilla":
            return system
        return " ".join(filter(None, first.groups()))[:_LONGEST_AGENT]
    return ", ".join(filter(None, (f"{_BROWSERS[browser]} {versions[browser]}", system)))[:_LONGEST_AGENT]
