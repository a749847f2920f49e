"""What the user said, written down: told to a client that asked for it, and kept for the answerer either way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime.protocol.server_events import TranscriptionCompleted, TranscriptionDelta, TranscriptionFailed
from realtime.protocol.usage import transcription_usage

if TYPE_CHECKING:
    from realtime.protocol.audio_config import Transcription
    from realtime.protocol.conversation import Part
    from realtime.protocol.listening import Listening
    from realtime.protocol.shapes import Json
    from realtime.protocol.speaking import Speaking
    from realtime.protocol.state import State

__all__ = ["Transcriptions"]


class Transcriptions:
    """The transcriptions of one session. Reports about items that are not being transcribed are dropped."""

    def __init__(self, state: State, listening: Listening, speaking: Speaking) -> None:
        self._state, self._listening, self._speaking = state, listening, speaking

    def delta(self, item_id: str, text: str, logprobs: list[Json] | None) -> None:
        """More words; they may come while the user still speaks."""
        state = self._state
        expected = item_id in state.pending or item_id == self._listening.speech_item
        if self._config is not None and expected and text:
            padding = state.obfuscation(text)
            state.send(TranscriptionDelta(item_id, 0, text, padding, logprobs if self._wants_logprobs else None))

    def completed(self, item_id: str, text: str, usage: Json | None, logprobs: list[Json] | None) -> None:
        """All words."""
        part = self._part(item_id)
        if part is None:
            return
        part.text = text
        if self._config is not None:
            used = usage or transcription_usage(self._config.model, part.ms, text)
            told = logprobs if self._wants_logprobs else None
            self._state.send(TranscriptionCompleted(item_id, 0, text, used, told))
        self._known(item_id)

    def failed(self, item_id: str, message: str, code: str | None) -> None:
        """The words will never be known. The answerer is asked without them."""
        if self._part(item_id) is None:
            return
        if self._config is not None:
            error = {"type": "transcription_error", "code": code, "message": message, "param": None}
            self._state.send(TranscriptionFailed(item_id, 0, error))
        self._known(item_id)

    def gone(self, item_id: str) -> None:
        """The client has deleted the item."""
        if item_id in self._state.pending:
            self._known(item_id)

    @property
    def _config(self) -> Transcription | None:
        """None: the client did not ask to see it."""
        return self._state.config.audio.input.transcription

    @property
    def _wants_logprobs(self) -> bool:
        return bool(self._state.config.include)

    def _part(self, item_id: str) -> Part | None:
        item = self._state.conversation.get(item_id) if item_id in self._state.pending else None
        return item.content[0] if item else None

    def _known(self, item_id: str) -> None:
        self._state.pending.discard(item_id)
        self._speaking.known(item_id)
