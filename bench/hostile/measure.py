"""One attack after the other, each on a fresh server, while another client sends two requests ten times a second."""

import asyncio
import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from functools import partial
from typing import Any

import httpx2
import psutil

from bench import processors
from bench.hostile import attacks
from bench.hostile.attacks import ATTACKS, Attack
from bench.hostile.target import AttackedServer, Victim, arranged
from bench.report import table
from tests.service import wait_until

# Before the attack, for libraries that are loaded at the first request; and after it, for the work that is left.
CALM_SECONDS = 2.0
COUNT_SECONDS, READS = 5.0, 3
INTERVAL = 0.1
# A request that takes longer counts as one that took so long.
PATIENCE = 10.0
EACH_ON_A_NEW_CONNECTION = httpx2.Limits(max_keepalive_connections=0)
# A goal of each attack: seconds of the slowest request, MB that the server grew.
MOST_SECONDS, MOST_GROWTH = 0.5, 150.0
TITLES = ["item", "attack", "engine", "/health, s", "authenticated read, s", "failed", "growth, MB", ""]
_SPAWN = multiprocessing.get_context("spawn")


class Probe:
    """A request, sent on a new connection each time: seconds of each, and how often the answer was not 200."""

    def __init__(self, url: str, authorization: str = "") -> None:
        self._url, self._headers = url, {"Authorization": authorization} if authorization else {}
        self.seconds: list[float] = []
        self.failures: Counter[str] = Counter()

    async def send(self, client: httpx2.AsyncClient) -> None:
        """Send it once."""
        begun = time.perf_counter()
        try:
            async with asyncio.timeout(PATIENCE):
                answer = str((await client.get(self._url, headers=self._headers)).status_code)
        except (httpx2.HTTPError, TimeoutError) as error:
            answer = type(error).__name__
        self.seconds.append(time.perf_counter() - begun)
        self.failures.update([answer] * (answer != "200"))


async def _watch(pid: int, probes: list[Probe], goes_on: Callable[[], bool]) -> float:
    """Send the probes as long as it goes on. Return the largest memory of the server's processes in MB."""
    most, sent, following = _memory(pid), [], time.monotonic()
    async with httpx2.AsyncClient(limits=EACH_ON_A_NEW_CONNECTION, timeout=None, trust_env=False) as client:
        while goes_on():
            # Not after the answer to the one before: a client that waits would not notice what it could not send.
            sent += [asyncio.create_task(probe.send(client)) for probe in probes]
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
    """Yield the result of each attack, and print it."""
    with arranged(engine) as (server, target, victim):
        for name in names:
            attack = ATTACKS[name]
            with server.running(generous=attack.generous), ProcessPoolExecutor(1, _SPAWN) as attackers:
                attackers.submit(time.monotonic).result()
                begin = partial(attackers.submit, attacks.run, name, target, seconds)
                row = asyncio.run(_under(attack, server, victim, begin))
            row = {"attack": name, "item": attack.item, "engine": engine, **row}
            print("met" if is_met(row) else "MISSED", row, flush=True)
            yield row


async def _under(
    attack: Attack, server: AttackedServer, victim: Victim, begin: Callable[[], Future[Any]]
) -> dict[str, Any]:
    path = f"/sets/{victim.set_id}" if attack.read == "set" else f"/patterns/{victim.pattern_id}.yaml"
    health, read = Probe(server.url + "/health"), Probe(server.url + path, victim.key.authorization)
    watch = partial(_watch, server.pid, [health, read])
    await watch(_for_seconds(CALM_SECONDS))
    health.seconds, read.seconds = [], []
    before, attacking = _memory(server.pid), begin()
    most = await watch(lambda: not attacking.done())
    most = max(most, await watch(_for_seconds(CALM_SECONDS)))
    answers = attacking.result()
    return {
        "health": max(health.seconds),
        "read": max(read.seconds),
        "failures": dict(health.failures + read.failures),
        "growth": most - before,
        "answers": dict(answers),
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

    try:
        before = calls()
        for _ in range(READS):
            victim.key.get("/whoami")
        wait_until(lambda: calls() >= before + READS, "the calls to be counted", seconds=COUNT_SECONDS)
    except (httpx2.HTTPError, AssertionError):
        return False
    return True


def is_met(row: Mapping[str, Any]) -> bool:
    """Return whether the other client was served, the memory stayed, and calls are still counted."""
    quick = max(row["health"], row["read"]) <= MOST_SECONDS and not row["failures"]
    return bool(quick and row["growth"] <= MOST_GROWTH and row["metered"] and not row["forbidden"])


def markdown(results: Mapping[str, Any]) -> Iterator[str]:
    """Yield the machine and the table, in Markdown."""
    machine = results["machine"]
    yield (
        f"Commit {machine['commit']}, {machine['at']} UTC, {machine['processor']},"
        f" {machine['processors']} processors, {results['pinned']}, attacks of {results['seconds']:g} s.\n"
    )
    yield from table(TITLES, map(_cells, results["rows"]))


def _cells(row: Mapping[str, Any]) -> list[str]:
    seconds = [f"{row[name]:.2f}" for name in ("health", "read")]
    figures = [*seconds, str(sum(row["failures"].values())), f"{row['growth']:.0f}"]
    return [row["item"], row["attack"], row["engine"], *figures, "met" if is_met(row) else "**missed**"]
