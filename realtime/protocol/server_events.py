"""What the server says: one class an event, its fields those of the wire, `type` and `event_id` added by `wire`.

Payloads that are objects (items, responses, sessions) are passed ready made; `conversation.py`, `responses.py` and
`config.py` make them. Milliseconds are whole numbers: clients refuse others.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from realtime.protocol.errors import ProtocolError
    from realtime.protocol.shapes import Json


@cache
def _names(kind: type[ServerEvent]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """An event; every field of a subclass is a field of the wire."""

    TYPE: ClassVar[str] = ""
    ABSENT: ClassVar[frozenset[str]] = frozenset()
    """Fields that are left out when they are None."""

    def wire(self, event_id: str) -> Json:
        """The event as the wire has it."""
        event: Json = {"type": self.TYPE, "event_id": event_id}
        for name in _names(type(self)):
            value: Any = getattr(self, name)
            if value is not None or name not in self.ABSENT:
                event[name] = value
        return event


@dataclass(frozen=True, slots=True)
class ErrorEvent(ServerEvent):
    """The client's event was refused, or something failed; the session goes on."""

    TYPE: ClassVar[str] = "error"
    error: Json

    @classmethod
    def of(cls, error: ProtocolError, event_id: str | None) -> ErrorEvent:
        """`event_id`: the client's, of the event at fault."""
        return cls(error.wire(event_id))


@dataclass(frozen=True, slots=True)
class SessionCreated(ServerEvent):
    """First on every connection but a sideband's."""

    TYPE: ClassVar[str] = "session.created"
    session: Json


@dataclass(frozen=True, slots=True)
class SessionUpdated(ServerEvent):
    """The whole configuration now in force."""

    TYPE: ClassVar[str] = "session.updated"
    session: Json


@dataclass(frozen=True, slots=True)
class ConversationCreated(ServerEvent):
    """In the types; OpenAI was never seen to send it, xAI does."""

    TYPE: ClassVar[str] = "conversation.created"
    conversation: Json


@dataclass(frozen=True, slots=True)
class ItemAdded(ServerEvent):
    """The conversation has a new item; one being generated has no content yet."""

    TYPE: ClassVar[str] = "conversation.item.added"
    previous_item_id: str | None
    item: Json


@dataclass(frozen=True, slots=True)
class ItemDone(ServerEvent):
    """An item is complete, its sound left out."""

    TYPE: ClassVar[str] = "conversation.item.done"
    previous_item_id: str | None
    item: Json


@dataclass(frozen=True, slots=True)
class ItemCreated(ServerEvent):
    """The beta's name for `ItemAdded`; still in the types."""

    TYPE: ClassVar[str] = "conversation.item.created"
    previous_item_id: str | None
    item: Json


@dataclass(frozen=True, slots=True)
class ItemDeleted(ServerEvent):
    """An item is gone."""

    TYPE: ClassVar[str] = "conversation.item.deleted"
    item_id: str


@dataclass(frozen=True, slots=True)
class ItemRetrieved(ServerEvent):
    """An item as the server has it, its sound included."""

    TYPE: ClassVar[str] = "conversation.item.retrieved"
    item: Json


@dataclass(frozen=True, slots=True)
class ItemTruncated(ServerEvent):
    """A spoken answer ends here; its transcript is gone."""

    TYPE: ClassVar[str] = "conversation.item.truncated"
    item_id: str
    content_index: int
    audio_end_ms: int


@dataclass(frozen=True, slots=True)
class TranscriptionDelta(ServerEvent):
    """More of what the user said; may come while they speak."""

    TYPE: ClassVar[str] = "conversation.item.input_audio_transcription.delta"
    ABSENT: ClassVar[frozenset[str]] = frozenset({"logprobs"})
    item_id: str
    content_index: int
    delta: str
    obfuscation: str
    logprobs: list[Json] | None = None


@dataclass(frozen=True, slots=True)
class TranscriptionCompleted(ServerEvent):
    """What the user said. Clients refuse it without `usage`."""

    TYPE: ClassVar[str] = "conversation.item.input_audio_transcription.completed"
    ABSENT: ClassVar[frozenset[str]] = frozenset({"logprobs", "languages"})
    item_id: str
    content_index: int
    transcript: str
    usage: Json
    logprobs: list[Json] | None = None
    languages: list[Json] | None = None


@dataclass(frozen=True, slots=True)
class TranscriptionSegment(ServerEvent):
    """A stretch of what was said, by one speaker; seconds."""

    TYPE: ClassVar[str] = "conversation.item.input_audio_transcription.segment"
    item_id: str
    content_index: int
    text: str
    id: str
    speaker: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class TranscriptionFailed(ServerEvent):
    """What the user said could not be written down."""

    TYPE: ClassVar[str] = "conversation.item.input_audio_transcription.failed"
    item_id: str
    content_index: int
    error: Json


@dataclass(frozen=True, slots=True)
class InputCleared(ServerEvent):
    """The input buffer is empty."""

    TYPE: ClassVar[str] = "input_audio_buffer.cleared"


@dataclass(frozen=True, slots=True)
class InputCommitted(ServerEvent):
    """The input buffer has become a user message."""

    TYPE: ClassVar[str] = "input_audio_buffer.committed"
    previous_item_id: str | None
    item_id: str


@dataclass(frozen=True, slots=True)
class DtmfReceived(ServerEvent):
    """A telephone key. SIP only."""

    TYPE: ClassVar[str] = "input_audio_buffer.dtmf_event_received"
    event: str
    received_at: int

    def wire(self, event_id: str) -> Json:  # noqa: ARG002 - the one event that has none
        return {"type": self.TYPE, "event": self.event, "received_at": self.received_at}


@dataclass(frozen=True, slots=True)
class SpeechStarted(ServerEvent):
    """The user speaks; milliseconds since the first audio of the session, padding included."""

    TYPE: ClassVar[str] = "input_audio_buffer.speech_started"
    audio_start_ms: int
    item_id: str


@dataclass(frozen=True, slots=True)
class SpeechStopped(ServerEvent):
    """The user has spoken; the closing silence included."""

    TYPE: ClassVar[str] = "input_audio_buffer.speech_stopped"
    audio_end_ms: int
    item_id: str


@dataclass(frozen=True, slots=True)
class IdleTimeout(ServerEvent):
    """Nobody has spoken for `idle_timeout_ms`."""

    TYPE: ClassVar[str] = "input_audio_buffer.timeout_triggered"
    audio_start_ms: int
    audio_end_ms: int
    item_id: str


@dataclass(frozen=True, slots=True)
class RateLimits(ServerEvent):
    """What is left of the limits: `[{name: requests|tokens, limit, remaining, reset_seconds}]`."""

    TYPE: ClassVar[str] = "rate_limits.updated"
    rate_limits: list[Json]


@dataclass(frozen=True, slots=True)
class _McpTools(ServerEvent):
    item_id: str


@dataclass(frozen=True, slots=True)
class McpToolsInProgress(_McpTools):
    """The tools of a remote server are being listed."""

    TYPE: ClassVar[str] = "mcp_list_tools.in_progress"


@dataclass(frozen=True, slots=True)
class McpToolsCompleted(_McpTools):
    """The tools of a remote server are known."""

    TYPE: ClassVar[str] = "mcp_list_tools.completed"


@dataclass(frozen=True, slots=True)
class McpToolsFailed(_McpTools):
    """The tools of a remote server could not be listed."""

    TYPE: ClassVar[str] = "mcp_list_tools.failed"
