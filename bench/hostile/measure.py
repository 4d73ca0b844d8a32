"""One attack after the other, each on a fresh server, while another client sends two requests ten times a second."""

import asyncio
import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from functools import partial
from typing import Any

import httpx2
import psutil

from bench import processors
from bench.hostile import attacks, table
from bench.hostile.attacks import ATTACKS, Attack
from bench.hostile.target import AttackedServer, Victim, arranged
from bench.load import Request

# Before the attack, for libraries that are loaded at the first request; and after it, for the work that is left.
CALM_SECONDS = 2.0
COUNT_SECONDS, READS = 5.0, 3
INTERVAL = 0.1
# A request that takes longer counts as one that took so long.
PATIENCE = 10.0
_SPAWN = multiprocessing.get_context("spawn")


class Probe:
    """A request, sent on a new connection each time: seconds of each, and how often the answer was not 200."""

    def __init__(self, path: str, authorization: str = "") -> None:
        head = Request("GET", path, authorization).head(0)
        self._request = head.replace(b"Content-Length: 0", b"Connection: close")
        self.seconds: list[float] = []
        self.failures: Counter[str] = Counter()

    async def send(self, port: int) -> None:
        """Send it once."""
        begun, writer = time.perf_counter(), None
        try:
            async with asyncio.timeout(PATIENCE):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(self._request)
                answer = (await reader.read())[9:12].decode() or "cut off"
        except (OSError, TimeoutError) as error:
            answer = type(error).__name__
        finally:
            if writer:
                writer.transport.abort()
        self.seconds.append(time.perf_counter() - begun)
        self.failures.update([answer] * (answer != "200"))


async def _watch(port: int, pid: int, probes: list[Probe], goes_on: Callable[[], bool]) -> float:
    """Send the probes as long as it goes on. Return the largest memory of the server's processes in MB."""
    most, sent, following = _memory(pid), [], time.monotonic()
    while goes_on():
        # Not after the answer to the one before: a client that waits would not notice what it could not send.
        sent += [asyncio.create_task(probe.send(port)) for probe in probes]
        following += INTERVAL
        while (left := following - time.monotonic()) > 0:
            most = max(most, _memory(pid))
            await asyncio.sleep(min(left, INTERVAL / 4))
    await asyncio.gather(*sent)
    return max(most, _memory(pid))


def _memory(pid: int) -> float:
    """Return the MB of 1,000,000 bytes that the processes of a server have in memory (RSS)."""
    try:
        return sum(process.memory_info().rss for process in processors.family(pid)) / 1e6
    except psutil.NoSuchProcess:
        return 0.0


def measure(engine: str, names: list[str], seconds: float) -> Iterator[dict[str, Any]]:
    """Yield the result of each attack, and print it: see `table`."""
    with arranged(engine) as (server, target, victim):
        for name in names:
            attack = ATTACKS[name]
            with server.running(generous=attack.generous), ProcessPoolExecutor(1, _SPAWN) as attackers:
                attackers.submit(time.monotonic).result()
                begin = partial(attackers.submit, attacks.run, name, target, seconds)
                row = asyncio.run(_under(attack, server, victim, begin))
            row = {"attack": name, "item": attack.item, "engine": engine, **row}
            print("met" if table.is_met(row) else "MISSED", row, flush=True)
            yield row


async def _under(
    attack: Attack, server: AttackedServer, victim: Victim, begin: Callable[[], Future[Any]]
) -> dict[str, Any]:
    path = f"/sets/{victim.set_id}" if attack.read == "set" else f"/patterns/{victim.pattern_id}.yaml"
    health, read = Probe("/health"), Probe(path, victim.key.authorization)
    watch = partial(_watch, server.port, server.pid)
    await watch([Probe("/health"), Probe(path, victim.key.authorization)], _for_seconds(CALM_SECONDS))
    before, mails, attacking = _memory(server.pid), len(server.mails()), begin()
    most = await watch([health, read], lambda: not attacking.done())
    most = max(most, await watch([health, read], _for_seconds(CALM_SECONDS)))
    answers = attacking.result()
    return {
        "health": max(health.seconds),
        "read": max(read.seconds),
        "failures": dict(health.failures + read.failures),
        "before": before,
        "growth": most - before,
        "answers": dict(answers),
        "mails": len(server.mails()) - mails,
        "metered": await asyncio.to_thread(_is_metered, victim),
        "forbidden": sum(answers.get(status, 0) for status in attack.never),
    }


def _for_seconds(seconds: float) -> Callable[[], bool]:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() < end


def _is_metered(victim: Victim) -> bool:
    """Return whether the server answers and calls are still counted."""

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
