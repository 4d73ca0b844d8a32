"""The OpenAPI document: read once at start-up, and published without our extensions.

Extensions that we read, besides Connexion's `x-openapi-router-controller` (the module with the handler):

- on operations: `x-level` (the access level it needs), `x-without-consent` (open to an account that has not
  consented), `x-alias` (the path whose `/jwt` and `/key` forms stand for this one), `x-unsafe` (a GET that changes
  something, so that it has no HEAD), `x-errors` (the codes of its own that it can answer), `x-cost` (the units that
  it costs, 1 if absent), `x-limits` (rate-limit policies that it has besides the usual ones),
  `x-limits-anonymous` (those for requests without credentials only),
  `x-deprecated-since` and `x-sunset` (beside `deprecated`: from when it should not be used, and may be gone);
- beside a parameter: `x-handled-by` (the middleware that takes it: it is checked as any other, and the handler does
  not get it), `x-errors` (the codes that operations with this parameter can answer besides their own);
- beside a schema: `x-error-codes` (keyword → the code of its failure; `integer` for a number that is not whole where
  an integer is required);
- beside a request body: `x-max-bytes` (its largest size: 65,536 unless it holds images, patterns or files; stated in
  its description, too), `x-error-code` (the code for a missing or empty one).

`x-codeSamples` on operations is for Redoc and `web/static/docs.js`; `tests/web/test_samples.py` runs the samples.

One that we write: `x-test-domain`, beside the address of a server that is in test mode.
"""

import keyword
import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import yaml

PATH = Path(__file__).parent.parent / "spec" / "openapi.yaml"
# The names of our modules, in YAML and in JSON; never the last member of an operation.
_CONTROLLERS = re.compile(r'^ +"?x-openapi-router-controller"?: .*\n', re.MULTILINE)
# The address of the server in samples and examples.
ADDRESS = "http://127.0.0.1:8000"
_SERVERS = re.compile(r"^servers:\n(?:[ -].*\n)+", re.MULTILINE)
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
# Read before most libraries are imported: the 14 MB that reading takes and gives back are theirs then, not lost.
_DOCUMENT: dict[str, Any] = yaml.load(PATH.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


def load() -> dict[str, Any]:
    """The document as it is written. Callers must not change it."""
    return _DOCUMENT


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Every operation as (path, method, operation), in the order of the document."""
    return [
        (path, method, item[method])
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    ]


def error_meanings() -> dict[str, str]:
    """Every code with its meaning, from the table in the description of `ErrorCode`."""
    table = load()["components"]["schemas"]["ErrorCode"]["description"].splitlines()
    cells = [[cell.strip() for cell in row.split("|")[1:-1]] for row in table if row.startswith("| `")]
    return {code.strip("`"): meaning for code, meaning in cells}


def argument_of(name: str, part: str) -> str:
    """As what a handler gets a parameter: `If-Match` as `if_match`, and `from`, a word of Python, as `from_`."""
    if part == "header":
        return name.replace("-", "_").lower()
    return f"{name}_" if keyword.iskeyword(name) else name


class Published:
    """The document for clients, as prepared bytes: with this server's address, without our modules, `$ref`s kept."""

    def __init__(self, public_url: str, test_domain: str = "") -> None:
        server = {"url": public_url, "description": "This server"}
        servers = [server | ({"x-test-domain": test_domain} if test_domain else {})]
        whole = orjson.dumps({**load(), "servers": servers}, option=orjson.OPT_INDENT_2).decode()
        self.json = _for_clients(whole, public_url)
        # As it was written, with its comments and order.
        written = PATH.read_text(encoding="utf-8")
        ours = yaml.safe_dump({"servers": servers}, sort_keys=False, allow_unicode=True)
        self.yaml = _for_clients(_SERVERS.sub(lambda _: ours, written, count=1), public_url)
        self.etag, self.etag_yaml = _etag(self.json), _etag(self.yaml)


def _for_clients(text: str, public_url: str) -> bytes:
    return _CONTROLLERS.sub("", text).replace(ADDRESS, public_url).encode()


def _etag(content: bytes) -> str:
    return f'"{sha256(content).hexdigest()[:32]}"'
