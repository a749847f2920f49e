"""Commits: which edits landed in which order, what conflicts with what, and what undo means."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from graph.changes import TIMESTAMP, Change, apply_change
from graph.problems import Problem, clip

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from graph.changes import Slot
    from graph.flow import Flow
    from graph.problems import Code, Stake

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


Theirs = tuple[Commit, Change]
"""What somebody else did, and when."""


def stamp(flow: Flow, changes: list[Change], now: str) -> None:
    """Record `now` as the time of the flow's last change, unless `changes` brought an older time back."""
    if any(change.field == TIMESTAMP and change.kind == "flow" for change in changes):
        return
    change = Change(kind="flow", field=TIMESTAMP, before=flow.meta.get(TIMESTAMP), after=now)
    apply_change(flow, change)
    changes.append(change)


def conflicts(mine: Iterable[Change], since: Sequence[Commit]) -> list[Problem]:
    """Where `mine`, made by someone who had not seen `since`, touches the same things."""
    theirs: dict[Slot, Theirs] = {}
    fields: dict[str, dict[Slot, Theirs]] = {}
    for commit in since:
        for change in commit.changes:
            for slot in change.slots():
                theirs[slot] = (commit, change)
                if slot[0] == "node" and slot[2:] != ("position",):
                    fields.setdefault(slot[1], {})[slot] = (commit, change)
    # The last of several steps with one thing says what was wanted of it.
    found: dict[tuple[str, str], Problem] = {}
    for change in mine:
        for slot in change.slots():
            others = fields.get(slot[1], {}) if _is_whole_node(slot) else _at(theirs, slot)
            clashes = {other: their for other, their in others.items() if their[1].after != change.after}
            for their in clashes.values():
                found[change.kind, _clash(change, their[1])] = _conflict(change, *their)
            if clashes:
                break
    return list(found.values())


def _is_whole_node(slot: Slot) -> bool:
    return slot[0] == "node" and len(slot) == 2  # noqa: PLR2004 - ("node", id)


def _at(theirs: Mapping[Slot, Theirs], slot: Slot) -> dict[Slot, Theirs]:
    """What others did to a slot, or to all of the node that it belongs to."""
    found = theirs.get(slot) or theirs.get(slot[:2])
    return {slot: found} if found else {}


def missed(problems: Iterable[Problem], since: Sequence[Commit]) -> list[Problem]:
    """`problems` of a stale edit, those that somebody else's edit brought about told as conflicts."""
    told: dict[Slot, _Story] = {}
    for commit in since:
        for change in commit.changes:
            if change.kind != "flow" and change.field is None:
                for slot in change.slots():
                    first = told[slot].before if slot in told else change.before
                    told[slot] = _Story(before=first, commit=commit, change=change)
    return [_explained(problem, told) for problem in problems]


@dataclass(frozen=True, slots=True)
class _Story:
    """What became of a node or an edge while somebody did not look."""

    before: Any
    commit: Commit
    change: Change

    @property
    def after(self) -> Any:
        return self.change.after


def _explained(problem: Problem, told: Mapping[Slot, _Story]) -> Problem:
    stake = problem.stake
    for slot in stake.slots if stake else ():
        story = told.get(slot)
        if stake is not None and story is not None and _explains(problem.code, slot, story):
            return replace(
                problem,
                code="revision-conflict",
                message=_told(problem.code, stake, slot, story),
                hint=_value(story.after) if story.after is not None else None,
                fix=None,
            )
    return problem


def _explains(code: Code, slot: Slot, story: _Story) -> bool:
    """Whether a request that was right before `story` has this problem after it."""
    if code in ("unknown-node", "unknown-edge"):
        # An edge may have left its input without being gone.
        return story.after is None or (slot[0] == "input" and _entered(story.after) != slot[1:])
    if story.after is None:
        return False
    if slot[0] == "edge":
        return story.before is None or _value(story.before) != _value(story.after)
    if code == "duplicate-node-id":
        return story.before is None
    return story.before is not None and story.before["type"] != story.after["type"]


def _told(code: Code, stake: Stake, slot: Slot, story: _Story) -> str:
    who = _who(story.commit)
    if code in ("unknown-node", "unknown-edge"):
        return f"{'.'.join(slot[1:])} was removed in {who}"
    theirs = _value(story.after)
    if code == "cycle":
        return f"{stake.name}: {stake.value} (yours) closes a loop with {_name(story.change)}: {theirs} ({who})"
    if slot[0] == "node" and code != "duplicate-node-id":
        return f"{stake.name}: {stake.value} (yours), but {slot[1]} became {theirs} ({who})"
    return f"{stake.name}: {stake.value} (yours), {theirs} ({who})"


def _conflict(mine: Change, commit: Commit, theirs: Change) -> Problem:
    """Two changes of one thing, told by the narrower of the two."""
    name = _clash(mine, theirs)
    became = "now " if mine.field is not None and theirs.field is None else ""
    return Problem(
        code="revision-conflict",
        path="/baseRevision",
        message=f"{name}: {_side(mine)} (yours), {became}{_side(theirs)} ({_who(commit)})",
        hint=_value(theirs.after),
        node_id=mine.id if mine.kind == "node" else None,
        edge_id=mine.id if mine.kind == "edge" else None,
    )


def _clash(mine: Change, theirs: Change) -> str:
    return _name(theirs if mine.field is None and mine.kind == "node" else mine)


def _who(commit: Commit) -> str:
    return f"revision {commit.revision} by {commit.author}"


def _name(change: Change) -> str:
    """`node.field`, a field of the flow, `node.handle` of an edge's input, or the node."""
    if change.kind == "edge":
        return ".".join(_entered(change.after or change.before))
    return ".".join(part for part in (change.id, (change.field or "").removeprefix("data/")) if part)


def _entered(edge: Mapping[str, Any]) -> tuple[str, str]:
    """The input that an edge leads into, from its record."""
    return edge["target"], edge["targetHandle"]


def _side(change: Change) -> str:
    return "removed" if change.field is None and change.after is None else _value(change.after)


def _value(value: Any) -> str:
    """One side of a change: a field's value, where an edge comes from, which type a node has."""
    match value:
        case None:
            return "absent"
        case {"source": str(source), "sourceHandle": str(handle), "$seq": int()}:
            return f"{source}.{handle}"
        case {"type": str(name), "$seq": int()}:
            return name
        case _:
            return clip(value)


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
