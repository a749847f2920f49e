"""Recorded traffic against the core: the same client events in, the same server events out, in the same order.

What is made alike before comparing, and nothing else:
* identifiers: a bijection between theirs and ours, checked for being one;
* `obfuscation`: its length has to be the same, its letters not;
* sound: the recordings cut it to a few bytes, so ours is as long as the recorded milliseconds demand;
* Azure's `content`, a copy of `part` in `response.content_part.*`, is dropped.
Chunking of deltas, transcripts and usage are handed to the core as recorded and have to come out so. Client events are
delivered when the recording shows their first effect: the recorder stood at the client, and the network lay between.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any, cast

import pytest

from realtime.protocol.config import read_session
from realtime.protocol.effects import Send
from realtime.protocol.ids import call_id_of, created_at
from realtime.protocol.provider_events import XAI
from realtime.protocol.session import RealtimeSession
from realtime.protocol.state import Options, mirrored
from realtime.protocol.transcript import Transcript
from realtime.protocol.usage import Usage
from tests.realtime.protocol.talking import encoded, ids
from tests.realtime.protocol.traces import TALKS, interactions, messages
from tests.realtime.protocol.wire_check import check

if TYPE_CHECKING:
    from collections.abc import Iterable

    from realtime.protocol.effects import Effect

Event = dict[str, Any]
_ID = re.compile(r"^(event|item|resp|conv|sess|call)_\w+$")
_FRAME_MS = 8
_APPENDED_MS = 88
_SOUND_MS = 50


def everything(_event: Event) -> bool:
    return True


class Replay:
    """The core, driven by a recording."""

    def __init__(self, name: str) -> None:
        self.sent = messages(name, "sent")
        self.received = messages(name, "received")
        first = next(event["session"] for event in self.received if "session" in event)
        asked = next(event["session"] for event in self.sent if event["type"] == "session.update")
        sideband = "sideband" in name
        self.default = first["instructions"]
        config = read_session(asked if sideband else {"type": "realtime", "instructions": self.default})
        transport = "webrtc" if sideband else "websocket"
        options = Options(transport=transport, default_instructions=self.default, answers_from_audio=True)
        self.sees = mirrored if sideband else everything
        self.session = RealtimeSession(ids(), first["expires_at"] - 3600, config, options)
        self.ours: list[Event] = []
        self.names: dict[str, str] = {}
        self.at_ms = 0
        self.take(self.session.start(0.0))

    def take(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Send) and self.sees(effect.event):
                check(effect.event)
                self.ours.append(effect.event)

    def run(self) -> list[Event]:
        """Our events, one for each recorded one."""
        for place, expected in enumerate(self.received):
            while len(self.ours) <= place:
                before = len(self.ours)
                self.cause(place, expected)
                assert len(self.ours) > before or self.sent, f"nothing causes {expected['type']}"
        assert len(self.ours) == len(self.received), [event["type"] for event in self.ours[len(self.received) :]]
        return self.ours

    def cause(self, place: int, expected: Event) -> None:
        """Whatever made the service send this."""
        kind = expected["type"]
        if kind.startswith("input_audio_buffer.speech"):
            self.hear(expected)
        elif kind.startswith("conversation.item.input_audio_transcription"):
            self.transcribe(expected)
        elif kind.startswith("response.") and kind != "response.created":
            self.answer(place, expected)
        else:
            self.take(self.session.receive(self.deliver(), 0.0))

    def deliver(self) -> Event:
        event = self.sent.pop(0)
        return {**event, "audio": encoded(_APPENDED_MS)} if event["type"] == "input_audio_buffer.append" else event

    def hear(self, expected: Event) -> None:
        """The voice that explains the recorded milliseconds."""
        while self.sent:
            self.take(self.session.receive(self.deliver(), 0.0))
        marks = {event["type"]: event for event in self.received if event["type"].startswith("input_audio_buffer.sp")}
        begins = marks["input_audio_buffer.speech_started"]["audio_start_ms"] + 300
        ends = marks["input_audio_buffer.speech_stopped"]["audio_end_ms"] - 200
        before = len(self.ours)
        while len(self.ours) == before:
            self.at_ms += _FRAME_MS
            self.take(self.session.voice_activity(self.at_ms, begins < self.at_ms <= ends, 0.0))
            assert self.at_ms < 60_000, expected

    def transcribe(self, expected: Event) -> None:
        session, item_id = self.session, self.ours_of(expected["item_id"])
        if expected["type"].endswith("delta"):
            self.take(session.transcription_delta(item_id, expected["delta"], 0.0))
        else:
            self.take(session.transcription_completed(item_id, expected["transcript"], 0.0))

    def answer(self, place: int, expected: Event) -> None:
        """What the model said next."""
        kind = expected["type"].removeprefix("response.")
        response_id = self.ours_of(next(e["response"]["id"] for e in self.received[place::-1] if "response" in e))
        if kind == "output_item.added":
            place, expected = next(
                (index, event)
                for index, event in enumerate(self.received)
                if index > place and event["type"].endswith(".delta") and "response_id" in event
            )
            kind = expected["type"].removeprefix("response.")
        if kind == "output_audio.delta":
            assert base64.b64decode(expected["delta"])
            self.take(self.session.audio_chunk(response_id, b"\0\0", _SOUND_MS, 0.0))
        elif kind in {"output_text.delta", "output_audio_transcript.delta"}:
            self.take(self.session.text_delta(response_id, expected["delta"], 0.0))
        elif kind.startswith("function_call_arguments"):
            self.call(place, response_id, expected)
        else:
            done = next(event for event in self.received[place:] if event["type"] == "response.done")
            self.take(self.session.generation_done(response_id, 0.0, usage=usage(done["response"]["usage"])))

    def call(self, place: int, response_id: str, expected: Event) -> None:
        name = next(event["name"] for event in self.received[place:] if event["type"].endswith("arguments.done"))
        more = expected["type"].endswith("delta")
        arguments = expected["delta"] if more else ""
        call_id = expected["call_id"]
        self.take(self.session.function_call(response_id, name, arguments, 0.0, call_id=call_id, more=more))

    def ours_of(self, theirs: str) -> str:
        """Our name for an identifier of theirs, learned from the events so far."""
        for expected, event in zip(self.received, self.ours, strict=False):
            learn(expected, event, self.names)
        return self.names[theirs]


def usage(wire: Event) -> Usage:
    into, out = wire["input_token_details"], wire["output_token_details"]
    return Usage(
        into["text_tokens"], into["audio_tokens"], out["text_tokens"], out["audio_tokens"], into["cached_tokens"]
    )


def learn(theirs: Any, ours: Any, names: dict[str, str]) -> None:
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key, value in cast("Event", theirs).items():
            learn(value, cast("Event", ours).get(key), names)
    elif isinstance(theirs, list) and isinstance(ours, list):
        for one, other in zip(cast("list[Any]", theirs), cast("list[Any]", ours), strict=False):
            learn(one, other, names)
    elif isinstance(theirs, str) and isinstance(ours, str) and _ID.match(theirs):
        names.setdefault(theirs, ours)


def alike(value: Any, names: dict[str, str], key: str = "") -> Any:
    """What is left to compare of a recorded value, in our names."""
    if isinstance(value, dict):
        return {name: alike(each, names, name) for name, each in cast("Event", value).items()}
    if isinstance(value, list):
        return [alike(each, names) for each in cast("list[Any]", value)]
    if key == "obfuscation":
        return len(value)
    return names.get(value, value) if isinstance(value, str) else value


def comparable(event: Event, names: dict[str, str]) -> Event:
    plain = alike(event, names)
    if event["type"] == "response.output_audio.delta":
        plain["delta"] = "sound"
    if event["type"].startswith("response.content_part."):
        plain.pop("content", None)
    return plain


@pytest.mark.parametrize("name", TALKS)
def test_a_recorded_talk_comes_out_of_the_core_event_by_event(name: str) -> None:
    replay = Replay(name)
    ours = replay.run()
    replay.ours_of(next(event["event_id"] for event in replay.received))
    assert len(set(replay.names.values())) == len(replay.names), "two of their ids are one of ours"
    for theirs, event in zip(replay.received, ours, strict=True):
        assert comparable(event, {}) == comparable(theirs, replay.names)


EXPECTED = {
    "azure_ws--text_in_audio_out_turn": "User: Say a short greeting.\nAI: Hello there! Great to meet you!",
    "openai_ws--audio_in_server_vad_turn": (
        "User: Hello, my name is Marcelo.\nAI: Hello, Marcelo! Great to meet you. How can I help you today?"
    ),
    "openai_ws--message_history_seeding": (
        "User: My name is Alice and my favorite color is teal.\nAI: Nice to meet you, Alice!\n"
        "User: What is my name and favorite color?\nAI: Your name is Alice, and your favorite color is teal!"
    ),
    "openai_ws--tool_call_round": "User: What is the weather in London?\nAI: It is foggy and 12 degrees in London.",
    "openai_ws_sideband--webrtc_sideband_text_turn": "User: Say hello.\nAI: Hello there!",
    "xai_ws--audio_in_server_vad_turn": (
        "User: Hello, my name is Marcelo.\nAI: Hello Marcelo! Nice to meet you. How can I help you today?"
    ),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_recorded_talk_folds_into_its_transcript(name: str) -> None:
    transcript = Transcript(XAI) if name.startswith("xai") else Transcript()
    for event in messages(name, "received"):
        transcript.apply(event, 1.0)
    assert transcript.text == EXPECTED[name]
    assert {entry.status for entry in transcript.entries} == {"final"}


@pytest.mark.parametrize("name", TALKS)
def test_our_own_events_fold_into_the_same_transcript(name: str) -> None:
    theirs, ours = Transcript(), Transcript()
    replay = Replay(name)
    for event in replay.received:
        theirs.apply(event, 1.0)
    for event in replay.run():
        ours.apply(event, 1.0)
    assert ours.text == theirs.text


def test_a_recorded_client_secret_echoes_the_session_that_was_asked_for() -> None:
    exchange = interactions("webrtc--create_client_secret")[0]
    asked = exchange["request"]["parsed_body"]["session"]
    echoed = exchange["response"]["parsed_body"]["session"]
    assert read_session(asked).echo(echoed["id"], 0) == echoed


def test_recorded_identifiers_tell_the_second_of_their_creation() -> None:
    session = messages("openai_ws--audio_in_server_vad_turn", "received")[0]["session"]
    assert created_at(session["id"]) == session["expires_at"] - 3600


def test_a_recorded_call_is_named_like_its_session() -> None:
    answer = interactions("openai_ws--webrtc_sideband_text_turn")[0]["response"]
    session = messages("openai_ws_sideband--webrtc_sideband_text_turn", "received")[0]["session"]
    assert answer["headers"]["location"] == [f"/v1/realtime/calls/{call_id_of(session['id'])}"]
