"""Tones, and how much of a tone there is in a sound (Goertzel)."""

from __future__ import annotations

import numpy as np

from realtime.audio.pcm import RATE, samples, to_pcm


def tone(hertz: float, milliseconds: float, *, rate: int = RATE, peak: float = 12_000.0) -> bytes:
    """A sine as PCM."""
    at = np.arange(round(milliseconds * rate / 1000)) / rate
    return to_pcm(np.sin(2 * np.pi * hertz * at) * peak)


def amplitude(pcm: bytes, hertz: float, *, rate: int = RATE) -> float:
    """The peak of the part of a sound that is a sine of this frequency."""
    values = samples(pcm).astype(np.float64)
    turn = np.exp(-2j * np.pi * hertz / rate * np.arange(len(values)))
    return float(2 * abs(np.dot(values, turn)) / max(1, len(values)))


def loud_spans(pcm: bytes, *, level: int = 1_500, gap_ms: float = 5.0, rate: int = RATE) -> list[tuple[float, float]]:
    """Where a sound is loud: beginning and end of each stretch in ms."""
    loud = np.flatnonzero(np.abs(samples(pcm).astype(np.int32)) > level)
    if not len(loud):
        return []
    cuts = np.flatnonzero(np.diff(loud) > gap_ms * rate / 1000)
    starts = [loud[0], *loud[cuts + 1]]
    ends = [*loud[cuts], loud[-1]]
    return [(float(a) * 1000 / rate, float(b) * 1000 / rate) for a, b in zip(starts, ends, strict=True)]
