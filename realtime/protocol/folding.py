"""How a provider's events become records in order: one small function an event, found by its name."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, Literal

from realtime.protocol.ordering import Order
from realtime.protocol.provider_events import number_of, object_of, objects_of, text_of
from realtime.protocol.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from realtime.protocol.provider_events import Dialect
    from realtime.protocol.shapes import Json

__all__ = ["Fold"]

_PCM_BYTES_PER_MS: Final = 48
_G711_BYTES_PER_MS: Final = 8
_HANDLERS: dict[str, Callable[[Fold, Json, float], None]] = {}


class Fold:
    """Records of items, and their order."""

    def __init__(self, dialect: Dialect) -> None:
        self.cursor = 0
        """Counts changes of entries."""
        self.last_error: Json | None = None
        self.bytes_per_ms = _PCM_BYTES_PER_MS
        self.order = Order()
        self.by_response: dict[str, list[str]] = {}
        self.seeds: deque[Record] = deque()
        """Records that a new connection was told of without their ids: its items of the same words are they."""
        self._dialect = dialect
        self._records: dict[str, Record] = {}
        self._aliases: dict[str, str] = {}

    def __iter__(self) -> Iterator[Record]:
        return (self._records[item_id] for item_id in self.order if item_id in self._records)

    def apply(self, name: str, event: Json, unix: float) -> None:
        """An event by its GA name; unknown ones change nothing."""
        handler = _HANDLERS.get(name)
        if handler is not None:
            handler(self, event, unix)

    def find(self, item_id: str) -> Record | None:
        return self._records.get(self._aliases.get(item_id, item_id))

    def record(self, item_id: str, unix: float, role: str) -> Record:
        """The record of an item, new if need be."""
        record = self.find(item_id)
        if record is None:
            record = self._records[item_id] = Record(item_id, role, unix)
            self.order.note(item_id)
        return record

    def recognise(self, item_id: str, item: Json) -> None:
        """An item that a new connection made of what it was told is the one it was told of."""
        if not self.seeds or self.find(item_id) is not None:
            return
        seed, stranger = self.seeds[0], Record(item_id, "", 0)
        stranger.take_item(item, done=False)
        if (stranger.role, stranger.text, stranger.call_id) == (seed.role, seed.text, seed.call_id):
            self._aliases[item_id] = self.seeds.popleft().id

    def touch(self, record: Record, *, changed: bool = True) -> None:
        """The record's entry has changed (or not)."""
        if changed:
            self.cursor += 1
            record.changed = self.cursor

    def place(self, record: Record, event: Json) -> None:
        """The event tells where the item stands, as far as this provider can be believed."""
        previous = event.get("previous_item_id")
        if isinstance(previous, str) and previous:
            self.order.settle(record.id, self._aliases.get(previous, previous))
        elif "previous_item_id" in event and self._dialect.null_is_first:
            self.order.settle(record.id, None)
        else:
            self.order.settle_last(record.id)

    def words(self, event: Json, unix: float, role: str, text: str, how: Literal["add", "replace", "finish"]) -> None:
        """Words of an item: more, all so far, or all."""
        item_id = text_of(event, "item_id")
        if not item_id:
            return
        record = self.record(item_id, unix, role)
        index = number_of(event, "content_index") or 0
        changed = record.take(int(index), text, add=how == "add")
        if how == "finish":
            changed = record.finish() or changed
        self.touch(record, changed=changed)


def _on(*names: str) -> Callable[[Callable[[Fold, Json, float], None]], Callable[[Fold, Json, float], None]]:
    def entered(handler: Callable[[Fold, Json, float], None]) -> Callable[[Fold, Json, float], None]:
        _HANDLERS.update(dict.fromkeys(names, handler))
        return handler

    return entered


@_on("session.created", "session.updated")
def _session(fold: Fold, event: Json, _unix: float) -> None:
    output = object_of(object_of(object_of(event, "session"), "audio"), "output")
    g711 = text_of(object_of(output, "format"), "type") in {"audio/pcmu", "audio/pcma"}
    fold.bytes_per_ms = _G711_BYTES_PER_MS if g711 else _PCM_BYTES_PER_MS


@_on("error")
def _error(fold: Fold, event: Json, _unix: float) -> None:
    fold.last_error = object_of(event, "error") or None


@_on("input_audio_buffer.speech_started", "input_audio_buffer.timeout_triggered")
def _speech(fold: Fold, event: Json, unix: float) -> None:
    item_id = text_of(event, "item_id")
    if item_id:
        fold.record(item_id, unix, "user")


