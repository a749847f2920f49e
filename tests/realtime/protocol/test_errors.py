"""Every code that a client can meet: what it takes, what it says, and that the session goes on."""

from __future__ import annotations

from typing import Any

import pytest

from realtime.protocol import audio
from realtime.protocol.effects import CancelGeneration, Close, Send
from realtime.protocol.errors import CODES, MEANINGS
from realtime.protocol.session import refuse_beta
from tests.realtime.protocol.talking import UNIX, Talk, encoded, ids, message, types
from tests.realtime.protocol.wire_check import check

Case = tuple[str, str, dict[str, Any], str | None]
REFUSED: list[Case] = [
    ("unknown_parameter", "session.update", {"session": {"type": "realtime", "x": 1}}, "session.x"),
    (
        "unknown_parameter",
        "session.update",
        {"session": {"type": "realtime", "temperature": 0.8}},
        "session.temperature",
    ),
    ("unknown_parameter", "response.create", {"response": {"modalities": ["text"]}}, "response.modalities"),
    ("unknown_parameter", "input_audio_buffer.append", {"audio": "AAAA", "rate": 1}, "rate"),
    ("missing_required_parameter", "session.update", {"session": {}}, "session.type"),
    ("missing_required_parameter", "session.update", {}, "session"),
    ("missing_required_parameter", "conversation.item.create", {"item": {"type": "message"}}, "item.role"),
    ("missing_required_parameter", "input_audio_buffer.append", {}, "audio"),
    ("invalid_value", "session.close.now", {}, "type"),
    ("invalid_value", "output_audio_buffer.clear", {}, "type"),
    ("invalid_value", "session.update", {"session": {"type": "chat"}}, "session.type"),
    ("invalid_value", "input_audio_buffer.append", {"audio": "not base64!"}, "audio"),
    ("invalid_value", "input_audio_buffer.append", {"audio": ""}, "audio"),
    ("invalid_value", "response.create", {"response": {"conversation": "other"}}, "response.conversation"),
    (
        "invalid_value",
        "conversation.item.create",
        {"item": {"type": "message", "role": "assistant", "content": [{"type": "output_audio", "audio": "AA"}]}},
        "item.content[0].type",
    ),
    (
        "invalid_value",
        "conversation.item.create",
        {"item": {"type": "message", "role": "user", "content": [{"type": "input_audio", "audio": "?"}]}},
        "item.content[0].audio",
    ),
    ("invalid_type", "session.update", {"session": {"type": "realtime", "instructions": 5}}, "session.instructions"),
    ("invalid_type", "session.update", {"session": "realtime"}, "session"),
    (
        "integer_below_min_value",
        "session.update",
        {"session": {"type": "realtime", "max_output_tokens": 0}},
        "session.max_output_tokens",
    ),
    (
        "integer_above_max_value",
        "response.create",
        {"response": {"max_output_tokens": 5000}},
        "response.max_output_tokens",
    ),
    (
        "decimal_above_max_value",
        "session.update",
        {"session": {"type": "realtime", "audio": {"output": {"speed": 2.0}}}},
        "session.audio.output.speed",
    ),
    (
        "decimal_below_min_value",
        "session.update",
        {"session": {"type": "realtime", "audio": {"output": {"speed": 0.1}}}},
        "session.audio.output.speed",
    ),
    ("string_above_max_length", "response.create", {"response": {"metadata": {"k" * 65: "v"}}}, None),
    ("response_cancel_not_active", "response.cancel", {}, None),
    ("input_audio_buffer_commit_empty", "input_audio_buffer.commit", {}, None),
    ("item_retrieve_invalid_item_id", "conversation.item.retrieve", {"item_id": "item_x"}, "item_id"),
    ("item_delete_invalid_item_id", "conversation.item.delete", {"item_id": "item_x"}, "item_id"),
    (
        "item_truncate_invalid_item_id",
        "conversation.item.truncate",
        {"item_id": "item_x", "content_index": 0, "audio_end_ms": 0},
        "item_id",
    ),
    (
        "item_create_invalid_previous_item_id",
        "conversation.item.create",
        {"item": message("Hi."), "previous_item_id": "item_x"},
        "previous_item_id",
    ),
    (
        "invalid_tool_call_id",
        "conversation.item.create",
        {"item": {"type": "function_call_output", "call_id": "call_x", "output": ""}},
        None,
    ),
    (
        "item_reference_invalid_item_id",
        "response.create",
        {"response": {"input": [{"type": "item_reference", "id": "item_x"}]}},
        "response.input[0].id",
    ),
]


