"""Who is let in, and when nobody is."""

from __future__ import annotations

import asyncio
import time

import pytest

from realtime.transports.admission import Admission, Limits, Load, LoadMeter, decide
from realtime.transports.errors import Overloaded

LIMITS = Limits()


@pytest.mark.parametrize(
    ("load", "reason"),
    [
        (Load(cpu=0.0, lag_ms=0.0), None),
        (Load(cpu=0.78, lag_ms=0.0), None),
        (Load(cpu=0.79, lag_ms=0.0), "81% of a core"),
        (Load(cpu=3.0, lag_ms=0.0), "302% of a core"),
        (Load(cpu=0.2, lag_ms=51.0), "51 ms late"),
        (Load(cpu=0.2, lag_ms=0.0, joining=29), None),
        (Load(cpu=0.2, lag_ms=0.0, joining=30), "82% of a core"),
    ],
)
def test_the_rule(load: Load, reason: str | None) -> None:
    refusal = decide(load, LIMITS)
    assert (refusal is None) == (reason is None)
    if reason:
        assert refusal
        assert reason in refusal


def test_a_number_of_sessions_can_be_the_limit() -> None:
    limits = Limits(max_sessions=2)
    idle = Load(cpu=0.0, lag_ms=0.0)
    assert decide(idle, limits, sessions=1) is None
    assert decide(idle, limits, sessions=2) == "2 sessions are running, and no more than 2 are allowed"


class FixedMeter(LoadMeter):
    def __init__(self, cpu: float) -> None:
        super().__init__()
        self.cpu = cpu

    @property
    def load(self) -> Load:
        return Load(cpu=self.cpu, lag_ms=0.0)


def test_a_rush_is_stopped_before_its_load_shows() -> None:
    meter = FixedMeter(cpu=0.51)
    admission = Admission(meter=meter)
    for _ in range(14):
        admission.enter()
    with pytest.raises(Overloaded, match="No further voice session") as caught:
        admission.enter()
    assert caught.value.code == "overloaded"
    assert caught.value.retry_after_s > 0
    assert admission.sessions == 14
    meter.samples_taken = 100  # by now their load is measured, and it was small
    admission.leave()
    admission.enter()


@pytest.mark.anyio
async def test_a_busy_loop_is_measured_and_refused() -> None:
    admission = Admission()
    admission.start()
    for _ in range(3):
        await asyncio.sleep(0.26)
    admission.enter()
    until = time.monotonic() + 2.2
    while time.monotonic() < until:
        busy = time.monotonic() + 0.12
        while time.monotonic() < busy:
            pass
        await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        admission.enter()
    await admission.stop()
    await admission.stop()
