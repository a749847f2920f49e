"""The user's half of the talk: the input buffer, turns, commits, transcriptions.

The buffer is a stretch of the input stream, `[start, position)`, in milliseconds since the first audio of the session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from realtime.protocol.audio import AudioRef, bytes_per_ms, decode_audio
from realtime.protocol.conversation import Item, Part
from realtime.protocol.effects import Heard, Listen, Transcribe
from realtime.protocol.errors import ProtocolError, buffer_too_small
from realtime.protocol.server_events import (
    IdleTimeout,
    InputCleared,
    InputCommitted,
    ItemAdded,
    ItemDone,
    SpeechStarted,
    SpeechStopped,
)
from realtime.protocol.turns import Started, Stopped, TurnDetector

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime.protocol.speaking import Speaking
    from realtime.protocol.state import State

__all__ = ["Listening"]

LEAST_COMMITTED_MS: Final = 100
_SAMPLES_PER_MS: Final = 24


class Listening:
    """The input of one session. `roused` is called when the user begins to speak."""

    def __init__(self, state: State, speaking: Speaking, *, roused: Callable[[], None]) -> None:
        self._state, self._speaking, self._roused = state, speaking, roused
        self._detector = TurnDetector(state.options.onset_ms)
        self._start = 0.0
        self._position = 0.0
        self._speech_item: str | None = None
        self._odd = b""
        """Half a sample, waiting for the other half."""
        self.configured()

    @property
    def speaking(self) -> bool:
        """Whether the user is."""
        return self._detector.speaking

    @property
    def speech_item(self) -> str | None:
        """The item that what is being said will become."""
        return self._speech_item

    def configured(self) -> None:
        """The configuration has changed."""
        self._detector.configure(self._state.turn_detection)
        if not self._detector.speaking:
            self._speech_item = None

    def append(self, encoded: str) -> None:
        """Sound inside an event.

        Raises:
            ProtocolError: not base64, too much, or on a transport that has a track for it.
        """
        if self._state.webrtc:
            message = "Audio cannot be appended over WebRTC: send it on the call's audio track."
            raise ProtocolError(message, "invalid_event_for_transport", "type")
        data = decode_audio(encoded, "audio")
        name = self._state.config.audio.input.format.type
        if name == "audio/pcm":
            data = self._odd + data
            whole = len(data) // 2 * 2
            data, self._odd = data[:whole], data[whole:]
        begins = self._position
        self._position += len(data) / bytes_per_ms(name)
        self._state.do(Heard(data, name, int(begins), int(self._position)))

    def heard(self, audio: bytes | int) -> None:
        """Sound from elsewhere: PCM (24 kHz, 16 bit, mono), or the number of samples."""
        samples = audio if isinstance(audio, int) else len(audio) // 2
        self._position += max(samples, 0) / _SAMPLES_PER_MS

    def voice(self, at_ms: float, voice: float) -> None:
        """A frame of sound that ends at `at_ms` of the stream; what was not heard yet is not believed."""
        self._turn(self._detector.feed(min(at_ms, self._position), voice, self._start))

    def hint(self, *, complete: bool) -> None:
        """Whether what the user has said so far sounds complete."""
        self._turn(self._detector.hint(complete=complete))

    def commit(self) -> None:
        """The client makes the buffer a message. Never asks for an answer.

        Raises:
            ProtocolError: there is too little in it.
        """
        ms = self._position - self._start
        if ms < LEAST_COMMITTED_MS:
            raise buffer_too_small(LEAST_COMMITTED_MS, ms)
        self._commit(self._start, self._position)

    def clear(self) -> None:
        """The client drops the buffer, and with it what is being said."""
        self._drop(self._position)
        self._state.send(InputCleared())

    def idle(self, timeout_ms: int) -> None:
        """Nobody has spoken for so long: what there is of silence becomes a message, and is answered."""
        end = self._position
        start = max(self._start, end - timeout_ms)
        item_id = self._speech_item = self._state.mint("item")
        self._state.send(IdleTimeout(int(start), int(end), item_id))
        self._commit(start, end, silence=True)
        self._speaking.answer_turn()

    def _turn(self, turn: Started | Stopped | None) -> None:
        if isinstance(turn, Started):
            self._started(turn.start_ms)
        elif isinstance(turn, Stopped):
            self._stopped(turn.end_ms)

    def _started(self, start_ms: int) -> None:
        item_id = self._speech_item = self._state.mint("item")
        # Padding may not take the stream back behind what was told before; the buffer begins with the speech.
        self._start = max(self._start, float(start_ms))
        self._state.send(SpeechStarted(start_ms, item_id))
        mode = self._state.turn_detection
        if mode is not None and mode.interrupt_response:
            self._speaking.interrupt()
        self._roused()
        self._state.do(Listen(item_id, start_ms))

    def _stopped(self, end_ms: int) -> None:
        item_id = self._speech_item or self._state.mint("item")
        self._state.send(SpeechStopped(end_ms, item_id))
        self._commit(self._start, float(end_ms))
        mode = self._state.turn_detection
        if mode is not None and mode.create_response and self._state.realtime is not None:
            self._speaking.answer_turn()

    def _commit(self, start: float, end: float, *, silence: bool = False) -> None:
        state = self._state
        item_id = self._speech_item or state.mint("item")
        self._drop(end)
        ref = AudioRef("input", int(start), int(end), item_id)
        part = Part("input_audio", "" if silence else None, ref)
        item = Item(item_id, "message", "user", "completed", [part])
        previous = state.conversation.add(item)
        state.send(InputCommitted(previous, item_id))
        state.send(ItemAdded(previous, item.wire()))
        state.send(ItemDone(previous, item.wire()))
        if not silence:
            state.pending.add(item_id)
            config = state.config.audio.input.transcription
            state.do(Transcribe(item_id, ref, config, announced=config is not None))

    def _drop(self, end: float) -> None:
        self._start, self._odd = end, b""
        self._speech_item = None
        self._detector.reset()
