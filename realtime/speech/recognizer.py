"""Speech to text without the internet: pocketsphinx, in processes of its own (see `worker`)."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Final, Literal, cast

import numpy as np

from realtime.audio.pcm import RATE, SAMPLE_BYTES, level_dbfs, samples, to_pcm
from realtime.audio.resampling import Resampler
from realtime.speech import worker
from realtime.speech.forge import Forge
from realtime.speech.ports import Recognition, Speaker, fail

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

MAX_SECONDS: Final = 120
"""The longest utterance; what is beyond is left out."""
MAX_PHRASES: Final = 500
_MAX_PHRASE: Final = 200
_DITHER: Final = 2.0
"""Deviation, of 32768, of the noise under every utterance: the logarithm of digital silence spoils the means. More
costs words: on flite's voices 7.4 % are wrong with none, 9.0 % with 20, far more with 100."""
_DEAF: Final = -60.0
"""An utterance that is nowhere louder (dBFS) holds no speech; the recogniser would still find some."""
_ATTEMPTS: Final = 2
_TELLING_SECONDS: Final = 1.0
"""A cough or a "yes" says too little of a voice to judge what follows by."""


class _CrashError(Exception):
    """The child ended without an answer."""


class SphinxRecognizer:
    """US English, 126 000 words. Holds at most `slots` children; more utterances wait their turn, in order."""

    label = "pocketsphinx (offline)"

    def __init__(self, *, slots: int = 4, waiting: int = 8, patience: float = 20.0) -> None:
        """Nothing is started before the first utterance, or `warm_up`.

        Args:
            slots: utterances heard at the same time, each about 21 MB and, while sound comes in, an eighth of a core.
            waiting: utterances that may wait for a slot before others are refused as `busy`.
            patience: seconds for the text after `finish`, besides the length of the utterance.
        """
        self._forge = Forge()
        self._slots = asyncio.Semaphore(slots)
        self._most = slots + waiting
        self._patience = patience
        self._open: set[SphinxUtterance] = set()
        self._closed = False

    @property
    def open_utterances(self) -> int:
        """Utterances under way or waiting."""
        return len(self._open)

    @property
    def restarts(self) -> int:
        """How often the worker process had to be started again."""
        return self._forge.restarts

    @property
    def pid(self) -> int | None:
        """The worker process, if one runs."""
        return self._forge.pid

    async def warm_up(self) -> None:
        """Load the model now (0.3 s), so that the first utterance need not wait.

        Raises:
            SpeechError: `unavailable`.
        """
        (await self._forge.connect()).close()

    def listen(
        self,
        *,
        speaker: Speaker | None = None,
        phrases: Sequence[str] = (),
        language: str | None = None,
        prompt: str = "",
        on_partial: Callable[[str], None] | None = None,
    ) -> SphinxUtterance:
        """See `ports.Recognizer`. Partial results begin with a speaker's second utterance; a prompt is of no use here.

        Raises:
            SpeechError: `busy`; `unavailable` once closed; `bad-request` for phrases out of bounds, or not English.
        """
        del prompt
        if language is not None and language.lower().partition("-")[0] != "en":
            fail("bad-request", f"{self.label} understands English only")
        if len(phrases) > MAX_PHRASES or any(len(phrase) > _MAX_PHRASE for phrase in phrases):
            fail("bad-request", f"at most {MAX_PHRASES} phrases of {_MAX_PHRASE} characters")
        if self._closed:
            fail("unavailable", "the recogniser is closed")
        if len(self._open) >= self._most:
            fail("busy", f"the recogniser is busy: {len(self._open)} utterances are being heard or waiting")
        utterance = SphinxUtterance(
            forge=self._forge,
            slots=self._slots,
            speaker=speaker or Speaker(),
            phrases=tuple(phrases),
            on_partial=on_partial,
            patience=self._patience,
        )
        self._open.add(utterance)
        utterance.work.add_done_callback(lambda _: self._open.discard(utterance))
        return utterance

    async def aclose(self) -> None:
        """End the worker and all utterances. Idempotent."""
        self._closed = True
        for utterance in list(self._open):
            await utterance.cancel()
        await self._forge.aclose()


