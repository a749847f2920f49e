"""News of commits, whichever process made them, in the order in which they landed."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from graph.history import Commit

logger = logging.getLogger(__name__)

POLL_SECONDS: Final = 0.05
"""How often the database is looked at; what another process did is announced within about twice this."""
SURE_SECONDS: Final = 1.0
"""How often it is asked even when it looks unchanged: a file's time stamp is coarse."""
GATHER_SECONDS: Final = 0.02
"""How long a commit of our own waits for the next: a burst is told at one look, and its answers are not held up."""
MANY: Final = 100
"""After so many commits at one look there may be more, which the next look need not wait for."""
MOST_WAITING: Final = 1_000
"""Commits a slow listener may be behind before it is told to read the flow again."""


@dataclass(frozen=True, slots=True)
class Committed:
    """A commit landed on a flow."""

    flow_id: str
    commit: Commit


@dataclass(frozen=True, slots=True)
class Lagged:
    """The listener was too slow and has missed commits: what it knows must be read anew."""


Event = Committed | Lagged
Fetch = "Callable[[int | None], Awaitable[tuple[int, list[tuple[str, Commit]]]]]"


class Subscription:
    """What one listener has yet to hear. Close it when done."""

    def __init__(self, feed: Feed, flow_id: str | None) -> None:
        self._feed = feed
        self._flow_id = flow_id
        self._queue: asyncio.Queue[Event] = asyncio.Queue(MOST_WAITING)

    def offer(self, event: Committed) -> None:
        """Queue an event; a full queue is dropped and becomes one `Lagged`."""
        if self._flow_id not in (None, event.flow_id):
            return
        try:
            self._queue.put_nowait(event)
        except asyncio.QueueFull:
            while not self._queue.empty():
                self._queue.get_nowait()
            self._queue.put_nowait(Lagged())

    async def next(self, timeout: float | None = None) -> Event | None:  # noqa: ASYNC109 - None is an answer here
        """The next event, or None when `timeout` seconds brought none."""
        try:
            async with asyncio.timeout(timeout):
                return await self._queue.get()
        except TimeoutError:
            return None

    def close(self) -> None:
        """Stop listening. Idempotent."""
        self._feed.leave(self)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()


class Feed:
    """Watches the log while anybody listens, and tells every listener.

    Owns one task, from the first listener's arrival to the last one's leaving or `close`.
    """

    def __init__(
        self,
        fetch: Callable[[int | None], Awaitable[tuple[int, list[tuple[str, Commit]]]]],
        fingerprint: Callable[[], object],
    ) -> None:
        self._fetch = fetch
        self._fingerprint = fingerprint
        self._listeners: set[Subscription] = set()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._place: int | None = None

    async def subscribe(self, flow_id: str | None = None) -> Subscription:
        """Hear of every commit from now on, of one flow or of all."""
        subscription = Subscription(self, flow_id)
        place = (await self._fetch(None))[0] if self._task is None else None
        self._listeners.add(subscription)
        # Whoever came first decides where the feed begins: a later place would skip what lies between.
        if self._task is None:
            self._place = place
            self._task = asyncio.create_task(self._watch(), name="commit feed")
        return subscription

    def leave(self, subscription: Subscription) -> None:
        """Forget a listener."""
        self._listeners.discard(subscription)
        if not self._listeners and self._task is not None:
            self._task.cancel()
            self._task = None

    def poke(self) -> None:
        """Look now: this process has just committed something."""
        self._wake.set()

    async def close(self) -> None:
        """Stop watching. Idempotent."""
        self._listeners.clear()
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        seen: object = None
        asked_at = 0.0
        while True:
            print_now = self._fingerprint()
            woken = self._wake.is_set()
            self._wake.clear()
            if woken or print_now != seen or loop.time() - asked_at > SURE_SECONDS:
                seen, asked_at = print_now, loop.time()
                await self._deliver()
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._wake.wait()
                    await asyncio.sleep(GATHER_SECONDS)

    async def _deliver(self) -> None:
        try:
            self._place, rows = await self._fetch(self._place)
        except Exception:
            # A busy or briefly unreachable database: the next look asks again from the same place.
            logger.warning("the commit feed could not be read; trying again", exc_info=True)
            return
        for flow_id, commit in rows:
            for listener in list(self._listeners):
                listener.offer(Committed(flow_id, commit))
        if len(rows) >= MANY:
            self.poke()
