"""What is wrong with a client's event, in the codes of the wire.

ProtocolError: the event is refused, the session goes on. It becomes an `error` event that names the event it answers.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["CODES", "MEANINGS", "Code", "ProtocolError"]

Code = Literal[
    "beta_api_shape_disabled",
    "cannot_update_voice",
    "conversation_already_has_active_response",
    "decimal_above_max_value",
    "decimal_below_min_value",
    "input_audio_buffer_commit_empty",
    "integer_above_max_value",
    "integer_below_min_value",
    "invalid_event_for_transport",
    "invalid_json",
    "invalid_tool_call_id",
    "invalid_type",
    "invalid_value",
    "item_create_duplicate_item_id",
    "item_create_invalid_previous_item_id",
    "item_delete_invalid_item_id",
    "item_reference_invalid_item_id",
    "item_retrieve_invalid_item_id",
    "item_truncate_invalid_item_id",
    "missing_required_parameter",
    "response_cancel_not_active",
    "session_expired",
    "string_above_max_length",
    "too_many_active_responses",
    "unknown_parameter",
    "unsupported_content_type",
]
CODES: Final[tuple[str, ...]] = get_args(Code)

MEANINGS: Final[Mapping[Code, str]] = MappingProxyType(
    {
        "beta_api_shape_disabled": "The client asked for the beta protocol, which is gone.",
        "cannot_update_voice": "The assistant has been heard already; its voice stays.",
        "conversation_already_has_active_response": "A response is running in the conversation; one at a time.",
        "decimal_above_max_value": "A number is too large.",
        "decimal_below_min_value": "A number is too small.",
        "input_audio_buffer_commit_empty": "Less than 100 ms of audio to commit.",
        "integer_above_max_value": "A whole number is too large.",
        "integer_below_min_value": "A whole number is too small.",
        "invalid_event_for_transport": "The event belongs to another transport.",
        "invalid_json": "The message is not a JSON object that can be written again.",
        "invalid_tool_call_id": "The output answers a call that the conversation does not have.",
        "invalid_type": "The value has the wrong JSON type.",
        "invalid_value": "The value is not one that the parameter may have.",
        "item_create_duplicate_item_id": "The conversation has an item of this id.",
        "item_create_invalid_previous_item_id": "There is no such item to insert behind.",
        "item_delete_invalid_item_id": "There is no such item to delete.",
        "item_reference_invalid_item_id": "There is no such item to refer to.",
        "item_retrieve_invalid_item_id": "There is no such item to retrieve.",
        "item_truncate_invalid_item_id": "There is no such item to truncate.",
        "missing_required_parameter": "A required parameter is absent.",
        "response_cancel_not_active": "There is no response to cancel.",
        "session_expired": "The session has lasted as long as a session may.",
        "string_above_max_length": "A string is too long.",
        "too_many_active_responses": "Too many responses run beside the conversation.",
        "unknown_parameter": "There is no such parameter.",
        "unsupported_content_type": "Only spoken answers can be truncated.",
    }
)


class ProtocolError(Exception):
    """A client's event is refused; nothing has been changed.

    `code` is what programs switch on (None where the service sends none), `param` the path of the value at fault
    (`session.audio.input.format`), `kind` the wire's `type`.
    """

    def __init__(
        self, message: str, code: Code | None, param: str | None = None, kind: str = "invalid_request_error"
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param
        self.kind = kind

    def wire(self, event_id: str | None = None) -> dict[str, Any]:
        """The error object of REST answers and of `error` events; `event_id` is the client's."""
        return {
            "type": self.kind,
            "code": self.code,
            "message": self.message,
            "param": self.param,
            "event_id": event_id,
        }


def unknown_parameter(path: str) -> ProtocolError:
    return ProtocolError(f"Unknown parameter: '{path}'.", "unknown_parameter", path)


def missing_parameter(path: str) -> ProtocolError:
    return ProtocolError(f"Missing required parameter: '{path}'.", "missing_required_parameter", path)


def invalid_value(path: str, value: object, supported: Iterable[str] = ()) -> ProtocolError:
    """The value is of the right type and not one of those supported."""
    names = [f"'{name}'" for name in supported]
    if not names:
        return ProtocolError(f"Invalid value for '{path}'.", "invalid_value", path)
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    shown = repr(value) if len(repr(value)) <= _MOST_SHOWN else f"{repr(value)[:_MOST_SHOWN]}…"
    return ProtocolError(f"Invalid value: {shown}. Supported values are: {listed}.", "invalid_value", path)


_MOST_SHOWN: Final = 80


def invalid_type(path: str, expected: str, value: object) -> ProtocolError:
    message = f"Invalid type for '{path}': expected {expected}, but got {json_type(value)} instead."
    return ProtocolError(message, "invalid_type", path)


def out_of_range(path: str, value: float, limit: float, *, above: bool) -> ProtocolError:
    """A number beyond its limit; whole numbers and others have codes of their own."""
    code: Code
    if isinstance(limit, int):
        code, noun = ("integer_above_max_value" if above else "integer_below_min_value"), "integer"
    else:
        code, noun = ("decimal_above_max_value" if above else "decimal_below_min_value"), "decimal"
    side = (
        f"{noun} above maximum value. Expected a value <="
        if above
        else f"{noun} below minimum value. Expected a value >="
    )
    return ProtocolError(f"Invalid '{path}': {side} {limit}, but got {value} instead.", code, path)


def too_long(path: str, limit: int, length: int) -> ProtocolError:
    message = f"Invalid '{path}': string too long. Expected a string with maximum length {limit}, but got {length}."
    return ProtocolError(message, "string_above_max_length", path)


def bad_audio(path: str) -> ProtocolError:
    message = f"Invalid '{path}'. Expected base64-encoded audio bytes (mono PCM16 at 24kHz) but got an invalid value."
    return ProtocolError(message, "invalid_value", path)


def no_such_item(doing: str, code: Code, item_id: str, param: str = "item_id") -> ProtocolError:
    return ProtocolError(f"Error {doing} item: the item with id '{item_id}' does not exist.", code, param)


def already_responding(response_id: str) -> ProtocolError:
    message = (
        f"Conversation already has an active response in progress: {response_id}. "
        "Wait until the response is finished before creating a new one."
    )
    return ProtocolError(message, "conversation_already_has_active_response")


def buffer_too_small(least_ms: int, ms: float) -> ProtocolError:
    message = (
        f"Error committing input audio buffer: buffer too small. Expected at least {least_ms}ms of audio, "
        f"but buffer only has {ms:.2f}ms of audio."
    )
    return ProtocolError(message, "input_audio_buffer_commit_empty")


def session_expired(minutes: float) -> ProtocolError:
    return ProtocolError(f"Your session hit the maximum duration of {minutes:g} minutes.", "session_expired")


def beta_disabled() -> ProtocolError:
    message = "The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API."
    return ProtocolError(message, "beta_api_shape_disabled")


def json_type(value: object) -> str:
    """The JSON type of a value with its article, as messages say it."""
    if value is None:
        return "null"
    for kinds, name in _JSON_TYPES:
        if isinstance(value, kinds):
            return name
    return "an object"


_JSON_TYPES: Final[tuple[tuple[type | tuple[type, ...], str], ...]] = (
    (bool, "a boolean"),
    (str, "a string"),
    (int, "an integer"),
    (float, "a decimal"),
    ((list, tuple), "an array"),
)