class SphinxUtterance:
    """One utterance; its sound is kept until the text is there, for a second attempt if the first one crashes."""

    def __init__(
        self,
        *,
        forge: Forge,
        slots: asyncio.Semaphore,
        speaker: Speaker,
        phrases: tuple[str, ...],
        on_partial: Callable[[str], None] | None,
        patience: float,
    ) -> None:
        self._forge = forge
        self._slots = slots
        self._speaker = speaker
        self._phrases = phrases
        self._on_partial = on_partial
        self._patience = patience
        self._resampler = Resampler(RATE, worker.RATE)
        self._chunks: list[bytes] = []
        self._fed = 0
        self._loudest = -100.0
        self._over = False
        self._news = asyncio.Event()
        self.child: int | None = None
        """The process that hears it, once one does."""
        self.attempts = 0
        self.work = asyncio.create_task(self._run(), name="recognition")

    def feed(self, pcm: bytes) -> None:
        """24 kHz PCM; nothing once finished, or beyond `MAX_SECONDS`."""
        room = MAX_SECONDS * RATE * SAMPLE_BYTES - self._fed
        self._fed += len(pcm)
        if self._over or room <= 0:
            return
        self._loudest = max(self._loudest, level_dbfs(pcm))
        self._add(self._resampler.feed(pcm[:room]))

    async def finish(self) -> Recognition:
        """See `ports.Utterance`.

        Raises:
            SpeechError: `crashed` twice, `timeout`, `cancelled`, or `unavailable`.
        """
        if not self._over:
            self._over = True
            self._add(self._resampler.flush())
            self._news.set()
        seconds = min(self._fed / SAMPLE_BYTES / RATE, MAX_SECONDS)
        if self._loudest <= _DEAF:
            await self.cancel()
            return Recognition("", "free", seconds)
        done, _ = await asyncio.wait({self.work}, timeout=self._patience + seconds)
        if not done:
            await self.cancel()
            fail("timeout", f"no text after {self._patience + seconds:.0f} s")
        if self.work.cancelled():
            fail("cancelled", "the recognition was cancelled")
        answer = self.work.result()
        if answer["text"] and seconds >= _TELLING_SECONDS:
            self._speaker.adaptation = answer["adaptation"]
        source = cast("Literal['phrases', 'free']", answer["source"])
        return Recognition(answer["text"], source, seconds, truncated=self._fed > MAX_SECONDS * RATE * SAMPLE_BYTES)

    async def cancel(self) -> None:
        """Give up: the child is killed."""
        self._over = True
        self.work.cancel()
        await asyncio.wait({self.work})
        if not self.work.cancelled():
            # Looked at, so that nobody is told of an error that does not matter any more.
            self.work.exception()

    def _add(self, pcm: bytes) -> None:
        if pcm:
            self._chunks.append(_dithered(pcm, len(self._chunks) * 320))
            self._news.set()

    async def _run(self) -> dict[str, str]:
        async with self._slots:
            for self.attempts in range(1, _ATTEMPTS + 1):
                try:
                    return await self._attempt()
                except (_CrashError, OSError):
                    continue
        return fail("crashed", "the recogniser's process ended without an answer, twice")

    async def _attempt(self) -> dict[str, str]:
        connection = await self._forge.connect()
        reader, writer = await _opened(connection)
        sending = asyncio.create_task(self._send(writer), name="recognition-sound")
        try:
            return await self._receive(reader)
        finally:
            sending.cancel()
            await asyncio.wait({sending})
            if not sending.cancelled():
                sending.exception()
            self._kill()
            writer.close()

    async def _send(self, writer: asyncio.StreamWriter) -> None:
        request = {
            "adaptation": self._speaker.adaptation,
            "phrases": self._phrases,
            "partials": self._on_partial is not None,
        }
        writer.write(worker.message(worker.START, json.dumps(request).encode()))
        sent = 0
        while True:
            self._news.clear()
            while sent < len(self._chunks):
                for at in range(0, len(self._chunks[sent]), worker.MAX_MESSAGE):
                    writer.write(worker.message(worker.AUDIO, self._chunks[sent][at : at + worker.MAX_MESSAGE]))
                sent += 1
                await writer.drain()
            if self._over:
                writer.write(worker.message(worker.END))
                return
            await self._news.wait()

    async def _receive(self, reader: asyncio.StreamReader) -> dict[str, str]:
        try:
            while True:
                kind, length = worker.HEADER.unpack(await reader.readexactly(worker.HEADER.size))
                if length > worker.MAX_MESSAGE:
                    raise _CrashError
                content = await reader.readexactly(length)
                if kind == worker.FINAL:
                    self.child = None
                    return cast("dict[str, str]", json.loads(content))
                self._note(kind, content)
        except (asyncio.IncompleteReadError, ConnectionError):
            self.child = None
            raise _CrashError from None

    def _note(self, kind: bytes, content: bytes) -> None:
        if kind == worker.HELLO:
            self.child = int(content)
        elif kind == worker.PARTIAL and self._on_partial is not None:
            self._on_partial(content.decode())

    def _kill(self) -> None:
        """End a child that has not ended by itself: while its socket is open, the number is its own."""
        if self.child is not None:
            with suppress(ProcessLookupError):
                os.kill(self.child, signal.SIGKILL)
            self.child = None


async def _opened(connection: socket.socket) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    try:
        return await asyncio.open_unix_connection(sock=connection)
    except BaseException:
        connection.close()
        raise


def _dithered(pcm: bytes, start: int) -> bytes:
    values = samples(pcm)
    noise = _noise()
    places = (start + np.arange(len(values))) % len(noise)
    return to_pcm(values.astype(np.float32) + noise[places])


@cache
def _noise() -> NDArray[np.float32]:
    return (np.random.default_rng(5).standard_normal(16_411) * _DITHER).astype(np.float32)
