"""The stored data of a client: its network, and a summary of its user agent."""

import pytest

from services.auth.clients import Client

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/144.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("user_agent", "short"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0", "Firefox 144, Linux"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME}", "Chrome 144, Windows"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Edg/144.0.0.0", "Edge 144, Windows"),
        (f"Mozilla/5.0 (Linux; Android 15) {CHROME}", "Chrome 144, Android"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/18.1 Mobile/15E148 Safari/604.1",
            "Safari 18, iOS",
        ),
        (
            f"Mozilla/5.0 (X11; Linux x86_64) {CHROME.replace('Chrome', 'HeadlessChrome')}",
            "Chrome 144, Linux",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64) Unknown/1.0", "Linux"),
        ("Mozilla/5.0", None),
        ("python-httpx/0.28.1", "python-httpx 0"),
        ("curl/8.5.0", "curl 8"),
        ("an <script> program", "an"),
        ("<script>", None),
        ("", None),
        ("x" * 5000, "x" * 60),
    ],
)
def test_a_user_agent_is_shortened_to_program_version_and_system(user_agent: str, short: str | None) -> None:
    assert Client(None, user_agent).agent == short


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("a socket", None),
        ("", None),
        (None, None),
    ],
)
def test_of_an_address_the_network_is_stored(address: str | None, network: str | None) -> None:
    assert Client(address).network == network
