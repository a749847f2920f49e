"""espeak-ng: the program (Debian: `espeak-ng`), or the library of the wheel `espeakng-loader` in its own process."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Final

from realtime.speech import espeak_worker
from realtime.speech.engine import Job

_WORDS_A_MINUTE: Final = 165


@dataclass(frozen=True, slots=True)
class _Shape:
    """A voice of ours."""

    variant: str
    pitch: int
    """0 to 99, 50 is the variant's own."""
    rate: float = 1.0


_SHAPES: Final = {
    "alloy": _Shape("en-us+f2", 40),
    "ash": _Shape("en-us+m3", 40),
    "ballad": _Shape("en+m1", 80),
    "coral": _Shape("en-us+f4", 65, 1.05),
    "echo": _Shape("en-us+m7", 50),
    "sage": _Shape("en-us+f5", 30, 0.95),
    "shimmer": _Shape("en-us+f3", 85),
    "verse": _Shape("en-us+m4", 75, 1.05),
    "marin": _Shape("en+f1", 55),
    "cedar": _Shape("en-us+m2", 10, 0.95),
}


class EspeakProgram:
    """The program, which writes sound while it makes it."""

    label = "espeak-ng (offline)"

    def __init__(self, program: str) -> None:
        self._program = program

    def job(self, text: str, voice: str, speed: float) -> Job | None:
        """What to run for one sentence."""
        shape, words = _SHAPES[voice], _words(voice, speed)
        settings = ("-v", shape.variant, "-p", str(shape.pitch), "-s", str(words))
        return Job((self._program, "-b", "1", *settings, "--stdin", "--stdout"), text.encode())


class EspeakWheel:
    """The library. It is GPL-3.0-or-later, and stays outside our process."""

    label = "espeak-ng from espeakng-loader (offline)"

    def job(self, text: str, voice: str, speed: float) -> Job | None:
        """What to run for one sentence."""
        shape, words = _SHAPES[voice], _words(voice, speed)
        script = (sys.executable, "-I", espeak_worker.__file__)
        return Job((*script, shape.variant, str(shape.pitch), str(words)), text.encode())


def _words(voice: str, speed: float) -> int:
    # espeak-ng takes 80 words a minute as the slowest.
    return max(80, round(_WORDS_A_MINUTE * speed * _SHAPES[voice].rate))
