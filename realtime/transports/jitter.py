"""Puts RTP packets of one Opus stream in order and says what to play for those that are missing. No I/O, no clock.

Packets go in with their time of arrival, steps come out. Laid end to end, the steps cover the peer's time line from
its first packet on without hole or overlap, whatever was lost: a recording of them is never shifted. A packet in its
place is released at once. One that skips a place waits a moment (`hold`) for the missing one, which after that is given
up: `hold` starts near nothing, grows when packets come after they were given up, and shrinks again when none do.
"""

from __future__ import annotations

import enum
from collections import OrderedDict
from dataclasses import dataclass
from typing import NamedTuple

from realtime.transports.opus import duration

RATE = 48_000
"""Units of the time line per second: the RTP clock of Opus."""

_MIN_HOLD = 0.010
_MAX_HOLD = 0.060
_CALM = 10.0
"""Seconds without a late packet after which `hold` shrinks."""
_MAX_HELD = 64
_RESTART = 500
"""A sequence number so far away is a new stream, not a lost one."""
_FRAME = 960
_GUESS = 4_800
"""100 ms: longer guesses of the codec are silence anyway."""
_DTX_BYTES = 2
"""A packet this short says that silence follows, during which nothing is sent (DTX)."""
_DTX_SLACK = 0.060
_MAX_SURPLUS = 2.0
"""Seconds by which the peer's time may run ahead of ours before its stamps are taken for a new time line."""


class Kind(enum.Enum):
    """What to do for a step."""

    PLAY = enum.auto()
    """Decode `payload`."""
    RESTORE = enum.auto()
    """Make up `length` from the FEC in `payload`, which is the packet behind the gap and is played next."""
    CONCEAL = enum.auto()
    """Make up `length` from what came before."""
    SILENCE = enum.auto()
    """`length` of silence."""


class Step(NamedTuple):
    """A stretch of the time line. `start` and `length` count in `RATE`."""

    kind: Kind
    start: int
    length: int
    payload: bytes = b""


class _Held(NamedTuple):
    stamp: int
    payload: bytes
    arrived: float


@dataclass(slots=True)
class Counters:
    """What happened to the packets so far."""

    received: int = 0
    lost: int = 0
    late: int = 0
    duplicate: int = 0
    invalid: int = 0


