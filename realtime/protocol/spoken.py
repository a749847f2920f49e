"""What an answer said when: so that an interrupted one can be cut to what was heard."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Spoken", "first_words"]


@dataclass(slots=True)
class _Piece:
    text: str
    start_ms: float
    end_ms: float


class Spoken:
    """Text and sound of one answer, side by side.

    Text that arrives with its sound is aligned with it; text that runs ahead belongs to the sound that follows.
    """

    def __init__(self) -> None:
        self.ms = 0.0
        self._pieces: list[_Piece] = []

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self._pieces)

    def add(self, text: str, ms: float) -> None:
        """More text, more milliseconds of sound, or both at once."""
        pieces = self._pieces
        if text and pieces and pieces[-1].end_ms == pieces[-1].start_ms:
            pieces[-1].text += text
        elif text or not pieces:
            pieces.append(_Piece(text, self.ms, self.ms))
        self.ms += ms
        pieces[-1].end_ms = self.ms

    def heard(self, ms: float) -> str:
        """What was said in the first `ms` milliseconds, in whole words."""
        said = ""
        for piece in self._pieces:
            if piece.end_ms <= ms:
                said += piece.text
                continue
            if piece.start_ms < ms:
                said += first_words(piece.text, (ms - piece.start_ms) / (piece.end_ms - piece.start_ms))
            break
        return said.rstrip()


def first_words(text: str, share: float) -> str:
    """The words that lie wholly in the first `share` (0..1) of a text."""
    end = int(len(text) * share)
    if end >= len(text) or text[end : end + 1].isspace():
        return text[:end]
    return text[: max(text.rfind(" ", 0, end), 0)]
