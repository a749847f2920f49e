"""Decides whether a peer is still there. No I/O, no clock."""

from __future__ import annotations

import enum

TICK_S = 0.25
"""How often `look` wants to be called."""
_PROBE_AFTER_S = 1.0
_GONE_AFTER_S = 4.0
_STALL_S = 0.5


class Verdict(enum.Enum):
    """What to do now."""

    FINE = enum.auto()
    ASK = enum.auto()
    """Nothing was heard for a while: ask the peer, and tell `asked` what came of it."""
    GONE = enum.auto()


class Liveness:
    """Watches one peer. A peer that says nothing at all is asked once a second; its answers keep it."""

    def __init__(self, now: float) -> None:
        self._heard = now
        self._looked = now
        self._signs = 0

    def asked(self, now: float, *, answered: bool) -> None:
        """The peer was asked."""
        self._looked = now
        if answered:
            self._heard = now

    def look(self, signs: int, now: float) -> Verdict:
        """Judge by the count of `signs` of life so far."""
        # While our own loop stood still, nobody could be heard: that time does not count against the peer.
        stall = now - self._looked - TICK_S
        if stall > _STALL_S:
            self._heard += stall
        self._looked = now
        if signs != self._signs:
            self._signs = signs
            self._heard = now
        silent = now - self._heard
        if silent >= _GONE_AFTER_S:
            return Verdict.GONE
        return Verdict.ASK if silent >= _PROBE_AFTER_S else Verdict.FINE
