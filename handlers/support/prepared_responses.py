"""Complete responses as bytes, made once and sent many times."""

import asyncio
from dataclasses import dataclass
from typing import Any

import orjson
import yaml
from starlette.responses import Response

from core import etags
from handlers.support.responses import JSON, PUBLIC

YAML = "text/yaml"
XML = "application/xml"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A 200: its body, and the headers that say what it is known by and what comes next."""

    body: bytes
    media_type: str
    headers: dict[str, str]

    def __len__(self) -> int:
        return len(self.body)

    def reply(self, *, cache: dict[str, str] = PUBLIC) -> Response:
        """The reply, which anyone may keep unless `cache` says otherwise."""
        return Response(self.body, 200, {**self.headers, **cache}, self.media_type)


def as_json(value: Any, headers: dict[str, str]) -> Prepared:
    """A JSON value as it is."""
    return as_it_is(orjson.dumps(value), JSON, headers)


async def as_yaml(value: Any, headers: dict[str, str]) -> Prepared:
    """The same in YAML, written in a thread: twenty sets take tens of milliseconds, a large pattern a second."""
    return as_it_is(await asyncio.to_thread(yaml_of, value), YAML, headers)


def yaml_of(value: Any) -> bytes:
    """A value as YAML, which takes fifty times as long as JSON."""
    return yaml.dump(value, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True).encode()


def as_it_is(body: bytes, media_type: str, headers: dict[str, str]) -> Prepared:
    """Bytes, with their entity tag."""
    return Prepared(body, media_type, {**headers, "ETag": etags.of(body)})
