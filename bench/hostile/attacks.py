"""The attacks, by the items of section 2 of issue 12."""

import itertools
import json
import os
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING

from bench.hostile.attacker import Attacker, Request, Send, settle
from bench.hostile.target import Target

if TYPE_CHECKING:
    from PIL import Image

# Bytes of bodies: the most that any operation accepts, and less for the operations that accept less.
SIZES = (11_900_000, 1_000_000, 400_000, 64_000)
ANNOUNCED, SENT = 11_500_000, 11_000_000
DIGITS, DEPTH = 4_200, 30
CLIENTS, READERS, TRICKLING, STALLED, UNREAD = 8, 4, 850, 30, 100
# Pixels of a side: nearly the most that an image may have, and a PNG may have; and random ones that fill a file.
SIDES, NOISY_SIDES = (6_300, 3_990), (1_700,)
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


def _long_integers(number: int) -> str:
    return f'"m{number}":{"7" * DIGITS}'


def _deep(number: int) -> str:
    return f'"m{number}":{"[" * DEPTH}{"]" * DEPTH}'


def _members(number: int) -> str:
    return f'"m{number}":1'


def _bodies(attacker: Attacker, member: Callable[[int], str]) -> None:
    """Send bodies of many such members, as large as each of SIZES, to several operations."""
    bodies = [_body(member, size) for size in SIZES]
    paths = ("/patterns", "/sets", "/bookmarks")
    attacker.repeat(CLIENTS, [Request("POST", path, attacker.target.key, body) for body in bodies for path in paths])


def _body(member: Callable[[int], str], size: int) -> bytes:
    members: list[str] = []
    left = size - 1_000
    while left > 0:
        members.append(member(len(members)))
        left -= len(members[-1]) + 1
    return f'{{"design":"aaron","name":"n","settings":{{{",".join(members)}}}}}'.encode()


def _large_body(attacker: Attacker) -> bytes:
    return Request("POST", "/sets", attacker.target.key).head(ANNOUNCED)


def _trickling(attacker: Attacker) -> None:
    attacker.hold(TRICKLING, _large_body(attacker) + b'{"name":"', step=b"x")


def _stalled(attacker: Attacker) -> None:
    attacker.hold(STALLED, _large_body(attacker) + b'{"name":"' + b"x" * SENT, step=b"x")


def _exports(attacker: Attacker) -> None:
    key = attacker.target.large

    def step(send: Send) -> None:
        status, reply = send(Request("GET", "/account/export", key))
        if status == 200:
            send(Request("GET", json.loads(reply)["data"].removeprefix(attacker.target.issuer)))

    attacker.steps(READERS, step)


def _all_data(attacker: Attacker) -> None:
    target = attacker.target
    attacker.repeat(READERS, [Request("GET", f"/users/{target.large_id}/data", target.large)])


def _lists(attacker: Attacker) -> None:
    attacker.repeat(
        READERS, [Request("GET", path, attacker.target.large) for path in ("/patterns", "/patterns?limit=250")]
    )


def _unread(attacker: Attacker) -> None:
    begin = Request("GET", "/patterns", attacker.target.large).head(0)
    attacker.hold(UNREAD, begin, receive_buffer=4_096)


def _look_ups(attacker: Attacker) -> None:
    """Ask for images of hosts whose name servers do not answer, with and without credentials."""
    numbers = itertools.count()

    def step(send: Send) -> None:
        number = next(numbers)
        body = {"type": "support", "slug": f"slow-{number}", "subId": 1, "url": f"http://h{number}.slow.test/a.png"}
        send(Request("POST", "/images", attacker.target.key if number % 2 else "", json.dumps(body).encode()))

    attacker.steps(4 * CLIENTS, step)


def _quota_requests(attacker: Attacker) -> None:
    key = attacker.target.key
    wish = json.dumps({"policy": "account-day", "quota": 200_000, "purpose": "A study.", "days": 10}).encode()

    def step(send: Send) -> None:
        status, reply = send(Request("POST", "/quota-requests", key, wish))
        if status == 201:
            send(Request("DELETE", f"/quota-requests/{json.loads(reply)['request']['id']}", key))

    attacker.steps(CLIENTS, step)


def _issues(attacker: Attacker) -> None:
    body = json.dumps({"title": "A button is missing", "body": "x" * 50_000}).encode()
    attacker.repeat(UNREAD, [Request("POST", "/issues", "", body)])


