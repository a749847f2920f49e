"""The jitter buffer: at once when all is well, never a hole, never a shift."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.transports.jitter import JitterBuffer, Kind, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FRAME = 960
PERIOD = 0.020
TOC = bytes([31 << 3])  # one frame of 20 ms


def payload(number: int) -> bytes:
    return TOC + number.to_bytes(4, "big")


def number_of(step: Step) -> int:
    return int.from_bytes(step.payload[1:5], "big")


@dataclass
class Heard:
    """What came out of a buffer, and when."""

    buffer: JitterBuffer = field(default_factory=JitterBuffer)
    steps: list[Step] = field(default_factory=list[Step])
    at: list[float] = field(default_factory=list[float])

    def take(self, steps: Sequence[Step], now: float) -> None:
        self.steps += steps
        self.at += [now] * len(steps)

    def run(self, arrivals: Iterable[tuple[float, int]], *, first: int = 0, stamp: int = 0) -> Heard:
        """Feed packets as (time, number), asking in between as a timer would."""
        for now, number in sorted(arrivals):
            self.wait(now)
            sequence = (first + number) % 65_536
            self.take(self.buffer.push(sequence, (stamp + number * FRAME) % 2**32, payload(number), now), now)
        self.wait(float("inf"))
        return self

    def wait(self, until: float) -> None:
        while (due := self.buffer.deadline) is not None and due <= until:
            self.take(self.buffer.poll(due), due)

    @property
    def played(self) -> list[int]:
        return [number_of(step) for step in self.steps if step.kind is Kind.PLAY]

    @property
    def longest_gap(self) -> float:
        return max((b - a for a, b in zip(self.at, self.at[1:], strict=False)), default=0.0)

    def check_time_line(self) -> None:
        end = 0
        for step in self.steps:
            assert step.start == end
            assert step.length > 0
            end += step.length
        assert end == self.buffer.position
        assert self.played == sorted(set(self.played))
        for step in self.steps:
            if step.kind is Kind.PLAY:
                assert step.start == (number_of(step) - number_of(self.first)) * FRAME

    @property
    def first(self) -> Step:
        return next(step for step in self.steps if step.kind is Kind.PLAY)


def test_packets_in_order_are_released_at_once() -> None:
    heard = Heard().run((n * PERIOD, n) for n in range(50))
    assert heard.played == list(range(50))
    assert heard.at == [n * PERIOD for n in range(50)]
    assert heard.buffer.deadline is None
    heard.check_time_line()


@pytest.mark.parametrize("run", [1, 2, 3])
def test_lost_packets_are_made_up_from_the_next_one(run: int) -> None:
    heard = Heard().run((n * PERIOD, n) for n in range(30) if not 10 <= n < 10 + run)
    made_up = [step for step in heard.steps if step.kind is not Kind.PLAY]
    assert [(step.kind, step.start, step.length) for step in made_up] == [(Kind.RESTORE, 10 * FRAME, run * FRAME)]
    assert number_of(made_up[0]) == 10 + run
    assert heard.longest_gap <= (run + 1) * PERIOD + 0.0101
    assert heard.buffer.counters.lost == run
    heard.check_time_line()


def test_a_long_gap_is_guessed_at_both_ends_and_silent_between() -> None:
    heard = Heard().run((n * PERIOD, n) for n in range(100) if not 10 <= n < 60)
    kinds = [(step.kind, step.length // FRAME) for step in heard.steps if step.kind is not Kind.PLAY]
    assert kinds == [(Kind.CONCEAL, 5), (Kind.SILENCE, 44), (Kind.RESTORE, 1)]
    heard.check_time_line()


def test_neighbours_that_change_places_are_put_in_order() -> None:
    arrivals = [(n * PERIOD, n) for n in range(20) if n != 10] + [(11 * PERIOD + 0.004, 10)]
    heard = Heard().run(arrivals)
    assert heard.played == list(range(20))
    assert heard.buffer.counters.lost == 0


def test_late_packets_teach_patience_and_calm_forgets_it() -> None:
    late = [(n * PERIOD + (0.035 if n % 7 == 3 else 0), n) for n in range(100)]
    heard = Heard().run(late)
    assert heard.buffer.counters.late <= 2
    assert 0.015 < heard.buffer.hold <= 0.060
    patience = heard.buffer.hold
    heard.run((n * PERIOD, n) for n in range(100, 2000))
    assert heard.buffer.hold < patience / 1.5
    heard.check_time_line()


def test_duplicates_and_what_comes_far_too_late_are_left_out() -> None:
    buffer = JitterBuffer()
    for n in range(5):
        buffer.push(n, n * FRAME, payload(n), n * PERIOD)
    assert buffer.push(2, 2 * FRAME, payload(2), 0.11) == []
    assert buffer.counters.duplicate == 1
    assert buffer.position == 5 * FRAME


def test_a_pause_of_the_peer_is_filled_when_it_ends() -> None:
    buffer = JitterBuffer()
    buffer.push(0, 0, payload(0), 0.0)
    steps = buffer.push(1, 51 * FRAME, payload(1), 51 * PERIOD)
    assert [(step.kind, step.length // FRAME) for step in steps] == [(Kind.SILENCE, 50), (Kind.PLAY, 1)]


def test_silence_that_was_announced_is_told_as_it_passes() -> None:
    heard = Heard()
    heard.take(heard.buffer.push(0, 0, payload(0), 0.0), 0.0)
    heard.take(heard.buffer.push(1, FRAME, TOC + b"\1", 0.02), 0.02)
    heard.wait(0.500)
    silent = [step for step in heard.steps if step.kind is Kind.SILENCE]
    assert 18 <= len(silent) <= 24
    heard.take(heard.buffer.push(2, 25 * FRAME, payload(25), 0.500), 0.500)
    assert heard.steps[-1] == Step(Kind.PLAY, 25 * FRAME, FRAME, payload(25))
    assert heard.buffer.deadline is None
    heard.check_time_line()


def test_stamps_that_no_clock_could_give_start_a_new_time_line() -> None:
    buffer = JitterBuffer()
    buffer.push(0, 0, payload(0), 0.0)
    steps = buffer.push(1, 2**30, payload(1), 0.02)
    assert [(step.kind, step.start) for step in steps] == [(Kind.PLAY, FRAME)]
    steps = buffer.push(2, 77, payload(2), 0.04)
    assert [(step.kind, step.start) for step in steps] == [(Kind.PLAY, 2 * FRAME)]


def test_a_new_stream_goes_on_where_the_clock_is() -> None:
    buffer = JitterBuffer()
    for n in range(10):
        buffer.push(n, n * FRAME, payload(n), n * PERIOD)
    steps = [*buffer.restart(1.0), *buffer.push(40_000, 123_456, payload(0), 1.0)]
    assert steps[-1].kind is Kind.PLAY
    assert steps[-1].start == 50 * FRAME


def test_a_jump_of_the_numbers_is_a_new_stream() -> None:
    buffer = JitterBuffer()
    buffer.push(0, 0, payload(0), 0.0)
    steps = buffer.push(30_000, 5, payload(1), 0.02)
    assert [(step.kind, step.start) for step in steps] == [(Kind.PLAY, FRAME)]


def test_what_is_not_opus_is_counted_and_left_out() -> None:
    buffer = JitterBuffer()
    assert buffer.push(0, 0, b"", 0.0) == []
    assert buffer.counters.invalid == 1


@pytest.mark.parametrize(("loss", "most"), [(0.01, 0.071), (0.05, 0.111)])
def test_random_loss_leaves_no_long_gap(loss: float, most: float) -> None:
    rng = random.Random(5)  # noqa: S311 - the same in every run
    heard = Heard().run((n * PERIOD, n) for n in range(3000) if n == 0 or rng.random() >= loss)
    assert heard.longest_gap <= most
    heard.check_time_line()


def arrivals_of(count: int, seed: int, loss: float, jitter: float) -> list[tuple[float, int]]:
    """When each packet comes; the first one is never lost."""
    rng = random.Random(seed)  # noqa: S311 - the same in every run
    return [(n * PERIOD + rng.uniform(0, jitter), n) for n in range(count) if n == 0 or rng.random() >= loss]


networks = st.builds(
    arrivals_of,
    count=st.integers(1, 200),
    seed=st.integers(0, 10_000),
    loss=st.sampled_from([0.0, 0.02, 0.1, 0.5]),
    jitter=st.sampled_from([0.0, 0.01, 0.04, 0.15]),
)
PROPERTY = settings(deadline=None, derandomize=True, database=None, max_examples=150)


@PROPERTY
@given(arrivals=networks, first=st.integers(0, 65_535), stamp=st.integers(0, 2**32 - 1))
def test_whatever_the_network_does_the_time_line_has_no_hole(
    arrivals: list[tuple[float, int]], first: int, stamp: int
) -> None:
    heard = Heard().run(arrivals, first=first, stamp=stamp)
    heard.check_time_line()
    counters = heard.buffer.counters
    assert len(heard.played) == counters.received
    assert not heard.buffer.deadline


@PROPERTY
@given(arrivals=networks)
def test_nothing_waits_longer_than_the_patience(arrivals: list[tuple[float, int]]) -> None:
    heard = Heard().run(arrivals)
    came = {number: now for now, number in arrivals}
    for step, now in zip(heard.steps, heard.at, strict=True):
        if step.kind is Kind.PLAY:
            assert now - came[number_of(step)] <= 0.0601


@PROPERTY
@given(
    packets=st.lists(
        st.tuples(st.integers(0, 65_535), st.integers(0, 2**32 - 1), st.binary(max_size=3), st.floats(0, 0.5)),
        max_size=60,
    )
)
def test_nonsense_neither_breaks_it_nor_makes_hours_of_silence(
    packets: list[tuple[int, int, bytes, float]],
) -> None:
    buffer, now, length = JitterBuffer(), 0.0, 0
    for sequence, stamp, data, passed in packets:
        now += passed
        steps = [*buffer.poll(now), *buffer.push(sequence, stamp, data, now)]
        length += sum(step.length for step in steps)
    length += sum(step.length for step in buffer.poll(now + 1))
    assert length == buffer.position
    # Each packet may lie about 2 s ahead and last 120 ms.
    assert length <= (now + 1 + 2.2 * (len(packets) + 1)) * 48_000
