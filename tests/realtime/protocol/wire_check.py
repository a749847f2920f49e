"""Whether an event is what the official client takes for one: every field by its type, nothing beside them."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any, cast, get_args

Event = dict[str, Any]

OPENAI = find_spec("openai") is not None
"""Not a dependency of the program: where it is absent, events are checked less."""
NO_OPENAI = "the openai package is not installed"

OBFUSCATED = frozenset(
    {
        "conversation.item.input_audio_transcription.delta",
        "response.function_call_arguments.delta",
        "response.mcp_call_arguments.delta",
        "response.output_audio_transcript.delta",
        "response.output_text.delta",
    }
)
"""Recorded with a key that the types do not have."""
ECHOED = frozenset({"id", "object", "expires_at"})
"""Recorded in the session object; the types of `session.*` events are those of the request."""


def models() -> dict[str, Any]:
    """The official model of each server event, by type."""
    from openai.types.realtime import RealtimeServerEvent

    union = get_args(RealtimeServerEvent)[0]
    return {get_args(model.model_fields["type"].annotation)[0]: model for model in get_args(union)}


def client_models() -> dict[str, Any]:
    """The official model of each client event, by type."""
    from openai.types.realtime import RealtimeClientEvent

    union = get_args(RealtimeClientEvent)[0]
    return {get_args(model.model_fields["type"].annotation)[0]: model for model in get_args(union)}


_MODELS: dict[str, Any] = {}


def check(event: Event) -> None:
    """Fail unless the event is exactly one of the official types."""
    if not OPENAI:
        return
    _MODELS.update({} if _MODELS else models())
    assert event["type"] in _MODELS, f"no such event: {event['type']}"
    read = _MODELS[event["type"]].model_validate(event, strict=True)
    strange = sorted(_extras(read, ""))
    allowed = {"obfuscation"} if event["type"] in OBFUSCATED else set[str]()
    if event["type"] in {"session.created", "session.updated"}:
        allowed |= {f"session.{key}" for key in ECHOED}
    assert set(strange) <= allowed, f"{event['type']}: {strange}"
    _check_ms(event)


def _extras(value: Any, path: str) -> list[str]:
    """The keys of the wire that a model has no field for, at any depth."""
    from pydantic import BaseModel

    if isinstance(value, list):
        return [extra for each in cast("list[Any]", value) for extra in _extras(each, path)]
    if not isinstance(value, BaseModel):
        return []
    found = [f"{path}{key}" for key in value.model_extra or {}]
    for name in type(value).model_fields:
        found += _extras(getattr(value, name), f"{path}{name}.")
    return found


def _check_ms(event: Event) -> None:
    for key, value in event.items():
        assert not key.endswith("_ms") or (isinstance(value, int) and value >= 0), f"{event['type']}.{key} = {value}"
