"""The session object: what a session begins with, what `session.update` may change, what the echo shows."""

from typing import Annotated, Any, ClassVar, Final, Literal, cast

from pydantic import Discriminator, Field, Tag, TypeAdapter

from realtime.protocol.audio_config import AudioBoth, AudioListening, ServerVad, voice_name
from realtime.protocol.errors import ProtocolError, invalid_value, missing_parameter, out_of_range
from realtime.protocol.shapes import Json, MaxTokens, Replaced, Shape, by_type, read

__all__ = ["RealtimeConfig", "SessionConfig", "TranscriptionConfig", "read_session", "updated"]

Modality = Literal["text", "audio"]
MOST_OUTPUT_TOKENS: Final = 4096
DEFAULT_INSTRUCTIONS: Final = (
    "You are a friendly voice assistant. Answer in a few short spoken sentences, in the language of the user. "
    "Say so when you do not know. Call a function when one fits."
)


class FunctionTool(Replaced):
    """A function that the client carries out."""

    ABSENT: ClassVar[frozenset[str]] = frozenset({"description", "parameters"})
    type: Literal["function"]
    name: Annotated[str, Field(min_length=1, max_length=128)]
    description: str | None = None
    parameters: dict[str, Any] | None = None


class McpTool(Replaced):
    """A remote MCP server; handed on to whoever answers."""

    type: Literal["mcp"]
    server_label: str
    allowed_callers: list[str] | None = None
    allowed_tools: Any = None
    authorization: str | None = None
    connector_id: str | None = None
    defer_loading: bool | None = None
    headers: dict[str, str] | None = None
    require_approval: Any = None
    server_description: str | None = None
    server_url: str | None = None
    tunnel_id: str | None = None
    ABSENT: ClassVar[frozenset[str]] = frozenset(
        {
            "allowed_callers",
            "allowed_tools",
            "authorization",
            "connector_id",
            "defer_loading",
            "headers",
            "require_approval",
            "server_description",
            "server_url",
            "tunnel_id",
        }
    )


Tool = Annotated[FunctionTool | McpTool, Field(discriminator="type")]


class ToolChoiceFunction(Replaced):
    """One function and no other."""

    type: Literal["function"]
    name: str


class ToolChoiceMcp(Replaced):
    """One server, maybe one tool of it."""

    ABSENT: ClassVar[frozenset[str]] = frozenset({"name"})
    type: Literal["mcp"]
    server_label: str
    name: str | None = None


ToolChoice = Annotated[
    Annotated[Literal["auto", "none", "required"], Tag("plain")]
    | Annotated[ToolChoiceFunction, Tag("function")]
    | Annotated[ToolChoiceMcp, Tag("mcp")],
    Discriminator(by_type),
]


class TokenLimits(Replaced):
    """How much may stand behind the instructions."""

    post_instructions: Annotated[int, Field(ge=0)] | None = None


class RetentionRatio(Replaced):
    """When the context is full, keep this share of it."""

    ABSENT: ClassVar[frozenset[str]] = frozenset({"token_limits"})
    type: Literal["retention_ratio"]
    retention_ratio: Annotated[float, Field(ge=0.0, le=1.0)]
    token_limits: TokenLimits | None = None


Truncation = Annotated[
    Annotated[Literal["auto", "disabled"], Tag("plain")] | Annotated[RetentionRatio, Tag("retention_ratio")],
    Discriminator(by_type),
]


class TracingNames(Replaced):
    """How the trace is filed."""

    ABSENT: ClassVar[frozenset[str]] = frozenset({"workflow_name", "group_id", "metadata"})
    workflow_name: str | None = None
    group_id: str | None = None
    metadata: dict[str, Any] | None = None


def _tracing_kind(value: object) -> str:
    return "names" if isinstance(value, (dict, TracingNames)) else "plain"


Tracing = Annotated[
    Annotated[Literal["auto"], Tag("plain")] | Annotated[TracingNames, Tag("names")], Discriminator(_tracing_kind)
]


class Prompt(Replaced):
    """A stored prompt; the service shuts these down on 2026-11-30."""

    ABSENT: ClassVar[frozenset[str]] = frozenset({"version", "variables"})
    id: str
    version: str | None = None
    variables: dict[str, Any] | None = None


class Reasoning(Replaced):
    """How long to think."""

    ABSENT: ClassVar[frozenset[str]] = frozenset({"effort"})
    effort: Literal["minimal", "low", "medium", "high", "xhigh"] | None = None


Include = list[Literal["item.input_audio_transcription.logprobs"]]


class RealtimeConfig(Shape):
    """A session that talks."""

    ABSENT: ClassVar[frozenset[str]] = frozenset({"reasoning", "parallel_tool_calls"})
    type: Literal["realtime"] = "realtime"
    model: str = "gpt-realtime"
    output_modalities: list[Modality] = Field(default=["audio"])
    instructions: str = DEFAULT_INSTRUCTIONS
    tools: list[Tool] = Field(default=[])
    tool_choice: ToolChoice = "auto"
    max_output_tokens: MaxTokens = "inf"
    tracing: Tracing | None = None
    truncation: Truncation = "auto"
    prompt: Prompt | None = None
    audio: AudioBoth = AudioBoth()
    include: Include | None = None
    reasoning: Reasoning | None = None
    parallel_tool_calls: bool | None = None

    def echo(self, session_id: str, expires_at: int) -> Json:
        """The effective configuration, as `session.created` and `session.updated` show it."""
        return {"object": "realtime.session", "id": session_id, "expires_at": expires_at, **self.wire()}


