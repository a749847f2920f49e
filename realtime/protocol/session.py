"""A session, the server's side: the one door of this package for whoever serves the protocol.

Every method takes the time (seconds on any monotonic clock) and answers with effects, to be carried out in their order.
Nothing raises on account of what a client sends or of reports that come late: a client's mistakes become `error`
events, reports about what is over are dropped. After `Close` there are no more effects.

    client's messages ─► receive ────────────────────┐
    sound             ─► audio_in                    │
    voice detector    ─► voice_activity, turn_hint   │
    recogniser        ─► transcription_*             ├─► Send, Heard, Listen, Transcribe, Generate,
    answerer          ─► text_delta, audio_chunk,    │   CancelGeneration, PlayAudio, ClearPlayback, Close
                         function_call, generation_* │
    call's track      ─► played, playback_finished   │
    clock             ─► tick (at next_deadline) ────┘
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from realtime.protocol.config import RealtimeConfig
from realtime.protocol.effects import Close, Send
from realtime.protocol.errors import ProtocolError, beta_disabled, session_expired
from realtime.protocol.handling import Handling
from realtime.protocol.listening import Listening
from realtime.protocol.server_events import ErrorEvent, SessionCreated
from realtime.protocol.speaking import Speaking
from realtime.protocol.state import Options, new_state
from realtime.protocol.transcriptions import Transcriptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime.protocol.audio_config import ServerVad
    from realtime.protocol.config import SessionConfig
    from realtime.protocol.effects import Effect
    from realtime.protocol.ids import IdSource
    from realtime.protocol.shapes import Json
    from realtime.protocol.usage import Usage

__all__ = ["RealtimeSession", "refuse_beta"]

CLOSED_BY_CLIENT = 1000
CLOSED_EXPIRED = 1001
CLOSED_BETA = 4000


class RealtimeSession:
    """One session.

    Args:
        ids: mints identifiers.
        unix: the time now, in unix seconds: for identifiers and `expires_at`.
        config: what the URL, the secret or the call asked for (`config.read_session`).
        options: what the owner decides.
    """

    def __init__(
        self, ids: IdSource, unix: float, config: SessionConfig | None = None, options: Options | None = None
    ) -> None:
        options = options or Options()
        config = config or RealtimeConfig(instructions=options.default_instructions)
        self._state = state = new_state(options, ids, config, unix)
        self.id = ids.rtc_session(unix) if state.webrtc else ids.mint("sess", unix)
        self.expires_at = int(unix + options.longest_seconds)
        self._ends: float | None = None
        self._idle_since: float | None = None
        self._speaking = Speaking(state, busy=self._not_idle, quiet=self._idle_after)
        self._listening = Listening(state, self._speaking, roused=self._not_idle)
        self._transcriptions = Transcriptions(state, self._listening, self._speaking)
        self._handling = Handling(state, self._listening, self._speaking, self._transcriptions, self._echo)

    @property
    def config(self) -> SessionConfig:
        """The configuration in force."""
        return self._state.config

    @property
    def conversation_id(self) -> str:
        """The default conversation."""
        return self._state.conversation.id

    @property
    def closed(self) -> bool:
        """Whether `Close` was asked for, or the connection has gone."""
        return self._state.closed

    def start(self, now: float) -> list[Effect]:
        """The connection stands: greet. The session's lifetime begins."""
        self._state.now = now
        self._ends = now + self._state.options.longest_seconds
        self._state.send(SessionCreated(self._echo()))
        return self._state.drain()

    def receive(self, message: Mapping[str, Any] | str | bytes, now: float) -> list[Effect]:
        """A message of the client, or of a sideband: text as it came, or decoded."""
        if self._entered(now):
            self._handling.receive(message)
        return self._state.drain()

    def audio_in(self, audio: bytes | int, now: float) -> list[Effect]:
        """Sound that did not come inside events: PCM (24 kHz, 16 bit, mono), or just the number of its samples."""
        if self._entered(now):
            self._listening.heard(audio)
        return self._state.drain()

    def voice_activity(self, at_ms: float, voice: float, now: float) -> list[Effect]:
        """A frame of the input stream that ends at `at_ms`; `voice`: how probably it is speech, 0..1 or a bool."""
        if self._entered(now):
            self._listening.voice(at_ms, float(voice))
        return self._state.drain()

    def turn_hint(self, *, complete: bool, now: float) -> list[Effect]:
        """Whether what the user has said so far sounds complete (`semantic_vad` waits accordingly)."""
        if self._entered(now):
            self._listening.hint(complete=complete)
        return self._state.drain()

    def transcription_delta(
        self, item_id: str, text: str, now: float, *, logprobs: list[Json] | None = None
    ) -> list[Effect]:
        """More of what the user said."""
        if self._entered(now):
            self._transcriptions.delta(item_id, text, logprobs)
        return self._state.drain()

    def transcription_completed(
        self, item_id: str, text: str, now: float, *, usage: Json | None = None, logprobs: list[Json] | None = None
    ) -> list[Effect]:
        """What the user said; `usage` as the wire has it, reckoned if absent."""
        if self._entered(now):
            self._transcriptions.completed(item_id, text, usage, logprobs)
        return self._state.drain()

    def transcription_failed(self, item_id: str, message: str, now: float, *, code: str | None = None) -> list[Effect]:
        """What the user said cannot be written down."""
        if self._entered(now):
            self._transcriptions.failed(item_id, message, code)
        return self._state.drain()

    def text_delta(self, response_id: str, text: str, now: float) -> list[Effect]:
        """More words of an answer. In a spoken one they precede their sound (`audio_chunk`)."""
        if self._entered(now):
            self._speaking.text(response_id, text)
        return self._state.drain()

    def audio_chunk(
        self, response_id: str, audio: bytes, ms: float, now: float, *, transcript: str = ""
    ) -> list[Effect]:
        """More sound of an answer.

        Args:
            response_id: of which.
            audio: in the output format of `Generate` (over WebRTC in whatever `PlayAudio`'s receiver wants).
            ms: its length.
            now: the time.
            transcript: the words said in it; leave it out if `text_delta` told them.
        """
        if self._entered(now):
            self._speaking.sound(response_id, audio, ms, transcript)
        return self._state.drain()

    def function_call(
        self, response_id: str, name: str, arguments: str, now: float, *, call_id: str | None = None, more: bool = False
    ) -> list[Effect]:
        """The answer calls a function; `more`: these are not all of its arguments (JSON text)."""
        if self._entered(now):
            self._speaking.call(response_id, name, arguments, call_id, more=more)
        return self._state.drain()

    def generation_done(
        self,
        response_id: str,
        now: float,
        *,
        usage: Usage | None = None,
        incomplete: Literal["max_output_tokens", "content_filter"] | None = None,
    ) -> list[Effect]:
        """The answer is whole, or `incomplete` for this reason; `usage` is reckoned if absent."""
        if self._entered(now):
            self._speaking.done(response_id, usage, incomplete)
        return self._state.drain()

    def generation_failed(
        self, response_id: str, message: str, now: float, *, code: str | None = None, kind: str = "server_error"
    ) -> list[Effect]:
        """There is no answer; the reason goes into the response's `status_details`."""
        if self._entered(now):
            self._speaking.failed(response_id, message, code, kind)
        return self._state.drain()

    def played(self, response_id: str, ms: float, now: float) -> list[Effect]:
        """The first `ms` milliseconds of a response's sound have left on the call's track. WebRTC only."""
        if self._entered(now) and self._state.webrtc:
            self._speaking.played(response_id, ms)
        return self._state.drain()

    def playback_finished(self, response_id: str, now: float) -> list[Effect]:
        """All sound of a response that was queued has left. WebRTC only."""
        if self._entered(now) and self._state.webrtc:
            self._speaking.played(response_id, None)
        return self._state.drain()

    def tick(self, now: float) -> list[Effect]:
        """The time is now; call it at `next_deadline`, or as often as you like."""
        if not self._entered(now):
            return self._state.drain()
        due, vad = self._idle_deadline(), self._idle_vad
        if due is not None and vad is not None and vad.idle_timeout_ms is not None and now >= due:
            self._not_idle()
            self._listening.idle(vad.idle_timeout_ms)
        return self._state.drain()

    def next_deadline(self) -> float | None:
        """When `tick` has something to do; None after the end."""
        if self._state.closed or self._ends is None:
            return None
        idle = self._idle_deadline()
        return self._ends if idle is None else min(idle, self._ends)

    def stop(self, now: float) -> list[Effect]:
        """The connection has gone: what is under way is called off. The events among the effects have no reader."""
        self._state.move_to(now)
        if not self._state.closed:
            self._speaking.stop("session_closed", "The session has ended.")
            self._state.closed = True
        return self._state.drain()

    def _entered(self, now: float) -> bool:
        """Whether the session is open; ends it when its time is up."""
        state = self._state
        state.move_to(now)
        if state.closed or self._ends is None:
            return False
        if state.now >= self._ends:
            error = session_expired(state.options.longest_seconds / 60)
            self._speaking.stop("session_expired", error.message)
            state.send(ErrorEvent.of(error, None))
            self._close(CLOSED_EXPIRED, "session_expired")
        return not state.closed

    def _close(self, code: int, reason: str) -> None:
        self._state.do(Close(code, reason))
        self._state.closed = True

    def _echo(self) -> Json:
        return self._state.config.echo(self.id, self.expires_at)

    @property
    def _idle_vad(self) -> ServerVad | None:
        mode = self._state.turn_detection if self._state.realtime else None
        return mode if mode is not None and mode.type == "server_vad" else None

    def _idle_deadline(self) -> float | None:
        vad = self._idle_vad
        if vad is None or vad.idle_timeout_ms is None or self._idle_since is None or self._listening.speaking:
            return None
        return self._idle_since + vad.idle_timeout_ms / 1000

    def _idle_after(self, playing_ms: float) -> None:
        self._idle_since = self._state.now + playing_ms / 1000

    def _not_idle(self) -> None:
        self._idle_since = None


def refuse_beta(ids: IdSource, unix: float) -> list[Effect]:
    """What a connection with `OpenAI-Beta: realtime=v1` gets, and all it gets."""
    error: ProtocolError = beta_disabled()
    return [
        Send(ErrorEvent.of(error, None).wire(ids.mint("event", unix))),
        Close(CLOSED_BETA, "beta_api_shape_disabled"),
    ]
