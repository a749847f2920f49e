"""A client's item, made one of the conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime.protocol import items
from realtime.protocol.audio import AudioRef, bytes_per_ms, decode_audio
from realtime.protocol.conversation import Item, Part

if TYPE_CHECKING:
    from realtime.protocol.audio import FormatName

__all__ = ["made"]

AnyItem = (
    items.SystemMessage
    | items.UserMessage
    | items.AssistantMessage
    | items.FunctionCall
    | items.FunctionCallOutput
    | items.McpItem
)
AnyContent = items.InputText | items.InputAudio | items.InputImage | items.OutputText


def made(item: AnyItem, item_id: str, call_id: str, audio_format: FormatName, path: str = "item") -> Item:
    """The item.

    Args:
        item: as it was read.
        item_id: its id, the client's or a new one.
        call_id: for a function call that names none.
        audio_format: what sound in it is.
        path: where it stands in the event, for errors.

    Raises:
        ProtocolError: sound in it is not base64.
    """
    if isinstance(item, (items.SystemMessage, items.UserMessage, items.AssistantMessage)):
        parts = [
            _part(content, item_id, audio_format, f"{path}.content[{index}].audio")
            for index, content in enumerate(item.content)
        ]
        return Item(item_id, "message", item.role, item.status or "completed", parts)
    if isinstance(item, items.FunctionCall):
        return Item(
            item_id,
            "function_call",
            status=item.status or "completed",
            name=item.name,
            call_id=item.call_id or call_id,
            arguments=item.arguments,
        )
    if isinstance(item, items.FunctionCallOutput):
        return Item(item_id, "function_call_output", call_id=item.call_id, output=item.output)
    other = item.wire()
    return Item(item_id, item.type, other={key: other[key] for key in other if key not in {"id", "type"}})


def _part(content: AnyContent, item_id: str, audio_format: FormatName, path: str) -> Part:
    if isinstance(content, items.InputImage):
        return Part("input_image", image=content.wire())
    if not isinstance(content, items.InputAudio):
        return Part(content.type, content.text)
    if content.audio is None:
        return Part("input_audio", content.transcript)
    data = decode_audio(content.audio, path)
    ms = len(data) // bytes_per_ms(audio_format)
    return Part("input_audio", content.transcript, AudioRef("inline", 0, ms, item_id, data))
