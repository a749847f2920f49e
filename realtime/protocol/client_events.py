"""What clients may say: the eleven events, and how a message becomes one of them.

`input_audio_buffer.append` comes fifty times a second and is read by hand; the others go through pydantic.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, cast

from pydantic import Field, TypeAdapter

from realtime.protocol.audio_config import ResponseAudio
from realtime.protocol.config import (
    MaxTokens,
    Modality,
    Prompt,
    Reasoning,
    Tool,
    ToolChoice,
    check_modalities,
    check_tokens,
)
from realtime.protocol.errors import ProtocolError, invalid_type, invalid_value, missing_parameter
from realtime.protocol.items import ClientItem, InputItem, ItemId
from realtime.protocol.shapes import Json, Shape, read

__all__ = ["CLIENT_EVENTS", "ClientEvent", "Transport", "event_id_of", "parse", "read_client_event"]

Transport = Literal["websocket", "webrtc"]
MOST_CHARACTERS: Final = 24 * 1024 * 1024
"""Of a message: 15 MiB of sound in base64, and room for the rest."""
_MOST_EVENT_ID: Final = 512
_MOST_METADATA: Final = 16

EventId = Annotated[str, Field(max_length=_MOST_EVENT_ID)]
Milliseconds = Annotated[int, Field(ge=0)]


class ClientEvent(Shape):
    """An event; `event_id` is the client's own name for it, echoed by the error it may cause."""

    event_id: EventId | None = None


class SessionUpdate(ClientEvent):
    """Changes the session's configuration. `session` is read by `config.updated`."""

    type: Literal["session.update"]
    session: dict[str, Any]


class InputAudioAppend(ClientEvent):
    """Adds sound (base64) to the input buffer. Never acknowledged."""

    type: Literal["input_audio_buffer.append"]
    audio: str


class InputAudioCommit(ClientEvent):
    """Makes the buffer a user message."""

    type: Literal["input_audio_buffer.commit"]


class InputAudioClear(ClientEvent):
    """Drops the buffer."""

    type: Literal["input_audio_buffer.clear"]


class OutputAudioClear(ClientEvent):
    """Drops what has not been played yet. WebRTC only."""

    type: Literal["output_audio_buffer.clear"]


class ItemCreate(ClientEvent):
    """Inserts an item: at the end, behind `previous_item_id`, or before all others (`root`)."""

    type: Literal["conversation.item.create"]
    item: ClientItem
    previous_item_id: str | None = None


class ItemDelete(ClientEvent):
    """Removes an item."""

    type: Literal["conversation.item.delete"]
    item_id: ItemId


class ItemRetrieve(ClientEvent):
    """Asks for an item, its sound included."""

    type: Literal["conversation.item.retrieve"]
    item_id: ItemId


class ItemTruncate(ClientEvent):
    """Says up to where a spoken answer was heard."""

    type: Literal["conversation.item.truncate"]
    item_id: ItemId
    content_index: Annotated[int, Field(ge=0)]
    audio_end_ms: Milliseconds


class ResponseParams(Shape):
    """What one response does otherwise than the session says."""

    conversation: Literal["auto", "none"] = "auto"
    input: list[InputItem] | None = None
    instructions: str | None = None
    max_output_tokens: MaxTokens | None = None
    metadata: (
        Annotated[
            dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=512)]],
            Field(max_length=_MOST_METADATA),
        ]
        | None
    ) = None
    output_modalities: list[Modality] | None = None
    parallel_tool_calls: bool | None = None
    prompt: Prompt | None = None
    reasoning: Reasoning | None = None
    tool_choice: ToolChoice | None = None
    tools: list[Tool] | None = None
    audio: ResponseAudio = ResponseAudio()


class ResponseCreate(ClientEvent):
    """Asks for an answer."""

    type: Literal["response.create"]
    response: ResponseParams = ResponseParams()


class ResponseCancel(ClientEvent):
    """Stops an answer: the conversation's, or the one named."""

    type: Literal["response.cancel"]
    response_id: str | None = None


class SessionClose(ClientEvent):
    """Ends the session. Not documented; the live service lists it among what it takes."""

    type: Literal["session.close"]


