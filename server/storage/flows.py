"""Flows on disk and in memory: the one place where edits become commits.

Everything here blocks and belongs to one thread (`server.workspace` owns it). A flow stays in memory
after its first use; before each use it catches up with what other processes committed.
"""

from __future__ import annotations

from collections import OrderedDict
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, insert, or_, select, update

from graph.changes import apply_change, inverse
from graph.diff import touched_nodes
from graph.edits.apply import apply
from graph.edits.replay import replay
from graph.errors import Refused
from graph.history import Commit, conflicts, missed, stamp
from graph.problems import Problem, nearest
from graph.rules import slug
from graph.validation import Setting, node_warnings
from server.errors import unknown_flow
from server.storage import log
from server.storage.schema import flows, heads
from server.storage.shapes import Edit, Landed, Listed, Listing, Revert, Stored
from server.storage.tentative import Tentative
from server.storage.undo import blocked, chosen

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from sqlalchemy import Connection, Engine

    from graph.changes import Change
    from graph.flow import Flow

_MOST_NODES_IN_MEMORY: Final = 100_000
_LEAST_SNAPSHOT_BYTES: Final = 100_000
MOST_LISTED: Final = 200
_MOST_WARNED: Final = 50


class FlowStore:
    """All flows of one database."""

    def __init__(self, engine: Engine, now: Callable[[], str], setting: Setting) -> None:
        self._engine = engine
        self._now = now
        self._setting = setting
        self._cache: OrderedDict[str, Stored] = OrderedDict()
        self._snapshot_bytes: dict[str, int] = {}
        self._unsaved: dict[str, int] = {}

    def close(self) -> None:
        """Give the database back. Idempotent."""
        self._cache.clear()
        self._engine.dispose()

    def list(self, query: str | None = None, offset: int = 0) -> Listing:
        """Flows, the last changed first, at most `MOST_LISTED`; `query` is looked for in id and name."""
        found_in = (column.icontains(query or "", autoescape=True) for column in (flows.c.name, flows.c.id))
        wanted = (flows.c.deleted_at.is_(None), or_(*found_in))
        columns = (flows.c.id, flows.c.name, heads.c.revision, heads.c.updated_at)
        statement = select(*columns).join_from(flows, heads).where(*wanted)
        statement = statement.order_by(heads.c.updated_at.desc(), flows.c.id).limit(MOST_LISTED).offset(offset)
        with self._reading() as connection:
            found = tuple(Listed(*row) for row in connection.execute(statement))
            count = select(func.count()).select_from(flows).where(*wanted)
            return Listing(found, connection.execute(count).scalar_one())

    def create(self, flow: Flow, *, author: str, reason: str | None = None) -> Stored:
        """Keep a new flow as revision 1, under an id made from its name."""
        now = self._now()
        with self._engine.begin() as connection:
            log.lock_commits(connection)
            flow_id = self._free_id(connection, slug(flow.name)[:40].strip("-") or "flow")
            connection.execute(insert(flows).values(id=flow_id, name=flow.name, created_at=now))
            connection.execute(insert(heads).values(flow_id=flow_id, revision=0, updated_at=now, unsaved=0))
            commit = Commit(revision=1, author=author, at=now, kind="create", reason=reason)
            log.append(connection, flow_id, commit)
            self._snapshot(connection, Stored(flow_id, 1, flow))
        return self._keep(Stored(flow_id, 1, flow))

    def get(self, flow_id: str) -> Stored:
        """The flow as it is now.

        Raises:
            Refused: `unknown-flow`.
        """
        with self._reading() as connection:
            return self._current(connection, flow_id)

    def delete(self, flow_id: str, *, author: str) -> None:
        """Delete the flow; its id stays taken.

        Raises:
            Refused: `unknown-flow`.
        """
        now = self._now()
        with self._engine.begin() as connection:
            log.lock_commits(connection)
            # Without reading the flow: one that holds a type that is no longer installed must be deletable, too.
            head = log.head_revision(connection, flow_id)
            if head is None:
                raise self._unknown(connection, flow_id)
            commit = Commit(revision=head + 1, author=author, at=now, kind="delete")
            log.append(connection, flow_id, commit)
            connection.execute(update(flows).where(flows.c.id == flow_id).values(deleted_at=now))
        self._cache.pop(flow_id, None)

    def edit(self, edit: Edit) -> Landed:
        """Carry out a batch and commit it, or refuse it whole.

        Raises:
            Refused: with every reason; the flow is as it was.
        """
        with Tentative() as tentative, self._engine.begin() as connection:
            log.lock_commits(connection)
            stored = self._current(connection, edit.flow_id)
            since = _since(connection, stored, edit.base_revision)
            try:
                changes = tentative.take(stored.flow, apply(stored.flow, edit.batch))
            except Refused as refused:
                raise Refused(missed(refused.problems, since)) from None
            clashes = conflicts(changes, since)
            if clashes:
                raise Refused(clashes)
            warnings = self._warnings(stored.flow, changes)
            if edit.dry_run or not changes:
                return Landed(stored=stored, changes=tuple(changes), rebased=bool(since), warnings=warnings)
            revision = stored.revision + 1
            now = self._now()
            commit = Commit(revision=revision, author=edit.author, at=now, reason=edit.reason)
            landed = self._commit(connection, tentative, stored, commit)
            return Landed(stored=landed, changes=tuple(changes), rebased=bool(since), warnings=warnings)

    def revert(self, request: Revert) -> Landed:
        """Take back, or bring back, the last commits.

        Raises:
            Refused: nothing to revert, or a conflict with what others did since; the flow is as it was.
        """
        with Tentative() as tentative, self._engine.begin() as connection:
            log.lock_commits(connection)
            stored = self._current(connection, request.flow_id)
            revisions, others = chosen(request, log.entries(connection, request.flow_id))
            found = log.commits_at(connection, request.flow_id, revisions)
            for revision in revisions:
                wanted = found[revision].changes
                try:
                    changes = replay(stored.flow, wanted if request.redo else inverse(wanted))
                except Refused as refused:
                    raise blocked(refused, found[revision], others) from None
                tentative.take(stored.flow, changes)
            warnings = self._warnings(stored.flow, tentative.changes)
            commit = Commit(
                revision=stored.revision + 1,
                author=request.author,
                at=self._now(),
                kind="redo" if request.redo else "undo",
                reverts=tuple(revisions),
            )
            changes = tuple(tentative.changes)
            landed = self._commit(connection, tentative, stored, commit)
            reverted = tuple(found[revision] for revision in revisions)
            return Landed(stored=landed, changes=changes, reverted=reverted, warnings=warnings)

    def history(self, flow_id: str, after: int, limit: int) -> list[Commit]:
        """Commits after a revision, oldest first.

        Raises:
            Refused: `unknown-flow`.
        """
        with self._reading() as connection:
            if log.head_revision(connection, flow_id) is None:
                raise self._unknown(connection, flow_id)
            return log.commits_after(connection, flow_id, after, limit)

    def feed(self, after: int | None, limit: int = 500) -> tuple[int, list[tuple[str, Commit]]]:
        """Commits of all flows that landed after a place in the feed, and the new place. None: from now on."""
        with self._reading() as connection:
            if after is None:
                return log.newest_seq(connection), []
            rows = log.feed(connection, after, limit)
        return (rows[-1][0] if rows else after), [(flow_id, commit) for _, flow_id, commit in rows]

    def snapshot_if_due(self, flow_id: str) -> None:
        """Write a snapshot when reading the log since the last one has become dearer than writing one."""
        stored = self._cache.get(flow_id)
        if stored is None or self._unsaved.get(flow_id, 0) < self._snapshot_bytes.get(flow_id, _LEAST_SNAPSHOT_BYTES):
            return
        with self._engine.begin() as connection:
            log.lock_commits(connection)
            self._snapshot(connection, self._current(connection, flow_id))

    def _commit(self, connection: Connection, tentative: Tentative, stored: Stored, commit: Commit) -> Stored:
        stamp(stored.flow, tentative.changes, commit.at)
        commit = replace(commit, changes=tuple(tentative.changes))
        self._unsaved[stored.id] = log.append(connection, stored.id, commit)
        if any(change.kind == "flow" and change.field == "name" for change in commit.changes):
            connection.execute(update(flows).where(flows.c.id == stored.id).values(name=stored.flow.name))
        landed = Stored(stored.id, commit.revision, stored.flow)
        tentative.keep(lambda: self._keep(landed))
        return landed

    def _warnings(self, flow: Flow, changes: Iterable[Change]) -> tuple[Problem, ...]:
        """What is not yet right with the nodes that an edit touched."""
        touched = dict.fromkeys(node_id for change in changes for node_id in touched_nodes(change))
        return tuple(
            problem
            for node_id in list(touched)[:_MOST_WARNED]
            for problem in node_warnings(flow, node_id, self._setting)
        )

    @contextmanager
    def _reading(self) -> Generator[Connection]:
        with self._engine.connect() as connection, connection.execution_options(reading=True).begin():
            yield connection

    def _current(self, connection: Connection, flow_id: str) -> Stored:
        head = log.head_revision(connection, flow_id)
        if head is None:
            self._cache.pop(flow_id, None)
            raise self._unknown(connection, flow_id)
        cached = self._cache.get(flow_id)
        if cached is not None and cached.revision == head:
            self._cache.move_to_end(flow_id)
            return cached
        if cached is None or cached.revision > head:
            flow, revision = log.read_flow(connection, flow_id)
            return self._keep(Stored(flow_id, revision, flow))
        # Half-applied changes of a log that this release cannot read must not stay in memory.
        del self._cache[flow_id]
        revision = cached.revision
        for commit in log.commits_after(connection, flow_id, revision):
            for change in commit.changes:
                apply_change(cached.flow, change)
            revision = commit.revision
        return self._keep(Stored(flow_id, revision, cached.flow))

    def _keep(self, stored: Stored) -> Stored:
        self._cache[stored.id] = stored
        self._cache.move_to_end(stored.id)
        total = sum(len(kept.flow.nodes) for kept in self._cache.values())
        while total > _MOST_NODES_IN_MEMORY and len(self._cache) > 1:
            _, dropped = self._cache.popitem(last=False)
            total -= len(dropped.flow.nodes)
        return stored

    def _snapshot(self, connection: Connection, stored: Stored) -> None:
        document = log.freeze(stored.flow)
        log.write_snapshot(connection, stored.id, stored.revision, document)
        self._snapshot_bytes[stored.id] = max(len(document), _LEAST_SNAPSHOT_BYTES)
        self._unsaved[stored.id] = 0

    def _unknown(self, connection: Connection, flow_id: str) -> Refused:
        ids = connection.execute(select(flows.c.id).where(flows.c.deleted_at.is_(None)).limit(MOST_LISTED)).scalars()
        return unknown_flow(flow_id, nearest(flow_id, ids))

    @staticmethod
    def _free_id(connection: Connection, base: str) -> str:
        taken = set(
            connection.execute(select(flows.c.id).where(flows.c.id.startswith(base, autoescape=True))).scalars()
        )
        number, flow_id = 1, base
        while flow_id in taken:
            number += 1
            flow_id = f"{base}-{number}"
        return flow_id


def _since(connection: Connection, stored: Stored, base: int | None) -> list[Commit]:
    """What landed after the revision that the caller had seen."""
    if base is None or base == stored.revision:
        return []
    if base > stored.revision or base < 1:
        message = f"there is no revision {base}; the newest is {stored.revision}"
        problem = Problem(code="invalid-value", path="/baseRevision", message=message, hint=str(stored.revision))
        raise Refused([problem])
    return log.commits_after(connection, stored.id, base)
