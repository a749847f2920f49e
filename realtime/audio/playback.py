"""What a listener has heard: which item, up to which millisecond. Pure; the time is passed in.

Sound is played in the order it was queued, in real time, and never before it is queued. All times are milliseconds of
one clock.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Heard:
    """How much of an item was played."""

    item_id: str
    content_index: int
    played_ms: float
    queued_ms: float
    """All that was queued of it by then."""

    @property
    def whole(self) -> bool:
        return self.played_ms >= self.queued_ms


@dataclass(slots=True)
class _Stretch:
    """Sound of one content part that plays without a break."""

    key: tuple[str, int]
    starts: float
    length: float


class PlaybackClock:
    """The play-out of one session. Holds a number for each item until it is forgotten, and the sound still to come."""

    def __init__(self) -> None:
        self._coming: deque[_Stretch] = deque()
        self._played: dict[tuple[str, int], float] = {}
        self._queued: dict[tuple[str, int], float] = {}
        self._ends = 0.0

    def queue(self, item_id: str, milliseconds: float, now: float, content_index: int = 0) -> None:
        """So much more of an item will be played, after everything queued before."""
        self._advance(now)
        key = (item_id, content_index)
        starts = max(now, self._ends)
        last = self._coming[-1] if self._coming else None
        if last is not None and last.key == key and last.starts + last.length == starts:
            last.length += milliseconds
        else:
            self._coming.append(_Stretch(key, starts, milliseconds))
        self._ends = starts + milliseconds
        self._queued[key] = self._queued.get(key, 0.0) + milliseconds
        self._played.setdefault(key, 0.0)

    def playing(self, now: float) -> Heard | None:
        """What sounds at this moment; None in silence."""
        self._advance(now)
        return self._heard(self._coming[0].key, now) if self._coming else None

    def heard(self, item_id: str, now: float, content_index: int = 0) -> Heard:
        """How much of an item was played; nothing of one that is unknown or forgotten."""
        self._advance(now)
        return self._heard((item_id, content_index), now)

    def ends_at(self, now: float) -> float:
        """When everything queued will have been played; `now` when it has."""
        return max(now, self._ends)

    def cut(self, now: float) -> list[Heard]:
        """Silence at once: the user barged in.

        Returns:
            Each content part that was not played to its end, in the order of play, with how far it came.
        """
        self._advance(now)
        keys = list(dict.fromkeys(stretch.key for stretch in self._coming))
        heard = [self._heard(key, now) for key in keys]
        for part in heard:
            key = (part.item_id, part.content_index)
            self._played[key] = self._queued[key] = part.played_ms
        self._coming.clear()
        self._ends = now
        return heard

    def forget(self, item_id: str) -> None:
        """Drop the figures of an item, once nobody will ask; what is queued of it still plays."""
        pending = {stretch.key for stretch in self._coming}
        for key in [key for key in self._played if key[0] == item_id and key not in pending]:
            del self._played[key], self._queued[key]

    def _advance(self, now: float) -> None:
        while self._coming and self._coming[0].starts + self._coming[0].length <= now:
            done = self._coming.popleft()
            self._played[done.key] = self._played.get(done.key, 0.0) + done.length

    def _heard(self, key: tuple[str, int], now: float) -> Heard:
        played = self._played.get(key, 0.0)
        if self._coming and self._coming[0].key == key:
            played += max(0.0, now - self._coming[0].starts)
        return Heard(key[0], key[1], played, self._queued.get(key, 0.0))
