"""What this package raises."""

from __future__ import annotations

from typing import Literal, NoReturn

AudioCode = Literal[
    "empty", "too-large", "too-long", "not-audio", "bad-edge", "unknown-stream", "too-many-streams", "closed"
]


class AudioError(Exception):
    """Sound that cannot be used; the message says why and never holds any of it.

    Attributes:
        code: a stable word for programs.
    """

    def __init__(self, code: AudioCode, message: str) -> None:
        super().__init__(message)
        self.code: AudioCode = code


def refuse(code: AudioCode, message: str) -> NoReturn:
    """Raise an `AudioError` that does not drag what led to it along: that may hold names of files."""
    raise AudioError(code, message) from None