class TranscriptionConfig(Shape):
    """A session that only writes down what is said."""

    type: Literal["transcription"] = "transcription"
    audio: AudioListening = AudioListening()
    include: Include | None = None

    def echo(self, session_id: str, expires_at: int) -> Json:
        """The effective configuration, as `session.created` and `session.updated` show it."""
        return {
            "object": "realtime.transcription_session",
            "id": session_id,
            "expires_at": expires_at,
            **self.wire(),
        }


SessionConfig = RealtimeConfig | TranscriptionConfig

_REALTIME: Final = TypeAdapter(RealtimeConfig)
_TRANSCRIPTION: Final = TypeAdapter(TranscriptionConfig)
_TYPES: Final = ("realtime", "transcription")


def read_session(raw: object, path: str = "session") -> SessionConfig:
    """A session object as a client writes it; what it does not name is at its default and not in `model_fields_set`.

    Raises:
        ProtocolError: `type` is missing, or something in it is unknown or out of bounds.
    """
    if isinstance(raw, dict):
        where, kind = f"{path}.type", cast("Json", raw).get("type")
        if kind is None:
            raise missing_parameter(where)
        if kind not in _TYPES:
            raise invalid_value(where, kind, _TYPES)
        if kind == "transcription":
            return read(_TRANSCRIPTION, cast("Json", raw), path)
    config = read(_REALTIME, cast("object", raw), path)
    check_modalities(config.output_modalities, f"{path}.output_modalities")
    check_tokens(config.max_output_tokens, f"{path}.max_output_tokens")
    return config


def check_modalities(modalities: list[Modality], path: str) -> None:
    if len(modalities) != 1:
        message = f"Invalid modalities: {modalities}. Supported combinations are: ['text'] and ['audio']."
        raise ProtocolError(message, "invalid_value", path)


def check_tokens(tokens: int | Literal["inf"], path: str) -> None:
    if tokens != "inf" and not 1 <= tokens <= MOST_OUTPUT_TOKENS:
        above = tokens > 1
        raise out_of_range(path, tokens, MOST_OUTPUT_TOKENS if above else 1, above=above)


def updated(current: SessionConfig, raw: object, *, spoken: bool, default_instructions: str) -> SessionConfig:
    """The configuration after a `session.update`; all of it or none.

    Args:
        current: what has been in force.
        raw: the event's `session`.
        spoken: whether the assistant has been heard in this session; its voice then stays.
        default_instructions: what empty instructions mean (recorded: the service falls back to its own).

    Raises:
        ProtocolError: the update is refused.
    """
    update = read_session(raw)
    if update.type != current.type:
        message = f"Passing a {update.type} session update event to a {current.type} session is not allowed."
        raise ProtocolError(message, None)
    if isinstance(update, RealtimeConfig) and isinstance(current, RealtimeConfig):
        return _updated_realtime(current, update, spoken=spoken, default_instructions=default_instructions)
    return _without_vad_where_it_cannot_be(
        cast("TranscriptionConfig", current).merged(cast("TranscriptionConfig", update))
    )


def _updated_realtime(
    current: RealtimeConfig, update: RealtimeConfig, *, spoken: bool, default_instructions: str
) -> RealtimeConfig:
    merged = current.merged(update)
    if spoken and voice_name(merged.audio.output.voice) != voice_name(current.audio.output.voice):
        raise cannot_update_voice(path="session.audio.output.voice")
    return merged.model_copy(
        # The model is the URL's or the secret's: an update that names another is not wrong, only without effect.
        update={"model": current.model, "instructions": merged.instructions or default_instructions}
    )


def cannot_update_voice(path: str) -> ProtocolError:
    message = "Cannot update a conversation's voice if assistant audio is present."
    return ProtocolError(message, "cannot_update_voice", path)


def _without_vad_where_it_cannot_be(config: TranscriptionConfig) -> TranscriptionConfig:
    """`gpt-realtime-whisper` transcribes as it listens and knows no turns: the default is switched off for it.

    Raises:
        ProtocolError: turn detection was asked for by name.
    """
    listening = config.audio.input
    model = listening.transcription.model if listening.transcription else None
    if model != "gpt-realtime-whisper" or listening.turn_detection is None:
        return config
    if listening.turn_detection != ServerVad():
        message = "Turn detection is not supported with gpt-realtime-whisper."
        raise ProtocolError(message, "invalid_value", "session.audio.input.turn_detection")
    silent = listening.model_copy(update={"turn_detection": None})
    return config.model_copy(update={"audio": config.audio.model_copy(update={"input": silent})})
