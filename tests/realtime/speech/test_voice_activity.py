"""Who speaks when."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from realtime.audio.pcm import FRAME_BYTES, RATE, Framer, samples, silence, to_pcm
from realtime.speech.chooser import Machine, choose_voice_activity
from realtime.speech.voice_activity import LevelVoiceActivity, SphinxVoiceActivity
from tests.realtime.audio.tones import tone
from tests.realtime.speech.speaking import needs_flite, needs_sphinx, spoken

if TYPE_CHECKING:
    from realtime.speech.ports import VoiceActivity

pytestmark = pytest.mark.anyio

QUESTION = "What is the weather like in Paris tomorrow?"
detectors = pytest.mark.parametrize("kind", [pytest.param(SphinxVoiceActivity, marks=needs_sphinx), LevelVoiceActivity])


def noise(seconds: float, deviation: float) -> bytes:
    return to_pcm(np.random.default_rng(3).standard_normal(int(seconds * RATE)) * deviation)


def mixed(sound: bytes, under: bytes) -> bytes:
    return to_pcm(samples(sound).astype(np.float64) + samples(under)[: len(sound) // 2])


def heard(detector: VoiceActivity, pcm: bytes) -> list[tuple[int, int]]:
    """Beginning and end of each stretch of speech in ms."""
    spans: list[tuple[int, int]] = []
    start: int | None = None
    for number, frame in enumerate([*Framer().feed(pcm), None]):
        activity = detector.feed(frame) if frame is not None else None
        if activity is not None:
            assert 0 <= activity.probability <= 1
            assert activity.speech == (activity.probability > 0.5)
        speech = activity is not None and activity.speech
        if speech and start is None:
            start = number * 20
        elif not speech and start is not None:
            spans.append((start, number * 20))
            start = None
    return spans


@needs_flite
@detectors
@pytest.mark.parametrize("voice", ["alloy", "ash", "ballad"])
@pytest.mark.parametrize("background", [0.0, 30.0, 150.0])
async def test_a_sentence_with_silence_around_it_is_one_stretch_of_speech(
    kind: type[VoiceActivity], voice: str, background: float
) -> None:
    sentence = await spoken(QUESTION, voice)
    pcm = silence(RATE) + sentence + silence(RATE)
    spans = heard(kind(), mixed(pcm, noise(len(pcm) / 2 / RATE, background)))
    end = 1_000 + len(sentence) / 2 / RATE * 1_000
    assert len(spans) == 1
    assert 1_000 <= spans[0][0] <= 1_000 + 180
    assert end - 120 <= spans[0][1] <= end + 300


@detectors
@pytest.mark.parametrize("deviation", [0.0, 10.0, 100.0, 1_000.0, 4_000.0])
def test_steady_noise_is_not_speech_once_it_was_heard_for_a_moment(kind: type[VoiceActivity], deviation: float) -> None:
    detector = kind()
    loud = heard(detector, noise(1.0, deviation))
    assert sum(end - start for start, end in loud) <= 600
    assert heard(detector, noise(20.0, deviation)) == []


@needs_sphinx
def test_hum_and_clicks_are_not_speech() -> None:
    detector = SphinxVoiceActivity()
    assert all(end <= 500 for _, end in heard(detector, tone(50, 5_000, peak=3_000)))
    click = tone(2_000, 5, peak=20_000)
    assert heard(detector, (click + silence(12_000)) * 10) == []


@needs_flite
@needs_sphinx
async def test_a_reset_forgets_the_noise_of_the_last_line() -> None:
    detector = SphinxVoiceActivity()
    sentence = silence(RATE // 2) + await spoken(QUESTION) + silence(RATE // 2)
    fresh = heard(SphinxVoiceActivity(), sentence)
    heard(detector, noise(10.0, 6_000))
    detector.reset()
    assert heard(detector, sentence) == fresh


@detectors
def test_a_short_or_empty_frame_does_no_harm(kind: type[VoiceActivity]) -> None:
    assert not kind().feed(b"").speech
    assert not kind().feed(b"\1").speech


@detectors
def test_it_costs_the_event_loop_less_than_a_hundredth_of_the_sound(kind: type[VoiceActivity]) -> None:
    detector = kind()
    frames = Framer().feed(noise(10.0, 500))
    start = time.process_time()
    for frame in frames:
        detector.feed(frame)
    assert time.process_time() - start < len(frames) * 0.02 / 100
    assert len(frames[0]) == FRAME_BYTES


def test_without_pocketsphinx_there_is_still_a_detector_and_it_says_what_it_is() -> None:
    bare = Machine(module=lambda _: False)
    assert choose_voice_activity(bare) is LevelVoiceActivity
    assert "without pocketsphinx" in LevelVoiceActivity.label