@pytest.mark.parametrize(("code", "kind", "fields", "param"), REFUSED)
def test_a_bad_event_gets_its_code_and_its_place_and_the_session_goes_on(
    code: str, kind: str, fields: dict[str, Any], param: str | None
) -> None:
    talk = Talk()
    error = talk.error(kind, **fields)
    assert error["code"] == code
    assert error["type"] == "invalid_request_error"
    assert param is None or error["param"] == param
    assert types(talk.update(instructions="Be brief.")) == ["session.updated"]


def test_errors_speak_as_the_service_does() -> None:
    talk = Talk()
    assert talk.error("session.update", session={"type": "realtime", "x": 1})["message"] == (
        "Unknown parameter: 'session.x'."
    )
    assert talk.error("session.update", session={})["message"] == "Missing required parameter: 'session.type'."
    assert talk.error("response.cancel")["message"] == "Cancellation failed: no active response found"
    assert talk.error("conversation.item.delete", item_id="yo")["message"] == (
        "Error deleting item: the item with id 'yo' does not exist."
    )
    talk.take(talk.session.audio_in(24 * 50, talk.now))
    assert talk.error("input_audio_buffer.commit")["message"] == (
        "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, "
        "but buffer only has 50.00ms of audio."
    )
    talk.client("response.create")
    assert talk.error("response.create")["message"] == (
        f"Conversation already has an active response in progress: {talk.response_id}. "
        "Wait until the response is finished before creating a new one."
    )


def test_the_supported_events_are_listed_by_transport() -> None:
    socket, call = Talk().error("no.such"), Talk(transport="webrtc").error("no.such")
    for name in ("session.close", "transcription_session.update", "response.create"):
        assert f"'{name}'" in socket["message"]
    assert "output_audio_buffer.clear" not in socket["message"]
    assert "output_audio_buffer.clear" in call["message"]


def test_a_refused_update_changes_nothing() -> None:
    talk = Talk()
    before = talk.session.config
    talk.error(
        "session.update", session={"type": "realtime", "instructions": "new", "audio": {"output": {"voice": "bob"}}}
    )
    assert talk.session.config == before


@pytest.mark.parametrize("text", ["", "{", "[]", "5", '"hello"', "nul", "\x00", '{"type": NaN', "[" * 100_000])
def test_what_is_not_a_json_object_is_refused(text: str) -> None:
    talk = Talk()
    (event,) = talk.take(talk.session.receive(text, talk.now))
    assert event["error"]["code"] == "invalid_json"


@pytest.mark.parametrize("value", ["\ud800", float("nan"), object()])
def test_what_could_not_be_written_back_is_refused(value: Any) -> None:
    talk = Talk()
    error = talk.error("session.update", session={"type": "realtime", "tracing": {"metadata": {"key": value}}})
    assert error["code"] in {"invalid_json", "invalid_value", "invalid_type"}


def test_a_type_has_to_be_there_and_a_string() -> None:
    talk = Talk()
    (missing,) = talk.take(talk.session.receive({}, talk.now))
    assert (missing["error"]["code"], missing["error"]["param"]) == ("missing_required_parameter", "type")
    (wrong,) = talk.take(talk.session.receive({"type": 5, "event_id": 7}, talk.now))
    assert (wrong["error"]["code"], wrong["error"]["event_id"]) == ("invalid_type", None)


