"""The server's half of the talk: responses created, filled by the answerer, cancelled, interrupted, played.

In the conversation one response runs at a time. Others may run beside it (`conversation: none`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from realtime.protocol.asking import Question
from realtime.protocol.client_events import ResponseParams
from realtime.protocol.effects import CancelGeneration, PlayAudio
from realtime.protocol.errors import ProtocolError, already_responding
from realtime.protocol.playback import Playback
from realtime.protocol.responses import ResponseRun
from realtime.protocol.server_events import RateLimits

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime.protocol.responses import Status
    from realtime.protocol.shapes import Json
    from realtime.protocol.state import State
    from realtime.protocol.usage import Usage

__all__ = ["Speaking"]

Interruption = Literal["turn_detected", "client_cancelled"]
_ANY_ANSWER: Final = ResponseParams()
"""What turn detection asks for: the session's settings."""


class _Active:
    """A response and what it answers."""

    def __init__(self, state: State, question: Question) -> None:
        self.question = question
        self.awaits = question.awaits(state)
        """Items whose words have to be known before the answerer is asked."""
        self.run = ResponseRun(state, question.settings)


class Speaking:
    """The responses of one session.

    `quiet` is called when an answer in the conversation is over, with the milliseconds of sound that may still be
    playing (0 over WebRTC, where the end of playback is known); `busy` when one begins.
    """

    def __init__(self, state: State, *, busy: Callable[[], None], quiet: Callable[[float], None]) -> None:
        self._state = state
        self._busy, self._quiet = busy, quiet
        self._active: dict[str, _Active] = {}
        self._in_conversation: str | None = None
        self._turn_waits = False
        self.playback = Playback(state)

    def create(self, params: ResponseParams) -> None:
        """Begin a response.

        Raises:
            ProtocolError: one is running already, or the request cannot be met.
        """
        in_conversation = params.conversation == "auto"
        if in_conversation and self._in_conversation is not None:
            raise already_responding(self._in_conversation)
        if not in_conversation and len(self._active) - (self._in_conversation is not None) >= self._most:
            message = f"Too many active responses: at most {self._most} may run beside the conversation."
            raise ProtocolError(message, "too_many_active_responses")
        active = _Active(self._state, Question.of(self._state, params))
        self._active[active.run.id] = active
        if in_conversation:
            self._in_conversation = active.run.id
            self._busy()
        if not active.awaits:
            self._state.do(active.question.generate(self._state, active.run))

    def answer_turn(self) -> None:
        """The user has had their turn. If an answer is running that may not be interrupted, this one waits for it."""
        if self._in_conversation is None:
            self.create(_ANY_ANSWER)
        else:
            self._turn_waits = True

    def known(self, item_id: str) -> None:
        """The words of an item are known, or never will be: whoever waited for them may be asked now."""
        for active in list(self._active.values()):
            if item_id in active.awaits:
                active.awaits.discard(item_id)
                if not active.awaits:
                    self._state.do(active.question.generate(self._state, active.run))

    def cancel(self, response_id: str | None) -> None:
        """Stop an answer on the client's behalf.

        Raises:
            ProtocolError: there is none.
        """
        active = self._active.get(response_id or self._in_conversation or "")
        if active is None:
            message = "Cancellation failed: no active response found"
            raise ProtocolError(message, "response_cancel_not_active")
        self._cancel(active, "client_cancelled")

    def interrupt(self) -> None:
        """The user has begun to speak: the conversation's answer stops, and so does its sound."""
        self._turn_waits = False
        active = self._active.get(self._in_conversation or "")
        if active is not None:
            self._cancel(active, "turn_detected")
        self.playback.clear(conversation_only=True)

    def clear_playback(self) -> None:
        """The client wants silence: what sounds is cut, and not generated any further."""
        for active in list(self._active.values()):
            if active.run.audio_ms:
                self._cancel(active, "client_cancelled")
        if self.playback.clear(conversation_only=False) and self._in_conversation is None:
            self._quiet(0)

    def text(self, response_id: str, delta: str) -> None:
        """More words; those of a spoken answer whose sound comes separately too."""
        active = self._active.get(response_id)
        if active is None or not delta:
            return
        if active.run.settings.modality == "text":
            active.run.text(delta)
        else:
            active.run.sound(b"", 0, delta)
        self._check_length(active)

    def sound(self, response_id: str, audio: bytes, ms: float, transcript: str) -> None:
        """More sound, with the words that are said in it."""
        active = self._active.get(response_id)
        if active is None or not (transcript or ms > 0):
            return
        run = active.run
        if run.settings.modality == "text":
            self.text(response_id, transcript)
            return
        item_id = run.sound(audio, max(ms, 0.0), transcript)
        if ms > 0:
            self._state.spoken = True
            if self._state.webrtc:
                self.playback.queued(run)
                self._state.do(PlayAudio(run.id, item_id, audio, ms))
        self._check_length(active)

    def call(self, response_id: str, name: str, arguments: str, call_id: str | None, *, more: bool) -> None:
        """A function is to be called; with `more`, these are not all of its arguments."""
        active = self._active.get(response_id)
        if active is not None:
            active.run.call(name, arguments, call_id, more=more)
            self._check_length(active)

    def done(self, response_id: str, usage: Usage | None, incomplete: str | None) -> None:
        """The answerer is done; `incomplete` says why it stopped short."""
        active = self._active.get(response_id)
        if active is not None:
            details = {"type": "incomplete", "reason": incomplete} if incomplete else None
            self._end(active, "incomplete" if incomplete else "completed", details, usage)

    def failed(self, response_id: str, message: str, code: str | None, kind: str) -> None:
        """The answerer could not answer."""
        active = self._active.get(response_id)
        if active is not None:
            error = {"type": kind, "code": code, "message": message}
            self._end(active, "failed", {"type": "failed", "error": error})

    def played(self, response_id: str, ms: float | None) -> None:
        """The first `ms` milliseconds of a response's sound have left (None: all of it)."""
        playback = self.playback
        over = playback.finished(response_id) if ms is None else playback.played(response_id, ms)
        if over and self._in_conversation is None:
            self._quiet(0)

    def stop(self, code: str, message: str) -> None:
        """The session ends: whatever is under way fails."""
        self._turn_waits = False
        for active in list(self._active.values()):
            self._state.do(CancelGeneration(active.run.id))
            self.failed(active.run.id, message, code, "server_error")
        self.playback.forget()

    @property
    def _most(self) -> int:
        return self._state.options.most_parallel

    def _check_length(self, active: _Active) -> None:
        limit = active.run.settings.max_output_tokens
        if limit == "inf":
            return
        given = active.run.output_tokens
        if given.output_text + given.output_audio > limit:
            self._state.do(CancelGeneration(active.run.id))
            self._end(active, "incomplete", {"type": "incomplete", "reason": "max_output_tokens"})

    def _cancel(self, active: _Active, reason: Interruption) -> None:
        self._state.do(CancelGeneration(active.run.id))
        self._end(active, "cancelled", {"type": "cancelled", "reason": reason})

    def _end(self, active: _Active, status: Status, details: Json | None, usage: Usage | None = None) -> None:
        run, state = active.run, self._state
        del self._active[run.id]
        if run.id == self._in_conversation:
            self._in_conversation = None
        run.end(status, details, usage or active.question.usage(state, run))
        if state.options.rate_limits:
            state.send(RateLimits([dict(limit) for limit in state.options.rate_limits]))
        played_out = self.playback.response_done(run)
        if run.settings.in_conversation and played_out:
            self._quiet(0 if state.webrtc else run.audio_ms)
        if self._turn_waits and self._in_conversation is None:
            self._turn_waits = False
            self.create(_ANY_ANSWER)
