"""The transcript that a client keeps of a conversation with a provider: entries in order, made from its events.

`apply` takes every event as it comes and never raises: what it does not know changes nothing, an `error` event ends
nothing, and what providers leave out (`conversation.item.done`, `usage`, `event_id`) is not missed. Order is that of
`previous_item_id`, not that of arrival: the words of the user often come when the answer is under way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from realtime.protocol.folding import Fold
from realtime.protocol.provider_events import OPENAI, named

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from realtime.protocol.provider_events import Dialect
    from realtime.protocol.records import Record
    from realtime.protocol.shapes import Json

__all__ = ["EMPTY", "Changes", "Entry", "Transcript", "as_text"]

EMPTY: Final = "(No conversation yet)"
_SPEAKERS: Final = {"user": "User", "assistant": "AI"}
_LONGEST_ID: Final = 32
"""OpenAI refuses longer ids of items that a client creates."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that was said or typed."""

    id: str
    role: Literal["user", "assistant"]
    text: str
    timestamp: int
    """When it began, in unix milliseconds."""
    status: Literal["partial", "final", "interrupted"]
    cut_ms: int | None = None
    """Of an interrupted answer: how much of it was heard, where that is known."""

    def wire(self) -> Json:
        """The entry as tools and resources show it."""
        return {
            "id": self.id,
            "role": self.role,
            "text": self.text,
            "timestamp": self.timestamp,
            "status": self.status,
        }


@dataclass(frozen=True, slots=True)
class Changes:
    """What is new since a cursor."""

    cursor: int
    """Ask with this one next time."""
    entries: tuple[Entry, ...]
    """New and changed entries, in the order of the conversation."""


def as_text(entries: Iterable[Entry]) -> str:
    """`User: …` and `AI: …`, a line each; a placeholder when nobody has said anything."""
    return "\n".join(f"{_SPEAKERS[entry.role]}: {entry.text}" for entry in entries) or EMPTY


class Transcript:
    """One conversation, over any number of connections: what a new one was told (`replay`) is not entered again."""

    def __init__(self, dialect: Dialect = OPENAI) -> None:
        self._fold = Fold(dialect)

    @property
    def cursor(self) -> int:
        """Counts changes; never goes back."""
        return self._fold.cursor

    @property
    def last_error(self) -> Json | None:
        """The last `error` event's object."""
        return self._fold.last_error

    def apply(self, event: Mapping[str, Any], unix: float) -> bool:
        """An event of the provider; `unix` is the time (s). Tells whether an entry has changed."""
        name, known = named(event)
        before = self._fold.cursor
        self._fold.apply(name, known, unix)
        return self._fold.cursor != before

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Whatever has words by now, in order."""
        return tuple(_entry(record) for record in self._fold if record.shown)

    @property
    def text(self) -> str:
        """The transcript as one string."""
        return as_text(self.entries)

    def since(self, cursor: int) -> Changes:
        """What has changed after a cursor (0: everything)."""
        changed = (record for record in self._fold if record.changed > cursor and record.shown)
        return Changes(self.cursor, tuple(_entry(record) for record in changed))

    def replay(self, most: int | None = None) -> list[Json]:
        """Client events that tell a new connection what was said: the newest `most` items.

        Answers become text, since their sound cannot be given; an interrupted one ends where it was cut. Function calls
        are told with their outputs or not at all. Ids are kept where the service takes them.
        """
        records = [record for record in self._fold if record.replayed]
        calls = {record.call_id for record in records if record.kind == "function_call"}
        outputs = {record.call_id for record in records if record.kind == "function_call_output"}
        if most is not None:
            records = records[max(0, len(records) - most) :]
            calls &= {record.call_id for record in records if record.kind == "function_call"}
        told = [record for record in records if not record.call_id or record.call_id in calls & outputs]
        self._fold.seeds.clear()
        self._fold.seeds.extend(record for record in told if len(record.id) > _LONGEST_ID)
        return [{"type": "conversation.item.create", "item": _seed(record)} for record in told]

    def end(self) -> None:
        """The connection is over: what was still coming is final, and an answer that was coming is interrupted."""
        for record in self._fold:
            if record.kind == "message":
                ended = record.interrupt() if record.role == "assistant" else record.finish()
                self._fold.touch(record, changed=ended)


def _entry(record: Record) -> Entry:
    role: Literal["user", "assistant"] = "assistant" if record.role == "assistant" else "user"
    return Entry(record.id, role, record.text, int(record.began * 1000), record.status, record.cut_ms)


def _seed(record: Record) -> Json:
    own = {"id": record.id} if len(record.id) <= _LONGEST_ID else {}
    call = {"call_id": record.call_id}
    if record.kind == "function_call":
        return {**own, **call, "type": record.kind, "name": record.name, "arguments": record.arguments}
    if record.kind == "function_call_output":
        return {**own, **call, "type": record.kind, "output": record.output}
    kind = "output_text" if record.role == "assistant" else "input_text"
    return {**own, "type": "message", "role": record.role, "content": [{"type": kind, "text": record.text}]}
