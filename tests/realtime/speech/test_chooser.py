"""Which part it will be, and what is missing, by name."""

from __future__ import annotations

import pytest

from realtime.speech.chooser import (
    EXTRA,
    Machine,
    SpeechSettings,
    choose_recognizer,
    choose_synthesizer,
    recognizer_name,
    synthesizer_name,
)
from realtime.speech.ports import SpeechError

pytestmark = pytest.mark.anyio

URL = "https://speech.example/v1"


def machine(*names: str, posix: bool = True) -> Machine:
    return Machine(
        program=lambda name: f"/usr/bin/{name}" if name in names else None,
        module=lambda name: name in names,
        posix=posix,
    )


@pytest.mark.parametrize(
    ("settings", "here", "name"),
    [
        (SpeechSettings(), machine("flite", "espeak-ng", "espeakng_loader"), "flite"),
        (SpeechSettings(), machine("espeak-ng", "espeakng_loader"), "espeak-ng"),
        (SpeechSettings(), machine("espeakng_loader"), "espeakng-loader"),
        (SpeechSettings(), machine("flite", "espeakng_loader", posix=False), "espeakng-loader"),
        (SpeechSettings(synthesizer="espeak-ng"), machine("flite", "espeak-ng"), "espeak-ng"),
        (SpeechSettings(speech_url=URL), machine("flite"), "remote"),
        (SpeechSettings(speech_url=URL, synthesizer="flite"), machine("flite"), "flite"),
    ],
)
def test_the_best_voice_that_is_there_or_asked_for(settings: SpeechSettings, here: Machine, name: str) -> None:
    assert synthesizer_name(settings, here) == name


@pytest.mark.parametrize(
    ("settings", "here", "name"),
    [
        (SpeechSettings(), machine("pocketsphinx"), "pocketsphinx"),
        (SpeechSettings(transcription_url=URL), machine("pocketsphinx"), "remote"),
        (SpeechSettings(transcription_url=URL, recognizer="pocketsphinx"), machine("pocketsphinx"), "pocketsphinx"),
    ],
)
def test_the_best_ear_that_is_there_or_asked_for(settings: SpeechSettings, here: Machine, name: str) -> None:
    assert recognizer_name(settings, here) == name


@pytest.mark.parametrize(
    ("settings", "here", "says"),
    [
        (SpeechSettings(), machine(), ("apt-get install flite", EXTRA, "URL")),
        (SpeechSettings(synthesizer="flite"), machine("espeak-ng"), ("install flite",)),
        (SpeechSettings(synthesizer="espeakng-loader"), machine("flite"), (EXTRA,)),
        (SpeechSettings(synthesizer="remote"), machine("flite"), ("URL",)),
    ],
)
def test_what_is_missing_to_speak_is_said_by_name(
    settings: SpeechSettings, here: Machine, says: tuple[str, ...]
) -> None:
    with pytest.raises(SpeechError) as caught:
        synthesizer_name(settings, here)
    assert caught.value.code == "unavailable"
    assert all(part in str(caught.value) for part in says)


@pytest.mark.parametrize(
    ("settings", "here", "says"),
    [
        (SpeechSettings(), machine(), (EXTRA, "pocketsphinx", "URL")),
        (SpeechSettings(recognizer="pocketsphinx"), machine(), (EXTRA,)),
        (SpeechSettings(recognizer="remote"), machine("pocketsphinx"), ("URL",)),
        (SpeechSettings(), machine("pocketsphinx", posix=False), ("Linux or macOS",)),
    ],
)
def test_what_is_missing_to_listen_is_said_by_name(
    settings: SpeechSettings, here: Machine, says: tuple[str, ...]
) -> None:
    with pytest.raises(SpeechError) as caught:
        recognizer_name(settings, here)
    assert caught.value.code == "unavailable"
    assert all(part in str(caught.value) for part in says)


async def test_labels_say_what_it_is_and_settings_hide_their_keys() -> None:
    settings = SpeechSettings(
        transcription_url=URL, transcription_key="sk-1", speech_url=URL, speech_key="sk-2", speech_model="kokoro"
    )
    assert "sk-" not in repr(settings)
    everything = machine("flite", "espeak-ng", "espeakng_loader", "pocketsphinx")
    recognizer, synthesizer = choose_recognizer(settings, everything), choose_synthesizer(settings, everything)
    assert (recognizer.label, synthesizer.label) == ("whisper-1 at speech.example", "kokoro at speech.example")
    await recognizer.aclose()
    await synthesizer.aclose()
    labels = [
        choose_synthesizer(SpeechSettings(synthesizer=name), everything).label
        for name in ("flite", "espeak-ng", "espeakng-loader")
    ]
    assert labels == ["flite (offline)", "espeak-ng (offline)", "espeak-ng from espeakng-loader (offline)"]
