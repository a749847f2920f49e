"""Turn detection: voice activity frame by frame in, beginnings and ends of turns out.

    silent ──voice for onset_ms──► speaking ──silence for as long as it takes──► silent
                                     ▲   │
                                     └───┘ voice

How long it takes: `server_vad` waits `silence_duration_ms`. `semantic_vad` waits shortly when what was said is reported
to be complete (`hint`), as long as its eagerness allows when it is reported not to be, and a quarter of that when
nobody says. Everything is in milliseconds of the input stream; nothing here has a clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from realtime.protocol.audio_config import SemanticVad, ServerVad

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Started", "Stopped", "TurnDetector"]

LONGEST_WAITS: Final[Mapping[str, int]] = {"low": 8_000, "medium": 4_000, "auto": 4_000, "high": 2_000}
SHORT_WAIT: Final = 300
"""After something that was complete: enough for a breath."""
_UNTOLD_SHARE: Final = 4
_SEMANTIC_THRESHOLD: Final = 0.5
_SEMANTIC_PADDING: Final = 300
_HYSTERESIS: Final = 0.15
"""A voice is lost only this far below the threshold, so that one on the edge does not flicker."""


@dataclass(frozen=True, slots=True)
class Started:
    """The user speaks since then, padding included."""

    start_ms: int


@dataclass(frozen=True, slots=True)
class Stopped:
    """The user has spoken until then, silence included."""

    end_ms: int


class TurnDetector:
    """The state machine of one session.

    `onset_ms`: how long a voice has to last to count; the padding still reaches back from its first frame.
    """

    def __init__(self, onset_ms: int = 0) -> None:
        self.speaking = False
        self._onset_ms = onset_ms
        self._mode: ServerVad | SemanticVad | None = None
        self._last = 0.0
        self._voice_start: float | None = None
        self._voice_end = 0.0
        self._complete: bool | None = None

    def configure(self, mode: ServerVad | SemanticVad | None) -> None:
        """How turns end from now on; None leaves it to the client. A turn that has begun goes on, except with None."""
        self._mode = mode
        if mode is None:
            self.reset()

    def reset(self) -> None:
        """Whoever speaks has not begun yet: the buffer was committed or cleared."""
        self.speaking, self._voice_start, self._complete = False, None, None

    def feed(self, at_ms: float, voice: float, floor_ms: float) -> Started | Stopped | None:
        """A frame that ends at `at_ms`.

        Args:
            at_ms: position in the stream; a frame that is not later than the last is ignored.
            voice: probability of speech, 0..1 (or a bool).
            floor_ms: where the buffer begins; padding does not reach behind it.
        """
        if self._mode is None or not at_ms > self._last:
            return None
        begins, self._last = self._last, at_ms
        if not self.speaking:
            return self._maybe_start(begins, at_ms, voice, floor_ms)
        if voice >= max(self._threshold - _HYSTERESIS, 0.01):
            self._voice_end, self._complete = at_ms, None
            return None
        return self._maybe_stop()

    def hint(self, *, complete: bool) -> Stopped | None:
        """Whether what was said up to now sounds complete; holds until the voice goes on."""
        self._complete = complete
        return self._maybe_stop() if self.speaking else None

    def _maybe_start(self, begins: float, at_ms: float, voice: float, floor_ms: float) -> Started | None:
        if not voice >= self._threshold:
            self._voice_start = None
            return None
        if self._voice_start is None:
            self._voice_start = begins
        if at_ms - self._voice_start < self._onset_ms:
            return None
        start = max(self._voice_start - self._padding, floor_ms)
        self.speaking, self._voice_start, self._voice_end, self._complete = True, None, at_ms, None
        return Started(int(start))

    def _maybe_stop(self) -> Stopped | None:
        end = self._voice_end + self._wait
        if not isinstance(self._mode, (ServerVad, SemanticVad)) or self._last < end:
            return None
        self.reset()
        # A hint may come when the silence has lasted longer than a complete turn would have needed.
        return Stopped(int(self._last))

    @property
    def _threshold(self) -> float:
        return self._mode.threshold if isinstance(self._mode, ServerVad) else _SEMANTIC_THRESHOLD

    @property
    def _padding(self) -> int:
        return self._mode.prefix_padding_ms if isinstance(self._mode, ServerVad) else _SEMANTIC_PADDING

    @property
    def _wait(self) -> int:
        if isinstance(self._mode, ServerVad):
            return self._mode.silence_duration_ms
        longest = LONGEST_WAITS[self._mode.eagerness] if self._mode else 0
        if self._complete is None:
            return longest // _UNTOLD_SHARE
        return SHORT_WAIT if self._complete else longest