_EVERYWHERE: Final[Mapping[str, TypeAdapter[Any]]] = {
    "session.update": TypeAdapter(SessionUpdate),
    "input_audio_buffer.append": TypeAdapter(InputAudioAppend),
    "input_audio_buffer.commit": TypeAdapter(InputAudioCommit),
    "input_audio_buffer.clear": TypeAdapter(InputAudioClear),
    "conversation.item.create": TypeAdapter(ItemCreate),
    "conversation.item.delete": TypeAdapter(ItemDelete),
    "conversation.item.retrieve": TypeAdapter(ItemRetrieve),
    "conversation.item.truncate": TypeAdapter(ItemTruncate),
    "response.create": TypeAdapter(ResponseCreate),
    "response.cancel": TypeAdapter(ResponseCancel),
    "session.close": TypeAdapter(SessionClose),
}
_READERS: Final[Mapping[Transport, Mapping[str, TypeAdapter[Any]]]] = {
    "websocket": _EVERYWHERE,
    "webrtc": {**_EVERYWHERE, "output_audio_buffer.clear": TypeAdapter(OutputAudioClear)},
}
CLIENT_EVENTS: Final = frozenset(_READERS["webrtc"]) - {"session.close"}
"""The documented eleven."""
_BETA_UPDATE: Final = "transcription_session.update"
_APPEND_KEYS: Final = frozenset({"type", "audio", "event_id"})


def parse(message: Mapping[str, Any] | str | bytes) -> Json:
    """A message as a JSON object.

    Raises:
        ProtocolError: it is something else, or too large.
    """
    if isinstance(message, (str, bytes)):
        if len(message) > MOST_CHARACTERS:
            text = f"The message is longer than {MOST_CHARACTERS} characters."
            raise ProtocolError(text, "string_above_max_length")
        try:
            message = json.loads(message)
        except (ValueError, RecursionError):
            raise _bad_json() from None
    if not isinstance(message, Mapping):
        raise _bad_json()
    return dict(message)


def _bad_json() -> ProtocolError:
    return ProtocolError("The message is not a valid JSON object.", "invalid_json")


def event_id_of(event: Json) -> str | None:
    """The client's name for an event, as far as it has one."""
    name = event.get("event_id")
    return name if isinstance(name, str) and len(name) <= _MOST_EVENT_ID else None


def read_client_event(event: Json, transport: Transport) -> ClientEvent:
    """An event of the client.

    Raises:
        ProtocolError: which parameter is unknown, missing or wrong.
    """
    kind = event.get("type")
    if kind == "input_audio_buffer.append" and _plain_append(event):
        return InputAudioAppend.model_construct(type=kind, audio=event["audio"], event_id=event.get("event_id"))
    if kind is None:
        raise missing_parameter(path="type")
    if not isinstance(kind, str):
        raise invalid_type(path="type", expected="a string", value=kind)
    if kind == _BETA_UPDATE:
        message = "Passing a transcription session update event to a realtime session is not allowed."
        raise ProtocolError(message, None)
    readers = _READERS[transport]
    if kind not in readers:
        raise invalid_value(path="type", value=kind, supported=(_BETA_UPDATE, *readers))
    _check_writable(event)
    read_event = read(readers[kind], event, "")
    if isinstance(read_event, ResponseCreate):
        _check_response(read_event.response)
    return cast("ClientEvent", read_event)


def _plain_append(event: Json) -> bool:
    return isinstance(event.get("audio"), str) and event.keys() <= _APPEND_KEYS and _plain_id(event.get("event_id"))


def _plain_id(value: Any) -> bool:
    return value is None or (isinstance(value, str) and len(value) <= _MOST_EVENT_ID)


def _check_writable(event: Json) -> None:
    """What a client sends comes back in echoes: half a surrogate pair or NaN would fail there, so it fails here."""
    try:
        json.dumps(event, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, TypeError, RecursionError):
        raise _bad_json() from None


def _check_response(params: ResponseParams) -> None:
    if params.output_modalities is not None:
        check_modalities(params.output_modalities, "response.output_modalities")
    if params.max_output_tokens is not None:
        check_tokens(params.max_output_tokens, "response.max_output_tokens")
