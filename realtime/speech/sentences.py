"""Text cut into what can be spoken in one go: whole sentences as a model streams them, and no piece too long."""

from __future__ import annotations

import re
from typing import Final

LONGEST: Final = 240
"""Characters of one piece: some 15 s of speech."""
_SHORTEST: Final = 2
_ABBREVIATIONS: Final = frozenset(
    [
        *("mr", "mrs", "ms", "dr", "prof", "st", "sr", "jr", "vs", "etc", "e.g", "i.e", "fig", "approx"),
        *("dept", "inc", "ltd", "co", "a.m", "p.m", "u.s", "u.k"),
    ]
)
_END: Final = re.compile(
    r"[.!?…]+[\"'\u201d\u2019)\]]*(?=\s)|[\u3002\uff01\uff1f]|\n\s*\n|\n(?=\s*(?:[-*•]|\d+[.)])\s)"
)
_PAUSE: Final = re.compile(r"[,;:\u2014\u2013)]\s|\s[-\u2014\u2013]\s")
_MARKUP: Final = re.compile(r"```.*?(?:```|\Z)|[*_`#>|~]+", re.DOTALL)
_LINK: Final = re.compile(r"!?\[([^\]]*)\]\([^)\s]*\)")
_LAST_WORD: Final = re.compile(r"(\S+?)[.]+$")


class SentenceSplitter:
    """Takes text as it streams and gives sentences as soon as it is sure that they are over."""

    def __init__(self, longest: int = LONGEST) -> None:
        self._longest = longest
        self._rest = ""

    def feed(self, text: str) -> list[str]:
        """The pieces that are complete now. Joined they are the text, but for white space."""
        self._rest += text
        pieces: list[str] = []
        while (cut := self._cut()) is not None:
            self._take(cut, pieces)
        return pieces

    def flush(self) -> list[str]:
        """What is left, at the end of the text."""
        rest, self._rest = self._rest.strip(), ""
        return [rest] if rest else []

    def _take(self, cut: int, pieces: list[str]) -> None:
        piece, self._rest = self._rest[:cut].strip(), self._rest[cut:].lstrip()
        if piece:
            pieces.append(piece)

    def _cut(self) -> int | None:
        window = self._rest[: self._longest + 1]
        for match in _END.finditer(window):
            if match.end() >= _SHORTEST and not _inside(window[: match.end()]):
                return match.end()
        if len(self._rest) <= self._longest:
            return None
        return _pause(window)


def split_sentences(text: str, longest: int = LONGEST) -> list[str]:
    """The pieces of a whole text."""
    splitter = SentenceSplitter(longest)
    return [*splitter.feed(text), *splitter.flush()]


def speakable(text: str) -> str:
    """`text` without Markdown and control characters, white space as single blanks; empty when it has no words."""
    plain = _MARKUP.sub(" ", _LINK.sub(r"\1", text))
    plain = " ".join("".join(char if char.isprintable() else " " for char in plain).split())
    return plain if any(char.isalnum() for char in plain) else ""


def _inside(text: str) -> bool:
    """Whether the full stop at the end belongs to a word, a number in a list, or an initial."""
    last = _LAST_WORD.search(text)
    if last is None:
        return False
    word = last[1].lower().lstrip("(\"'\u201c\u2018[")
    # "1." begins an item of a list; a year ends a sentence.
    numbered = word.isdigit() and len(word) < len("100") and text.strip() == last[0]
    return word in _ABBREVIATIONS or numbered or (len(word) == 1 and word.isalpha() and word not in {"a", "i"})


def _pause(window: str) -> int:
    """Where a piece that is too long is cut with the least harm: at a pause, else a blank, else anywhere."""
    pauses = [match.end() for match in _PAUSE.finditer(window)]
    if pauses and pauses[-1] > len(window) // 4:
        return pauses[-1]
    blank = window.rfind(" ")
    return blank + 1 if blank > 0 else len(window) - 1
