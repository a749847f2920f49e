"""What a session asks of its owner. They come in the order in which they are to be carried out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from realtime.protocol.audio import AudioRef, FormatName
    from realtime.protocol.audio_config import Transcription
    from realtime.protocol.conversation import ContextItem
    from realtime.protocol.shapes import Json

__all__ = [
    "CancelGeneration",
    "ClearPlayback",
    "Close",
    "Effect",
    "Generate",
    "Heard",
    "Listen",
    "PlayAudio",
    "Send",
    "Transcribe",
]


@dataclass(frozen=True, slots=True)
class Send:
    """Send an event to the client, and to sidebands that may see it (`mirrored`)."""

    event: Json


@dataclass(frozen=True, slots=True)
class Heard:
    """Sound came inside an event: keep it, and report the voice in it (`voice_activity`)."""

    audio: bytes
    format: FormatName
    start_ms: int
    """In the input stream, as `AudioRef` counts."""
    end_ms: int


@dataclass(frozen=True, slots=True)
class Listen:
    """The user has begun to speak: a recogniser that writes as it listens may begin here."""

    item_id: str
    start_ms: int


@dataclass(frozen=True, slots=True)
class Transcribe:
    """Write down what was said: `transcription_delta*`, then `transcription_completed` or `transcription_failed`.

    Asked for every spoken turn, since answers are made from the text. `announced` tells whether the client asked for it
    too; the session keeps what it may not see from it.
    """

    item_id: str
    audio: AudioRef
    config: Transcription | None
    announced: bool


@dataclass(frozen=True, slots=True)
class Generate:
    """Make an answer: `text_delta`, `audio_chunk`, `function_call`, then `generation_done` or `generation_failed`."""

    response_id: str
    instructions: str
    context: tuple[ContextItem, ...]
    modality: Literal["text", "audio"]
    voice: str
    speed: float
    audio_format: FormatName
    tools: tuple[Json, ...]
    tool_choice: str | Json
    parallel_tool_calls: bool
    max_output_tokens: int | None
    """None: as many as it takes. The session stops the answer itself when it runs over."""
    reasoning_effort: str | None
    metadata: dict[str, str] | None
    in_conversation: bool
    """False for an answer beside the conversation."""


@dataclass(frozen=True, slots=True)
class CancelGeneration:
    """Nothing more is wanted of an answer; what still comes is dropped."""

    response_id: str


@dataclass(frozen=True, slots=True)
class PlayAudio:
    """Queue sound of an answer on the call's track, and report it by `played` and `playback_finished`. WebRTC only."""

    response_id: str
    item_id: str
    audio: bytes
    """As `audio_chunk` was given it."""
    ms: float


@dataclass(frozen=True, slots=True)
class ClearPlayback:
    """Drop what is queued of an answer, now. WebRTC only."""

    response_id: str


@dataclass(frozen=True, slots=True)
class Close:
    """Close the connection. Nothing follows."""

    code: int
    """Of a WebSocket's closing frame."""
    reason: str


Effect = Send | Heard | Listen | Transcribe | Generate | CancelGeneration | PlayAudio | ClearPlayback | Close
