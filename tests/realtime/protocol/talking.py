"""A session with a client, an answerer and a loudspeaker around it, all of them the test."""

from __future__ import annotations

import base64
import json
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

from realtime.protocol.config import read_session
from realtime.protocol.effects import Generate, Send, Transcribe
from realtime.protocol.ids import IdSource
from realtime.protocol.session import RealtimeSession
from realtime.protocol.state import Options
from tests.realtime.protocol.wire_check import check

if TYPE_CHECKING:
    from collections.abc import Iterable

    from realtime.protocol.effects import Effect

Event = dict[str, Any]
UNIX = 1_785_214_050.0
FRAME_MS = 20
E = TypeVar("E")


def ids(seed: int = 1) -> IdSource:
    return IdSource(Random(seed).randbytes)  # noqa: S311 - the same ones in every run


def pcm(ms: int) -> bytes:
    """So much silence."""
    return bytes(48 * ms)


def encoded(ms: int) -> str:
    """So much silence, as events carry it."""
    return base64.b64encode(pcm(ms)).decode()


class Talk:
    """Drives a session; every event it sends is checked against the official types."""

    def __init__(self, session: Event | None = None, **options: Any) -> None:
        config = read_session({"type": "realtime", **(session or {})})
        self.session = RealtimeSession(ids(), UNIX, config, Options(**options))
        self.now: float = 100.0
        self.heard_ms = 0
        self.all: list[Event] = []
        self.effects: list[Effect] = []
        self.greeting = self.take(self.session.start(self.now))

    def take(self, effects: Iterable[Effect]) -> list[Event]:
        """The events among effects, checked."""
        effects = list(effects)
        self.effects += effects
        events = [effect.event for effect in effects if isinstance(effect, Send)]
        for event in events:
            check(event)
            json.dumps(event, allow_nan=False)
        self.all += events
        return events

    def client(self, kind: str, **fields: Any) -> list[Event]:
        """The client says something."""
        return self.take(self.session.receive({"type": kind, **fields}, self.now))

    def update(self, **session: Any) -> list[Event]:
        return self.client("session.update", session={"type": "realtime", **session})

    def listen(self, ms: int, *, voice: bool) -> list[Event]:
        """So much sound comes in, with or without a voice in it."""
        events: list[Event] = []
        for _ in range(ms // FRAME_MS):
            self.heard_ms += FRAME_MS
            self.now += FRAME_MS / 1000
            events += self.take(self.session.audio_in(24 * FRAME_MS, self.now))
            events += self.take(self.session.voice_activity(self.heard_ms, float(voice), self.now))
        return events

    def turn(self, ms: int = 1000) -> list[Event]:
        """The user says something and falls silent."""
        return self.listen(ms, voice=True) + self.listen(300, voice=False)

    def wait(self, seconds: float) -> list[Event]:
        self.now += seconds
        return self.take(self.session.tick(self.now))

    def last(self, kind: type[E]) -> E:
        """The latest effect of a kind."""
        return next(effect for effect in reversed(self.effects) if isinstance(effect, kind))

    def count(self, kind: type[Any]) -> int:
        return sum(isinstance(effect, kind) for effect in self.effects)

    def transcribed(self, text: str = "Hello.") -> list[Event]:
        """The recogniser is done with what was last said."""
        return self.take(self.session.transcription_completed(self.last(Transcribe).item_id, text, self.now))

    @property
    def response_id(self) -> str:
        """Of the latest response."""
        return next(event for event in reversed(self.all) if event["type"] == "response.created")["response"]["id"]

    def speak(self, transcript: str = "Hello there.", ms: int = 1000) -> list[Event]:
        """The answerer says something, in one piece."""
        return self.take(self.session.audio_chunk(self.response_id, pcm(ms), ms, self.now, transcript=transcript))

    def write(self, text: str) -> list[Event]:
        """The answerer writes something."""
        return self.take(self.session.text_delta(self.response_id, text, self.now))

    def call(self, name: str, arguments: str, *, more: bool = False) -> list[Event]:
        return self.take(self.session.function_call(self.response_id, name, arguments, self.now, more=more))

    def done(self, **how: Any) -> list[Event]:
        """The answerer is done."""
        return self.take(self.session.generation_done(self.response_id, self.now, **how))

    def played(self, ms: float) -> list[Event]:
        return self.take(self.session.played(self.response_id, ms, self.now))

    def silent(self) -> list[Event]:
        """The loudspeaker has nothing more to play."""
        return self.take(self.session.playback_finished(self.response_id, self.now))

    @property
    def asked(self) -> Generate:
        """What the answerer was last asked."""
        return self.last(Generate)

    def error(self, kind: str, **fields: Any) -> Event:
        """The error that an event of the client gets, and nothing else."""
        (event,) = self.client(kind, event_id="mine", **fields)
        assert event["type"] == "error"
        assert event["error"]["event_id"] == "mine"
        return event["error"]


def types(events: Iterable[Event]) -> list[str]:
    """The types of events in order, a run of the same delta once."""
    found: list[str] = []
    for event in events:
        if not (found and found[-1] == event["type"] and event["type"].endswith(".delta")):
            found.append(event["type"])
    return found


def message(text: str, role: str = "user") -> Event:
    kind = "output_text" if role == "assistant" else "input_text"
    return {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}
