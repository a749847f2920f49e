"""The session object: defaults, updates, echoes."""

from __future__ import annotations

from typing import Any, cast

import pytest

from realtime.protocol.audio_config import SemanticVad, ServerVad
from realtime.protocol.config import RealtimeConfig, read_session, updated
from realtime.protocol.errors import ProtocolError
from tests.realtime.protocol.talking import Talk

DEFAULTS: dict[str, Any] = {
    "object": "realtime.session",
    "id": "sess_1",
    "expires_at": 5,
    "type": "realtime",
    "model": "gpt-realtime",
    "output_modalities": ["audio"],
    "instructions": "Be brief.",
    "tools": [],
    "tool_choice": "auto",
    "max_output_tokens": "inf",
    "tracing": None,
    "truncation": "auto",
    "prompt": None,
    "include": None,
    "audio": {
        "input": {
            "format": {"type": "audio/pcm", "rate": 24000},
            "transcription": None,
            "noise_reduction": None,
            "turn_detection": {
                "type": "server_vad",
                "threshold": 0.5,
                "prefix_padding_ms": 300,
                "silence_duration_ms": 200,
                "idle_timeout_ms": None,
                "create_response": True,
                "interrupt_response": True,
            },
        },
        "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "alloy", "speed": 1.0},
    },
}


def change(current: RealtimeConfig, *, spoken: bool = False, **session: Any) -> RealtimeConfig:
    config = updated(current, {"type": "realtime", **session}, spoken=spoken, default_instructions="Ours.")
    assert isinstance(config, RealtimeConfig)
    return config


def listening(**fields: Any) -> dict[str, Any]:
    return {"audio": {"input": fields}}


def test_defaults_are_those_of_the_wire() -> None:
    assert RealtimeConfig(instructions="Be brief.").echo("sess_1", 5) == DEFAULTS


def test_only_what_is_given_changes() -> None:
    config = change(RealtimeConfig(), instructions="New.", **listening(transcription={"model": "whisper-1"}))
    echo = config.echo("sess_1", 5)
    assert echo["audio"]["input"]["transcription"] == {"model": "whisper-1", "language": None, "prompt": None}
    assert echo["audio"]["input"]["turn_detection"] == DEFAULTS["audio"]["input"]["turn_detection"]
    assert (echo["instructions"], echo["model"]) == ("New.", "gpt-realtime")


def test_empty_instructions_bring_back_the_default_ones() -> None:
    assert change(RealtimeConfig(instructions="x"), instructions="").instructions == "Ours."


def test_the_model_of_an_update_has_no_effect() -> None:
    assert change(RealtimeConfig(), model="gpt-realtime-2.1").model == "gpt-realtime"


def test_turn_detection_can_be_switched_off_and_on_and_to_another_kind() -> None:
    off = change(RealtimeConfig(), **listening(turn_detection=None))
    assert off.audio.input.turn_detection is None
    on = change(off, **listening(turn_detection={"type": "server_vad", "threshold": 0.9}))
    assert on.audio.input.turn_detection == ServerVad(threshold=0.9)
    same = change(on, **listening(turn_detection={"type": "server_vad", "idle_timeout_ms": 5000}))
    assert same.audio.input.turn_detection == ServerVad(threshold=0.9, idle_timeout_ms=5000)
    semantic = change(same, **listening(turn_detection={"type": "semantic_vad", "eagerness": "low"}))
    assert semantic.audio.input.turn_detection == SemanticVad(type="semantic_vad", eagerness="low")
    assert "idle_timeout_ms" not in semantic.echo("s", 0)["audio"]["input"]["turn_detection"]


def test_noise_reduction_keeps_its_strength_unless_told_otherwise() -> None:
    strong = change(RealtimeConfig(), **listening(noise_reduction={"type": "near_field", "strength": 0.5}))
    assert change(strong, **listening(noise_reduction={"type": "far_field"})).wire()["audio"]["input"][
        "noise_reduction"
    ] == {"type": "far_field", "strength": 0.5}
    assert change(strong, **listening(noise_reduction=None)).audio.input.noise_reduction is None


def test_null_where_none_may_stand_leaves_things_alone() -> None:
    given = RealtimeConfig(instructions="x", max_output_tokens=5)
    assert change(given, instructions=None, tools=None, max_output_tokens=None) == given


