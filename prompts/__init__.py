"""What models are told: text files with slots, filled by `render`."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Final

_SLOT: Final = re.compile(r"\{\{(\w+)\}\}")


class PromptError(Exception):
    """A prompt does not exist, or its slots are not the ones that were given."""


def render(name: str, **slots: str) -> str:
    """The prompt `prompts/<name>.md` with every `{{slot}}` filled.

    What is filled in is never looked at again, so text from a flow cannot open a slot.

    Raises:
        PromptError: no such prompt, or a slot is missing or unknown.
    """
    text = _text(name)
    wanted = set(_SLOT.findall(text))
    if wanted != set(slots):
        odd = ", ".join(sorted(wanted ^ set(slots)))
        message = f"prompt {name!r}: slots {odd} are missing or unknown; it has {', '.join(sorted(wanted)) or 'none'}"
        raise PromptError(message)
    return _SLOT.sub(lambda found: slots[found[1]], text)


@lru_cache
def _text(name: str) -> str:
    path = Path(__file__).parent / f"{name}.md"
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        message = f"there is no prompt {name!r}"
        raise PromptError(message) from error
