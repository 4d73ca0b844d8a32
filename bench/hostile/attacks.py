"""The attacks, by the items of section 2 of issue 12."""

import itertools
import os
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Any

import orjson

from bench import processors
from bench.hostile.attacker import Attacker, Send
from bench.hostile.target import Target
from bench.load import Request

# Bytes of bodies: the most that any operation accepts, and less for the operations that accept less.
SIZES = (11_900_000, 1_000_000, 400_000, 64_000)
ANNOUNCED, SENT = 11_500_000, 11_000_000
LONG_INTEGER, DEEP_LIST = "7" * 4_200, "[" * 30 + "]" * 30
CLIENTS, READERS, TRICKLING, STALLED, UNREAD = 8, 4, 850, 30, 100
# Pixels of a side: nearly the most that an image may have, and a PNG may have; and random ones that fill a file.
FLAT_SIDES, NOISY_SIDES = (6_300, 3_990), (1_700,)
PIPELINED = 32


@dataclass(frozen=True, slots=True)
class Attack:
    """An attack, by the item of the issue that it belongs to."""

    item: str
    act: Callable[[Attacker], None]
    # False: the usual quotas of callers are the defence.
    generous: bool = True
    # What the other client reads: `set`, or `yaml`, which is made in a thread.
    read: str = "set"
    # Statuses that must not be answered to the attacker.
    never: tuple[str, ...] = ("500",)


def _post(path: str, authorization: str, body: Any) -> Request:
    return Request("POST", path, authorization, orjson.dumps(body))


def _bodies(attacker: Attacker, value: str) -> None:
    """Send bodies of many members of this value, as large as each of SIZES, to several operations."""
    bodies = [_body(value, size) for size in SIZES]
    paths = ("/patterns", "/sets", "/bookmarks")
    attacker.repeat(CLIENTS, [Request("POST", path, attacker.target.key, body) for body in bodies for path in paths])


