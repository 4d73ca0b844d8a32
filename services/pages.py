"""The few HTML pages, made once at start-up, and the document as it is published."""

import re
from functools import cache
from html import escape
from importlib.util import find_spec
from pathlib import Path

import document as openapi

WEB = Path(__file__).parent.parent / "web"
# Everything comes from this server. The documentation page's styles are set by its script.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)
# A page with a form that works without a script.
FORM_POLICY = POLICY.replace("form-action 'none'", "form-action 'self'")
_pages: dict[str, str] = {}
_document: openapi.Published


def configure(public_url: str, test_domain: str = "") -> None:
    """Make the pages and the document for a server at this address; `test_domain` if it is in test mode."""
    global _document
    _document = openapi.Published(public_url, test_domain)
    for path in WEB.glob("*.html"):
        _pages[path.stem] = path.read_text(encoding="utf-8").replace("%PUBLIC_URL%", escape(public_url))
    rows = "".join(
        f'<tr id="{escape(code)}"><td><code>{escape(code)}</code></td><td>{_with_code(meaning)}</td></tr>'
        for code, meaning in openapi.error_meanings().items()
    )
    _pages["errors"] = _pages["errors"].replace("%ROWS%", rows)


def _with_code(text: str) -> str:
    """Markdown's only mark that the meanings use, as HTML."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text))


def page(name: str) -> str:
    """A page of `web/`."""
    return _pages[name]


def document() -> openapi.Published:
    """The document as clients get it."""
    return _document


@cache
def default_avatar() -> bytes:
    """The picture of those who have none, PNG."""
    return (WEB / "default-avatar.png").read_bytes()


def swagger_ui() -> Path:
    """Where the installed Swagger UI package keeps its files; looked up without importing what comes with it."""
    spec = find_spec("fastapi_swagger")
    if spec is None or spec.origin is None:
        raise RuntimeError("the package fastapi-swagger is not installed")
    return Path(spec.origin).parent / "resources"
