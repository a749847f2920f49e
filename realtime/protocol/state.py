"""What the parts of a session share: options, configuration, conversation, the time, and the tray of effects."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from realtime.protocol.config import DEFAULT_INSTRUCTIONS, RealtimeConfig
from realtime.protocol.conversation import Conversation
from realtime.protocol.effects import Send

if TYPE_CHECKING:
    from realtime.protocol.audio import AudioReader, AudioRef
    from realtime.protocol.audio_config import SemanticVad, ServerVad
    from realtime.protocol.client_events import Transport
    from realtime.protocol.config import SessionConfig
    from realtime.protocol.effects import Effect
    from realtime.protocol.ids import IdSource, Kind
    from realtime.protocol.server_events import ServerEvent
    from realtime.protocol.shapes import Json

__all__ = ["Options", "State", "mirrored"]

_OBFUSCATED: Final = 16
"""Deltas are padded to a multiple of this many characters (recorded), so that their sizes do not tell the words."""


def _no_audio(_ref: AudioRef) -> bytes:
    return b""


@dataclass(frozen=True, slots=True)
class Options:
    """What the owner of a session decides."""

    transport: Transport = "websocket"
    default_instructions: str = DEFAULT_INSTRUCTIONS
    """In force until a client gives others, and again when it gives empty ones."""
    longest_seconds: float = 3600
    onset_ms: int = 0
    """How long a voice has to last to count as speech."""
    answers_from_audio: bool = False
    """Whether the answerer hears for itself. If not, `Generate` waits until what the user said is written down."""
    most_parallel: int = 8
    """Answers beside the conversation at a time."""
    context_tokens: int | None = 28_000
    """How much of the conversation an answerer is told; None: all."""
    most_retrieved_audio: int | None = None
    """Bytes of sound that `conversation.item.retrieved` may carry: data channels have a largest message. None: all."""
    rate_limits: tuple[Json, ...] = ()
    """Told after each response (`rate_limits.updated`) when there are any."""
    read_audio: AudioReader = _no_audio


@dataclass(slots=True)
class State:
    """The common ground of one session."""

    options: Options
    ids: IdSource
    config: SessionConfig
    conversation: Conversation
    now: float = 0.0
    """Seconds on the owner's monotonic clock, as last handed in. Never goes back."""
    unix: float = 0.0
    """Of `now`."""
    closed: bool = False
    spoken: bool = False
    """Whether the assistant has been heard: its voice stays from then on."""
    pending: set[str] = field(default_factory=set[str])
    """Items whose transcription is under way."""
    tray: list[Effect] = field(default_factory=list["Effect"])

    def move_to(self, now: float) -> None:
        """The time is now. A clock that goes back is not followed."""
        if now > self.now:
            self.unix += now - self.now
            self.now = now

    def mint(self, kind: Kind) -> str:
        """A new identifier."""
        return self.ids.mint(kind, self.unix)

    def send(self, event: ServerEvent) -> None:
        playback = event.TYPE.startswith("output_audio_buffer.")
        self.do(Send(event.wire(self.ids.buffer_event() if playback else self.mint("event"))))

    def do(self, effect: Effect) -> None:
        self.tray.append(effect)

    def drain(self) -> list[Effect]:
        """What has come together since the last call."""
        effects, self.tray = self.tray, []
        return effects

    def obfuscation(self, delta: str) -> str:
        return self.ids.letters(-len(delta) % _OBFUSCATED)

    @property
    def webrtc(self) -> bool:
        return self.options.transport == "webrtc"

    @property
    def turn_detection(self) -> ServerVad | SemanticVad | None:
        return self.config.audio.input.turn_detection

    @property
    def realtime(self) -> RealtimeConfig | None:
        """The configuration, if the session talks."""
        return self.config if isinstance(self.config, RealtimeConfig) else None


def mirrored(event: Json) -> bool:
    """Whether a sideband sees an event: all of them but sound, and but the greeting of the first connection."""
    return event["type"] not in _NOT_MIRRORED


_NOT_MIRRORED: Final = frozenset({"response.output_audio.delta", "session.created"})


def new_state(options: Options, ids: IdSource, config: SessionConfig, unix: float) -> State:
    return State(options, ids, config, Conversation(ids.mint("conv", unix)), unix=unix)
