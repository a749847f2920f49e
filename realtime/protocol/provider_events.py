"""What providers send, brought to the names of the GA protocol.

OpenAI and Azure send them; beta names still come from servers that never moved on, xAI has a few of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime.protocol.shapes import Json

__all__ = ["AZURE", "OPENAI", "XAI", "Dialect", "named"]

_BETA: Final[Mapping[str, str]] = MappingProxyType(
    {
        "response.audio.delta": "response.output_audio.delta",
        "response.audio.done": "response.output_audio.done",
        "response.audio_transcript.delta": "response.output_audio_transcript.delta",
        "response.audio_transcript.done": "response.output_audio_transcript.done",
        "response.text.delta": "response.output_text.delta",
        "response.text.done": "response.output_text.done",
        "conversation.item.created": "conversation.item.added",
    }
)
_MOST: Final = 1e9
_TRANSCRIPTION: Final = "conversation.item.input_audio_transcription."


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a provider does otherwise than OpenAI, as far as readers have to know."""

    null_is_first: bool = True
    """Whether `previous_item_id: null` says that an item is the first, or nothing at all."""
    tells_item_done: bool = True
    """Whether items get a `conversation.item.done`."""


OPENAI: Final = Dialect()
AZURE: Final = Dialect()
XAI: Final = Dialect(null_is_first=False, tells_item_done=False)


def named(event: Mapping[str, Any]) -> tuple[str, Json]:
    """The GA name of an event and the event; an empty name for what is none.

    xAI's cumulative `…transcription.updated`, and its `completed` that is still `in_progress`, become
    `…transcription.updated`.
    """
    kind = event.get("type")
    if not isinstance(kind, str):
        return "", {}
    if kind == _TRANSCRIPTION + "completed" and event.get("status") == "in_progress":
        kind = _TRANSCRIPTION + "updated"
    return _BETA.get(kind, kind), cast("Json", event)


def text_of(event: Json, key: str) -> str:
    """A string of an event, or an empty one."""
    value = event.get(key)
    return value if isinstance(value, str) else ""


def object_of(event: Json, key: str) -> Json:
    """An object of an event, or an empty one."""
    value = event.get(key)
    return cast("Json", value) if isinstance(value, dict) else {}


def objects_of(event: Json, key: str) -> list[Json]:
    """The objects in a list of an event."""
    value = event.get(key)
    return (
        [cast("Json", each) for each in cast("list[Any]", value) if isinstance(each, dict)]
        if isinstance(value, list)
        else []
    )


def number_of(event: Json, key: str) -> float | None:
    """A number of an event, if it is one that could be meant."""
    value = event.get(key)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and -_MOST <= value <= _MOST:
        return value
    return None
