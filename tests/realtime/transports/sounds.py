"""Sounds to send, and ways to find them again in what was received. Samples are float arrays at 24 kHz."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Samples = NDArray[np.float64]

RATE = 24_000
FRAME = 480


def chirps(seconds: float, *, seed: int = 7) -> Samples:
    """Something like speech: syllables of 180 ms of gliding tones with harmonics, no two alike, with pauses."""
    rng = np.random.default_rng(seed)
    sound = np.zeros(int(seconds * RATE))
    at = 0
    while at < len(sound):
        length = min(int(0.18 * RATE), len(sound) - at)
        pitch = rng.uniform(110, 260) * np.linspace(1, rng.uniform(0.7, 1.5), length)
        phase = 2 * np.pi * np.cumsum(pitch) / RATE
        voice = sum(rng.uniform(0.2, 1) / n * np.sin(n * phase) for n in range(1, 9))
        sound[at : at + length] = voice * np.hanning(length)
        at += int(0.22 * RATE)
    return 9_000 * sound / np.abs(sound).max()


def tone(seconds: float, pitch: float = 440.0) -> Samples:
    return 9_000 * np.sin(2 * np.pi * pitch * np.arange(int(seconds * RATE)) / RATE)


def to_pcm(sound: Samples) -> bytes:
    return sound.astype("<i2").tobytes()


def from_pcm(pcm: bytes) -> Samples:
    return np.frombuffer(pcm, "<i2").astype(np.float64)


def likeness(sent: Samples, received: Samples, most_delay: float = 0.5) -> tuple[float, float]:
    """Best correlation of the two, and by how many seconds `received` is behind."""
    size = 1 << (len(sent) + len(received)).bit_length()
    product = np.fft.irfft(np.fft.rfft(received, size) * np.conj(np.fft.rfft(sent, size)), size)
    window = int(most_delay * RATE)
    delays = np.concatenate([np.arange(window), np.arange(-window, 0)])
    best = int(delays[int(np.argmax(product[delays]))])
    pair = (received[best:], sent) if best >= 0 else (received, sent[-best:])
    length = min(len(pair[0]), len(pair[1]))
    return cast("float", np.corrcoef(pair[0][:length], pair[1][:length])[0, 1]), best / RATE


def loudness(pcm: bytes) -> float:
    return float(np.sqrt(np.mean(from_pcm(pcm) ** 2)))
