"""Which recogniser and synthesiser, from the settings and from what is installed; what is missing, by name."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from realtime.speech.ports import Recognizer, Synthesizer, VoiceActivity, fail

if TYPE_CHECKING:
    from collections.abc import Callable

RecognizerName = Literal["auto", "pocketsphinx", "remote"]
SynthesizerName = Literal["auto", "flite", "espeak-ng", "espeakng-loader", "remote"]

EXTRA: Final = "composer-autopilot[voice]"
_NO_RECOGNIZER: Final = (
    f"no speech recogniser: install the extra {EXTRA} (pocketsphinx), or set the URL of a transcription endpoint"
)
_NO_SYNTHESIZER: Final = (
    "no speech synthesiser: install flite or espeak-ng (Debian: apt-get install flite), "
    f"or the extra {EXTRA} (espeakng-loader), or set the URL of a speech endpoint"
)
_MISSING: Final = {
    "flite": "flite is not on PATH: install flite (Debian: apt-get install flite)",
    "espeak-ng": "espeak-ng is not on PATH: install espeak-ng (Debian: apt-get install espeak-ng)",
    "espeakng-loader": f"espeakng-loader is not installed: install the extra {EXTRA}",
    "pocketsphinx": f"pocketsphinx is not installed: install the extra {EXTRA}",
}
_POSIX_ONLY: Final = "needs Linux or macOS: set the URL of an endpoint instead"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechSettings:
    """What was asked for. URLs end with the version: `https://api.openai.com/v1`. Keys are not in the `repr`."""

    recognizer: RecognizerName = "auto"
    transcription_url: str | None = None
    transcription_model: str = "whisper-1"
    transcription_key: str | None = field(default=None, repr=False)
    synthesizer: SynthesizerName = "auto"
    speech_url: str | None = None
    speech_model: str = "tts-1"
    speech_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What is installed here; tests say something else."""

    program: Callable[[str], str | None] = shutil.which
    """The path of a program."""
    module: Callable[[str], bool] = lambda name: importlib.util.find_spec(name) is not None
    posix: bool = sys.platform != "win32"


HERE: Final = Machine()


def recognizer_name(settings: SpeechSettings, machine: Machine = HERE) -> Literal["pocketsphinx", "remote"]:
    """Which recogniser it would be: one by URL if there is a URL, else the offline one.

    Raises:
        SpeechError: `unavailable`, saying what to install or set.
    """
    name = settings.recognizer
    if name == "remote" or (name == "auto" and settings.transcription_url):
        if not settings.transcription_url:
            fail("unavailable", "no URL of a transcription endpoint is set")
        return "remote"
    if not machine.module("pocketsphinx"):
        fail("unavailable", _NO_RECOGNIZER if name == "auto" else _MISSING["pocketsphinx"])
    if not machine.posix:
        fail("unavailable", f"the offline recogniser {_POSIX_ONLY}")
    return "pocketsphinx"


def synthesizer_name(
    settings: SpeechSettings, machine: Machine = HERE
) -> Literal["flite", "espeak-ng", "espeakng-loader", "remote"]:
    """Which synthesiser it would be: by URL, flite, espeak-ng, or the wheel, in this order.

    Raises:
        SpeechError: `unavailable`, saying what to install or set.
    """
    name = settings.synthesizer
    if name == "remote" or (name == "auto" and settings.speech_url):
        if not settings.speech_url:
            fail("unavailable", "no URL of a speech endpoint is set")
        return "remote"
    installed = {
        "flite": machine.posix and machine.program("flite") is not None,
        "espeak-ng": machine.program("espeak-ng") is not None,
        "espeakng-loader": machine.module("espeakng_loader"),
    }
    for candidate in ("flite", "espeak-ng", "espeakng-loader"):
        if installed[candidate] and name in {"auto", candidate}:
            return candidate
    return fail("unavailable", _NO_SYNTHESIZER if name == "auto" else _MISSING[name])


def choose_recognizer(settings: SpeechSettings, machine: Machine = HERE) -> Recognizer:
    """The recogniser; the caller closes it. Nothing is started yet.

    Raises:
        SpeechError: see `recognizer_name`; `bad-request` for a URL that is none.
    """
    if recognizer_name(settings, machine) == "remote":
        from realtime.speech.calling import Remote  # noqa: PLC0415 - only what is used is imported
        from realtime.speech.remote import RemoteRecognizer  # noqa: PLC0415 - only what is used is imported

        url = settings.transcription_url or ""
        return RemoteRecognizer(Remote(url=url, model=settings.transcription_model, key=settings.transcription_key))
    from realtime.speech.recognizer import SphinxRecognizer  # noqa: PLC0415 - likewise

    return SphinxRecognizer()


def choose_synthesizer(settings: SpeechSettings, machine: Machine = HERE) -> Synthesizer:
    """The synthesiser; the caller closes it.

    Raises:
        SpeechError: see `synthesizer_name`; `bad-request` for a URL that is none.
    """
    name = synthesizer_name(settings, machine)
    if name == "remote":
        from realtime.speech.calling import Remote  # noqa: PLC0415 - only what is used is imported
        from realtime.speech.remote import RemoteSynthesizer  # noqa: PLC0415 - only what is used is imported

        url = settings.speech_url or ""
        return RemoteSynthesizer(Remote(url=url, model=settings.speech_model, key=settings.speech_key))
    from realtime.speech.espeak import EspeakProgram, EspeakWheel  # noqa: PLC0415 - likewise
    from realtime.speech.flite import Flite  # noqa: PLC0415 - likewise
    from realtime.speech.synthesizer import ProgramSynthesizer  # noqa: PLC0415 - likewise

    if name == "espeakng-loader":
        return ProgramSynthesizer(EspeakWheel())
    path = machine.program(name) or name
    return ProgramSynthesizer(Flite(path) if name == "flite" else EspeakProgram(path))


def choose_voice_activity(machine: Machine = HERE) -> Callable[[], VoiceActivity]:
    """What makes a detector for each session."""
    from realtime.speech.voice_activity import LevelVoiceActivity, SphinxVoiceActivity  # noqa: PLC0415 - likewise

    return SphinxVoiceActivity if machine.module("pocketsphinx") else LevelVoiceActivity
