"""One attack after the other, each on a server that was just started."""

import asyncio
import multiprocessing
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from typing import Any

import httpx2

from bench.hostile import attacks, table
from bench.hostile.attacks import ATTACKS, Attack
from bench.hostile.probes import memory, probe, watch
from bench.hostile.target import Server, Victim, arranged

# Before the attack, for what is loaded at the first request; and after it, for what the attack left behind.
CALM_SECONDS = 2.0
COUNT_SECONDS = 5.0
READS = 3


def measure(engine: str, root: Path, names: list[str], seconds: float) -> Iterator[dict[str, Any]]:
    """Yield what came of each attack, and print it: see `table`."""
    with arranged(engine, root) as (server, target, victim):
        for name in names:
            attack = ATTACKS[name]
            with server.running(generous=attack.generous) as pid, ProcessPoolExecutor(1, _SPAWN) as attackers:
                attackers.submit(time.monotonic).result()
                row = asyncio.run(
                    _under(attack, server, pid, victim, lambda: attackers.submit(attacks.run, name, target, seconds))  # noqa: B023
                )
            row = {"attack": name, "item": attack.item, "engine": engine, **row}
            print(table.line(row), flush=True)
            yield row


_SPAWN = multiprocessing.get_context("spawn")


async def _under(
    attack: Attack, server: Server, pid: int, victim: Victim, begin: Callable[[], Future[dict[str, int]]]
) -> dict[str, Any]:
    read = f"/sets/{victim.set_id}" if attack.read == "set" else f"/patterns/{victim.pattern_id}.yaml"
    health, authenticated = probe("/health"), probe(read, victim.key.authorization)
    calm = time.monotonic() + CALM_SECONDS
    await watch(
        server.port, pid, [probe("/health"), probe(read, victim.key.authorization)], lambda: time.monotonic() < calm
    )
    before, mails = memory(pid), len(server.mails())
    attacking = begin()
    most = await watch(server.port, pid, [health, authenticated], lambda: not attacking.done())
    end = time.monotonic() + CALM_SECONDS
    most = max(most, await watch(server.port, pid, [health, authenticated], lambda: time.monotonic() < end))
    answers = attacking.result()
    return {
        "health": max(health.seconds),
        "read": max(authenticated.seconds),
        "failures": dict(health.failures + authenticated.failures),
        "before": before,
        "growth": most - before,
        "answers": dict(answers),
        "mails": len(server.mails()) - mails,
        "metered": await asyncio.to_thread(_is_metered, victim),
        "forbidden": sum(answers.get(status, 0) for status in attack.never),
    }


def _is_metered(victim: Victim) -> bool:
    """Whether the server answers and calls are still counted."""

    def calls() -> int:
        return int(victim.key.get("/whoami").json()["apikey"]["usage"]["total"])

    end = time.monotonic() + COUNT_SECONDS
    try:
        before = calls()
        for _ in range(READS):
            victim.key.get("/whoami")
        while calls() < before + READS and time.monotonic() < end:
            time.sleep(0.2)
        return time.monotonic() < end
    except httpx2.HTTPError:
        return False