@_on("input_audio_buffer.committed")
def _committed(fold: Fold, event: Json, unix: float) -> None:
    item_id = text_of(event, "item_id")
    if item_id:
        fold.place(fold.record(item_id, unix, "user"), event)


@_on("conversation.item.added")
def _item_added(fold: Fold, event: Json, unix: float) -> None:
    item = object_of(event, "item")
    item_id = text_of(item, "id")
    if item_id:
        fold.recognise(item_id, item)
        record = fold.record(item_id, unix, text_of(item, "role") or "user")
        fold.place(record, event)
        fold.touch(record, changed=record.take_item(item, done=text_of(item, "status") == "completed"))


@_on("conversation.item.done")
def _item_done(fold: Fold, event: Json, unix: float) -> None:
    # Where it stands is not taken from here: behind the very first item, an answer's `done` says null (recorded).
    item = object_of(event, "item")
    item_id = text_of(item, "id")
    if item_id:
        record = fold.record(item_id, unix, text_of(item, "role") or "user")
        fold.touch(record, changed=record.take_item(item, done=True))


@_on("conversation.item.retrieved")
def _item_retrieved(fold: Fold, event: Json, _unix: float) -> None:
    item = object_of(event, "item")
    record = fold.find(text_of(item, "id"))
    if record is not None:
        fold.touch(record, changed=record.take_item(item, done=False))


@_on("conversation.item.deleted")
def _item_deleted(fold: Fold, event: Json, _unix: float) -> None:
    # What was said was said: the entry stays, only a new connection is not told of it.
    record = fold.find(text_of(event, "item_id"))
    if record is not None:
        record.deleted = True


@_on("conversation.item.truncated")
def _item_truncated(fold: Fold, event: Json, _unix: float) -> None:
    record = fold.find(text_of(event, "item_id"))
    ms = number_of(event, "audio_end_ms")
    if record is not None and ms is not None and ms >= 0:
        fold.touch(record, changed=record.cut(int(ms)))


@_on("conversation.item.input_audio_transcription.delta")
def _words_delta(fold: Fold, event: Json, unix: float) -> None:
    fold.words(event, unix, "user", text_of(event, "delta"), "add")


@_on("conversation.item.input_audio_transcription.updated")
def _words_updated(fold: Fold, event: Json, unix: float) -> None:
    fold.words(event, unix, "user", text_of(event, "transcript"), "replace")


@_on("conversation.item.input_audio_transcription.completed")
def _words_completed(fold: Fold, event: Json, unix: float) -> None:
    fold.words(event, unix, "user", text_of(event, "transcript"), "finish")


@_on("conversation.item.input_audio_transcription.failed")
def _words_failed(fold: Fold, event: Json, _unix: float) -> None:
    record = fold.find(text_of(event, "item_id"))
    if record is not None:
        fold.touch(record, changed=record.finish())


@_on("response.output_audio_transcript.delta", "response.output_text.delta")
def _answer_delta(fold: Fold, event: Json, unix: float) -> None:
    fold.words(event, unix, "assistant", text_of(event, "delta"), "add")


@_on("response.output_audio_transcript.done", "response.output_text.done")
def _answer_done(fold: Fold, event: Json, unix: float) -> None:
    fold.words(event, unix, "assistant", text_of(event, "transcript") or text_of(event, "text"), "replace")


@_on("response.output_audio.delta")
def _sound(fold: Fold, event: Json, unix: float) -> None:
    item_id = text_of(event, "item_id")
    if item_id:
        encoded = len(text_of(event, "delta"))
        fold.record(item_id, unix, "assistant").ms += encoded * 3 / 4 / fold.bytes_per_ms


@_on("response.output_item.added", "response.output_item.done")
def _output_item(fold: Fold, event: Json, unix: float) -> None:
    item = object_of(event, "item")
    item_id = text_of(item, "id")
    if not item_id:
        return
    record = fold.record(item_id, unix, text_of(item, "role") or "assistant")
    fold.by_response.setdefault(text_of(event, "response_id"), []).append(item_id)
    fold.touch(record, changed=record.take_item(item, done=text_of(item, "status") == "completed"))


@_on("response.done")
def _response_done(fold: Fold, event: Json, unix: float) -> None:
    response = object_of(event, "response")
    cut_short = text_of(response, "status") == "cancelled"
    items = {text_of(item, "id"): item for item in objects_of(response, "output")}
    known = fold.by_response.pop(text_of(response, "id"), [])
    for item_id in dict.fromkeys([*items, *known]):
        if item_id:
            record = fold.record(item_id, unix, "assistant")
            changed = record.take_item(items.get(item_id, {}), done=False)
            ended = record.interrupt() if cut_short and record.status == "partial" else record.finish()
            fold.touch(record, changed=changed or ended)
