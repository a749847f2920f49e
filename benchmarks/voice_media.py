"""Voice over WebRTC: our media layer beside stock aiortc, doing the same agent work.

    python -m benchmarks.voice_media [--quick] [--pipecat PYTHON]

`PYTHON` is the interpreter of a venv with `pipecat-ai[webrtc]`, whose SmallWebRTC transport is then measured too.

A server process of each kind in turn, pinned to one core; the client, the same for all and much cheaper, on another.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from benchmarks.report import Comparison, Figure, Report, show
from benchmarks.voice_relay import Relay
from benchmarks.voice_server import FRAME_BYTES, RATE, SPEECH

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping, Sequence

from realtime.transports.opus import Encoder
from realtime.transports.webrtc import WebRtcConnection

WARM_S = 1.0
SESSIONS = (10, 20)
PING_S = 0.5
BEEP_S = 0.53
"""Time between two beeps: no multiple of 20 ms, so that they fall on all places of the sending grid."""


def _packets(pcm: bytes) -> list[bytes]:
    encoder = Encoder()
    return [encoder.encode(pcm[at : at + FRAME_BYTES]) for at in range(0, len(pcm), FRAME_BYTES)]


@dataclass
class Numbers:
    """What was measured of one kind."""

    cpu: dict[int, list[float]] = field(default_factory=dict[int, list[float]])
    """Sessions → server CPU milliseconds per session-second."""
    rss: list[float] = field(default_factory=list[float])
    """MB per session."""
    setup: list[list[float]] = field(default_factory=list[list[float]])
    """Seconds, a list for each load."""
    ping: list[list[float]] = field(default_factory=list[list[float]])
    frames: list[float] = field(default_factory=list[float])
    """Share of the frames that reached the consumer."""
    latency: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    gaps: dict[str, list[float]] = field(default_factory=dict[str, list[float]])


class Server:
    """The process that is measured."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._lock = asyncio.Lock()

    async def ask(self, do: str, **fields: Any) -> dict[str, Any]:
        """Send a command and wait for its reply."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin  # noqa: S101 - it was asked for
        assert stdout  # noqa: S101 - it was asked for
        async with self._lock:
            stdin.write(json.dumps({"do": do, **fields}).encode() + b"\n")
            line = await stdout.readline()
        if not line:
            msg = "the server has died"
            raise RuntimeError(msg)
        return cast("dict[str, Any]", json.loads(line))


@asynccontextmanager
async def server(kind: str, python: str) -> AsyncGenerator[Server]:
    """A fresh server of a kind."""
    process = await asyncio.create_subprocess_exec(
        python, "-m", "benchmarks.voice_server", kind, stdin=-1, stdout=-1, limit=2**22
    )
    with suppress(AttributeError, OSError):
        os.sched_setaffinity(process.pid, {0})
    try:
        yield Server(process)
    finally:
        assert process.stdin  # noqa: S101 - it was asked for
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 5)
        except TimeoutError:
            process.kill()


class Caller:
    """One session of the client: ready packets out, packets counted in, pings."""

    def __init__(self) -> None:
        self.connection = WebRtcConnection()
        self.pings: list[float] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def call(self, target: Server, relay: Relay | None = None) -> float:
        """Connect; seconds from the first step to both ends being up."""
        began = time.perf_counter()
        offer = await self.connection.offer()
        answer = (await target.ask("offer", sdp=await relay.offer(offer) if relay else offer))["answer"]
        await self.connection.accept(await relay.answer(answer) if relay else answer)
        await self.connection.connected()
        return time.perf_counter() - began

    def begin(self, packets: Sequence[bytes]) -> None:
        """Speak and ping."""
        self._tasks = [asyncio.create_task(self._speak(packets)), asyncio.create_task(self._ping())]

    async def close(self) -> None:
        """Hang up."""
        for task in self._tasks:
            task.cancel()
        await self.connection.close()

    async def _speak(self, packets: Sequence[bytes]) -> None:
        while True:
            self.connection.output.write_packets("speech", packets)
            await asyncio.sleep(len(packets) * 0.02)

    async def _ping(self) -> None:
        texts = self.connection.messages()
        while True:
            await asyncio.sleep(PING_S)
            began = time.perf_counter()
            self.connection.send(json.dumps({"type": "ping", "at": began}))
            await anext(texts)
            self.pings.append(time.perf_counter() - began)


async def load(kind: str, python: str, sessions: int, seconds: float, numbers: Numbers) -> None:
    """CPU, memory, set-up and round trip with so many sessions."""
    packets = _packets(SPEECH)
    async with server(kind, python) as target:
        first = Caller()
        await first.call(target)
        first.begin(packets)
        await asyncio.sleep(0.5)
        empty = (await target.ask("figures"))["rss"]
        callers = [first]
        setup: list[float] = []
        for _ in range(sessions - 1):
            caller = Caller()
            setup.append(await caller.call(target))
            caller.begin(packets)
            callers.append(caller)
        await asyncio.sleep(WARM_S)
        before = await target.ask("figures")
        await asyncio.sleep(seconds)
        after = await target.ask("figures")
        wall = after["wall"] - before["wall"]
        numbers.cpu.setdefault(sessions, []).append((after["cpu"] - before["cpu"]) * 1000 / wall / sessions)
        numbers.rss.append((after["rss"] - empty) / 1024 / (sessions - 1))
        numbers.frames.append((after["frames"] - before["frames"]) / (wall * 50 * sessions))
        numbers.setup.append(setup)
        numbers.ping.append([ping for caller in callers for ping in caller.pings])
        await asyncio.gather(*(caller.close() for caller in callers))


async def listen(kind: str, python: str, seconds: float, loss: float, numbers: Numbers) -> None:
    """One-way latency from writing a beep to the consumer having it, and gaps between frames."""
    beep = (12_000 * np.sin(2 * np.pi * 1_000 * np.arange(960) / RATE)).astype("<i2").tobytes()
    relay = Relay(seed=11)
    async with server(kind, python) as target:
        caller = Caller()
        await caller.call(target, relay)
        await asyncio.sleep(WARM_S)
        relay.weather.loss = loss
        await target.ask("watch")
        written: list[float] = []
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            written.append(time.monotonic())
            caller.connection.output.write("beep", beep)
            await asyncio.sleep(BEEP_S)
        await asyncio.sleep(0.5)
        heard = await target.ask("heard")
        await caller.close()
        relay.close()
    where = f"{loss:.0%}"
    times = numbers.latency.setdefault(where, [])
    for began, following in zip(written, [*written[1:], until], strict=True):
        # A beep is two packets: that both are lost is rare, and then the beep does not count.
        first = next((at for at in heard["loud_at"] if began <= at < max(following, began + BEEP_S) + 0.2), None)
        if first is not None:
            times.append(first - began)
    numbers.gaps.setdefault(where, []).extend(heard["gaps"])


async def measure(kinds: Mapping[str, str], *, quick: bool) -> dict[str, Numbers]:
    """All kinds in turn, several times over: what else the machine does falls on all of them."""
    with suppress(AttributeError, OSError):
        os.sched_setaffinity(0, {1})
    numbers = {kind: Numbers() for kind in kinds}
    for _ in range(1 if quick else 3):
        for sessions in SESSIONS:
            for kind, python in kinds.items():
                await load(kind, python, sessions, 3.0, numbers[kind])
    for loss, seconds in ((0.0, 5.0), (0.05, 10.0)):
        for kind, python in kinds.items():
            await listen(kind, python, seconds, loss, numbers[kind])
    return numbers


def run(*, quick: bool, pipecat: str | None = None) -> Report:
    """Measure and report. `pipecat` is the interpreter that has it."""
    kinds = {"stock": sys.executable, "ours": sys.executable}
    if pipecat:
        kinds["pipecat"] = pipecat
    return _report(asyncio.run(measure(kinds, quick=quick)))


def _report(numbers: dict[str, Numbers]) -> Report:
    ours, stock = numbers["ours"], numbers["stock"]
    report = Report(
        title="Voice over WebRTC, beside stock aiortc",
        method="Server pinned to one core, client on another, loopback sockets; each session: sound decoded to 24 kHz "
        "mono for a consumer, generated speech out, a ping every 0.5 s. Latency from writing a beep to the consumer "
        "having it, the wait for the next 20 ms slot included.",
    )
    for n in SESSIONS:
        shares = [mine / theirs for mine, theirs in zip(ours.cpu[n], stock.cpu[n], strict=True)]
        share = round(statistics.median(shares), 2)
        report.figures.append(Figure(what=f"CPU, {n} sessions, share of stock", value=share, goal=0.5))
    for where, goal in (("0%", 30), ("5%", 60)):
        value, beside = _ms(ours.latency[where]), f"stock {_ms(stock.latency[where])}"
        what = f"one way, {where} loss, median"
        report.figures.append(Figure(what=what, value=value, unit="ms", goal=goal, beside=beside))
    longest, beside = _longest(ours, "5%"), f"stock {_longest(stock, '5%')}"
    report.figures.append(Figure(what="longest gap at 5% loss", value=longest, unit="ms", goal=100, beside=beside))
    report.comparisons.append(Comparison("Side by side", ["", *numbers], _rows(list(numbers.values()))))
    return report


def _rows(all_numbers: Sequence[Numbers]) -> list[list[str | float]]:
    rows: list[tuple[str, Callable[[Numbers], str | float]]] = [
        *((f"CPU ms per session-second, {n} sessions", partial(_cpu, sessions=n)) for n in SESSIONS),
        ("sessions per core at 80 %", lambda n: int(800 / _cpu(n, max(SESSIONS)))),
        ("memory per session, MB", lambda n: round(statistics.median(n.rss), 2)),
        ("set-up, median / p95, ms", lambda n: _usual_spread(n.setup)),
        ("event round trip, median / p95, ms", lambda n: _usual_spread(n.ping)),
        ("frames that arrived", lambda n: f"{statistics.mean(n.frames):.1%}"),
        ("one way clean, median / p95, ms", lambda n: _spread(n.latency["0%"])),
        ("one way 5 % loss, median / p95, ms", lambda n: _spread(n.latency["5%"])),
        ("longest gap clean / 5 % loss, ms", lambda n: f"{_longest(n, '0%')} / {_longest(n, '5%')}"),
        ("gaps over 100 ms at 5 % loss", lambda n: sum(gap > 0.1 for gap in n.gaps["5%"])),
    ]
    return [[what, *map(value, all_numbers)] for what, value in rows]


def _cpu(numbers: Numbers, sessions: int) -> float:
    return round(statistics.median(numbers.cpu[sessions]), 1)


def _longest(numbers: Numbers, where: str) -> int:
    return round(max(numbers.gaps[where]) * 1000)


def _spread(values: Sequence[float]) -> str:
    return f"{_ms(values)} / {_ms(values, 0.95)}"


def _usual_spread(loads: Sequence[Sequence[float]]) -> str:
    """Of the load in the middle: a machine that stood still during one of them does not decide."""
    return " / ".join(str(statistics.median_low(_ms(load, share) for load in loads)) for share in (0.5, 0.95))


def _ms(values: Sequence[float], share: float = 0.5) -> float:
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000, 1) if ordered else float("nan")


def main() -> None:
    from rich.console import Console  # noqa: PLC0415 - a script

    parser = argparse.ArgumentParser(description="Our voice transport beside stock aiortc.")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--pipecat", metavar="PYTHON", help="a Python that has pipecat-ai[webrtc]")
    options = parser.parse_args()
    show(Console(width=140), run(quick=options.quick, pipecat=options.pipecat))


if __name__ == "__main__":
    main()
