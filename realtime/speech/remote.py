"""Speech by URL: any server with OpenAI's `/audio/transcriptions` and `/audio/speech`, ours or a provider's.

The address and the key come from settings, never from a flow: whoever edits flows could send speech anywhere.
"""

from __future__ import annotations

import asyncio
import json
import struct
from typing import TYPE_CHECKING, Any, Final

from realtime.audio.files import wav_bytes
from realtime.audio.pcm import RATE, SAMPLE_BYTES
from realtime.audio.resampling import Resampler
from realtime.speech.calling import Caller, Remote
from realtime.speech.ports import FASTEST, SLOWEST, Recognition, Speaker, fail
from realtime.speech.sentences import speakable, split_sentences

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence

    import httpx2

MAX_SECONDS: Final = 600
_PIECE_CHARACTERS: Final = 2_000
_MAX_ANSWER: Final = 1 << 20
_MAX_SPEECH: Final = RATE * SAMPLE_BYTES * MAX_SECONDS
_MOST_PROMPT: Final = 2_000
_WAV_HEADER: Final = 44


class RemoteRecognizer:
    """Transcription by URL: sends an utterance when it is over."""

    def __init__(
        self,
        remote: Remote,
        *,
        waiting: int = 32,
        transport: httpx2.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """With at most `waiting` utterances at a time.

        Raises:
            SpeechError: `bad-request` for a URL that is none.
        """
        self._caller = Caller(remote, transport, sleep)
        self.label = f"{remote.model} at {remote.host}"
        self._waiting = waiting
        self._open: set[RemoteUtterance] = set()

    def listen(
        self,
        *,
        speaker: Speaker | None = None,
        phrases: Sequence[str] = (),
        language: str | None = None,
        prompt: str = "",
        on_partial: Callable[[str], None] | None = None,
    ) -> RemoteUtterance:
        """See `ports.Recognizer`. Phrases become part of the prompt; there are no partial results.

        Raises:
            SpeechError: `busy`.
        """
        del speaker, on_partial
        if len(self._open) >= self._waiting:
            fail("busy", f"{len(self._open)} utterances are being recognised already")
        hint = ", ".join(part for part in (prompt, *phrases) if part)[:_MOST_PROMPT]
        utterance = RemoteUtterance(self._caller, self._open, hint, language)
        self._open.add(utterance)
        return utterance

    async def aclose(self) -> None:
        for utterance in list(self._open):
            await utterance.cancel()
        await self._caller.aclose()


class RemoteUtterance:
    """One utterance, kept until it is over."""

    def __init__(self, caller: Caller, home: set[RemoteUtterance], prompt: str, language: str | None) -> None:
        self._caller = caller
        self._home = home
        self._prompt = prompt
        self._language = language
        self._pcm = bytearray()
        self._truncated = False
        self._work: asyncio.Task[str] | None = None

    def feed(self, pcm: bytes) -> None:
        """24 kHz PCM."""
        room = MAX_SECONDS * RATE * SAMPLE_BYTES - len(self._pcm)
        self._truncated = self._truncated or len(pcm) > room
        self._pcm += pcm[:room]

    async def finish(self) -> Recognition:
        """See `ports.Utterance`."""
        seconds = len(self._pcm) / SAMPLE_BYTES / RATE
        self._work = asyncio.create_task(self._transcribed(), name="transcription")
        try:
            await asyncio.wait({self._work})
            if self._work.cancelled():
                fail("cancelled", "the transcription was cancelled")
            return Recognition(self._work.result(), "remote", seconds, truncated=self._truncated)
        finally:
            await self.cancel()

    async def cancel(self) -> None:
        """Give up. Idempotent."""
        self._home.discard(self)
        self._pcm.clear()
        if self._work is not None and not self._work.done():
            self._work.cancel()
            await asyncio.wait({self._work})

    async def _transcribed(self) -> str:
        fields = {"model": self._caller.remote.model, "response_format": "json"}
        fields |= {"language": self._language} if self._language else {}
        fields |= {"prompt": self._prompt} if self._prompt else {}
        sound = ("speech.wav", wav_bytes(bytes(self._pcm)), "audio/wav")
        async with self._caller.ask("/audio/transcriptions", data=fields, files={"file": sound}) as response:
            body = bytearray()
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > _MAX_ANSWER:
                    fail("remote", f"{self._caller.remote.host} answered at too great length")
        return _text(bytes(body), self._caller.remote.host)


class RemoteSynthesizer:
    """Speech by URL, passed on as it comes."""

    def __init__(
        self,
        remote: Remote,
        *,
        transport: httpx2.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Nothing is asked yet.

        Raises:
            SpeechError: `bad-request` for a URL that is none.
        """
        self._caller = Caller(remote, transport, sleep)
        self.label = f"{remote.model} at {remote.host}"

    async def speak(self, text: str, *, voice: str = "alloy", speed: float = 1.0) -> AsyncGenerator[bytes, None]:
        """See `ports.Synthesizer`; the voice is the server's to know.

        Raises:
            SpeechError: `bad-request` for the speed; `busy`, `refused`, `remote`.
        """
        if not SLOWEST <= speed <= FASTEST:
            fail("bad-request", f"speed must be between {SLOWEST} and {FASTEST}")
        for piece in split_sentences(speakable(text), _PIECE_CHARACTERS):
            request = {"model": self._caller.remote.model, "input": piece, "voice": voice, "speed": speed}
            async with self._caller.ask("/audio/speech", json={**request, "response_format": "pcm"}) as response:
                async for pcm in _pcm(response, self._caller.remote.host):
                    yield pcm

    async def aclose(self) -> None:
        await self._caller.aclose()


async def _pcm(response: httpx2.Response, host: str) -> AsyncIterator[bytes]:
    """Whole samples at 24 kHz; some servers send WAV whatever they are asked for, and at rates of their own."""
    head, odd, total = b"", b"", 0
    resampler: Resampler | None = None
    async for piece in response.aiter_bytes():
        total += len(piece)
        if total > _MAX_SPEECH:
            fail("remote", f"{host} spoke for too long")
        if resampler is None:
            head += piece
            if len(head) < _WAV_HEADER:
                continue
            rate, body = _opened(head, host)
            resampler = Resampler(rate, RATE)
        else:
            body = piece
        body = odd + body
        cut = len(body) // SAMPLE_BYTES * SAMPLE_BYTES
        body, odd = body[:cut], body[cut:]
        if pcm := resampler.feed(body):
            yield pcm
    rest = head[: len(head) // SAMPLE_BYTES * SAMPLE_BYTES] if resampler is None else resampler.flush()
    if rest:
        yield rest


def _opened(head: bytes, host: str) -> tuple[int, bytes]:
    """The sample rate, and what of the beginning is sound."""
    if head[:4] != b"RIFF":
        return RATE, head
    channels, rate = struct.unpack_from("<HI", head, 22)
    data = head.find(b"data", 12)
    if channels != 1 or data < 0 or not 4_000 <= rate <= 192_000:  # noqa: PLR2004 - as Resampler
        fail("remote", f"{host} sent a kind of sound that was not asked for")
    return rate, head[data + 8 :]


def _text(body: bytes, host: str) -> str:
    try:
        text: Any = json.loads(body)["text"]
    except (ValueError, KeyError, TypeError):
        text = None
    if not isinstance(text, str):
        fail("remote", f"{host} answered with something else than a transcription")
    return text.strip()
