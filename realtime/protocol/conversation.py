"""The conversation: items in order, and what an answerer is told of them."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING, Any, Final, Literal

from realtime.protocol.audio import AudioRef
from realtime.protocol.usage import ASSISTANT_MS_PER_TOKEN, USER_MS_PER_TOKEN, text_tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from realtime.protocol.audio import AudioReader
    from realtime.protocol.shapes import Json
    from realtime.protocol.spoken import Spoken

__all__ = ["ContextItem", "Conversation", "Item", "Part"]

Role = Literal["system", "user", "assistant"]
PartKind = Literal["input_text", "input_audio", "input_image", "output_text", "output_audio"]
_SPOKEN: Final = ("input_audio", "output_audio")


@dataclass(slots=True)
class Part:
    """A part of a message."""

    kind: PartKind
    text: str | None = None
    """What was typed, or the transcript of what was said: None while it is not known, and after a cut."""
    audio: AudioRef | None = None
    spoken: Spoken | None = None
    """Of an answer: what it said when."""
    heard: str | None = None
    """Of an answer that was cut: what of it the user has heard. Not for the wire."""
    image: Json = field(default_factory=dict[str, Any])

    def wire(self) -> Json:
        """The part, its sound left out."""
        if self.kind in _SPOKEN:
            return {"type": self.kind, "transcript": self.text}
        return {"type": self.kind, "text": self.text} if self.kind != "input_image" else {**self.image}

    def close(self) -> None:
        """No more comes: the transcript is what was said, unless it has been cut meanwhile."""
        if self.spoken is not None and self.heard is None:
            self.text = self.spoken.text
            self.audio = AudioRef("output", 0, ceil(self.spoken.ms), self.audio.item_id if self.audio else "")

    def cut(self, ms: int) -> None:
        """Only the first `ms` milliseconds of an answer were heard; its transcript goes, as the wire demands."""
        assert self.spoken is not None  # noqa: S101 - only answers are cut
        self.heard, self.text = self.spoken.heard(ms), None
        self.audio = AudioRef("output", 0, ms, self.audio.item_id if self.audio else "")

    @property
    def ms(self) -> int:
        """Milliseconds of sound."""
        if self.spoken is not None and self.heard is None:
            return ceil(self.spoken.ms)
        return self.audio.ms if self.audio else 0

    @property
    def words(self) -> str:
        """What is known of the text, cut to what was heard."""
        if self.heard is not None:
            return self.heard
        if self.text is None:
            return self.spoken.text if self.spoken else ""
        return self.text


@dataclass(slots=True)
class Item:
    """An item of a conversation."""

    id: str
    type: str
    role: Role | None = None
    status: str | None = None
    content: list[Part] = field(default_factory=list[Part])
    name: str = ""
    call_id: str = ""
    arguments: str = ""
    output: str = ""
    other: Json = field(default_factory=dict[str, Any])
    """Of MCP items: everything but id and type."""

    def wire(self) -> Json:
        """The item, its sound left out."""
        match self.type:
            case "message":
                content = [part.wire() for part in self.content]
                return {"id": self.id, "type": "message", "status": self.status, "role": self.role, "content": content}
            case "function_call":
                return {
                    "id": self.id,
                    "type": "function_call",
                    "status": self.status,
                    "name": self.name,
                    "call_id": self.call_id,
                    "arguments": self.arguments,
                }
            case "function_call_output":
                return {"id": self.id, "type": self.type, "call_id": self.call_id, "output": self.output}
            case _:
                return {"id": self.id, "type": self.type, **self.other}

    def wire_with_audio(self, read: AudioReader, most: int | None) -> Json:
        """The item with its sound as base64; sound of more than `most` bytes is left out, as is what is gone."""
        item = self.wire()
        for part, plain in zip(self.content, item.get("content", ()), strict=False):
            data = read(part.audio) if part.audio is not None else b""
            if data and (most is None or len(data) <= most):
                plain["audio"] = base64.b64encode(data).decode("ascii")
        return item


@dataclass(frozen=True, slots=True)
class ContextItem:
    """What an answerer is told of an item."""

    kind: str
    """`message`, `function_call`, `function_call_output`, or an MCP item's type."""
    item_id: str
    role: Role | None = None
    text: str = ""
    """All that was typed and said, cut to what was heard."""
    interrupted: bool = False
    audio: tuple[AudioRef, ...] = ()
    images: tuple[str, ...] = ()
    name: str = ""
    call_id: str = ""
    arguments: str = ""
    output: str = ""

    @classmethod
    def of(cls, item: Item) -> ContextItem:
        """An item, told."""
        words = [part.words for part in item.content]
        return cls(
            kind=item.type,
            item_id=item.id,
            role=item.role,
            text="\n".join(word for word in words if word),
            interrupted=any(part.heard is not None for part in item.content),
            audio=tuple(part.audio for part in item.content if part.audio is not None),
            images=tuple(str(part.image["image_url"]) for part in item.content if part.image),
            name=item.name,
            call_id=item.call_id,
            arguments=item.arguments,
            output=item.output,
        )

    @property
    def tokens(self) -> tuple[int, int]:
        """About how many tokens of text and of audio this is."""
        rate = USER_MS_PER_TOKEN if self.role == "user" else ASSISTANT_MS_PER_TOKEN
        audio = sum(-(-ref.ms // rate) for ref in self.audio)
        written = "" if self.role == "user" and self.audio else self.text
        return text_tokens(written + self.name + self.arguments + self.output), audio


class Conversation:
    """Items in order. Every item but the first has a predecessor, which is what the wire tells of its place."""

    def __init__(self, conversation_id: str) -> None:
        self.id = conversation_id
        self._items: dict[str, Item] = {}
        self._order: list[str] = []

    def __len__(self) -> int:
        return len(self._order)

    def __iter__(self) -> Iterator[Item]:
        return (self._items[item_id] for item_id in self._order)

    def __contains__(self, item_id: str) -> bool:
        return item_id in self._items

    def get(self, item_id: str) -> Item | None:
        return self._items.get(item_id)

    @property
    def last_id(self) -> str | None:
        return self._order[-1] if self._order else None

    def add(self, item: Item, after: str | None = None) -> str | None:
        """Insert an item at the end, behind `after` (which must be there), or first (`root`); tells its predecessor."""
        self._items[item.id] = item
        if after is None or after == self.last_id:
            before = self.last_id
            self._order.append(item.id)
            return before
        place = 0 if after == "root" else self._place(after) + 1
        self._order.insert(place, item.id)
        return self._order[place - 1] if place else None

    def delete(self, item_id: str) -> None:
        del self._items[item_id]
        self._order.remove(item_id)

    def previous(self, item_id: str) -> str | None:
        place = self._place(item_id)
        return self._order[place - 1] if place else None

    def previous_told(self, item_id: str) -> str | None:
        """The predecessor as `conversation.item.done` tells it of an item of a response.

        Recorded six times of six: when the predecessor is the first item of the conversation, the service says null.
        """
        previous = self.previous(item_id)
        return None if previous == self._order[0] else previous

    def has_call(self, call_id: str) -> bool:
        return any(item.type == "function_call" and item.call_id == call_id for item in reversed(self._items.values()))

    def _place(self, item_id: str) -> int:
        """Nearly always near the end."""
        for place in range(len(self._order) - 1, -1, -1):
            if self._order[place] == item_id:
                return place
        raise KeyError(item_id)


def context_of(items: Iterable[Item], budget: int | None, kept: float = 1.0) -> tuple[ContextItem, ...]:
    """What an answerer is told: all, or if that is more than `budget` tokens, the newest that fit in `kept` of it.

    A function's output whose call is gone goes with it.
    """
    told = [ContextItem.of(item) for item in items]
    sizes = [sum(item.tokens) for item in told]
    if budget is None or sum(sizes) <= budget:
        return tuple(told)
    room, start = budget * kept, len(told)
    while start and room >= sizes[start - 1]:
        start -= 1
        room -= sizes[start]
    calls = {item.call_id for item in told[start:] if item.kind == "function_call"}
    return tuple(item for item in told[start:] if item.kind != "function_call_output" or item.call_id in calls)