def _body(value: str, size: int) -> bytes:
    members = (f'"m{number:06x}":{value}' for number in range((size - 1_000) // (len(value) + 11)))
    return f'{{"design":"aaron","name":"n","settings":{{{",".join(members)}}}}}'.encode()


def _large_body(attacker: Attacker, clients: int, sent: int) -> None:
    whole = Request("POST", "/sets", attacker.target.key, b'{"name":"'.ljust(ANNOUNCED, b"x"))
    attacker.hold(clients, whole.head() + whole.body[: 9 + sent], step=b"x")


def _exports(attacker: Attacker) -> None:
    def step(send: Send) -> None:
        status, response = send(Request("GET", "/account/export", attacker.target.large))
        if status == 200:
            send(Request("GET", orjson.loads(response)["data"].removeprefix(attacker.target.issuer)))

    attacker.steps(READERS, step)


def _large_reads(attacker: Attacker, paths: Sequence[str]) -> None:
    target = attacker.target
    attacker.repeat(READERS, [Request("GET", path.format(target.large_id), target.large) for path in paths])


def _unread(attacker: Attacker) -> None:
    begin = Request("GET", "/patterns", attacker.target.large).head()
    attacker.hold(UNREAD, begin, receive_buffer=4_096)


def _look_ups(attacker: Attacker) -> None:
    """Request images of hosts whose name servers do not answer, with and without credentials."""

    def request(number: int) -> Request:
        body = {"type": "support", "slug": f"slow-{number}", "subId": 1, "url": f"http://h{number}.slow.test/a.png"}
        return _post("/images", attacker.target.key if number % 2 else "", body)

    attacker.repeat(4 * CLIENTS, map(request, itertools.count()))


def _quota_requests(attacker: Attacker) -> None:
    key = attacker.target.key
    wish = {"policy": "account-day", "quota": 200_000, "purpose": "A study.", "days": 10}

    def step(send: Send) -> None:
        status, response = send(_post("/quota-requests", key, wish))
        if status == 201:
            send(Request("DELETE", f"/quota-requests/{orjson.loads(response)['request']['id']}", key))

    attacker.steps(CLIENTS, step)


def _issues(attacker: Attacker) -> None:
    attacker.repeat(UNREAD, [_post("/issues", "", {"title": "A button is missing", "body": "x" * 50_000})])


def _image(side: int, *, flat: bool) -> str:
    """Return a PNG as a data URI: a small file of many pixels, or one of three bytes a pixel."""
    from PIL import Image

    color, file = (200, 30, 30, 128), BytesIO()
    noise = b"" if flat else os.urandom(3 * side * side)
    image = Image.new("RGBA", (side, side), color) if flat else Image.frombytes("RGB", (side, side), noise)
    image.save(file, "PNG")
    return "data:image/png;base64," + b64encode(file.getvalue()).decode()


def _support_images(attacker: Attacker) -> None:
    body = {"type": "support", "subId": 1, "img": _image(16, flat=True)}

    def request(number: int) -> Request:
        return _post("/images", "", {**body, "slug": f"flood-{number}"})

    attacker.repeat(CLIENTS, map(request, itertools.count()))


def _images(attacker: Attacker, sides: Sequence[int], *, flat: bool) -> None:
    bodies = [{"name": "n", "img": _image(side, flat=flat)} for side in sides]
    attacker.repeat(CLIENTS, [_post("/sets", attacker.target.key, body) for body in bodies])


def _tokens(attacker: Attacker) -> None:
    paths = ("/account", "/sets")
    attacker.repeat(CLIENTS, [Request("GET", path, token) for token in attacker.target.malformed for path in paths])


def _removal(attacker: Attacker) -> None:
    """Read and write with an account, and remove it meanwhile."""
    token = attacker.target.removed
    remove = iter([Request("DELETE", "/account", token)])
    others = itertools.cycle([Request("GET", "/account", token), _post("/sets", token, {"name": "n"})])

    def step(send: Send) -> None:
        send((next(remove, None) if attacker.left() < 0.5 else None) or next(others))

    attacker.steps(2 * CLIENTS, step)


def _flood(method: str, path: str, *, with_key: bool = False) -> Attack:
    def act(attacker: Attacker) -> None:
        attacker.flood(CLIENTS, [Request(method, path, attacker.target.key * with_key)] * PIPELINED)

    return Attack("2.6", act, generous=False)


ATTACKS = {
    "bodies of long integers": Attack("2.1", partial(_bodies, value=LONG_INTEGER)),
    "bodies of deep lists": Attack("2.1", partial(_bodies, value=DEEP_LIST)),
    "bodies of many members": Attack("2.1", partial(_bodies, value="1")),
    "850 connections trickle a body of 11 MB": Attack("2.2", partial(_large_body, clients=TRICKLING, sent=0)),
    "30 connections stall at 11 MB": Attack("2.2", partial(_large_body, clients=STALLED, sent=SENT)),
    "exports of 450 large patterns": Attack("2.3", _exports),
    "all data of 450 large patterns": Attack("2.3", partial(_large_reads, paths=["/users/{}/data"])),
    "lists of 450 large patterns": Attack("2.3", partial(_large_reads, paths=["/patterns", "/patterns?limit=250"])),
    "100 lists that are not read": Attack("2.3", _unread),
    "images of hosts with slow name servers": Attack("2.4", _look_ups, read="yaml"),
    "quota requests, made and withdrawn": Attack("2.5", _quota_requests),
    "issues for a forge that hangs": Attack("2.5", _issues),
    "anonymous images": Attack("2.5", _support_images),
    "unknown paths (404)": _flood("GET", "/nothing"),
    "wrong methods (405)": _flood("PUT", "/sets"),
    "operations above the level (403)": _flood("GET", "/admin/usage", with_key=True),
    "static files": _flood("GET", "/web/style.css"),
    "signed tokens with malformed claims": Attack("2.7", _tokens),
    "an account in use is removed": Attack("2.8", _removal, never=("500", "503")),
    "images of many pixels": Attack("2.9", partial(_images, sides=FLAT_SIDES, flat=True)),
    "images of 12 MB": Attack("2.9", partial(_images, sides=NOISY_SIDES, flat=False)),
}


def run(name: str, target: Target, seconds: float) -> Counter[str]:
    """In a process of its own: attack for so long. Return the statuses that were answered, and how often."""
    # The victim, which shares the CPU, comes first.
    os.nice(10)
    attacker = Attacker(target, seconds)
    with processors.pinned(processors.LOAD):
        ATTACKS[name].act(attacker)
    return attacker.answers