class JitterBuffer:
    """One stream. Call `push` for each packet, and `poll` at `deadline`; play the steps of both in order."""

    def __init__(self) -> None:
        self.counters = Counters()
        self.hold = _MIN_HOLD
        """Seconds that a packet waits for a missing one before it."""
        self.position = 0
        """Where the time line ends so far."""
        self._held: dict[int, _Held] = {}
        self._given_up: OrderedDict[int, float] = OrderedDict()
        self._expected: int | None = None
        self._stamp = 0  # the stamp that belongs to `position`
        self._last_arrival = 0.0
        self._last_length = 0
        self._last_late = 0.0
        self._dtx_due: float | None = None

    @property
    def deadline(self) -> float | None:
        """When `poll` is due; None while there is nothing to wait for."""
        return self._patience_ends() if self._held else self._dtx_due

    def push(self, sequence: int, stamp: int, payload: bytes, now: float) -> list[Step]:
        """Take a packet with its 16-bit sequence number and its 32-bit time stamp."""
        length = duration(payload)
        if not length:
            self.counters.invalid += 1
            return []
        expected = self._expected
        if expected is None:
            return self._begin(sequence, stamp, payload, now)
        number = expected + _signed(sequence - expected, 16)
        if abs(number - expected) >= _RESTART:
            return [*self.restart(now), *self._begin(sequence, stamp, payload, now)]
        if number < expected or number in self._held:
            self._useless(number, now)
            return []
        self.counters.received += 1
        self._dtx_due = None
        self._calm_down(now)
        held = _Held(self._stamp + _signed(stamp - self._stamp, 32), payload, now)
        if number == expected and not self._held:
            return self._play(held, now)
        self._held[number] = held
        return self._release(now)

    def poll(self, now: float) -> list[Step]:
        """What is due although nothing came."""
        steps = self._release(now)
        while self._dtx_due is not None and now >= self._dtx_due:
            steps.append(self._step(Kind.SILENCE, _FRAME))
            self._dtx_due += _FRAME / RATE
        return steps

    def restart(self, now: float) -> list[Step]:
        """The next packet belongs to a new stream. What is held is played, and the time since then is silence."""
        steps: list[Step] = []
        while self._held:
            steps += self._advance(now)
        if self._expected is not None:
            steps += self._silence(self._elapsed(now))
        self._expected = None
        self._dtx_due = None
        self._given_up.clear()
        return steps

    def _begin(self, sequence: int, stamp: int, payload: bytes, now: float) -> list[Step]:
        self._expected = sequence
        self._stamp = stamp
        self.counters.received += 1
        return self._play(_Held(stamp, payload, now), now)

    def _release(self, now: float) -> list[Step]:
        steps: list[Step] = []
        while self._held and (self._expected in self._held or self._out_of_patience(now)):
            steps += self._advance(now)
        return steps

    def _out_of_patience(self, now: float) -> bool:
        return now >= self._patience_ends() or len(self._held) > _MAX_HELD

    def _patience_ends(self) -> float:
        return min(held.arrived for held in self._held.values()) + self.hold

    def _advance(self, now: float) -> list[Step]:
        """Play the first held packet; what is missing before it is given up."""
        first = min(self._held)
        held = self._held.pop(first)
        missing = first - (self._expected or 0)
        if not missing:
            return self._play(held, now)
        self.counters.lost += missing
        for number in range(max(first - missing, first - _MAX_HELD), first):
            self._given_up[number] = now
        while len(self._given_up) > _MAX_HELD:
            self._given_up.popitem(last=False)
        self._expected = first
        return [*self._made_up(self._gap(held), held.payload), *self._play(held, now)]

    def _play(self, held: _Held, now: float) -> list[Step]:
        """The packet, behind whatever its stamp says was not sent before it. It is the expected one."""
        self._expected = (self._expected or 0) + 1
        behind = self._stamp - held.stamp
        if 0 < behind < RATE:
            # Silence was played in its place: it came out of a pause later than expected.
            self.counters.late += 1
            return []
        steps = self._silence(self._gap(held))
        self._stamp = held.stamp
        self._last_arrival = held.arrived
        self._last_length = duration(held.payload)
        if len(held.payload) <= _DTX_BYTES:
            self._dtx_due = now + self._last_length / RATE + _DTX_SLACK
        steps.append(self._step(Kind.PLAY, self._last_length, held.payload))
        return steps

    def _gap(self, held: _Held) -> int:
        """Time between the end of the time line and a packet. Stamps that no clock could give are not believed."""
        gap = held.stamp - self._stamp
        elapsed = self._elapsed(held.arrived)
        if gap >= 0 and gap <= elapsed + _MAX_SURPLUS * RATE:
            return gap
        self._stamp = held.stamp - elapsed
        return elapsed

    def _elapsed(self, now: float) -> int:
        """Time that should have been filled since the last packet ended, in whole frames."""
        since = round((now - self._last_arrival) * RATE) - self._last_length
        return max(0, since) // _FRAME * _FRAME

    def _made_up(self, gap: int, following: bytes) -> list[Step]:
        """A gap of lost packets: guessed at both ends, silent between."""
        if not gap:
            return []
        if gap <= _GUESS:
            return [self._step(Kind.RESTORE, gap, following)]
        last = min(duration(following), gap - _GUESS)
        steps = [self._step(Kind.CONCEAL, _GUESS), *self._silence(gap - _GUESS - last)]
        steps.append(self._step(Kind.RESTORE, last, following))
        return steps

    def _silence(self, length: int) -> list[Step]:
        return [self._step(Kind.SILENCE, length)] if length > 0 else []

    def _step(self, kind: Kind, length: int, payload: bytes = b"") -> Step:
        step = Step(kind, self.position, length, payload)
        self.position += length
        self._stamp += length
        return step

    def _useless(self, number: int, now: float) -> None:
        """A packet whose place is taken. One that was given up too early teaches patience."""
        given_up = self._given_up.pop(number, None)
        if given_up is None:
            self.counters.duplicate += 1
            return
        self.counters.late += 1
        self._last_late = now
        self.hold = min(_MAX_HOLD, max(self.hold, (now - given_up + self.hold) * 1.1))

    def _calm_down(self, now: float) -> None:
        if self.hold > _MIN_HOLD and now - self._last_late > _CALM:
            self._last_late = now
            self.hold = max(_MIN_HOLD, self.hold * 0.8)


def _signed(difference: int, bits: int) -> int:
    """A difference of counters that wrap around, as the shorter way."""
    half = 1 << (bits - 1)
    return (difference + half & (1 << bits) - 1) - half
