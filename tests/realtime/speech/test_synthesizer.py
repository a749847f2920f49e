"""The offline synthesisers: ten voices, early sound, and text that goes nowhere but into speech."""

from __future__ import annotations

import asyncio
import itertools
import math
import sys
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from realtime.audio.pcm import RATE, level_dbfs, samples
from realtime.speech.chooser import SpeechSettings, SynthesizerName, choose_synthesizer
from realtime.speech.engine import Job
from realtime.speech.ports import VOICES, SpeechError, Synthesizer
from realtime.speech.recognizer import SphinxRecognizer
from realtime.speech.synthesizer import PIECE_MS, ProgramSynthesizer
from tests.realtime.speech.speaking import alive, engines, needs_flite, needs_sphinx, nothing_left, until

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio

SENTENCE = "What is the weather like in Paris tomorrow?"


def synthesiser(engine: SynthesizerName) -> Synthesizer:
    return choose_synthesizer(SpeechSettings(synthesizer=engine))


async def said(it: Synthesizer, text: str, voice: str = "alloy", speed: float = 1.0) -> bytes:
    return b"".join([piece async for piece in it.speak(text, voice=voice, speed=speed)])


def sound_of(pcm: bytes) -> tuple[float, float, float]:
    """Pitch in Hz, where the middle of the spectrum is in Hz, and how long it took in s."""
    values, width = samples(pcm).astype(np.float64), RATE // 25
    pitches, middles = list[float](), list[float]()
    for at in range(0, len(values) - width, width // 2):
        part = values[at : at + width] - values[at : at + width].mean()
        if part.std() < 500:
            continue
        echo = np.correlate(part, part, "full")[width - 1 :]
        lag = RATE // 400 + int(np.argmax(echo[RATE // 400 : RATE // 60]))
        if echo[lag] > echo[0] / 2:
            spectrum = np.abs(np.fft.rfft(part * np.hanning(width))) ** 0.5
            pitches.append(RATE / lag)
            middles.append(float(np.dot(spectrum, np.arange(len(spectrum))) / spectrum.sum() * RATE / width))
    return float(np.median(pitches)), float(np.median(middles)), len(values) / RATE


@engines
async def test_ten_voices_sound_different_and_equally_loud(engine: SynthesizerName) -> None:
    it = synthesiser(engine)
    spoken = {voice: await said(it, SENTENCE, voice) for voice in VOICES}
    sounds = {voice: sound_of(pcm) for voice, pcm in spoken.items()}
    for one, other in itertools.combinations(VOICES, 2):
        pairs = zip(sounds[one], sounds[other], strict=True)
        assert max(abs(math.log(a / b)) for a, b in pairs) > 0.06, (one, other)
    assert all(-24 < level_dbfs(pcm) < -17 for pcm in spoken.values())


@engines
async def test_the_first_sound_comes_while_the_rest_is_still_to_be_made(engine: SynthesizerName) -> None:
    it = synthesiser(engine)
    await said(it, "Warm.")
    start = time.perf_counter()
    first: float | None = None
    pieces = list[bytes]()
    async for piece in it.speak(f"{SENTENCE} " * 12):
        first = first or time.perf_counter() - start
        pieces.append(piece)
    assert first is not None
    assert first < (time.perf_counter() - start) / 4
    assert len(pieces[0]) == PIECE_MS * RATE // 1000 * 2
    # It begins with speech, not with the program's silence.
    assert level_dbfs(pieces[0]) > -45


@engines
async def test_speed_changes_the_duration(engine: SynthesizerName) -> None:
    it = synthesiser(engine)
    normal, slow, fast = [len(await said(it, SENTENCE, speed=speed)) for speed in (1.0, 0.5, 1.5)]
    assert slow > normal * 1.5
    assert fast < normal * 0.8


@engines
@pytest.mark.parametrize("text", ["", "   ", "\n\t", "...", "?!", "\N{GRINNING FACE}", "\x00\x07", "**"])
async def test_text_without_words_is_no_sound(engine: SynthesizerName, text: str) -> None:
    assert await said(synthesiser(engine), text) == b""


@engines
@pytest.mark.parametrize(
    "text",
    [
        "Na\u00efve caf\u00e9 \u2014 d\u00e9j\u00e0 vu",
        "-f /etc/passwd --help",
        "100 % of 3 < 5 & \"quotes\" 'more' \\ / | ~ ^ { } [ ]",
        "<speak><break time='9999s'/>hello</speak>",
        "one \N{GRINNING FACE} two \u200d three \ufeff four \u202e five",
        "A1B2C3 https://example.org/a?b=c#d user@example.org",
        "\ud83d half",
        "[[rate 1]] \x1b[31m red",
    ],
)
async def test_odd_characters_are_spoken_or_left_out(engine: SynthesizerName, text: str) -> None:
    assert len(await said(synthesiser(engine), text)) > RATE // 5


@engines
async def test_a_long_text_without_a_full_stop_is_spoken_to_its_end(engine: SynthesizerName) -> None:
    it = synthesiser(engine)
    short, long = len(await said(it, "many words " * 20)), len(await said(it, "many words " * 100))
    assert long == pytest.approx(short * 5, rel=0.25)
    assert len(await said(it, "x" * 300)) > RATE


@needs_flite
@needs_sphinx
async def test_what_is_spoken_is_understood_again() -> None:
    recognizer = SphinxRecognizer()
    try:
        for voice in ("sage", "marin"):
            utterance = recognizer.listen()
            async for piece in synthesiser("flite").speak(SENTENCE, voice=voice):
                utterance.feed(piece)
            assert (await utterance.finish()).text == "what is the weather like in paris tomorrow"
    finally:
        await recognizer.aclose()


@engines
async def test_many_at_once_are_all_spoken_and_nothing_is_left(engine: SynthesizerName) -> None:
    it = synthesiser(engine)
    alone = await said(it, SENTENCE)
    with nothing_left():
        together = await asyncio.gather(*(said(it, SENTENCE) for _ in range(8)))
        # Breath is noise, and not the same each time.
        assert [len(pcm) for pcm in together] == [pytest.approx(len(alone), rel=0.02)] * 8


@engines
async def test_a_shell_would_do_something_with_this_text_and_nothing_happens(
    engine: SynthesizerName, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    await said(synthesiser(engine), "$(touch one) `touch two`; touch three && touch four > five | tee six")
    assert not any(tmp_path.iterdir())  # noqa: ASYNC240 - a look


async def test_requests_out_of_bounds_are_refused() -> None:
    it = ProgramSynthesizer(Script("pass"))
    for how in ({"voice": "robot"}, {"speed": 0.2}, {"speed": 1.6}, {"text": "x" * 30_000}):
        with pytest.raises(SpeechError) as caught:
            await said(it, **{"text": "hello", **how})  # pyright: ignore[reportArgumentType]
        assert caught.value.code == "bad-request"
    await it.aclose()
    with pytest.raises(SpeechError, match="closed"):
        await said(it, "hello")


class Script:
    """A speaking program that is a few lines of Python."""

    label = "script"

    def __init__(self, code: str, program: str = sys.executable) -> None:
        self._arguments = (program, "-c", code)

    def job(self, text: str, voice: str, speed: float) -> Job | None:  # noqa: ARG002 - an engine
        return Job(self._arguments, text.encode())


@pytest.mark.parametrize(
    ("engine", "code"),
    [
        (Script("raise SystemExit(7)"), "crashed"),
        (Script("import os; os.kill(os.getpid(), 9)"), "crashed"),
        (Script("print('no sound')"), "crashed"),
        (Script("print('RIFF????WAVE')"), "crashed"),
        (Script("", program="/nowhere/flite"), "unavailable"),
    ],
)
async def test_a_program_that_fails_is_reported_without_the_text(engine: Script, code: str) -> None:
    with nothing_left(), pytest.raises(SpeechError) as caught:
        await said(ProgramSynthesizer(engine), "my secret words")
    assert caught.value.code == code
    assert "secret" not in str(caught.value)
    assert "secret" not in repr(engine.job("my secret words", "alloy", 1.0))


async def test_whoever_stops_listening_ends_the_program(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    code = f"import os, pathlib, time; pathlib.Path({str(pid_file)!r}).write_text(str(os.getpid())); time.sleep(60)"
    with nothing_left():
        speaking = asyncio.create_task(said(ProgramSynthesizer(Script(code)), "hello"))
        await until(lambda: pid_file.exists() and pid_file.read_text())
        pid = int(pid_file.read_text())
        speaking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await speaking
        assert not alive(pid)


async def test_a_program_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.speech.engine._SECONDS", 0.2)
    with nothing_left(), pytest.raises(SpeechError) as caught:
        await said(ProgramSynthesizer(Script("import time; time.sleep(60)")), "hello")
    assert caught.value.code == "timeout"


@engines
async def test_leaving_in_the_middle_leaves_nothing(engine: SynthesizerName) -> None:
    it = synthesiser(engine)
    await said(it, "Warm.")
    with nothing_left():
        speaking = it.speak(f"{SENTENCE} " * 5)
        await anext(speaking)
        await speaking.aclose()
