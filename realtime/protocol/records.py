"""What is known of one item while a transcript is being made of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from realtime.protocol.provider_events import objects_of, text_of
from realtime.protocol.spoken import first_words

if TYPE_CHECKING:
    from realtime.protocol.shapes import Json

__all__ = ["Record"]

_MOST_PARTS = 64
_NEARLY_ALL_MS = 50
"""An answer that was stopped so shortly before its end was heard."""


@dataclass(slots=True)
class Record:
    """An item. Methods tell whether its entry has changed."""

    id: str
    role: str
    began: float
    """Unix seconds."""
    kind: str = "message"
    status: Literal["partial", "final", "interrupted"] = "partial"
    parts: dict[int, str] = field(default_factory=dict[int, str])
    ms: float = 0.0
    """Of sound received."""
    cut_ms: int | None = None
    changed: int = 0
    deleted: bool = False
    name: str = ""
    call_id: str = ""
    arguments: str = ""
    output: str = ""

    @property
    def text(self) -> str:
        return "".join(self.parts[index] for index in sorted(self.parts)).strip()

    @property
    def shown(self) -> bool:
        """Whether it is an entry: someone's words, as soon as there are any."""
        return self.kind == "message" and self.role in {"user", "assistant"} and bool(self.text)

    @property
    def replayed(self) -> bool:
        """Whether a new connection is told of it."""
        if self.deleted:
            return False
        return bool(self.text) if self.kind == "message" else bool(self.call_id)

    def take(self, index: int, text: str, *, add: bool) -> bool:
        """More words of a part, or all of them."""
        if self.status == "interrupted" or not 0 <= index < _MOST_PARTS:
            return False
        old = self.parts.get(index, "")
        new = old + text if add else text or old
        self.parts[index] = new
        return new != old

    def take_item(self, item: Json, *, done: bool) -> bool:
        """The item as the provider has it; what it leaves out stays."""
        self.kind = text_of(item, "type") or self.kind
        self.role = text_of(item, "role") or self.role
        for key in ("name", "call_id", "arguments", "output"):
            setattr(self, key, text_of(item, key) or getattr(self, key))
        changed, heard = False, False
        for index, part in enumerate(objects_of(item, "content")):
            spoken = text_of(part, "type") == "input_audio"
            text = text_of(part, "text") or text_of(part, "transcript")
            heard = heard or (spoken and not text)
            # Live words run ahead of an item that says nothing yet.
            changed = (self.take(index, text, add=False) if text else False) or changed
        # What the user said is complete when its transcription is, which comes later than the item.
        if done and not heard and text_of(item, "status") != "incomplete":
            changed = self.finish() or changed
        return changed

    def finish(self) -> bool:
        """No more comes."""
        if self.status != "partial":
            return False
        self.status = "final"
        return True

    def interrupt(self) -> bool:
        """The answer was stopped while it was being made."""
        if self.status != "partial":
            return False
        self.status = "interrupted"
        return True

    def cut(self, ms: int) -> bool:
        """Only the first `ms` milliseconds were heard. The text is cut in proportion, where the length is known."""
        if self.ms and ms >= self.ms - _NEARLY_ALL_MS and self.status == "final":
            return False
        if self.ms and self.cut_ms is None:
            self.parts = {0: first_words(self.text, min(1.0, ms / self.ms))}
        self.cut_ms, self.status = ms, "interrupted"
        return True
