"""Change notifications: commits told as `resources/updated` and `resources/list_changed`."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from mcp.server.subscriptions import InMemorySubscriptionBus, ResourcesListChanged, ResourceUpdated

from server.events import Committed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mcp.server.session import ServerSession
    from mcp.server.subscriptions import ServerEvent

    from server.events import Subscription
    from server.mcp.toolbox import Toolbox


class Announcements:
    """A subscription bus that listens to the commit feed while anybody listens to it.

    Serves `subscriptions/listen` (2026-07-28) as the bus, and the one connection of a stdio server whose
    client, of the handshake era, asked with `resources/subscribe`. Owns one task.
    """

    def __init__(self, open_door: Callable[[], Awaitable[Toolbox]]) -> None:
        self._open_door = open_door
        self._bus = InMemorySubscriptionBus()
        self._listeners = 0
        self._subscribed: dict[str, ServerSession] = {}
        """URI → a way to the client. The SDK makes a new session for every request of the one connection."""
        self._client: ServerSession | None = None
        """A way to the client of the handshake era, who is told of changed lists without asking."""
        self._task: asyncio.Task[None] | None = None
        self._listening = asyncio.Event()

    async def ready(self) -> None:
        """Wait until commits are heard, so that what is subscribed to from now on is told of all of them.

        Raises:
            MCPError: the tools cannot be loaded.
        """
        await self._open_door()
        self._begin()
        await self._listening.wait()

    async def publish(self, event: ServerEvent) -> None:
        """Tell everybody."""
        await self._bus.publish(event)
        await self._tell_client(event)

    def subscribe(self, listener: Callable[[ServerEvent], None]) -> Callable[[], None]:
        """Hear of events until the returned function is called."""
        forget = self._bus.subscribe(listener)
        self._listeners += 1
        self._begin()
        left = False

        def unsubscribe() -> None:
            nonlocal left
            if not left:
                left = True
                forget()
                self._listeners -= 1
                self._end_if_idle()

        return unsubscribe

    def greet(self, session: ServerSession) -> None:
        """Tell the client from now on when the list of resources changes."""
        self._client = session
        self._begin()

    def add(self, uri: str, session: ServerSession) -> None:
        """Tell the client about a resource."""
        self._subscribed[uri] = session
        self._begin()

    def remove(self, uri: str) -> None:
        """Stop telling the client about a resource."""
        self._subscribed.pop(uri, None)
        self._end_if_idle()

    def _begin(self) -> None:
        if self._task is None or self._task.done():
            self._listening.clear()
            self._task = asyncio.create_task(self._forward(), name="mcp announcements")

    def _end_if_idle(self) -> None:
        if self._listeners == 0 and not self._subscribed and self._client is None and self._task is not None:
            self._task.cancel()
            self._task = None
            self._listening.clear()

    async def _forward(self) -> None:
        toolbox = await self._open_door()
        async with await toolbox.workspace.subscribe() as subscription:
            self._listening.set()
            while True:
                await self._forward_one(subscription)

    async def _forward_one(self, subscription: Subscription) -> None:
        event = await subscription.next()
        if not isinstance(event, Committed):
            # Whoever cannot keep up reads everything again.
            await self.publish(ResourcesListChanged())
            return
        await self.publish(ResourceUpdated(uri=f"flow://{event.flow_id}"))
        if event.commit.kind in ("create", "delete") or _renames(event):
            await self.publish(ResourcesListChanged())

    async def _tell_client(self, event: ServerEvent) -> None:
        # A client that is gone says so when it is written to.
        with suppress(Exception):
            if isinstance(event, ResourceUpdated) and event.uri in self._subscribed:
                await self._subscribed[event.uri].send_resource_updated(event.uri)
            elif isinstance(event, ResourcesListChanged) and self._client is not None:
                await self._client.send_resource_list_changed()


def _renames(event: Committed) -> bool:
    return any(change.kind == "flow" and change.field == "name" for change in event.commit.changes)
