"""16-bit little-endian mono PCM, as bytes: frames, levels, silence.

Lengths are in samples or milliseconds, levels in dBFS: 0 is a square wave of full scale, `FLOOR_DBFS` digital silence.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE: Final = 24_000
"""Samples a second of everything inside the server, as in the realtime protocol."""
FRAME_MS: Final = 20
SAMPLE_BYTES: Final = 2
FRAME_BYTES: Final = RATE * FRAME_MS // 1000 * SAMPLE_BYTES
"""Bytes of one 20 ms frame at `RATE`."""
FLOOR_DBFS: Final = -100.0
COMFORT_DBFS: Final = -66.0
"""What an unused line sounds like: heard as silence, but not as a dead line."""

_FULL_SCALE: Final = 32768.0
_LOUDEST: Final = 32767


def samples(pcm: bytes | memoryview) -> NDArray[np.int16]:
    """The samples of `pcm`, without copying; an odd last byte is left out."""
    return np.frombuffer(pcm, dtype="<i2", count=len(pcm) // SAMPLE_BYTES)


def to_pcm(values: NDArray[np.float32] | NDArray[np.float64] | NDArray[np.int16]) -> bytes:
    """Samples on the 16-bit scale, as bytes; what is too loud is clipped, never wrapped round."""
    if values.dtype == np.int16:
        return values.astype("<i2", copy=False).tobytes()
    return np.clip(np.rint(values), -_LOUDEST - 1, _LOUDEST).astype("<i2").tobytes()


def duration_ms(pcm: bytes | memoryview, rate: int = RATE) -> float:
    """How long `pcm` sounds."""
    return len(pcm) // SAMPLE_BYTES * 1000 / rate


def size(milliseconds: float, rate: int = RATE) -> int:
    """Bytes of that much sound, in whole samples."""
    return round(milliseconds * rate / 1000) * SAMPLE_BYTES


def level_dbfs(pcm: bytes | memoryview) -> float:
    """The level (root mean square) of `pcm`, from `FLOOR_DBFS` to 0."""
    values = samples(pcm)
    if not len(values):
        return FLOOR_DBFS
    wide = values.astype(np.float32)
    # One dot product: no second array of squares.
    power = float(np.dot(wide, wide)) / len(wide)
    return max(FLOOR_DBFS, 10 * math.log10(power / _FULL_SCALE**2)) if power else FLOOR_DBFS


def silence(count: int) -> bytes:
    """`count` samples of digital silence."""
    return bytes(count * SAMPLE_BYTES)


def comfort_silence(count: int, level: float = COMFORT_DBFS, *, start: int = 0) -> bytes:
    """`count` samples of faint noise.

    Args:
        count: how many samples.
        level: how loud, in dBFS; at or below `FLOOR_DBFS` it is digital silence.
        start: position in the endless noise, so that pieces made one after the other join.
    """
    if level <= FLOOR_DBFS:
        return silence(count)
    noise = _noise()
    places = np.arange(start, start + count) % len(noise)
    return to_pcm(noise[places] * np.float32(_FULL_SCALE * 10 ** (level / 20)))


@cache
def _noise() -> NDArray[np.float32]:
    """A second and a bit of white noise of level 1; no multiple of a frame, or its period would be heard."""
    return np.random.default_rng(7).standard_normal(26_417).astype(np.float32)


class Framer:
    """Cuts PCM that arrives in pieces of any size into frames of one size."""

    def __init__(self, rate: int = RATE, frame_ms: int = FRAME_MS) -> None:
        self.frame_bytes = rate * frame_ms // 1000 * SAMPLE_BYTES
        self._rest = bytearray()

    def feed(self, pcm: bytes) -> list[bytes]:
        """The frames that `pcm` completes, oldest first."""
        rest = self._rest
        rest += pcm
        whole = len(rest) // self.frame_bytes * self.frame_bytes
        frames = [bytes(rest[at : at + self.frame_bytes]) for at in range(0, whole, self.frame_bytes)]
        del rest[:whole]
        return frames

    def flush(self) -> bytes:
        """The unfinished frame filled up with silence; empty when there is none. The next feed begins afresh."""
        last = bytes(self._rest[: len(self._rest) // SAMPLE_BYTES * SAMPLE_BYTES])
        self._rest.clear()
        return last.ljust(self.frame_bytes, b"\0") if last else b""
