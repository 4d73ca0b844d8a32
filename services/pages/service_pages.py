"""HTML pages, made once at start-up, and the document as it is published."""

import re
from functools import cache
from html import escape
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from core import document as openapi
from services.pages import guides

WEB = Path(__file__).parent.parent.parent / "web"
CONSOLE = WEB / "console"
# Everything comes from this server. No script or style stands in a page, none is made of text.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)
# A page with a form that works without a script.
FORM_POLICY = POLICY.replace("form-action 'none'", "form-action 'self'")
# Redoc creates two style elements, allowed by the hashes of their content: an empty one, which its script fills, and
# one for scroll bars. Its search runs in a worker that it creates from text.
_EMPTY = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
_SCROLL_BARS = "'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='"
READING_POLICY = POLICY.replace("style-src", f"worker-src blob:; style-src {_EMPTY} {_SCROLL_BARS}")
# The console shows images that it fetches with its token. It creates elements, never HTML from text.
CONSOLE_POLICY = POLICY.replace("img-src 'self' data:", "img-src 'self' blob:") + (
    "; require-trusted-types-for 'script'; trusted-types 'none'"
)


def _with_code(text: str) -> str:
    """Markdown's only mark that the meanings use, as HTML."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text))


class Pages:
    """The pages and the document for a server at one address."""

    def __init__(self, public_url: str, test_domain: str = "") -> None:
        """`test_domain` is the domain of test mode, if that is on."""
        self.document = openapi.Published(public_url, test_domain)
        self._texts = {"docs": openapi.load()["info"]["description"], "start": guides.tour(public_url)}
        self._pages: dict[str, str] = {}
        base = urlsplit(public_url).path
        # What every view needs, so that a browser does not find out one import after the other.
        modules = "".join(
            f'<link rel="modulepreload" href="%BASE%/console/{path.relative_to(CONSOLE).as_posix()}">'
            for path in sorted([*CONSOLE.glob("*.js"), *CONSOLE.glob("ui/*.js")])
        )
        for path in WEB.glob("*.html"):
            text = path.read_text(encoding="utf-8").replace("%PUBLIC_URL%", escape(public_url))
            self._pages[path.stem] = text.replace("%MODULES%", modules).replace("%BASE%", base)
        rows = "".join(
            f'<tr id="{escape(code)}"><td><code>{escape(code)}</code></td><td>{_with_code(meaning)}</td></tr>'
            for code, meaning in openapi.error_meanings().items()
        )
        self._pages["errors"] = self._pages["errors"].replace("%ROWS%", rows)

    def page(self, name: str) -> str:
        """A page of `web/`."""
        return self._pages[name]

    def page_of_text(self, name: str) -> str:
        """A page of `web/` whose text is Markdown. The first time is slow: it loads what renders it."""
        if "%TEXT%" in self._pages[name]:
            contents, text = guides.rendered(self._texts[name])
            self._pages[name] = self._pages[name].replace("%CONTENTS%", contents).replace("%TEXT%", text)
        return self._pages[name]


@cache
def default_avatar() -> bytes:
    """Return the default avatar, PNG."""
    return (WEB / "default-avatar.png").read_bytes()


def folders() -> dict[str, Path]:
    """Where the files lie that pages load: {path prefix: folder}.

    Those of Swagger UI and Redoc lie in an installed package, which is looked up without importing what it needs.
    """
    spec = find_spec("fastapi_standalone_docs")
    if spec is None or spec.origin is None:
        raise RuntimeError("the package fastapi-standalone-docs is not installed")
    readers = Path(spec.origin).parent / "static"
    # Redoc asks for its logo below the page that it is on.
    return {"/docs/assets/": readers / "swagger", "/docs/reference/": readers / "redoc", **own_folders()}


def own_folders() -> dict[str, Path]:
    """The folders of our own files, which are small and few: {path prefix: folder}."""
    return {"/web/": WEB / "static", "/console/": CONSOLE}
