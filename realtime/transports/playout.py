"""The queue of outgoing sound: what is sent next, and what has been sent of which item. No I/O, no clock."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from realtime.transports.errors import ConnectionEnded, QueueFull
from realtime.transports.opus import FRAME_BYTES, Encoder, EncoderSettings, silence
from realtime.transports.ports import BYTES_PER_MS, PlaybackChange, PlaybackEvent, Played
from realtime.transports.queues import Mailbox

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

_DEFAULT_LIMIT_MS = 120_000
_KNOWN_ITEMS = 256
_EVENTS = 1024
_ROOM_MS = 1_000
_FADE_FRAMES = 3
"""Silent frames that are really encoded after sound, so that the codec's own tail is heard."""
_PATIENCE_FRAMES = 3
"""An unfinished frame waits so long for the rest of it, then goes out padded."""
_SILENT_FRAME = bytes(FRAME_BYTES)


class _Sound(NamedTuple):
    item: _Item
    pcm: bytes = b""
    packets: Sequence[bytes] = ()


@dataclass(slots=True)
class _Item:
    item_id: str
    written: int = 0
    sent: int = 0
    finished: bool = False
    cleared: bool = False

    @property
    def all_sent(self) -> bool:
        return self.finished and self.sent >= self.written

    def played(self) -> Played:
        return Played(self.item_id, self.sent // BYTES_PER_MS, self.written // BYTES_PER_MS)


class Playout:
    """An `AudioOutput`. Whoever sends calls `next_packet` every 20 ms."""

    def __init__(self, settings: EncoderSettings | None = None, *, limit_ms: int = _DEFAULT_LIMIT_MS) -> None:
        self._settings = settings or EncoderSettings()
        self._encoder: Encoder | None = None
        self._limit = limit_ms * BYTES_PER_MS
        self._queue: deque[_Sound] = deque()
        self._offset = 0  # bytes or packets of the first entry that are sent
        self._queued = 0
        self._waited = 0
        self._silent_frames = _FADE_FRAMES
        self._items: OrderedDict[str, _Item] = OrderedDict()
        self._events: Mailbox[PlaybackEvent] = Mailbox(_EVENTS)
        self._room: asyncio.Event = asyncio.Event()
        self._closed = False

    @property
    def queued_ms(self) -> int:
        return self._queued // BYTES_PER_MS

    def write(self, item_id: str, pcm: bytes) -> bool:
        return self._append(_Sound(self._item(item_id), pcm=pcm), len(pcm))

    def write_packets(self, item_id: str, packets: Sequence[bytes]) -> bool:
        return self._append(_Sound(self._item(item_id), packets=packets), len(packets) * FRAME_BYTES)

    def finish(self, item_id: str) -> None:
        item = self._item(item_id)
        if not item.finished and not item.cleared:
            item.finished = True
            if item.all_sent:
                self._tell(PlaybackChange.FINISHED, item)

    def clear(self) -> list[Played]:
        dropped = list({sound.item.item_id: sound.item for sound in self._queue}.values())
        # An item whose synthesis is behind its playback has nothing queued, and more to come.
        dropped += [
            item
            for item in self._items.values()
            if item.written and not item.finished and not item.cleared and item not in dropped
        ]
        for item in dropped:
            item.cleared = True
        self._queue.clear()
        self._offset = self._queued = 0
        self._room.set()
        return [item.played() for item in dropped]

    def position(self, item_id: str) -> Played | None:
        item = self._items.get(item_id)
        return None if item is None else item.played()

    async def room(self) -> None:
        while not self._closed and self._queued > max(0, self._limit - _ROOM_MS * BYTES_PER_MS):
            self._room.clear()
            await self._room.wait()
        if self._closed:
            raise ConnectionEnded(_ENDED)

    def changes(self) -> AsyncGenerator[PlaybackEvent, None]:
        return self._events.read()

    def next_packet(self) -> bytes:
        """The 20 ms that are sent now."""
        if self._queue and self._queue[0].packets:
            return self._next_ready_packet()
        pcm = self._next_pcm() if self._queue else b""
        if pcm:
            self._silent_frames = 0
            return self._encode(pcm)
        if self._silent_frames < _FADE_FRAMES:
            self._silent_frames += 1
            return self._encode(_SILENT_FRAME)
        return silence()

    def close(self) -> None:
        """Free the encoder, end `changes` and `room`. What is queued is dropped. Harmless when done twice."""
        self._closed = True
        self._queue.clear()
        self._offset = self._queued = 0
        self._room.set()
        self._events.close()
        if self._encoder is not None:
            self._encoder.close()

    def _item(self, item_id: str) -> _Item:
        item = self._items.get(item_id)
        if item is None:
            item = self._items[item_id] = _Item(item_id)
            while len(self._items) > _KNOWN_ITEMS:
                self._items.popitem(last=False)
        return item

    def _append(self, sound: _Sound, size: int) -> bool:
        if self._closed:
            raise ConnectionEnded(_ENDED)
        if sound.item.cleared:
            return False
        if self._queued + size > self._limit:
            msg = f"{self.queued_ms} ms of sound wait already; {self._limit // BYTES_PER_MS} ms are kept"
            raise QueueFull(msg)
        if size:
            sound.item.finished = False
            sound.item.written += size
            self._queued += size
            self._queue.append(sound)
        return True

    def _next_ready_packet(self) -> bytes:
        sound = self._queue[0]
        packet = sound.packets[self._offset]
        self._took(sound.item, FRAME_BYTES, 1, at_end=self._offset + 1 == len(sound.packets))
        self._silent_frames = _FADE_FRAMES
        return packet

    def _next_pcm(self) -> bytes:
        """A frame of the first item, padded at its end; empty while the rest of a frame may still come."""
        item = self._queue[0].item
        if not self._is_ready(item):
            self._waited += 1
            if self._waited < _PATIENCE_FRAMES:
                return b""
        self._waited = 0
        parts: list[bytes] = []
        wanted = FRAME_BYTES
        while wanted and self._queue and self._queue[0].item is item and not self._queue[0].packets:
            pcm = self._queue[0].pcm
            part = pcm[self._offset : self._offset + wanted]
            parts.append(part)
            wanted -= len(part)
            self._took(item, len(part), len(part), at_end=self._offset + len(part) == len(pcm))
        return b"".join(parts) + bytes(wanted)

    def _is_ready(self, item: _Item) -> bool:
        return item.finished or item.written - item.sent >= FRAME_BYTES or self._queue[-1].item is not item

    def _took(self, item: _Item, size: int, advance: int, *, at_end: bool) -> None:
        if not item.sent:
            self._tell(PlaybackChange.STARTED, item)
        item.sent += size
        self._queued -= size
        self._offset += advance
        if at_end:
            self._queue.popleft()
            self._offset = 0
            if item.all_sent:
                self._tell(PlaybackChange.FINISHED, item)
        self._room.set()

    def _tell(self, change: PlaybackChange, item: _Item) -> None:
        if self._events.full:
            self._events.drop_oldest()
        self._events.put(PlaybackEvent(change, item.played()))

    def _encode(self, pcm: bytes) -> bytes:
        if self._encoder is None:
            self._encoder = Encoder(self._settings)
        return self._encoder.encode(pcm)


_ENDED = "The connection has ended"
