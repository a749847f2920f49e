"""Whose edit it is, as callers name themselves."""

from __future__ import annotations

from typing import Final

MOST_LETTERS: Final = 60


def author_name(given: str, otherwise: str) -> str:
    """What a caller says it is called, fit for a log; `otherwise` where nothing of it can be shown."""
    return "".join(char for char in given if char.isprintable()).strip()[:MOST_LETTERS] or otherwise
