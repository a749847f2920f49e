"""Who speaks when, frame by frame, on the event loop.

`SphinxVoiceActivity` asks the classifier that comes with pocketsphinx (WebRTC's, at 8 kHz), then whether the frame
stands out of the line's noise, and counts the votes of 100 ms: the classifier alone calls 1 to 6 % of the frames of
plain noise speech, but not several in a row. `LevelVoiceActivity` is what is left without pocketsphinx.
"""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from realtime.audio.pcm import FRAME_BYTES, samples, to_pcm
from realtime.speech.ports import Activity

if TYPE_CHECKING:
    from numpy.typing import NDArray

_VOTES: Final = 5
"""Frames that are counted: 100 ms."""
_HOLD: Final = 8
"""Frames that speech is held after its last vote: 160 ms, longer than the stop consonants inside words."""
_LONG_HOLD: Final = 14
"""The same where only the level tells, which consonants do not raise."""
_DOWN: Final = 3
"""24 to 8 kHz."""
_TAPS: Final = 33
_STRICT: Final = 3
_QUIETEST: Final = -60.0
"""dBFS below which nothing is speech."""
_STILL_FRAMES: Final = 15
_STILL_DB: Final = 1.8
_STANDS_OUT: Final = 8.0
"""dB over the noise at which it is as likely speech as not."""


class NoiseFloor:
    """The level of the line when nobody speaks: follows it down at once, up slowly.

    A level that hardly changes for 300 ms is noise, however loud: voices do not hold so still.
    """

    def __init__(self, start: float = -50.0) -> None:
        self._start = start
        self.level = start
        self._recent: deque[float] = deque(maxlen=_STILL_FRAMES)

    def feed(self, level: float, *, quiet: bool) -> float:
        """How many dB `level` is over the noise. `quiet`: nobody seems to speak, so the noise may have grown."""
        self._recent.append(level)
        still = len(self._recent) == _STILL_FRAMES and max(self._recent) - min(self._recent) < _STILL_DB
        if level < self.level or still:
            self.level += (level - self.level) * 0.3
        else:
            # 10 dB a second while nobody speaks, 1 otherwise: what never pauses is noise in the end.
            self.level = min(level, self.level + (0.2 if quiet else 0.02))
        return level - self.level

    def reset(self) -> None:
        """A new line."""
        self.level = self._start
        self._recent.clear()


class _Votes:
    """Single frames into steady speech."""

    def __init__(self, hold: int) -> None:
        self._recent = [0.0] * _VOTES
        self._at = 0
        self._most = hold
        self._hold = 0

    def count(self, likely: float, level: float) -> Activity:
        """One more frame, speech with probability `likely` as far as it alone tells."""
        self._recent[self._at] = likely
        self._at = (self._at + 1) % _VOTES
        mean = sum(self._recent) / _VOTES
        if mean >= 0.5:  # noqa: PLR2004 - more likely than not
            self._hold = self._most
        elif self._hold:
            self._hold -= 1
        # Held speech stays just over a half, which is what the protocol's default threshold asks for.
        probability = max(mean, 0.55) if self._hold else mean
        return Activity(probability, self._hold > 0, level)


class LevelVoiceActivity:
    """Speech is what stands out of the noise. Doors and keyboards do, too."""

    label = "level over noise (offline, without pocketsphinx)"

    def __init__(self) -> None:
        self._floor = NoiseFloor()
        self._votes = _Votes(_LONG_HOLD)

    def feed(self, frame: bytes) -> Activity:
        """The next 20 ms."""
        level = _level(samples(frame).astype(np.float32))
        over = self._floor.feed(level, quiet=True)
        return self._votes.count(_likely(over - _STANDS_OUT / 2, level), level)

    def reset(self) -> None:
        self._floor.reset()
        self._votes = _Votes(_LONG_HOLD)


class SphinxVoiceActivity:
    """WebRTC's classifier and the noise of the line."""

    label = "pocketsphinx voice activity (offline)"

    def __init__(self) -> None:
        """A new line.

        Raises:
            ImportError: pocketsphinx is not installed.
        """
        # Only who listens pays for it, and it may not be there.
        import pocketsphinx  # noqa: PLC0415

        # The wheel has no types.
        self._library: Any = pocketsphinx
        self._classifier = self._new_classifier()
        at = np.arange(_TAPS) - (_TAPS - 1) / 2
        taps = np.sinc(at / _DOWN * 0.9) * np.hamming(_TAPS)
        self._taps = (taps / taps.sum()).astype(np.float32)
        self._before = np.zeros(_TAPS - 1, np.float32)
        self._floor = NoiseFloor()
        self._votes = _Votes(_HOLD)

    def feed(self, frame: bytes) -> Activity:
        """The next 20 ms; a shorter piece is taken as if silence followed."""
        values = samples(frame.ljust(FRAME_BYTES, b"\0")[:FRAME_BYTES]).astype(np.float32)
        level = _level(values)
        joined = np.concatenate([self._before, values])
        self._before = joined[-(_TAPS - 1) :]
        low = cast("NDArray[np.float32]", np.convolve(joined, self._taps, "valid"))[::_DOWN]
        voiced = bool(self._classifier.is_speech(to_pcm(low)))
        over = self._floor.feed(level, quiet=not voiced)
        return self._votes.count(_likely(over, level) if voiced else 0.0, level)

    def reset(self) -> None:
        # It keeps models of the noise it heard.
        self._classifier = self._new_classifier()
        self._before[:] = 0
        self._floor.reset()
        self._votes = _Votes(_HOLD)

    def _new_classifier(self) -> Any:
        return self._library.Vad(_STRICT, 8_000, 0.02)


def _likely(over: float, level: float) -> float:
    """How likely a frame is speech that stands `over` dB out of the noise."""
    return 1 / (1 + math.exp((_STANDS_OUT - over) / 2)) if level > _QUIETEST else 0.0


def _level(values: NDArray[np.float32]) -> float:
    power = float(np.dot(values, values)) / max(1, len(values))
    return 10 * math.log10(power / 32768.0**2) if power else -100.0