@pytest.mark.parametrize(
    ("session", "param"),
    [
        (listening(turn_detection={"type": "semantic_vad", "idle_timeout_ms": 5000}), "turn_detection.idle_timeout_ms"),
        (listening(turn_detection={"type": "server_vad", "idle_timeout_ms": 100}), "turn_detection.idle_timeout_ms"),
        (listening(turn_detection={"silence_duration_ms": 5}), "turn_detection.type"),
        (listening(format={"type": "audio/opus"}), "format.type"),
        (listening(format={"type": "audio/pcm", "rate": 16000}), "format.rate"),
        ({"output_modalities": ["audio", "text"]}, "output_modalities"),
        ({"output_modalities": []}, "output_modalities"),
        ({"tools": [{"type": "function"}]}, "tools[0].name"),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
        ({"tool_choice": "sometimes"}, "tool_choice"),
        ({"tool_choice": {"type": "function"}}, "tool_choice.name"),
        ({"truncation": {"type": "retention_ratio", "retention_ratio": 2.0}}, "truncation.retention_ratio"),
        ({"include": ["everything"]}, "include[0]"),
        ({"audio": {"output": {"voice": "bob"}}}, "audio.output.voice"),
        ({"turn_detection": None}, "turn_detection"),
        ({"voice": "alloy"}, "voice"),
    ],
)
def test_what_a_session_cannot_be_is_refused_by_its_path(session: dict[str, Any], param: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        change(RealtimeConfig(), **session)
    assert caught.value.param is not None
    assert caught.value.param.endswith(param)


@pytest.mark.parametrize(
    "session",
    [
        {"tool_choice": {"type": "function", "name": "f"}},
        {"tool_choice": {"type": "mcp", "server_label": "s"}},
        {"tools": [{"type": "function", "name": "f", "description": "d", "parameters": {"type": "object"}}]},
        {
            "tools": [
                {"type": "mcp", "server_label": "s", "server_url": "https://example.com", "require_approval": "never"}
            ]
        },
        {"tracing": "auto"},
        {"tracing": {"workflow_name": "w", "group_id": "g", "metadata": {"a": 1}}},
        {"truncation": "disabled"},
        {"truncation": {"type": "retention_ratio", "retention_ratio": 0.8, "token_limits": {"post_instructions": 9}}},
        {"reasoning": {"effort": "low"}, "parallel_tool_calls": False},
        {"max_output_tokens": 4096},
        {"include": ["item.input_audio_transcription.logprobs"]},
        {
            "audio": {
                "input": {"format": {"type": "audio/pcmu"}},
                "output": {"format": {"type": "audio/pcma"}, "speed": 1.5},
            }
        },
    ],
)
def test_what_a_session_may_be_is_echoed(session: dict[str, Any]) -> None:
    talk = Talk()
    (event,) = talk.update(**session)

    def inside(given: Any, told: Any) -> bool:
        if isinstance(given, dict):
            return all(inside(value, told[key]) for key, value in cast("dict[str, Any]", given).items())
        return given == told

    assert inside(session, event["session"])


def test_a_live_transcriber_knows_no_turns() -> None:
    live = {"type": "transcription", "audio": {"input": {"transcription": {"model": "gpt-realtime-whisper"}}}}
    before = read_session({"type": "transcription"})
    config = updated(before, live, spoken=False, default_instructions="")
    assert config.audio.input.turn_detection is None
    live["audio"]["input"]["turn_detection"] = {"type": "server_vad", "threshold": 0.3}  # type: ignore[index]
    with pytest.raises(ProtocolError, match="not supported"):
        updated(before, live, spoken=False, default_instructions="")


def test_python_clients_of_the_agents_sdk_are_understood() -> None:
    talk = Talk()
    (event,) = talk.update(
        model="gpt-realtime-2.1",
        instructions="You are helpful.",
        tools=[],
        output_modalities=["audio"],
        audio={
            "input": {
                "format": {"type": "audio/pcm", "rate": 24000},
                "transcription": {"model": "gpt-4o-mini-transcribe"},
                "turn_detection": {"type": "semantic_vad", "interrupt_response": True},
            },
            "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "ash"},
        },
    )
    assert event["type"] == "session.updated"
    assert talk.update(tracing="auto")[0]["session"]["tracing"] == "auto"