def test_fifteen_mebibytes_may_be_appended_and_not_more() -> None:
    talk = Talk()
    assert talk.client("input_audio_buffer.append", audio=encoded(audio.MOST_APPENDED // 48)) == []
    assert talk.error("input_audio_buffer.append", audio=encoded(audio.MOST_APPENDED // 48 + 1))["code"] == (
        "string_above_max_length"
    )


def test_a_message_beyond_all_bounds_is_not_even_read() -> None:
    talk = Talk()
    (event,) = talk.take(talk.session.receive("x" * (24 * 1024 * 1024 + 1), talk.now))
    assert event["error"]["code"] == "string_above_max_length"


def test_sound_in_events_is_refused_where_a_track_carries_it() -> None:
    assert Talk(transport="webrtc").error("input_audio_buffer.append", audio=encoded(20))["code"] == (
        "invalid_event_for_transport"
    )


def test_an_item_has_one_id() -> None:
    talk = Talk()
    talk.client("conversation.item.create", item={**message("Hi."), "id": "item_a"})
    assert talk.error("conversation.item.create", item={**message("Hi."), "id": "item_a"})["code"] == (
        "item_create_duplicate_item_id"
    )
    announced = talk.listen(40, voice=True)[0]["item_id"]
    assert talk.error("conversation.item.create", item={**message("Hi."), "id": announced})["code"] == (
        "item_create_duplicate_item_id"
    )


def test_only_the_spoken_is_truncated_and_only_to_less_than_it_was() -> None:
    talk = Talk()
    typed = talk.client("conversation.item.create", item=message("Hi."))[0]["item"]["id"]
    cut = {"content_index": 0, "audio_end_ms": 0}
    assert talk.error("conversation.item.truncate", item_id=typed, **cut)["code"] == "unsupported_content_type"
    talk.client("response.create")
    spoken = talk.speak(ms=500)[0]["item"]["id"]
    talk.done()
    late = talk.error("conversation.item.truncate", item_id=spoken, content_index=0, audio_end_ms=501)
    assert late["message"] == "Audio content of 500ms is already shorter than 501ms"
    assert talk.error("conversation.item.truncate", item_id=spoken, content_index=1, audio_end_ms=1)["param"] == (
        "content_index"
    )
    assert types(talk.client("conversation.item.truncate", item_id=spoken, content_index=0, audio_end_ms=500)) == [
        "conversation.item.truncated"
    ]


def test_the_voice_may_change_until_it_was_heard() -> None:
    talk = Talk()
    assert talk.update(audio={"output": {"voice": "cedar"}})[0]["session"]["audio"]["output"]["voice"] == "cedar"
    talk.client("response.create")
    talk.speak()
    talk.done()
    before = talk.session.config
    late = {"type": "realtime", "instructions": "new", "audio": {"output": {"voice": "marin"}}}
    assert talk.error("session.update", session=late)["code"] == "cannot_update_voice"
    assert talk.session.config == before, "nothing of the update was taken"
    assert types(talk.update(audio={"output": {"voice": "cedar"}})) == ["session.updated"], (
        "the same voice is no change"
    )
    asked = {"audio": {"output": {"voice": "marin"}}}
    assert talk.error("response.create", response=asked)["code"] == "cannot_update_voice"


def test_a_flood_of_questions_is_refused_one_by_one_and_leaves_nothing() -> None:
    talk = Talk(most_parallel=3)
    for _ in range(50):
        talk.client("response.create")
        talk.client("response.create", response={"conversation": "none", "input": []})
    created = [event for event in talk.all if event["type"] == "response.created"]
    codes = [event["error"]["code"] for event in talk.all if event["type"] == "error"]
    assert len(created) == 4
    assert codes.count("conversation_already_has_active_response") == 49
    assert codes.count("too_many_active_responses") == 47
    talk.take(talk.session.stop(talk.now))
    assert sum(event["type"] == "response.done" for event in talk.all) == 4


def test_a_transcription_update_is_not_for_a_session_that_talks() -> None:
    talk = Talk()
    for error in (
        talk.error("transcription_session.update", session={}),
        talk.error("session.update", session={"type": "transcription"}),
    ):
        assert error["message"] == (
            "Passing a transcription session update event to a realtime session is not allowed."
        )
        assert error["code"] is None


def test_after_an_hour_the_session_expires_and_closes() -> None:
    talk = Talk()
    assert talk.greeting[0]["session"]["expires_at"] == int(UNIX) + 3600
    talk.client("response.create")
    talk.speak()
    deadline = talk.session.next_deadline()
    assert deadline == talk.now + 3600
    assert talk.wait(3599) == []
    events = talk.wait(1)
    assert types(events)[-2:] == ["response.done", "error"]
    assert events[-1]["error"]["code"] == "session_expired"
    assert events[-1]["error"]["message"] == "Your session hit the maximum duration of 60 minutes."
    assert talk.last(Close) == talk.effects[-1]
    assert talk.last(CancelGeneration).response_id == talk.response_id
    assert talk.session.closed
    assert talk.client("response.create") == talk.wait(5) == talk.listen(100, voice=True) == []
    assert talk.session.next_deadline() is None


def test_the_beta_is_refused_with_its_code_and_4000() -> None:
    said, closed = refuse_beta(ids(), UNIX)
    assert isinstance(said, Send)
    check(said.event)
    assert said.event["error"]["code"] == "beta_api_shape_disabled"
    assert closed == Close(4000, "beta_api_shape_disabled")


def test_a_client_may_close_the_session() -> None:
    talk = Talk()
    talk.client("response.create")
    assert types(talk.client("session.close")) == ["response.done"]
    assert talk.last(Close).code == 1000
    assert talk.session.closed


def test_every_code_has_a_meaning() -> None:
    assert set(MEANINGS) == set(CODES)
    tried = {code for code, *_ in REFUSED}
    elsewhere = {
        "beta_api_shape_disabled",
        "cannot_update_voice",
        "conversation_already_has_active_response",
        "invalid_event_for_transport",
        "invalid_json",
        "item_create_duplicate_item_id",
        "session_expired",
        "too_many_active_responses",
        "unsupported_content_type",
    }
    assert tried | elsewhere == set(CODES), "a code without a test"
