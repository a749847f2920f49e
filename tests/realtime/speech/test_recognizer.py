"""The offline recogniser: what it understands, and that nothing that befalls its processes is lost or left."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from realtime.audio.pcm import RATE, Framer, silence
from realtime.speech import worker
from realtime.speech.ports import Speaker, SpeechError
from realtime.speech.recognizer import MAX_SECONDS, SphinxRecognizer
from tests.realtime.speech.speaking import alive, needs_flite, needs_sphinx, nothing_left, spoken, until, wrong_words

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

pytestmark = [pytest.mark.anyio, needs_sphinx, needs_flite]

QUESTION = "What is the weather like in Paris tomorrow?"
UNDERSTOOD = "what is the weather like in paris tomorrow"
SENTENCES = (
    "How many people live in New York?",
    "Can you help me write a letter?",
    "Turn the volume down a little.",
    "Who was the first president of the United States?",
    "The meeting begins at ten in the morning.",
    "Thank you very much for your help.",
)
PHRASES = ("Connect the first node to the second one", "Add a text node", "Undo that!", "Stop")


def environment(pid: int) -> bytes:
    path = Path(f"/proc/{pid}/environ")
    if not path.exists():
        pytest.skip("needs /proc")
    return path.read_bytes()


@asynccontextmanager
async def recogniser(slots: int = 4, waiting: int = 8, patience: float = 20.0) -> AsyncGenerator[SphinxRecognizer]:
    it = SphinxRecognizer(slots=slots, waiting=waiting, patience=patience)
    try:
        yield it
    finally:
        await it.aclose()


async def understood(it: SphinxRecognizer, text: str, voice: str = "ash", **how: object) -> str:
    utterance = it.listen(**how)  # pyright: ignore[reportArgumentType]
    utterance.feed(await spoken(text, voice))
    return (await utterance.finish()).text


@pytest.mark.parametrize("voice", ["alloy", "ash"])
async def test_a_spoken_question_is_understood_word_for_word(voice: str) -> None:
    async with recogniser() as it:
        utterance = it.listen()
        sound = silence(RATE // 3) + await spoken(QUESTION, voice) + silence(RATE // 3)
        for at in range(0, len(sound), 960):
            utterance.feed(sound[at : at + 960])
        recognition = await utterance.finish()
    assert (recognition.text, recognition.source) == (UNDERSTOOD, "free")
    assert recognition.seconds == pytest.approx(len(sound) / 2 / RATE)


async def test_of_short_sentences_most_words_are_right() -> None:
    async with recogniser() as it:
        speaker = Speaker()
        wrong = [wrong_words(text, await understood(it, text, speaker=speaker)) for text in SENTENCES]
    assert speaker.adaptation
    assert sum(errors for errors, _ in wrong) / sum(words for _, words in wrong) <= 0.15


async def test_a_phrase_of_the_list_comes_back_as_it_was_given() -> None:
    async with recogniser() as it:
        for phrase in PHRASES[:3]:
            utterance = it.listen(phrases=PHRASES)
            utterance.feed(await spoken(phrase))
            recognition = await utterance.finish()
            assert (recognition.text, recognition.source) == (phrase, "phrases")


async def test_what_is_not_on_the_list_is_recognised_freely() -> None:
    async with recogniser() as it:
        phrases = [*PHRASES, "kubernetes frobnicator", "", "?!", "; public <x> = <VOID>"]
        utterance = it.listen(phrases=phrases)
        utterance.feed(await spoken(QUESTION))
        recognition = await utterance.finish()
        assert (recognition.text, recognition.source) == (UNDERSTOOD, "free")


async def test_partial_results_grow_once_the_voice_is_known() -> None:
    async with recogniser() as it:
        speaker, partials = Speaker(), list[str]()
        await understood(it, QUESTION, speaker=speaker)
        utterance = it.listen(speaker=speaker, on_partial=partials.append)
        for frame in Framer().feed(await spoken(SENTENCES[0])):
            utterance.feed(frame)
        text = (await utterance.finish()).text
    assert len(partials) >= 2
    assert [len(text) for text in partials] == sorted(len(text) for text in partials)
    assert text.startswith("how many people")
    assert partials[-1].startswith("how many")


async def test_three_at_once_are_all_understood() -> None:
    async with recogniser(slots=3) as it:
        voices = ("alloy", "ash", "marin")
        assert await asyncio.gather(*(understood(it, QUESTION, voice) for voice in voices)) == [UNDERSTOOD] * 3
        assert it.restarts == 0


async def test_more_than_it_can_take_is_refused_as_busy_and_who_waits_gets_a_turn() -> None:
    async with recogniser(slots=1, waiting=1) as it:
        first, second = it.listen(), it.listen()
        with pytest.raises(SpeechError, match="busy") as caught:
            it.listen()
        assert caught.value.code == "busy"
        sound = await spoken(QUESTION)
        second.feed(sound)
        first.feed(sound)
        waiting = asyncio.create_task(second.finish())
        await until(lambda: first.child)
        assert second.child is None
        assert (await first.finish()).text == UNDERSTOOD
        assert (await waiting).text == UNDERSTOOD
        assert it.open_utterances == 0


async def test_silence_is_no_words_and_costs_no_process() -> None:
    async with recogniser() as it:
        utterance = it.listen()
        utterance.feed(silence(RATE * 3))
        recognition = await utterance.finish()
    assert (recognition.text, recognition.seconds) == ("", 3)


async def test_an_utterance_without_end_is_heard_up_to_the_limit() -> None:
    async with recogniser() as it:
        utterance = it.listen()
        utterance.feed(await spoken(QUESTION))
        for _ in range(MAX_SECONDS):
            utterance.feed(silence(RATE))
        assert sum(map(len, utterance._chunks)) <= MAX_SECONDS * worker.RATE * 2  # pyright: ignore[reportPrivateUsage]
        await utterance.cancel()


async def test_a_child_that_is_killed_is_replaced_and_the_text_is_right() -> None:
    async with recogniser() as it:
        utterance = it.listen()
        utterance.feed(await spoken(QUESTION))
        await until(lambda: utterance.child)
        os.kill(utterance.child or 0, signal.SIGKILL)
        assert (await utterance.finish()).text == UNDERSTOOD
        assert utterance.attempts == 2


async def test_a_child_that_is_killed_twice_is_reported_and_others_go_on() -> None:
    async with recogniser() as it:
        utterance, other = it.listen(), it.listen()
        utterance.feed(await spoken(QUESTION))
        for attempt in (1, 2):
            await until(lambda attempt=attempt: utterance.child and utterance.attempts == attempt)
            os.kill(utterance.child or 0, signal.SIGKILL)
            await until(lambda: utterance.child is None)
        with pytest.raises(SpeechError, match="twice") as caught:
            await utterance.finish()
        assert caught.value.code == "crashed"
        other.feed(await spoken(QUESTION))
        assert (await other.finish()).text == UNDERSTOOD


async def test_the_worker_that_is_killed_is_started_again_and_what_it_had_begun_is_finished() -> None:
    async with recogniser() as it:
        under_way = it.listen()
        under_way.feed(await spoken(QUESTION))
        await until(lambda: under_way.child)
        old = it.pid or 0
        os.kill(old, signal.SIGKILL)
        await until(lambda: it.pid != old)
        assert (await under_way.finish()).text == UNDERSTOOD
        assert await understood(it, QUESTION) == UNDERSTOOD
        assert it.restarts == 1
        assert it.pid not in {None, old}


async def test_a_child_that_hangs_is_given_up_in_time_and_killed() -> None:
    async with recogniser(patience=0.2) as it:
        await it.warm_up()
        utterance = it.listen()
        utterance.feed((await spoken(QUESTION))[:RATE])
        await until(lambda: utterance.child)
        child = utterance.child or 0
        os.kill(child, signal.SIGSTOP)
        with pytest.raises(SpeechError) as caught:
            await utterance.finish()
        assert caught.value.code == "timeout"
        await until(lambda: not alive(child))


async def test_cancelling_kills_the_child_and_frees_the_slot() -> None:
    async with recogniser(slots=1, waiting=0) as it:
        utterance = it.listen()
        utterance.feed(await spoken(QUESTION))
        await until(lambda: utterance.child)
        child = utterance.child or 0
        await utterance.cancel()
        await utterance.cancel()
        await until(lambda: not alive(child))
        assert it.open_utterances == 0
        with pytest.raises(SpeechError) as caught:
            await utterance.finish()
        assert caught.value.code == "cancelled"
        assert await understood(it, QUESTION) == UNDERSTOOD


async def test_closing_leaves_no_process_no_file_and_no_thread() -> None:
    await spoken(QUESTION)
    with nothing_left():
        it = SphinxRecognizer()
        utterance = it.listen()
        utterance.feed(await spoken(QUESTION))
        await until(lambda: utterance.child)
        pids = [it.pid or 0, utterance.child or 0]
        await it.aclose()
        await it.aclose()
        await until(lambda: not any(map(alive, pids)))
        with pytest.raises(SpeechError) as caught:
            it.listen()
        assert caught.value.code == "unavailable"


async def test_the_worker_gets_no_keys_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    async with recogniser() as it:
        await it.warm_up()
        assert b"secret" not in environment(it.pid or 0)


@pytest.mark.parametrize(("status", "says"), [(worker.NOT_INSTALLED, "not installed"), (1, "did not start")])
async def test_a_worker_that_does_not_start_is_reported(
    status: int, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "worker.py"
    script.write_text(f"raise SystemExit({status})")
    monkeypatch.setattr(worker, "__file__", str(script))
    async with recogniser() as it:
        with pytest.raises(SpeechError, match=says) as caught:
            await understood(it, QUESTION)
        assert caught.value.code == "unavailable"


async def test_requests_out_of_bounds_are_refused() -> None:
    async with recogniser() as it:
        for how in ({"phrases": ["x" * 1_000]}, {"phrases": ["a"] * 1_000}, {"language": "de"}):
            with pytest.raises(SpeechError) as caught:
                it.listen(**how)  # pyright: ignore[reportArgumentType]
            assert caught.value.code == "bad-request"
        await it.listen(language="en-GB").cancel()


async def test_messages_are_read_whole_and_too_long_ones_refused() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(worker.message(worker.AUDIO, b"12") + worker.message(worker.END) + b"A\0\0")
        ours.shutdown(socket.SHUT_WR)
        assert list(worker.read_messages(theirs)) == [(b"A", b"12"), (b"E", b"")]
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(worker.HEADER.pack(b"A", worker.MAX_MESSAGE + 1))
        with pytest.raises(ValueError, match="too long"):
            next(worker.read_messages(theirs))
