"""What real clients reject (found by running them against a stub): the core must never send it."""

from __future__ import annotations

from typing import Any

from tests.realtime.protocol.talking import Talk, message


def a_whole_talk(transport: str) -> list[dict[str, Any]]:
    """A talk with a bit of everything."""
    talk = Talk({"audio": {"input": {"transcription": {"model": "gpt-4o-transcribe"}}}}, transport=transport)
    talk.turn()
    talk.transcribed("What is the weather?")
    talk.speak("One moment.", 500)
    talk.call("get_weather", '{"city": "London"}')
    talk.played(100)
    talk.done()
    talk.silent()
    talk.client("conversation.item.create", item=message("And tomorrow?"))
    talk.client("response.create", response={"audio": {"output": {"format": {"type": "audio/pcmu"}}}})
    talk.speak("It will", 2000)
    talk.played(500)
    talk.turn()
    talk.take(talk.session.transcription_failed(talk.all[-2]["item"]["id"], "noise", talk.now))
    for item in [event["item"]["id"] for event in talk.all if event["type"] == "conversation.item.done"]:
        talk.client("conversation.item.retrieve", item_id=item)
    talk.done()
    return talk.all


TALK = [*a_whole_talk("websocket"), *a_whole_talk("webrtc")]


def of(kind: str) -> list[dict[str, Any]]:
    found = [event for event in TALK if event["type"] == kind]
    assert found, f"the talk has no {kind}"
    return found


def test_every_event_has_an_id_of_its_own() -> None:
    for transport in ("websocket", "webrtc"):
        names = [event["event_id"] for event in a_whole_talk(transport)]
        assert len(set(names)) == len(names)


def test_a_transcription_always_tells_its_usage() -> None:
    for event in of("conversation.item.input_audio_transcription.completed"):
        assert event["usage"]["type"] == "tokens"
        assert event["usage"]["input_token_details"]["audio_tokens"] > 0


def test_the_arguments_of_a_call_always_come_with_its_name() -> None:
    assert {event["name"] for event in of("response.function_call_arguments.done")} == {"get_weather"}


def test_parts_are_of_type_text_or_audio_though_contents_are_not() -> None:
    for event in [*of("response.content_part.added"), *of("response.content_part.done")]:
        assert event["part"]["type"] in {"text", "audio"}
    for event in of("response.output_item.done"):
        assert {part["type"] for part in event["item"].get("content", ())} <= {"output_text", "output_audio"}


def test_speech_is_told_in_whole_milliseconds_with_its_item() -> None:
    for event in of("input_audio_buffer.speech_started"):
        assert isinstance(event["audio_start_ms"], int)
        assert event["item_id"].startswith("item_")


def test_playback_always_names_its_response() -> None:
    for kind in ("started", "stopped", "cleared"):
        for event in of(f"output_audio_buffer.{kind}"):
            assert event["response_id"].startswith("resp_")
            assert len(event["event_id"]) == len("event_") + 16


def test_a_session_always_tells_its_type() -> None:
    assert {event["session"]["type"] for event in of("session.created")} == {"realtime"}


def test_retrieved_contents_are_of_the_types_of_ga() -> None:
    kinds = {part["type"] for event in of("conversation.item.retrieved") for part in event["item"].get("content", ())}
    assert kinds == {"input_audio", "input_text", "output_audio"}


def test_the_voice_of_a_response_is_a_string_even_where_the_session_has_an_object() -> None:
    talk = Talk({"audio": {"output": {"voice": {"id": "voice_123"}}}})
    (created,) = talk.client("response.create")
    assert created["response"]["audio"]["output"]["voice"] == "voice_123"
    assert talk.greeting[0]["session"]["audio"]["output"]["voice"] == {"id": "voice_123"}


def test_a_response_always_tells_its_usage() -> None:
    for event in of("response.done"):
        assert event["response"]["usage"]["total_tokens"] > 0
        assert event["response"]["usage"]["input_token_details"]["cached_tokens_details"]


def test_sound_is_never_sent_as_events_over_webrtc_nor_playback_over_a_socket() -> None:
    socket = {event["type"] for event in a_whole_talk("websocket")}
    call = {event["type"] for event in a_whole_talk("webrtc")}
    assert "response.output_audio.delta" in socket - call
    assert {kind for kind in socket ^ call if "delta" not in kind} == {
        "conversation.item.truncated",
        "output_audio_buffer.cleared",
        "output_audio_buffer.started",
        "output_audio_buffer.stopped",
    }


def test_a_sideband_sees_everything_but_sound_and_greeting() -> None:
    from realtime.protocol.state import mirrored

    hidden = {event["type"] for event in TALK if not mirrored(event)}
    assert hidden == {"response.output_audio.delta", "session.created"}


def test_deltas_are_padded_to_whole_sixteens() -> None:
    for event in TALK:
        if "obfuscation" in event:
            assert (len(event["delta"]) + len(event["obfuscation"])) % 16 == 0
