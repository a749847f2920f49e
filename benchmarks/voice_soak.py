"""Many voice sessions one after another: does anything stay behind? `python -m benchmarks.voice_soak [SESSIONS]`.

Five at a time connect, talk for half a second and part: in turn one side or the other hangs up. Counted are tasks, open
files, threads, and resident memory along the way.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from benchmarks.report import Comparison, Figure, Report, show
from benchmarks.voice_server import SPEECH, resident_kb
from realtime.transports.errors import BadDescription
from realtime.transports.webrtc import WebRtcConnection

AT_ONCE = 5
WARM_UP = 50
"""Sessions until caches, pools and the allocator have settled."""
TALK_S = 0.5
_OPEN_FILES = Path("/proc/self/fd")


@dataclass(frozen=True, slots=True)
class Open:
    """What is open in this process."""

    sessions: int
    tasks: int
    files: int
    threads: int
    mb: float


async def soak(sessions: int) -> list[Open]:
    """Counts before, after the warm-up, and in even steps to the end."""
    seen: list[Open] = []
    step = max(AT_ONCE, sessions // 10 // AT_ONCE * AT_ONCE)
    for done in range(0, sessions, AT_ONCE):
        if done % step == 0 or done == WARM_UP:
            seen.append(await _count(done))
        await asyncio.gather(*(_session(done + number) for number in range(AT_ONCE)))
    seen.append(await _count(sessions))
    return seen


async def _session(number: int) -> None:
    client, server = WebRtcConnection(), WebRtcConnection()
    if number % 10 == 0:
        await _refuse()
    await client.accept(await server.answer(await client.offer()))
    await asyncio.gather(client.connected(), server.connected())
    server.output.write("answer", SPEECH)
    client.output.write("question", SPEECH)
    client.send("hello")
    until = time.monotonic() + TALK_S
    async for _ in server.frames():
        if time.monotonic() > until:
            break
    first, second = (client, server) if number % 2 else (server, client)
    await first.close()
    await second.ended()


async def _refuse() -> None:
    try:
        await WebRtcConnection().answer("v=0\r\nm=nothing")
    except BadDescription:
        return


async def _count(sessions: int) -> Open:
    for _ in range(5):
        await asyncio.sleep(0.02)
    gc.collect()
    return Open(sessions, len(asyncio.all_tasks()), _open_files(), threading.active_count(), resident_kb() / 1024)


def _open_files() -> int:
    return len(list(_OPEN_FILES.iterdir())) if _OPEN_FILES.is_dir() else 0


def run(*, quick: bool = False, sessions: int | None = None) -> Report:
    """Measure and report."""
    began = time.monotonic()
    seen = asyncio.run(soak(sessions or (100 if quick else 500)))
    warm = next(entry for entry in seen if entry.sessions >= min(WARM_UP, seen[-1].sessions))
    last = seen[-1]
    took = time.monotonic() - began
    report = Report(
        title="Voice sessions, one after another",
        method=f"{last.sessions} pairs of connections, {AT_ONCE} at a time, {TALK_S} s of sound both ways, "
        f"hung up by either side; every tenth with a malformed offer beside it. {took:.0f} s in all.",
    )
    report.figures += [
        Figure(what="tasks left", value=last.tasks - warm.tasks, goal=0),
        Figure(what="open files left", value=last.files - warm.files, goal=0),
        Figure(what="threads left", value=last.threads - warm.threads, goal=0),
        Figure(what=f"memory since session {warm.sessions}", value=round(last.mb - warm.mb, 1), unit="MB", goal=10),
    ]
    rows = [[entry.sessions, entry.tasks, entry.files, entry.threads, round(entry.mb, 1)] for entry in seen]
    report.comparisons.append(Comparison("On the way", ["sessions", "tasks", "files", "threads", "MB"], rows))
    return report


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Open and close many voice sessions.")
    parser.add_argument("sessions", nargs="?", type=int, default=500)
    show(Console(width=140), run(sessions=parser.parse_args().sessions))


if __name__ == "__main__":
    main()
