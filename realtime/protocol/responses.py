"""One response, from `created` to `done`.

    created ─► item added ─► part added ─► deltas ─► deltas done ─► part done ─► item done ─► … ─► done

Every item that was added is done, and `conversation.item.done` comes before `response.output_item.done` (recorded). A
response beside the conversation sends no `conversation.item.*`.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from realtime.protocol import response_events as out
from realtime.protocol.conversation import Item, Part
from realtime.protocol.server_events import ItemAdded, ItemDone
from realtime.protocol.spoken import Spoken
from realtime.protocol.usage import ASSISTANT_MS_PER_TOKEN, Usage, text_tokens

if TYPE_CHECKING:
    from realtime.protocol.shapes import Json
    from realtime.protocol.state import State

__all__ = ["ResponseRun", "ResponseSettings"]

Status = Literal["completed", "cancelled", "failed", "incomplete"]


@dataclass(frozen=True, slots=True)
class ResponseSettings:
    """What a response was asked to be: `response.create` over the session."""

    modality: Literal["text", "audio"]
    voice: str
    audio_format: Json
    max_output_tokens: int | Literal["inf"]
    metadata: dict[str, str] | None
    in_conversation: bool


class ResponseRun:
    """A response under way. Sends its events through `state`."""

    def __init__(self, state: State, settings: ResponseSettings) -> None:
        self.id = state.mint("resp")
        self.settings = settings
        self.status: Status | Literal["in_progress"] = "in_progress"
        self.audio_ms = 0.0
        self.parts: list[tuple[Item, int, float]] = []
        """Spoken parts: item, index of the part, where in the response's sound it begins (ms)."""
        self._state = state
        self._output: list[Item] = []
        self._open = False
        self._details: Json | None = None
        self._usage: Json | None = None
        state.send(out.ResponseCreated(self.wire()))

    def wire(self) -> Json:
        """The response object."""
        settings = self.settings
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": self.status,
            "status_details": self._details,
            "output": [item.wire() for item in self._output] if self.status != "in_progress" else [],
            "conversation_id": self._state.conversation.id if settings.in_conversation else None,
            "output_modalities": [settings.modality],
            "max_output_tokens": settings.max_output_tokens,
            "audio": {"output": {"format": settings.audio_format, "voice": settings.voice}},
            "usage": self._usage,
            "metadata": settings.metadata,
        }

    def text(self, delta: str) -> None:
        """More text of a written answer."""
        part = self._message()
        part.text = (part.text or "") + delta
        self._state.send(out.TextDelta(**self._in_part(), delta=delta, obfuscation=self._state.obfuscation(delta)))

    def sound(self, audio: bytes, ms: float, transcript: str) -> str:
        """More of a spoken answer: words, sound, or both; tells the item. Over WebRTC the sound goes another way."""
        part = self._message()
        spoken = part.spoken = part.spoken or Spoken()
        spoken.add(transcript, ms)
        self.audio_ms += ms
        where = self._in_part()
        if transcript:
            padding = self._state.obfuscation(transcript)
            self._state.send(out.SpokenDelta(**where, delta=transcript, obfuscation=padding))
        if audio and not self._state.webrtc:
            self._state.send(out.AudioDelta(**where, delta=base64.b64encode(audio).decode("ascii")))
        return self._output[-1].id

    def call(self, name: str, arguments: str, call_id: str | None, *, more: bool) -> None:
        """A function call, at once or (`more`) piece by piece under the same name."""
        if not (self._open and self._output[-1].type == "function_call" and self._output[-1].name == name):
            self.close_item("completed")
            made = call_id or self._state.ids.call()
            self._add(Item(self._state.mint("item"), "function_call", None, "in_progress", name=name, call_id=made))
        item = self._output[-1]
        if arguments:
            item.arguments += arguments
            padding = self._state.obfuscation(arguments)
            self._state.send(
                out.ArgumentsDelta(**self._in_item(), call_id=item.call_id, delta=arguments, obfuscation=padding)
            )
        if not more:
            self.close_item("completed")

    def close_item(self, status: Literal["completed", "incomplete"]) -> None:
        """Finish the item at work, if there is one."""
        if not self._open:
            return
        self._open, item = False, self._output[-1]
        if item.type == "function_call":
            self._state.send(
                out.ArgumentsDone(**self._in_item(), call_id=item.call_id, name=item.name, arguments=item.arguments)
            )
        else:
            self._close_part(item.content[-1])
        item.status = status
        self._item_done(item)

    def end(self, status: Status, details: Json | None = None, usage: Usage | None = None) -> None:
        """Finish the response; what is open is closed first."""
        self.close_item("completed" if status == "completed" else "incomplete")
        self.status, self._details = status, details
        self._usage = usage.wire() if usage else None
        self._state.send(out.ResponseDone(self.wire()))

    @property
    def output_tokens(self) -> Usage:
        """What it has given so far: text (that of speech and calls too) and audio."""
        words = "".join(part.spoken.text if part.spoken else part.text or "" for part in self._all_parts())
        words += "".join(item.name + item.arguments for item in self._output)
        return Usage(output_text=text_tokens(words), output_audio=-(-int(self.audio_ms) // ASSISTANT_MS_PER_TOKEN))

    def _all_parts(self) -> list[Part]:
        return [part for item in self._output for part in item.content]

    def _message(self) -> Part:
        """The part being written or spoken; a new message if there is none."""
        if self._open and self._output[-1].type == "message":
            return self._output[-1].content[-1]
        self.close_item("completed")
        item = Item(self._state.mint("item"), "message", "assistant", "in_progress")
        self._add(item)
        spoken = self.settings.modality == "audio"
        part = Part("output_audio", spoken=Spoken()) if spoken else Part("output_text", "")
        item.content.append(part)
        if spoken:
            self.parts.append((item, 0, self.audio_ms))
        self._state.send(out.PartAdded(**self._in_part(), part=_told(part)))
        return part

    def _add(self, item: Item) -> None:
        self._open = True
        self._output.append(item)
        self._state.send(out.OutputItemAdded(self.id, len(self._output) - 1, item.wire()))
        if self.settings.in_conversation:
            self._state.send(ItemAdded(self._state.conversation.add(item), item.wire()))

    def _close_part(self, part: Part) -> None:
        where = self._in_part()
        if part.spoken is not None:
            self._state.send(out.AudioDone(**where))
            self._state.send(out.SpokenDone(**where, transcript=part.spoken.text))
        else:
            self._state.send(out.TextDone(**where, text=part.text or ""))
        part.close()
        self._state.send(out.PartDone(**where, part=_told(part)))

    def _item_done(self, item: Item) -> None:
        conversation = self._state.conversation
        # The client may have deleted it while it was being made.
        if self.settings.in_conversation and conversation.get(item.id) is item:
            self._state.send(ItemDone(conversation.previous_told(item.id), item.wire()))
        self._state.send(out.OutputItemDone(self.id, self._output.index(item), item.wire()))

    def _in_item(self) -> dict[str, Any]:
        return {"response_id": self.id, "item_id": self._output[-1].id, "output_index": len(self._output) - 1}

    def _in_part(self) -> dict[str, Any]:
        return {**self._in_item(), "content_index": len(self._output[-1].content) - 1}


def _told(part: Part) -> Json:
    """A part as `response.content_part.*` tells it: there, and only there, its type is `text` or `audio`."""
    if part.spoken is not None:
        return {"type": "audio", "transcript": part.spoken.text}
    return {"type": "text", "text": part.text or ""}
