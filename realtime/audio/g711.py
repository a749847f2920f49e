"""G.711, the telephone codes of the protocol: `audio/pcmu` (mu-law), `audio/pcma` (A-law); a byte a sample, 8 kHz."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from realtime.audio.pcm import samples

if TYPE_CHECKING:
    from numpy.typing import NDArray

G711_RATE: Final = 8_000
_MU_BIAS: Final = 0x84
_MU_CLIP: Final = 32_635


def mulaw_to_pcm(code: bytes) -> bytes:
    """8 kHz PCM, two bytes for each."""
    return _mu_samples()[np.frombuffer(code, np.uint8)].tobytes()


def pcm_to_mulaw(pcm: bytes) -> bytes:
    """A byte for each sample of 8 kHz PCM."""
    return _mu_codes()[samples(pcm).view(np.uint16)].tobytes()


def alaw_to_pcm(code: bytes) -> bytes:
    """8 kHz PCM, two bytes for each."""
    return _a_samples()[np.frombuffer(code, np.uint8)].tobytes()


def pcm_to_alaw(pcm: bytes) -> bytes:
    """A byte for each sample of 8 kHz PCM."""
    return _a_codes()[samples(pcm).view(np.uint16)].tobytes()


@cache
def _mu_samples() -> NDArray[np.int16]:
    code = ~np.arange(256) & 0xFF
    size = ((((code & 0x0F) << 3) + _MU_BIAS) << ((code >> 4) & 7)) - _MU_BIAS
    return np.where(code & 0x80, -size, size).astype("<i2")


@cache
def _mu_codes() -> NDArray[np.uint8]:
    value = _all_samples()
    size = np.minimum(np.abs(value), _MU_CLIP) + _MU_BIAS
    exponent = np.floor(np.log2(size)).astype(np.int64) - 7
    mantissa = (size >> (exponent + 3)) & 0x0F
    return (~(np.where(value < 0, 0x80, 0) | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8)


@cache
def _a_samples() -> NDArray[np.int16]:
    code = np.arange(256) ^ 0x55
    exponent = (code >> 4) & 7
    mantissa = (code & 0x0F) << 4
    size = np.where(exponent == 0, mantissa + 8, (mantissa + 0x108) << np.maximum(exponent - 1, 0))
    return np.where(code & 0x80, size, -size).astype("<i2")


@cache
def _a_codes() -> NDArray[np.uint8]:
    value = _all_samples() >> 3
    positive = value >= 0
    size = np.where(positive, value, -value - 1)
    exponent = np.maximum(np.floor(np.log2(np.maximum(size, 1))).astype(np.int64) - 4, 0)
    mantissa = (size >> np.maximum(exponent, 1)) & 0x0F
    return (((exponent << 4) | mantissa) ^ np.where(positive, 0xD5, 0x55)).astype(np.uint8)


def _all_samples() -> NDArray[np.int64]:
    """Every 16-bit sample, at the place that its bits spell as an unsigned number."""
    return np.arange(65_536, dtype=np.uint16).view(np.int16).astype(np.int64)
