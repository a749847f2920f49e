"""Speech for the tests, made when they run: none is kept in the repository."""

from __future__ import annotations

import importlib.util
import os
import shutil
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from anyio.lowlevel import checkpoint

from realtime.speech.chooser import SpeechSettings, SynthesizerName, choose_synthesizer
from realtime.speech.sentences import speakable

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

SPHINX = importlib.util.find_spec("pocketsphinx") is not None
FLITE = shutil.which("flite") is not None
INSTALLED: dict[SynthesizerName, bool] = {
    "flite": FLITE,
    "espeak-ng": shutil.which("espeak-ng") is not None,
    "espeakng-loader": importlib.util.find_spec("espeakng_loader") is not None,
}
needs_flite = pytest.mark.skipif(not FLITE, reason="flite is not installed (Debian: apt-get install flite)")
needs_sphinx = pytest.mark.skipif(not SPHINX, reason="pocketsphinx is not installed (the extra of this project)")
engines = pytest.mark.parametrize(
    "engine",
    [
        pytest.param(name, marks=pytest.mark.skipif(not there, reason=f"{name} is not installed"))
        for name, there in INSTALLED.items()
    ],
)

_said: dict[tuple[str, str], bytes] = {}


async def spoken(text: str, voice: str = "ash") -> bytes:
    """`text` said by flite, as 24 kHz PCM."""
    if (text, voice) not in _said:
        synthesizer = choose_synthesizer(SpeechSettings(synthesizer="flite"))
        _said[text, voice] = b"".join([pcm async for pcm in synthesizer.speak(text, voice=voice)])
    return _said[text, voice]


async def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Let others run until something holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        await checkpoint()


def wrong_words(said: str, heard: str) -> tuple[int, int]:
    """How many words are wrong, missing or too many, and how many there were."""
    mine = speakable(said).lower().translate({ord(char): None for char in ".,?!"}).split()
    theirs = heard.split()
    row = list(range(len(theirs) + 1))
    for at, word in enumerate(mine, 1):
        before, row[0] = row[0], at
        for to, other in enumerate(theirs, 1):
            before, row[to] = row[to], min(row[to] + 1, row[to - 1] + 1, before + (word != other))
    return row[-1], len(mine)


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        # It went in this moment; or there is no /proc, and it is there.
        return not Path("/proc/self/stat").exists()
    return state != "Z"


def _held() -> tuple[int, int, list[str]]:
    descriptors = Path("/proc/self/fd")
    count = len(list(descriptors.iterdir())) if descriptors.is_dir() else 0
    return count, threading.active_count(), sorted(path.name for path in Path("/tmp").glob("autopilot-voice-*"))  # noqa: S108


@contextmanager
def nothing_left() -> Generator[None]:
    """Files, threads and temporary files are as many after as before."""
    before = _held()
    yield
    # The thread that waits for a child ends a moment after the child.
    end = time.monotonic() + 5
    while not _within(_held(), before) and time.monotonic() < end:
        threading.Event().wait(0.01)
    assert _within(_held(), before), (before, _held())


def _within(after: tuple[int, int, list[str]], before: tuple[int, int, list[str]]) -> bool:
    # Threads of earlier tests may have ended meanwhile.
    return after[0] <= before[0] and after[1] <= before[1] and set(after[2]) <= set(before[2])
