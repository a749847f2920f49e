"""The vocabulary: every event of the official client, field by field."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from realtime.protocol import response_events, server_events
from realtime.protocol.client_events import CLIENT_EVENTS, read_client_event
from realtime.protocol.config import RealtimeConfig, TranscriptionConfig
from realtime.protocol.conversation import Item, Part
from realtime.protocol.server_events import ServerEvent
from realtime.protocol.usage import Usage, transcription_usage
from tests.realtime.protocol.talking import encoded, message
from tests.realtime.protocol.wire_check import NO_OPENAI, OPENAI, check, client_models, models

pytestmark = pytest.mark.skipif(not OPENAI, reason=NO_OPENAI)


def kinds() -> dict[str, type[ServerEvent]]:
    found = [*vars(server_events).values(), *vars(response_events).values()]
    return {kind.TYPE: kind for kind in found if isinstance(kind, type) and issubclass(kind, ServerEvent) and kind.TYPE}


ITEM = Item("item_1", "message", "assistant", "completed", [Part("output_audio", "Hello.")]).wire()
RESPONSE: dict[str, Any] = {
    "object": "realtime.response",
    "id": "resp_1",
    "status": "failed",
    "status_details": {"type": "failed", "error": {"type": "server_error", "code": None, "message": "no"}},
    "output": [ITEM],
    "conversation_id": None,
    "output_modalities": ["audio"],
    "max_output_tokens": 7,
    "audio": {"output": {"format": {"type": "audio/pcmu"}, "voice": "cedar"}},
    "usage": Usage(1, 2, 3, 4, 5).wire(),
    "metadata": {"topic": "weather"},
}
LOGPROBS = [{"token": "a", "logprob": -0.5, "bytes": [97]}]
SAMPLES: dict[str, Any] = {
    "arguments": "{}",
    "audio_end_ms": 20,
    "audio_start_ms": 10,
    "call_id": "call_1",
    "content_index": 0,
    "conversation": {"id": "conv_1", "object": "realtime.conversation"},
    "delta": "He",
    "end": 1.5,
    "error": {"type": "t", "code": None, "message": "m", "param": None},
    "event": "#",
    "id": "seg_1",
    "item": ITEM,
    "item_id": "item_1",
    "languages": [{"code": "en"}],
    "logprobs": LOGPROBS,
    "name": "get_weather",
    "obfuscation": "x",
    "output_index": 0,
    "part": {"type": "audio", "transcript": "Hello."},
    "previous_item_id": None,
    "rate_limits": [{"name": "tokens", "limit": 5, "remaining": 4, "reset_seconds": 0.5}],
    "received_at": 5,
    "response": RESPONSE,
    "response_id": "resp_1",
    "session": RealtimeConfig().echo("sess_1", 5),
    "speaker": "A",
    "start": 0.5,
    "text": "Hello.",
    "transcript": "Hello.",
    "usage": transcription_usage("gpt-4o-transcribe", 1000, "Hello."),
}


def test_there_is_a_class_for_every_event_that_the_official_client_knows() -> None:
    assert set(kinds()) == set(models())


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_an_event_has_exactly_the_fields_of_the_official_type(kind: str) -> None:
    event_class = kinds()[kind]
    names = [field.name for field in fields(event_class)]
    event = event_class(**{name: SAMPLES[name] for name in names}).wire("event_1")
    check(event)
    official = set(models()[kind].model_fields)
    assert set(event) - official <= {"obfuscation"}
    assert official <= set(event)


@pytest.mark.parametrize("used", [transcription_usage("whisper-1", 2796, ""), SAMPLES["usage"]])
def test_transcriptions_tell_what_they_took_in_either_form(used: dict[str, Any]) -> None:
    check(server_events.TranscriptionCompleted("item_1", 0, "Hello.", used).wire("event_1"))


def test_a_transcription_session_has_an_echo_of_its_own() -> None:
    echo = TranscriptionConfig().echo("sess_1", 5)
    check(server_events.SessionCreated(echo).wire("event_1"))
    assert echo["object"] == "realtime.transcription_session"


CLIENT_SAMPLES: dict[str, dict[str, Any]] = {
    "conversation.item.create": {"item": message("Hello."), "previous_item_id": "root"},
    "conversation.item.delete": {"item_id": "item_1"},
    "conversation.item.retrieve": {"item_id": "item_1"},
    "conversation.item.truncate": {"item_id": "item_1", "content_index": 0, "audio_end_ms": 5},
    "input_audio_buffer.append": {"audio": encoded(10)},
    "input_audio_buffer.clear": {},
    "input_audio_buffer.commit": {},
    "output_audio_buffer.clear": {},
    "response.cancel": {"response_id": "resp_1"},
    "response.create": {"response": {"conversation": "none", "metadata": {"a": "b"}, "input": [message("Hi.")]}},
    "session.update": {"session": {"type": "realtime"}},
}


def test_the_eleven_events_of_clients_are_known() -> None:
    assert set(client_models()) == CLIENT_EVENTS == set(CLIENT_SAMPLES)


@pytest.mark.parametrize("kind", sorted(CLIENT_SAMPLES))
def test_an_event_of_a_client_is_read_with_all_its_fields(kind: str) -> None:
    raw = {"type": kind, "event_id": "mine", **CLIENT_SAMPLES[kind]}
    client_models()[kind].model_validate(raw, strict=True)
    event = read_client_event(raw, "webrtc")
    assert set(type(event).model_fields) == set(client_models()[kind].model_fields)
    assert event.event_id == "mine"


ITEMS: list[dict[str, Any]] = [
    message("Be brief.", "system"),
    message("Hello.", "assistant"),
    {"type": "message", "role": "user", "content": [{"type": "input_audio", "audio": encoded(5), "transcript": "Hi."}]},
    {
        "type": "message",
        "role": "user",
        "content": [{"type": "input_image", "image_url": "data:image/png;base64,AA", "detail": "low"}],
    },
    {"type": "function_call", "name": "f", "arguments": "{}", "call_id": "call_9", "status": "completed"},
    {"type": "mcp_approval_request", "id": "m1", "server_label": "s", "name": "n", "arguments": "{}"},
    {"type": "mcp_approval_response", "id": "m2", "approval_request_id": "m1", "approve": True},
    {"type": "mcp_list_tools", "id": "m3", "server_label": "s", "tools": [{"name": "n", "input_schema": {}}]},
    {"type": "mcp_call", "id": "m4", "server_label": "s", "name": "n", "arguments": "{}", "output": "ok"},
]


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.get("role", item["type"]))
def test_every_kind_of_item_comes_back_as_the_official_client_reads_it(item: dict[str, Any]) -> None:
    from tests.realtime.protocol.talking import Talk, types

    talk = Talk()
    events = talk.client("conversation.item.create", item=item)
    assert types(events) == ["conversation.item.added", "conversation.item.done"]
    told = events[0]["item"]
    for key in item.keys() - {"content", "status"}:
        assert told[key] == item[key]
