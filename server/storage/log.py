"""SQL for commits and snapshots. Callers own the transaction."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, delete, func, insert, select, text, update

from graph.changes import Change, apply_change, edge_from_record, edge_record, node_from_record, node_record
from graph.flow import Flow
from graph.history import Commit, Entry
from server.storage.schema import commits, flows, heads, snapshots

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection, Row

# Any constant does, as long as every process uses the same one.
_COMMIT_LOCK: Final = 0x_C0_44_17


# Built once: SQLAlchemy takes longer to build these than SQLite to answer them.
_HEAD: Final = (
    select(heads.c.revision)
    .join_from(heads, flows)
    .where(heads.c.flow_id == bindparam("flow"), flows.c.deleted_at.is_(None))
)
_APPEND: Final = insert(commits)
_ADVANCE: Final = (
    update(heads)
    .where(heads.c.flow_id == bindparam("flow"))
    .values(revision=bindparam("to"), updated_at=bindparam("at"), unsaved=heads.c.unsaved + bindparam("bytes"))
    .returning(heads.c.unsaved)
)


def dumps(value: Any) -> str:
    """Compact JSON; refuses what JSON cannot have."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def lock_commits(connection: Connection) -> None:
    """Make commits become visible in the order of their `seq`, which readers of the feed rely on."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _COMMIT_LOCK})


def head_revision(connection: Connection, flow_id: str) -> int | None:
    """The flow's newest revision; None for a flow that is unknown or deleted."""
    # Ids are made of ASCII; a driver would choke on what is not even Unicode.
    return connection.execute(_HEAD, {"flow": flow_id}).scalar_one_or_none() if flow_id.isascii() else None


def append(connection: Connection, flow_id: str, commit: Commit) -> int:
    """Write a commit and move the head to it. Returns the bytes of changes not yet in a snapshot."""
    changes = dumps([change.to_wire() for change in commit.changes])
    row = {
        "flow_id": flow_id,
        "revision": commit.revision,
        "author": commit.author,
        "at": commit.at,
        "kind": commit.kind,
        "reason": commit.reason,
        "reverts": dumps(commit.reverts) if commit.reverts else None,
        "changes": changes,
    }
    connection.execute(_APPEND, row)
    head = {"flow": flow_id, "to": commit.revision, "at": commit.at, "bytes": len(changes)}
    return connection.execute(_ADVANCE, head).scalar_one()


def commits_after(connection: Connection, flow_id: str, revision: int, limit: int | None = None) -> list[Commit]:
    """The commits that followed `revision`, oldest first."""
    statement = (
        select(commits)
        .where(commits.c.flow_id == flow_id, commits.c.revision > revision)
        .order_by(commits.c.revision)
        .limit(limit)
    )
    return [read_commit(row) for row in connection.execute(statement)]


def commits_at(connection: Connection, flow_id: str, revisions: Iterable[int]) -> dict[int, Commit]:
    """The commits with these revisions."""
    statement = select(commits).where(commits.c.flow_id == flow_id, commits.c.revision.in_(list(revisions)))
    return {row.revision: read_commit(row) for row in connection.execute(statement)}


def entries(connection: Connection, flow_id: str) -> list[Entry]:
    """The whole log without its changes, oldest first."""
    columns = (commits.c.revision, commits.c.author, commits.c.kind, commits.c.reverts)
    statement = select(*columns).where(commits.c.flow_id == flow_id).order_by(commits.c.revision)
    return [
        Entry(revision=row.revision, author=row.author, kind=row.kind, reverts=_reverts(row.reverts))
        for row in connection.execute(statement)
    ]


def newest_seq(connection: Connection) -> int:
    """Where the feed of all commits ends at present."""
    return connection.execute(select(func.coalesce(func.max(commits.c.seq), 0))).scalar_one()


def feed(connection: Connection, after: int, limit: int) -> list[tuple[int, str, Commit]]:
    """Commits of all flows in the order in which they landed: `(seq, flow id, commit)`."""
    statement = select(commits).where(commits.c.seq > after).order_by(commits.c.seq).limit(limit)
    return [(row.seq, row.flow_id, read_commit(row)) for row in connection.execute(statement)]


def read_commit(row: Row[Any]) -> Commit:
    """A commit from its row."""
    return Commit(
        revision=row.revision,
        author=row.author,
        at=row.at,
        kind=row.kind,
        reason=row.reason,
        reverts=_reverts(row.reverts),
        changes=tuple(Change.from_wire(change) for change in json.loads(row.changes)),
    )


def _reverts(stored: str | None) -> tuple[int, ...]:
    return tuple(json.loads(stored)) if stored else ()


def write_snapshot(connection: Connection, flow_id: str, revision: int, document: str) -> None:
    """Keep the flow as it is at `revision`.

    The first snapshot stays for good: it is where the log begins. Of the others only the newest is of use.
    """
    # Also one of this very revision, which another process may just have written.
    connection.execute(delete(snapshots).where(snapshots.c.flow_id == flow_id, snapshots.c.revision > 1))
    connection.execute(insert(snapshots).values(flow_id=flow_id, revision=revision, document=document))
    connection.execute(update(heads).where(heads.c.flow_id == flow_id).values(unsaved=0))


def read_flow(connection: Connection, flow_id: str) -> tuple[Flow, int]:
    """The flow as it is now, with its revision."""
    newest = select(snapshots).where(snapshots.c.flow_id == flow_id).order_by(snapshots.c.revision.desc()).limit(1)
    row = connection.execute(newest).one()
    flow, revision = restore(row.document), row.revision
    for commit in commits_after(connection, flow_id, revision):
        for change in commit.changes:
            apply_change(flow, change)
        revision = commit.revision
    return flow, revision


def freeze(flow: Flow) -> str:
    """The flow as a snapshot keeps it."""
    return dumps(
        {
            "meta": flow.meta,
            "members": flow.members,
            "nodes": [node_record(node) for node in flow.ordered_nodes()],
            "edges": [edge_record(edge) for edge in flow.ordered_edges()],
            "nextSeq": flow.next_seq,
        }
    )


def restore(document: str) -> Flow:
    """The flow that `freeze` wrote."""
    record = json.loads(document)
    flow = Flow(record["meta"])
    flow.members = record.get("members", {})
    for node in record["nodes"]:
        flow.put_node(node_from_record(node))
    for edge in record["edges"]:
        flow.put_edge(edge_from_record(edge))
    flow.next_seq = record["nextSeq"]
    return flow
