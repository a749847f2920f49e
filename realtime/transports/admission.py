"""Refuses new sessions before a core saturates, because past that every session suffers: saturation is a cliff.

`decide` is the rule, without clock or I/O. `LoadMeter` measures what it judges by. `Admission` puts both together.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass

from realtime.transports.errors import Overloaded

_PERIOD_S = 0.25
_WINDOW = 8
"""Samples: what is judged are the last 2 s."""
_RETRY_AFTER_S = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How busy this process is."""

    cpu: float
    """Share of one core that the whole process used, 0 to the number of cores."""
    lag_ms: float
    """By how much timers of the event loop were late; the second worst of the window, one hiccup is forgiven."""
    joining: int = 0
    """Sessions that were let in since, whose load is not in the figures yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Where to stop."""

    cpu: float = 0.80
    lag_ms: float = 50.0
    cpu_per_session: float = 0.02
    """What a session that has just been let in is expected to add."""
    max_sessions: int | None = None


def decide(load: Load, limits: Limits, sessions: int = 0) -> str | None:
    """Why a further session is not taken on; None when it is."""
    if limits.max_sessions is not None and sessions >= limits.max_sessions:
        return f"{sessions} sessions are running, and no more than {limits.max_sessions} are allowed"
    expected = load.cpu + (load.joining + 1) * limits.cpu_per_session
    if expected > limits.cpu:
        return f"with one session more, {expected:.0%} of a core would be in use; the limit is {limits.cpu:.0%}"
    if load.lag_ms > limits.lag_ms:
        return f"the event loop is {load.lag_ms:.0f} ms late; the limit is {limits.lag_ms:.0f} ms"
    return None


class LoadMeter:
    """Measures CPU time and lag of the loop it was started on."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, float, float]] = deque(maxlen=_WINDOW)  # wall s, CPU s, lag s
        self._task: asyncio.Task[None] | None = None
        self.samples_taken = 0

    def start(self) -> None:
        """Begin; to be called on the loop that carries the sessions."""
        if self._task is None:
            self._task = asyncio.create_task(self._measure(), name="load meter")

    async def stop(self) -> None:
        """End. Harmless when done twice."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    @property
    def load(self) -> Load:
        """The last two seconds; no load before the first sample."""
        if not self._samples:
            return Load(cpu=0.0, lag_ms=0.0)
        wall = sum(sample[0] for sample in self._samples)
        lags = sorted(sample[2] for sample in self._samples)
        second_worst = lags[-2] if len(lags) > 1 else 0.0
        return Load(cpu=sum(sample[1] for sample in self._samples) / wall, lag_ms=second_worst * 1000)

    async def _measure(self) -> None:
        while True:
            began, used = time.monotonic(), time.process_time()
            await asyncio.sleep(_PERIOD_S)
            wall = time.monotonic() - began
            self._samples.append((wall, time.process_time() - used, max(0.0, wall - _PERIOD_S)))
            self.samples_taken += 1


class Admission:
    """Lets sessions in, or not. Each one that is let in is to `leave` again."""

    def __init__(self, limits: Limits | None = None, meter: LoadMeter | None = None) -> None:
        self._limits = limits or Limits()
        self._meter = meter or LoadMeter()
        self._joined_at: deque[int] = deque()
        self.sessions = 0

    def start(self) -> None:
        """Begin to measure."""
        self._meter.start()

    async def stop(self) -> None:
        """Stop measuring."""
        await self._meter.stop()

    def enter(self) -> None:
        """Let a session in. Raises `Overloaded`; those that run are not touched."""
        load = self._meter.load
        refusal = decide(Load(cpu=load.cpu, lag_ms=load.lag_ms, joining=self._joining()), self._limits, self.sessions)
        if refusal:
            msg = f"No further voice session is taken on now: {refusal}"
            raise Overloaded(msg, retry_after_s=_RETRY_AFTER_S)
        self.sessions += 1
        self._joined_at.append(self._meter.samples_taken)

    def leave(self) -> None:
        """A session that was let in has ended."""
        self.sessions = max(0, self.sessions - 1)

    def _joining(self) -> int:
        """Sessions so new that the window does not show them yet."""
        settled = self._meter.samples_taken - _WINDOW
        while self._joined_at and self._joined_at[0] < settled:
            self._joined_at.popleft()
        return len(self._joined_at)