def _flat(side: int) -> bytes:
    """A small file of many pixels."""
    from PIL import Image

    return _png(Image.new("RGBA", (side, side), (200, 30, 30, 128)))


def _noise(side: int) -> bytes:
    """A file of three bytes a pixel."""
    from PIL import Image

    return _png(Image.frombytes("RGB", (side, side), os.urandom(3 * side * side)))


def _png(image: "Image.Image") -> bytes:
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _uri(image: bytes) -> str:
    return "data:image/png;base64," + b64encode(image).decode()


def _support_images(attacker: Attacker) -> None:
    img = _uri(_flat(16))
    numbers = itertools.count()

    def step(send: Send) -> None:
        body = {"type": "support", "slug": f"flood-{next(numbers)}", "subId": 1, "img": img}
        send(Request("POST", "/images", "", json.dumps(body).encode()))

    attacker.steps(CLIENTS, step)


def _images(attacker: Attacker, make: Callable[[int], bytes], sides: tuple[int, ...]) -> None:
    bodies = [json.dumps({"name": "n", "img": _uri(make(side))}).encode() for side in sides]
    attacker.repeat(CLIENTS, [Request("POST", "/sets", attacker.target.key, body) for body in bodies])


def _rejected(attacker: Attacker, requests: list[Request]) -> None:
    attacker.flood(CLIENTS, requests * (PIPELINED // len(requests)))


def _tokens(attacker: Attacker) -> None:
    attacker.repeat(
        CLIENTS,
        [Request("GET", path, token) for token in attacker.target.malformed for path in ("/account", "/sets")],
    )


def _removal(attacker: Attacker) -> None:
    """Read and write with an account, and remove it meanwhile."""
    token = attacker.target.leaving
    remove = iter([Request("DELETE", "/account", token)])
    body = json.dumps({"name": "n"}).encode()
    others = itertools.cycle([Request("GET", "/account", token), Request("POST", "/sets", token, body)])

    def step(send: Send) -> None:
        send((next(remove, None) if attacker.left() < 0.5 else None) or next(others))

    attacker.steps(2 * CLIENTS, step)


ATTACKS = {
    "bodies of long integers": Attack("2.1", partial(_bodies, member=_long_integers)),
    "bodies of deep lists": Attack("2.1", partial(_bodies, member=_deep)),
    "bodies of many members": Attack("2.1", partial(_bodies, member=_members)),
    "850 connections trickle a body of 11 MB": Attack("2.2", _trickling),
    "30 connections stall at 11 MB": Attack("2.2", _stalled),
    "exports of 450 large patterns": Attack("2.3", _exports),
    "all data of 450 large patterns": Attack("2.3", _all_data),
    "lists of 450 large patterns": Attack("2.3", _lists),
    "100 lists that are not read": Attack("2.3", _unread),
    "images of hosts with slow name servers": Attack("2.4", _look_ups, read="yaml"),
    "quota requests, made and withdrawn": Attack("2.5", _quota_requests),
    "issues for a forge that hangs": Attack("2.5", _issues),
    "anonymous images": Attack("2.5", _support_images),
    "unknown paths (404)": Attack("2.6", partial(_rejected, requests=[Request("GET", "/nothing")]), generous=False),
    "wrong methods (405)": Attack("2.6", partial(_rejected, requests=[Request("PUT", "/sets")]), generous=False),
    "operations above the level (403)": Attack(
        "2.6",
        lambda attacker: _rejected(attacker, [Request("GET", "/admin/usage", attacker.target.key)]),
        generous=False,
    ),
    "static files": Attack("2.6", partial(_rejected, requests=[Request("GET", "/web/style.css")]), generous=False),
    "signed tokens with malformed claims": Attack("2.7", _tokens),
    "an account in use is removed": Attack("2.8", _removal, never=("500", "503")),
    "images of many pixels": Attack("2.9", partial(_images, make=_flat, sides=SIDES)),
    "images of 12 MB": Attack("2.9", partial(_images, make=_noise, sides=NOISY_SIDES)),
}


def run(name: str, target: Target, seconds: float) -> Counter[str]:
    """In a process of its own: attack for so long. Return the statuses that were answered, and how often."""
    settle()
    attacker = Attacker(target, seconds)
    ATTACKS[name].act(attacker)
    return attacker.answers
