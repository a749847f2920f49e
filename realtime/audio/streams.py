"""Live sound that parts of the server hand each other by id: every stream has one owner and any number of readers.

All of it belongs to one event loop; nothing here waits for a slow reader.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, Protocol, Self, TypeVar

from realtime.audio.errors import refuse
from realtime.audio.pcm import FRAME_MS, RATE, Framer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

BEHIND: Final = 100
"""Frames a reader may be behind before it loses the oldest: 2 s."""
MAX_STREAMS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Frame:
    """20 ms of a live stream."""

    pcm: bytes
    number: int
    """Its place in the stream, from 0; times 20 it is its time in ms."""
    lost: int = 0
    """Frames before this one that this reader was too slow for."""


class LiveStream:
    """Sound that is being made now: written once, read by whoever is there. Ends by `stop`."""

    def __init__(self, rate: int = RATE) -> None:
        self.rate = rate
        self.frames = 0
        """Frames written so far."""
        self._framer = Framer(rate, FRAME_MS)
        self._readers: set[Reader] = set()
        self._stopped = False

    @property
    def stopped(self) -> bool:
        return self._stopped

    @property
    def readers(self) -> int:
        return len(self._readers)

    def write(self, pcm: bytes) -> None:
        """Sound of any length, cut into frames and handed to every reader; nothing once stopped."""
        if self._stopped:
            return
        for piece in self._framer.feed(pcm):
            frame = Frame(piece, self.frames)
            self.frames += 1
            for reader in self._readers:
                reader.put(frame)

    def read(self, behind: int = BEHIND) -> Reader:
        """A new reader, from now on; it may be `behind` frames late. Close it, or leave its `async with`."""
        reader = Reader(self._readers, behind)
        if self._stopped:
            reader.end()
        else:
            self._readers.add(reader)
        return reader

    def stop(self) -> None:
        """The end: readers get what is waiting for them, the last frame filled up, and then no more. Idempotent."""
        if self._stopped:
            return
        last = self._framer.flush()
        if last:
            self.write(last)
        self._stopped = True
        for reader in list(self._readers):
            reader.end()


class Reader:
    """One listener of a live stream: an async iterator of frames, for one task."""

    def __init__(self, home: set[Reader], behind: int) -> None:
        self.lost = 0
        """Frames dropped so far because this reader was too slow."""
        self._home = home
        self._waiting: deque[Frame] = deque()
        self._behind = max(1, behind)
        self._news = asyncio.Event()
        self._ended = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def __aiter__(self) -> AsyncIterator[Frame]:
        return self

    async def __anext__(self) -> Frame:
        while not self._waiting:
            if self._ended:
                raise StopAsyncIteration
            self._news.clear()
            await self._news.wait()
        return self._waiting.popleft()

    def put(self, frame: Frame) -> None:
        """For the stream: a frame, and the oldest away if there are too many; the next one then says how many went."""
        waiting = self._waiting
        waiting.append(frame)
        if len(waiting) > self._behind:
            gone = waiting.popleft()
            self.lost += 1
            oldest = waiting[0]
            waiting[0] = Frame(oldest.pcm, oldest.number, oldest.lost + gone.lost + 1)
        self._news.set()

    def end(self) -> None:
        """For the stream: no frame will follow."""
        self._ended = True
        self._home.discard(self)
        self._news.set()

    def close(self) -> None:
        """Stop listening, and drop what waits. Idempotent."""
        self._waiting.clear()
        self.end()


class Stoppable(Protocol):
    """Whatever can be registered: a `LiveStream`, or a transport's track."""

    def stop(self) -> None:
        """End it; idempotent."""
        ...


S = TypeVar("S", bound=Stoppable)


@dataclass(frozen=True, slots=True)
class _Entry(Generic[S]):
    stream: S
    owner: str


class AudioStreamRegistry(Generic[S]):
    """Streams by id. An id is hard to guess: who knows it may listen."""

    def __init__(self, limit: int = MAX_STREAMS) -> None:
        self._entries: dict[str, _Entry[S]] = {}
        self._limit = limit

    def __len__(self) -> int:
        return len(self._entries)

    def register(self, stream: S, owner: str) -> str:
        """A new id for a stream, which `owner` (a session, say) is to release.

        Raises:
            AudioError: `too-many-streams`.
        """
        if len(self._entries) >= self._limit:
            refuse("too-many-streams", f"there are already {self._limit} audio streams")
        stream_id = f"audio_{secrets.token_urlsafe(12)}"
        self._entries[stream_id] = _Entry(stream, owner)
        return stream_id

    def get(self, stream_id: str) -> S | None:
        """The stream, or None when it is not (any more) there."""
        entry = self._entries.get(stream_id)
        return entry.stream if entry else None

    def need(self, stream_id: str) -> S:
        """The stream.

        Raises:
            AudioError: `unknown-stream`.
        """
        stream = self.get(stream_id)
        if stream is None:
            refuse("unknown-stream", f"there is no audio stream {stream_id[:80]!r} (any more)")
        return stream

    def owner(self, stream_id: str) -> str | None:
        """Who is to release a stream."""
        entry = self._entries.get(stream_id)
        return entry.owner if entry else None

    def unregister(self, stream_id: str) -> bool:
        """Stop a stream and forget it; False when it was gone already."""
        entry = self._entries.pop(stream_id, None)
        if entry is None:
            return False
        entry.stream.stop()
        return True

    def release(self, owner: str) -> int:
        """Stop and forget all that `owner` registered; how many those were."""
        mine = [stream_id for stream_id, entry in self._entries.items() if entry.owner == owner]
        return sum(self.unregister(stream_id) for stream_id in mine)

    def clear(self) -> None:
        """Stop and forget all."""
        for stream_id in list(self._entries):
            self.unregister(stream_id)
