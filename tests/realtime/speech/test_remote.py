"""Speech by URL: what is asked, what is taken, and what is never said."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import httpx2
import pytest

from realtime.audio.files import read_sound, wav_bytes
from realtime.audio.pcm import duration_ms
from realtime.speech.calling import Remote
from realtime.speech.ports import SpeechError
from realtime.speech.remote import RemoteRecognizer, RemoteSynthesizer
from tests.realtime.audio.tones import amplitude, tone

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

pytestmark = pytest.mark.anyio

KEY = "sk-very-secret"
HERE = Remote(url="https://speech.example/v1", model="whisper-x", key=KEY)
SOUND = tone(440, 300)


class Server:
    """Answers what it is told to, and remembers what it was asked."""

    def __init__(self, *answers: httpx2.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx2.Request] = []
        self.bodies: list[bytes] = []
        self.waits: list[float] = []

    async def answer(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        self.bodies.append(await request.aread())
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    def recogniser(self) -> RemoteRecognizer:
        return RemoteRecognizer(HERE, transport=httpx2.MockTransport(self.answer), sleep=self.sleep)

    def synthesiser(self) -> RemoteSynthesizer:
        return RemoteSynthesizer(HERE, transport=httpx2.MockTransport(self.answer), sleep=self.sleep)


async def recognised(server: Server, **how: str) -> str:
    recogniser = server.recogniser()
    try:
        utterance = recogniser.listen(**how)  # pyright: ignore[reportArgumentType]
        utterance.feed(SOUND)
        return (await utterance.finish()).text
    finally:
        await recogniser.aclose()


async def spoken(server: Server, text: str = "Hello there.", **how: float) -> list[bytes]:
    synthesiser = server.synthesiser()
    try:
        return [piece async for piece in synthesiser.speak(text, **how)]  # pyright: ignore[reportArgumentType]
    finally:
        await synthesiser.aclose()


def ok(text: str = " Hello. ") -> httpx2.Response:
    return httpx2.Response(200, json={"text": text})


async def test_an_utterance_is_sent_as_wav_with_what_helps_to_understand_it() -> None:
    server = Server(ok())
    assert await recognised(server, language="en", prompt="Composer") == "Hello."
    request, body = server.requests[0], server.bodies[0]
    assert str(request.url) == "https://speech.example/v1/audio/transcriptions"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    for part in (b"whisper-x", b"Composer", b'name="language"'):
        assert part in body
    at = body.index(b"RIFF")
    assert read_sound(body[at : at + len(wav_bytes(SOUND))]) == SOUND


@pytest.mark.parametrize(
    ("first", "wait"),
    [
        (httpx2.Response(429, headers={"retry-after": "2"}), 2.0),
        (httpx2.Response(503), 0.5),
        (httpx2.ConnectError("refused"), 0.5),
    ],
)
async def test_what_may_go_well_another_time_is_tried_again(first: httpx2.Response | Exception, wait: float) -> None:
    server = Server(first, ok())
    assert await recognised(server) == "Hello."
    assert server.waits == [wait]
    assert server.bodies[0] is not None


@pytest.mark.parametrize(
    ("answers", "code", "asked"),
    [
        ([httpx2.Response(401, text=f"bad key {KEY}")], "refused", 1),
        ([httpx2.Response(400, text="cannot hear: my secret words")], "refused", 1),
        ([httpx2.Response(302, headers={"location": "https://elsewhere.example"})], "refused", 1),
        ([httpx2.Response(429, headers={"retry-after": "3600"})], "busy", 1),
        ([httpx2.Response(429) for _ in range(3)], "busy", 3),
        ([httpx2.Response(500, text=KEY) for _ in range(3)], "remote", 3),
        ([httpx2.ReadTimeout(KEY) for _ in range(3)], "remote", 3),
        ([httpx2.Response(200, text="<html>my secret words</html>")], "remote", 1),
        ([httpx2.Response(200, json={"text": 5})], "remote", 1),
        ([httpx2.Response(200, content=b"x" * 2_000_000)], "remote", 1),
    ],
)
async def test_failures_are_told_without_keys_or_speech(
    answers: list[httpx2.Response | Exception], code: str, asked: int
) -> None:
    server = Server(*answers)
    with pytest.raises(SpeechError) as caught:
        await recognised(server)
    assert caught.value.code == code
    assert len(server.requests) == asked
    assert "speech.example" in str(caught.value)
    assert "secret" not in f"{caught.value} {caught.value.__cause__}"
    assert "secret" not in repr(HERE)


async def test_speech_is_passed_on_as_it_comes_in_whole_samples() -> None:
    arrived: list[int] = []

    async def body() -> AsyncGenerator[bytes]:
        for at in range(0, len(SOUND), 777):
            yield SOUND[at : at + 777]
            arrived.append(at)

    server = Server(httpx2.Response(200, content=body()))
    synthesiser = server.synthesiser()
    pieces = list[bytes]()
    seen = list[int]()
    async for piece in synthesiser.speak("Hello there.", voice="coral", speed=1.2):
        pieces.append(piece)
        seen.append(len(arrived))
    await synthesiser.aclose()
    assert b"".join(pieces) == SOUND
    assert all(len(piece) % 2 == 0 for piece in pieces)
    assert seen[0] < len(arrived) / 2
    assert json.loads(server.bodies[0]) == {
        "model": "whisper-x",
        "input": "Hello there.",
        "voice": "coral",
        "speed": 1.2,
        "response_format": "pcm",
    }


async def test_a_server_that_sends_wav_of_another_rate_is_understood() -> None:
    sound = wav_bytes(tone(440, 500, rate=22_050), rate=22_050)
    server = Server(httpx2.Response(200, content=sound))
    pcm = b"".join(await spoken(server))
    assert duration_ms(pcm) == pytest.approx(500, abs=2)
    assert amplitude(pcm, 440) == pytest.approx(12_000, rel=0.05)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: httpx2.Response(200, content=wav_bytes(SOUND, channels=2)), "remote"),
        (lambda: httpx2.Response(403), "refused"),
    ],
)
async def test_sound_that_was_not_asked_for_is_refused(make: Callable[[], httpx2.Response], code: str) -> None:
    with pytest.raises(SpeechError) as caught:
        await spoken(Server(make()))
    assert caught.value.code == code


async def test_a_server_that_breaks_off_is_reported() -> None:
    async def body() -> AsyncGenerator[bytes]:
        yield SOUND
        raise httpx2.ReadError(KEY)

    with pytest.raises(SpeechError, match="broke off") as caught:
        await spoken(Server(httpx2.Response(200, content=body())))
    assert KEY not in str(caught.value)


async def test_nothing_to_say_is_not_asked_for_and_bounds_hold() -> None:
    server = Server()
    assert await spoken(server, "  ... ") == []
    assert server.requests == []
    with pytest.raises(SpeechError):
        await spoken(server, "Hello.", speed=9.0)


async def test_a_transcription_can_be_cancelled_and_too_many_are_refused() -> None:
    started, forever = asyncio.Event(), asyncio.Event()

    async def hang(_: httpx2.Request) -> httpx2.Response:
        started.set()
        await forever.wait()
        return ok()

    recogniser = RemoteRecognizer(HERE, waiting=1, transport=httpx2.MockTransport(hang))
    utterance = recogniser.listen()
    with pytest.raises(SpeechError) as busy:
        recogniser.listen()
    assert busy.value.code == "busy"
    utterance.feed(SOUND)
    finishing = asyncio.create_task(utterance.finish())
    await started.wait()
    await recogniser.aclose()
    with pytest.raises(SpeechError) as caught:
        await finishing
    assert caught.value.code == "cancelled"


@pytest.mark.parametrize("url", ["", "speech.example", "file:///etc/passwd", "ftp://x"])
def test_only_http_is_asked(url: str) -> None:
    with pytest.raises(SpeechError) as caught:
        RemoteRecognizer(Remote(url=url, model="x"))
    assert caught.value.code == "bad-request"
