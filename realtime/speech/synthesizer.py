"""Text to speech without the internet: a program that is run for each sentence (`flite`, `espeak`)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import numpy as np

from realtime.audio.pcm import RATE, SAMPLE_BYTES, level_dbfs, samples, silence, size, to_pcm
from realtime.speech.engine import run
from realtime.speech.ports import FASTEST, SLOWEST, VOICES, fail
from realtime.speech.sentences import speakable, split_sentences

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from realtime.speech.engine import Engine

MAX_CHARACTERS: Final = 20_000
PIECE_MS: Final = 100
_PIECE: Final = size(PIECE_MS)
_QUIET: Final = 200
"""Of 32768: what programs put before the first sound is below."""
_LEAD_MS: Final = 20
_LEVEL_DBFS: Final = -20.0
"""How loud every voice is: left alone, they are 13 dB apart."""
_MOST_GAIN: Final = 4.0
_PEAK: Final = 29_000.0
_PAUSE_MS: Final = 180
"""Between sentences, whatever the program thinks is right."""


class ProgramSynthesizer:
    """Ten voices of one program. A sentence is made when its first piece is asked for, in a fiftieth of its length."""

    def __init__(self, engine: Engine, *, at_once: int = 4) -> None:
        """Nothing runs until somebody speaks.

        Args:
            engine: what speaks.
            at_once: programs that may run at a time; other sentences wait their turn.
        """
        self.label = engine.label
        self._engine = engine
        self._running = asyncio.Semaphore(at_once)
        self._closed = False

    async def speak(self, text: str, *, voice: str = "alloy", speed: float = 1.0) -> AsyncGenerator[bytes, None]:
        """See `ports.Synthesizer`: 100 ms at a time, the first as soon as the first sentence is made.

        Raises:
            SpeechError: `bad-request` for a voice, speed or length out of bounds; `crashed`, `timeout`, `unavailable`.
        """
        self._check(text, voice, speed)
        first = True
        for sentence in split_sentences(text):
            job = self._engine.job(plain, voice, speed) if (plain := speakable(sentence)) else None
            if job is None:
                continue
            async with self._running:
                pcm = await run(job, self.label)
            pcm = _levelled(_trimmed(pcm))
            if not first and pcm:
                pcm = silence(_PAUSE_MS * RATE // 1000) + pcm
            for at in range(0, len(pcm), _PIECE):
                first = False
                yield pcm[at : at + _PIECE]

    async def aclose(self) -> None:
        """No more sentences are begun."""
        self._closed = True

    def _check(self, text: str, voice: str, speed: float) -> None:
        if self._closed:
            fail("unavailable", "the synthesiser is closed")
        if voice not in VOICES:
            fail("bad-request", f"there is no voice {voice[:40]!r}; there are {', '.join(VOICES)}")
        if not SLOWEST <= speed <= FASTEST:
            fail("bad-request", f"speed must be between {SLOWEST} and {FASTEST}")
        if len(text) > MAX_CHARACTERS:
            fail("bad-request", f"more than {MAX_CHARACTERS} characters to speak")


def _trimmed(pcm: bytes) -> bytes:
    """Without the silence around: flite begins after 230 ms, which the listener would wait in vain."""
    loud = np.flatnonzero(np.abs(samples(pcm).astype(np.int32)) > _QUIET)
    if not len(loud):
        return b""
    lead = _LEAD_MS * RATE // 1000
    return pcm[max(0, int(loud[0]) - lead) * SAMPLE_BYTES : (int(loud[-1]) + lead) * SAMPLE_BYTES]


def _levelled(pcm: bytes) -> bytes:
    """As loud as all others, unless that would clip it."""
    values = samples(pcm).astype(np.float32)
    if not len(values):
        return pcm
    gain = min(10 ** ((_LEVEL_DBFS - level_dbfs(pcm)) / 20), _MOST_GAIN, _PEAK / float(np.abs(values).max()))
    return to_pcm(values * np.float32(gain))
