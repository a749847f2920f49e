"""The track that aiortc's sender reads: one Opus packet every 20 ms, never late for long."""

from __future__ import annotations

import asyncio
import fractions
import time
from typing import TYPE_CHECKING

from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av.packet import Packet

if TYPE_CHECKING:
    from collections.abc import Callable

    from av.stream import Stream

_TIME_BASE = fractions.Fraction(1, 48_000)
_PERIOD = 0.020
_TICKS = 960
_MAX_BEHIND = 3
"""Packets that are sent at once after a hiccup. What a longer one cost is skipped in the time stamps, so that the
peer's time line, and any recording of it, stays in step with the clock."""


class PacedTrack(MediaStreamTrack):
    """Hands out packets already encoded: aiortc's sender then skips its own encoder, resampler and level meter."""

    kind = "audio"

    def __init__(self, next_packet: Callable[[], bytes]) -> None:
        super().__init__()
        self.started_at: float | None = None
        """`time.monotonic()` when the first packet was sent."""
        self._next_packet = next_packet
        self._count = 0

    async def recv(self) -> Packet[Stream]:
        """The next packet, when it is due. Raises `MediaStreamError` once the track is stopped."""
        if self.readyState != "live":
            raise MediaStreamError
        now = time.monotonic()
        if self.started_at is None:
            self.started_at = now
        due = self.started_at + self._count * _PERIOD
        if now < due:
            await asyncio.sleep(due - now)
        elif now - due > _MAX_BEHIND * _PERIOD:
            self._count += int((now - due) / _PERIOD)
        packet = Packet(self._next_packet())
        packet.pts = self._count * _TICKS
        packet.time_base = _TIME_BASE
        self._count += 1
        return packet
