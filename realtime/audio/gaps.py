"""Sound with holes in it, made continuous: what packet loss leaves out is filled with comfort silence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from realtime.audio.pcm import COMFORT_DBFS, FLOOR_DBFS, RATE, SAMPLE_BYTES, comfort_silence, level_dbfs

_LOUDEST_COMFORT: Final = -50.0
_RISE_DB: Final = 0.05
"""How much louder the line's silence may seem with each frame: 2.5 dB a second."""


@dataclass(frozen=True, slots=True)
class Filled:
    """Sound that joins what was returned before it."""

    pcm: bytes
    filled: int = 0
    """Samples of it, at its beginning, that were made up."""
    dropped: int = 0
    """Samples that came too late, or twice, and were left out."""


class GapFiller:
    """Puts timestamped frames of one speaker into a continuous stream.

    A hole longer than `longest_ms` is shortened to that: the source was paused, or its clock jumped.
    """

    def __init__(self, rate: int = RATE, longest_ms: int = 2_000) -> None:
        self._longest = longest_ms * rate // 1000
        self._next: int | None = None
        self._made = 0
        self._floor = COMFORT_DBFS

    def feed(self, pcm: bytes, at: int) -> Filled:
        """`pcm` that belongs at sample `at` of the source's clock, which begins anywhere."""
        expected = at if self._next is None else self._next
        late = min(max(expected - at, 0), len(pcm) // SAMPLE_BYTES)
        fresh = pcm[late * SAMPLE_BYTES :]
        if not fresh:
            return Filled(b"", dropped=late)
        hole = min(max(at - expected, 0), self._longest)
        fill = comfort_silence(hole, self._floor, start=self._made) if hole else b""
        self._made += hole
        self._next = at + len(pcm) // SAMPLE_BYTES
        self._listen(fresh)
        return Filled(fill + fresh, filled=hole, dropped=late)

    def _listen(self, pcm: bytes) -> None:
        """Follow the level of the line when nobody speaks: at once when it is quieter, slowly when louder."""
        level = level_dbfs(pcm)
        if level <= FLOOR_DBFS:
            return
        self._floor = min(level, self._floor + _RISE_DB, _LOUDEST_COMFORT)
