"""A bounded queue for one reader on the event loop: what network callbacks put in, an `async for` takes out."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

T = TypeVar("T")


class Mailbox(Generic[T]):
    """First in, first out. `put` never waits; what happens at the limit is the caller's business."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._items: deque[T] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._read = False
        self._closed = False

    def __len__(self) -> int:
        return len(self._items)

    @property
    def full(self) -> bool:
        """Whether the limit is reached."""
        return len(self._items) >= self._limit

    def put(self, item: T) -> bool:
        """Take an item; False when the limit is reached or the queue is closed."""
        if self._closed or len(self._items) >= self._limit:
            return False
        self._items.append(item)
        self._wake()
        return True

    def drop_oldest(self) -> None:
        """Make room."""
        if self._items:
            self._items.popleft()

    def close(self) -> None:
        """The reader gets what is there, and then ends."""
        self._closed = True
        self._wake()

    async def read(self) -> AsyncGenerator[T, None]:
        """The items as they come, to one reader at a time: a second one would take every other item."""
        if self._read:
            msg = "There is a reader already"
            raise RuntimeError(msg)
        self._read = True
        try:
            while self._items or not self._closed:
                if self._items:
                    yield self._items.popleft()
                else:
                    self._waiter = asyncio.get_running_loop().create_future()
                    await self._waiter
        finally:
            self._read = False

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)
