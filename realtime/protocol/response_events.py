"""What the server says about responses: their life, items, parts, deltas, and their playback over WebRTC."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from realtime.protocol.server_events import ServerEvent

if TYPE_CHECKING:
    from realtime.protocol.shapes import Json


@dataclass(frozen=True, slots=True)
class ResponseCreated(ServerEvent):
    """A response begins, `in_progress`."""

    TYPE: ClassVar[str] = "response.created"
    response: Json


@dataclass(frozen=True, slots=True)
class ResponseDone(ServerEvent):
    """A response has ended, whichever way."""

    TYPE: ClassVar[str] = "response.done"
    response: Json


@dataclass(frozen=True, slots=True)
class OutputItemAdded(ServerEvent):
    """A response has a new item."""

    TYPE: ClassVar[str] = "response.output_item.added"
    response_id: str
    output_index: int
    item: Json


@dataclass(frozen=True, slots=True)
class OutputItemDone(ServerEvent):
    """An item of a response is complete."""

    TYPE: ClassVar[str] = "response.output_item.done"
    response_id: str
    output_index: int
    item: Json


@dataclass(frozen=True, slots=True)
class _InItem(ServerEvent):
    response_id: str
    item_id: str
    output_index: int


@dataclass(frozen=True, slots=True)
class _InPart(_InItem):
    content_index: int


@dataclass(frozen=True, slots=True)
class PartAdded(_InPart):
    """A message has a new part: `{type: text, text}` or `{type: audio, transcript}`."""

    TYPE: ClassVar[str] = "response.content_part.added"
    part: Json


@dataclass(frozen=True, slots=True)
class PartDone(_InPart):
    """A part is complete."""

    TYPE: ClassVar[str] = "response.content_part.done"
    part: Json


@dataclass(frozen=True, slots=True)
class TextDelta(_InPart):
    """More text."""

    TYPE: ClassVar[str] = "response.output_text.delta"
    delta: str
    obfuscation: str


@dataclass(frozen=True, slots=True)
class TextDone(_InPart):
    """The whole text."""

    TYPE: ClassVar[str] = "response.output_text.done"
    text: str


@dataclass(frozen=True, slots=True)
class SpokenDelta(_InPart):
    """More of what is being said."""

    TYPE: ClassVar[str] = "response.output_audio_transcript.delta"
    delta: str
    obfuscation: str


@dataclass(frozen=True, slots=True)
class SpokenDone(_InPart):
    """All that was said."""

    TYPE: ClassVar[str] = "response.output_audio_transcript.done"
    transcript: str


@dataclass(frozen=True, slots=True)
class AudioDelta(_InPart):
    """More sound, base64 in the output format. Never over WebRTC, where sound has a track of its own."""

    TYPE: ClassVar[str] = "response.output_audio.delta"
    delta: str


@dataclass(frozen=True, slots=True)
class AudioDone(_InPart):
    """All sound was generated."""

    TYPE: ClassVar[str] = "response.output_audio.done"


@dataclass(frozen=True, slots=True)
class ArgumentsDelta(_InItem):
    """More of a call's arguments."""

    TYPE: ClassVar[str] = "response.function_call_arguments.delta"
    call_id: str
    delta: str
    obfuscation: str


@dataclass(frozen=True, slots=True)
class ArgumentsDone(_InItem):
    """All of a call's arguments. Clients refuse it without `name`."""

    TYPE: ClassVar[str] = "response.function_call_arguments.done"
    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class McpArgumentsDelta(_InItem):
    """More of the arguments for a remote tool."""

    TYPE: ClassVar[str] = "response.mcp_call_arguments.delta"
    delta: str
    obfuscation: str


@dataclass(frozen=True, slots=True)
class McpArgumentsDone(_InItem):
    """All of the arguments for a remote tool."""

    TYPE: ClassVar[str] = "response.mcp_call_arguments.done"
    arguments: str


@dataclass(frozen=True, slots=True)
class _McpCall(ServerEvent):
    item_id: str
    output_index: int


@dataclass(frozen=True, slots=True)
class McpCallInProgress(_McpCall):
    """A remote tool is at work."""

    TYPE: ClassVar[str] = "response.mcp_call.in_progress"


@dataclass(frozen=True, slots=True)
class McpCallCompleted(_McpCall):
    """A remote tool is done."""

    TYPE: ClassVar[str] = "response.mcp_call.completed"


@dataclass(frozen=True, slots=True)
class McpCallFailed(_McpCall):
    """A remote tool failed."""

    TYPE: ClassVar[str] = "response.mcp_call.failed"


@dataclass(frozen=True, slots=True)
class _Playback(ServerEvent):
    response_id: str


@dataclass(frozen=True, slots=True)
class PlaybackStarted(_Playback):
    """The first sound of a response leaves. WebRTC only."""

    TYPE: ClassVar[str] = "output_audio_buffer.started"


@dataclass(frozen=True, slots=True)
class PlaybackStopped(_Playback):
    """The last sound of a finished response has left. WebRTC only."""

    TYPE: ClassVar[str] = "output_audio_buffer.stopped"


@dataclass(frozen=True, slots=True)
class PlaybackCleared(_Playback):
    """What had not been played yet was dropped. WebRTC only."""

    TYPE: ClassVar[str] = "output_audio_buffer.cleared"
