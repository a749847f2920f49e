"""The command line of flite (Debian: `flite`), and its four voices made into ten."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

from realtime.speech.engine import Job

_SPELT: Final = str.maketrans(
    {
        "\N{EM DASH}": ", ",
        "\N{EN DASH}": "-",
        "\N{LEFT SINGLE QUOTATION MARK}": "'",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "\N{HORIZONTAL ELLIPSIS}": "...",
        "\N{EURO SIGN}": " euros ",
        "\N{POUND SIGN}": " pounds ",
        "\N{DEGREE SIGN}": " degrees ",
        "\N{LATIN SMALL LETTER SHARP S}": "ss",
        "\N{LATIN SMALL LETTER AE}": "ae",
        "\N{LATIN SMALL LETTER O WITH STROKE}": "o",
    }
)


@dataclass(frozen=True, slots=True)
class _Shape:
    """A voice of ours from one of theirs."""

    voice: str
    pitch: float = 1.0
    """Factor of the melody; `rms` has none to change."""
    size: float = 1.0
    """Factor of all frequencies: a smaller throat is more than 1."""
    stretch: float = 1.0
    """Factor of the duration."""


_SHAPES: Final = {
    "alloy": _Shape("slt"),
    "ash": _Shape("rms"),
    "ballad": _Shape("awb", stretch=1.08),
    "coral": _Shape("slt", pitch=1.14, size=1.02, stretch=0.92),
    "echo": _Shape("kal16", pitch=1.5),
    "sage": _Shape("slt", pitch=0.94, size=0.92, stretch=1.04),
    "shimmer": _Shape("slt", pitch=1.26, size=1.06),
    "verse": _Shape("rms", size=1.16, stretch=0.96),
    "marin": _Shape("slt", pitch=1.16, size=0.94, stretch=1.04),
    "cedar": _Shape("rms", size=0.92, stretch=1.1),
}


class Flite:
    """Human recordings made into voices: understood word for word, US English (`awb`: Scottish)."""

    label = "flite (offline)"

    def __init__(self, program: str) -> None:
        self._program = program

    def job(self, text: str, voice: str, speed: float) -> Job | None:
        """What to run for one sentence; None when there is nothing in it that flite can say."""
        plain = _ascii(text)
        if not any(char.isalnum() for char in plain):
            return None
        shape = _SHAPES[voice]
        # `size` is got by playing faster, so it takes that much longer to say.
        stretch = shape.stretch * shape.size / speed
        settings = ("--setf", f"f0_shift={shape.pitch:.3f}", "--setf", f"duration_stretch={stretch:.4f}")
        # flite goes back to write the length at the beginning: a pipe will not do.
        arguments = (self._program, "-voice", shape.voice, *settings, "-f", "-", "-o", "{file}")
        return Job(arguments, plain.encode("ascii"), pitch=shape.size)


def _ascii(text: str) -> str:
    """English letters for what can be spelt in them; the rest is left out."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_SPELT))
    return " ".join("".join(char for char in decomposed if " " <= char <= "~").split())
