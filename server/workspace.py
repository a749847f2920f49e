"""The use cases. Tools, routes and commands call this and nothing below it."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy.exc import DBAPIError

from graph.errors import Refused
from graph.flow import SCHEMA_VERSION, Flow
from graph.formats.document import Imported, read_document
from graph.formats.flowtext_in import read_flow_text
from graph.problems import Problem
from graph.validation import Report, Setting, validate
from server.errors import StorageError
from server.events import Feed

if TYPE_CHECKING:
    from collections.abc import Callable

    from graph.history import Commit
    from server.events import Subscription
    from server.storage.flows import FlowStore
    from server.storage.shapes import Edit, Landed, Listing, Revert, Stored

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Created:
    """A new flow, and what was done to read it."""

    stored: Stored
    notes: tuple[Problem, ...]


class Workspace:
    """All flows of one data directory, for one event loop.

    Owns the store and the one thread in which everything of the store happens: a flow in memory
    belongs to that thread, so nothing needs a lock.
    """

    def __init__(
        self,
        open_store: Callable[[], FlowStore],
        *,
        setting: Setting,
        now: Callable[[], str],
        fingerprint: Callable[[], object],
    ) -> None:
        self._open_store = open_store
        self._setting = setting
        self._now = now
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="flows")
        self._store: FlowStore | None = None
        self._feed = Feed(lambda after: self._do(lambda store: store.feed(after)), fingerprint)

    async def open(self) -> None:
        """Open the database now rather than at the first call.

        Raises:
            StorageError: it cannot be opened.
        """
        await self._do(lambda _: None)

    async def close(self) -> None:
        """Give everything back. Idempotent."""
        await self._feed.close()
        store, self._store = self._store, None
        if store is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, store.close)
        self._thread.shutdown(wait=True)

    async def list(self, query: str | None = None, offset: int = 0) -> Listing:
        """Flows, the last changed first, from `offset` on."""
        return await self._do(lambda store: store.list(query, offset))

    async def create(
        self,
        *,
        author: str,
        name: str | None = None,
        text: str | None = None,
        document: object = None,
        imported: Imported | None = None,
        reason: str | None = None,
    ) -> Created:
        """A new flow: empty, from flow text, from a document, or one that has been read already.

        Raises:
            Refused: text or document is not a legal flow; nothing was kept.
        """

        def create(store: FlowStore) -> Created:
            read = imported or self._read(name, text, document)
            return Created(store.create(read.flow, author=author, reason=reason), read.notes)

        created = await self._do(create)
        self._feed.poke()
        return created

    async def read(self, flow_id: str, view: Callable[[Stored], T]) -> T:
        """What `view` makes of the flow. The flow is lent for the call and must not be kept.

        Raises:
            Refused: `unknown-flow`.
        """
        return await self._do(lambda store: view(store.get(flow_id)))

    async def validate(self, flow_id: str) -> Report:
        """Every problem of a flow.

        Raises:
            Refused: `unknown-flow`.
        """
        return await self.read(flow_id, lambda stored: validate(stored.flow, self._setting))

    async def edit(self, edit: Edit) -> Landed:
        """Carry out a batch of actions.

        Raises:
            Refused: with every reason; nothing was applied.
        """
        landed = await self._do(lambda store: store.edit(edit))
        self._after_commit(edit.flow_id)
        return landed

    async def revert(self, request: Revert) -> Landed:
        """Undo or redo.

        Raises:
            Refused: there is nothing to revert, or others changed the same things since.
        """
        landed = await self._do(lambda store: store.revert(request))
        self._after_commit(request.flow_id)
        return landed

    async def delete(self, flow_id: str, *, author: str) -> None:
        """Delete a flow.

        Raises:
            Refused: `unknown-flow`.
        """
        await self._do(lambda store: store.delete(flow_id, author=author))
        self._feed.poke()

    async def history(self, flow_id: str, after: int = 0, limit: int = 100) -> list[Commit]:
        """Commits after a revision, oldest first.

        Raises:
            Refused: `unknown-flow`.
        """
        return await self._do(lambda store: store.history(flow_id, after, limit))

    async def subscribe(self, flow_id: str | None = None) -> Subscription:
        """Hear of commits as they land, made here or elsewhere."""
        return await self._feed.subscribe(flow_id)

    def _after_commit(self, flow_id: str) -> None:
        self._feed.poke()
        if self._store is not None:
            self._thread.submit(self._store.snapshot_if_due, flow_id)

    def _read(self, name: str | None, text: str | None, document: object) -> Imported:
        if text is not None and document is not None:
            message = "give text or document, not both"
            raise Refused([Problem(code="invalid-value", path="/document", message=message)])
        now = self._now()
        if text is not None:
            return read_flow_text(text, now=now, name=name)
        if document is not None:
            return read_document(document, now=now, name=name)
        meta = {"name": name or "Untitled", "createdAt": now, "updatedAt": now, "schemaVersion": SCHEMA_VERSION}
        return Imported(Flow(meta), ())

    async def _do(self, job: Callable[[FlowStore], T]) -> T:
        def work() -> T:
            if self._store is None:
                self._store = self._open_store()
            try:
                return job(self._store)
            except DBAPIError as error:
                # The driver's words, without the statement: that would tell what people wrote.
                message = f"the database cannot do this now: {error.orig}"
                raise StorageError(message) from None

        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
