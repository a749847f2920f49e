"""Commits: which edits landed in which order, what conflicts with what, and what undo means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from graph.changes import TIMESTAMP, Change, apply_change
from graph.problems import Problem, clip

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from graph.changes import Slot
    from graph.flow import Flow

CommitKind = Literal["create", "edit", "undo", "redo", "delete"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A commit without its changes: enough to know what can be undone."""

    revision: int
    author: str
    kind: CommitKind = "edit"
    reverts: tuple[int, ...] = ()
    """For an undo or redo: the revisions concerned, in the order in which they were handled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit(Entry):
    """What landed as one revision."""

    at: str
    """ISO 8601, UTC."""
    reason: str | None = None
    changes: tuple[Change, ...] = ()

    def to_wire(self) -> dict[str, Any]:
        """`{revision, author, at, kind, reason?, reverts?, changes}`."""
        wire: dict[str, Any] = {
            "revision": self.revision,
            "author": self.author,
            "at": self.at,
            "kind": self.kind,
            "changes": [change.to_wire() for change in self.changes],
        }
        if self.reason:
            wire["reason"] = self.reason
        if self.reverts:
            wire["reverts"] = list(self.reverts)
        return wire


def stamp(flow: Flow, changes: list[Change], now: str) -> None:
    """Record `now` as the time of the flow's last change, unless `changes` brought an older time back."""
    if any(change.field == TIMESTAMP and change.kind == "flow" for change in changes):
        return
    change = Change(kind="flow", field=TIMESTAMP, before=flow.meta.get(TIMESTAMP), after=now)
    apply_change(flow, change)
    changes.append(change)


def conflicts(mine: Iterable[Change], since: Sequence[Commit]) -> list[Problem]:
    """Where `mine`, made by someone who had not seen `since`, touches the same things."""
    theirs: dict[Slot, tuple[Commit, Change]] = {}
    nodes: dict[str, tuple[Commit, Change]] = {}
    for commit in since:
        for change in commit.changes:
            for slot in change.slots():
                theirs[slot] = (commit, change)
                if slot[0] == "node" and slot[2:] != ("position",):
                    nodes[slot[1]] = (commit, change)
    found: dict[Slot, Problem] = {}
    for change in mine:
        for slot in change.slots():
            whole_node = slot[0] == "node" and len(slot) == 2  # noqa: PLR2004 - ("node", id)
            other = theirs.get(slot) or (nodes.get(slot[1]) if whole_node else theirs.get(slot[:2]))
            if other is not None and other[1].after != change.after:
                found.setdefault(slot[:2] if whole_node else slot, _conflict(slot, change, *other))
                break
    return list(found.values())


def missed(problems: Iterable[Problem], since: Sequence[Commit]) -> list[Problem]:
    """`problems` of a stale edit, those that somebody's later removal explains told as conflicts."""
    removed = {
        change.id: commit
        for commit in since
        for change in commit.changes
        if change.field is None and change.after is None
    }
    return [_explained(problem, removed) for problem in problems]


def _explained(problem: Problem, removed: dict[str, Commit]) -> Problem:
    for name, commit in removed.items():
        if problem.code in ("unknown-node", "unknown-edge") and f"{name!r}" in problem.message:
            message = f"{name} was removed in revision {commit.revision} by {commit.author}"
            return Problem(code="revision-conflict", path=problem.path, message=message)
    return problem


def _conflict(slot: Slot, mine: Change, commit: Commit, theirs: Change) -> Problem:
    who = f"revision {commit.revision} by {commit.author}"
    if mine.field is not None and theirs.field is not None:
        name = ".".join(part for part in (mine.id, mine.field.removeprefix("data/")) if part)
        message = f"{name}: {_show(mine.after)} (yours), {_show(theirs.after)} ({who})"
        hint = _show(theirs.after)
    elif slot[0] == "input":
        message = f"{slot[1]}.{slot[2]} was connected or freed in {who}"
        hint = _source(theirs.after)
    else:
        message = f"{slot[0]} {slot[1]} was changed in {who}"
        hint = None
    return Problem(
        code="revision-conflict",
        path="/baseRevision",
        message=message,
        hint=hint,
        node_id=mine.id if mine.kind == "node" else None,
        edge_id=mine.id if mine.kind == "edge" else None,
    )


def _source(edge: Any) -> str | None:
    return f"{edge['source']}.{edge['sourceHandle']}" if isinstance(edge, dict) else None


def _show(value: Any) -> str:
    return "absent" if value is None else clip(value)


def undoable(log: Sequence[Entry], author: str | None = None) -> list[int]:
    """Revisions that undo would take back, the next one first."""
    undone = _undone(log)
    return [
        entry.revision
        for entry in reversed(log)
        if entry.kind == "edit" and entry.revision not in undone and author in (None, entry.author)
    ]


def redoable(log: Sequence[Entry], author: str | None = None) -> list[int]:
    """Revisions that redo would bring back, the next one first. A new edit ends what could be redone."""
    authors = {entry.revision: entry.author for entry in log}
    stack: list[int] = []
    for entry in log:
        if entry.kind == "edit" and author in (None, entry.author):
            stack.clear()
        elif entry.kind == "undo":
            stack.extend(revision for revision in entry.reverts if author in (None, authors.get(revision)))
        elif entry.kind == "redo":
            stack = [revision for revision in stack if revision not in entry.reverts]
    return stack[::-1]


def _undone(log: Iterable[Entry]) -> set[int]:
    undone: set[int] = set()
    for entry in log:
        if entry.kind == "undo":
            undone.update(entry.reverts)
        elif entry.kind == "redo":
            undone.difference_update(entry.reverts)
    return undone
