"""What a list of changes did, told in few words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graph.changes import TIMESTAMP
from graph.registry import NODE_SPECS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from graph.changes import Change

MOST_LINES: Final = 40
_MOST_MOVES: Final = 3


def summarize(changes: Iterable[Change]) -> list[str]:
    """One line a thing: `+id type`, `-id`, `~id.field`, `>id` (moved), `+a>b.handle`, `-a>b.handle`, `~name`."""
    changes = list(changes)
    lines = [*_nodes(changes), *_edges(changes)]
    lines += [f"~{c.field}" for c in changes if c.kind == "flow" and c.field != TIMESTAMP]
    if len(lines) > MOST_LINES:
        return [*lines[:MOST_LINES], f"… {len(lines) - MOST_LINES} more"]
    return lines


def touched_nodes(change: Change) -> Iterator[str]:
    """Ids of nodes that a change adds, edits, removes, connects or disconnects."""
    if change.kind == "node" and change.field != "position":
        yield change.id
    elif change.kind == "edge":
        for edge in (change.before, change.after):
            if edge is not None:
                yield edge["source"]
                yield edge["target"]


def _nodes(changes: list[Change]) -> Iterator[str]:
    whole: dict[str, tuple[Any, Any]] = {}
    fields: dict[str, list[str]] = {}
    for change in changes:
        if change.kind == "node" and change.field is None:
            whole[change.id] = (whole.get(change.id, (change.before,))[0], change.after)
        elif change.kind == "node" and change.field is not None:
            fields.setdefault(change.id, []).append(change.field)
    yield from _whole_nodes(whole)
    yield from _fields({node_id: names for node_id, names in fields.items() if node_id not in whole})


def _whole_nodes(sides: dict[str, tuple[Any, Any]]) -> Iterator[str]:
    for node_id, (before, after) in sides.items():
        if after is not None:
            yield f"{'+' if before is None else '~'}{node_id} {after['type']}"
        elif before is not None:
            yield f"-{node_id}"


def _fields(fields: dict[str, list[str]]) -> Iterator[str]:
    moved: list[str] = []
    for node_id, names in fields.items():
        shown = [name for name in dict.fromkeys(names) if name != "position" and not name.startswith("members/")]
        if shown:
            yield f"~{node_id}.{','.join(name.rpartition('/')[2] for name in shown)}"
        elif "position" in names:
            moved.append(node_id)
    yield from (f">{node_id}" for node_id in moved) if len(moved) <= _MOST_MOVES else (f">{len(moved)} nodes",)


def _edges(changes: list[Change]) -> Iterator[str]:
    ends: dict[str, tuple[Any, Any]] = {}
    for change in changes:
        if change.kind == "edge":
            ends[change.id] = (ends.get(change.id, (change.before,))[0], change.after)
    for before, after in ends.values():
        if before != after:
            if before is not None:
                yield f"-{_edge(before)}"
            if after is not None:
                yield f"+{_edge(after)}"


def _edge(edge: dict[str, Any]) -> str:
    handle = edge["sourceHandle"]
    usual = handle in {spec.default_output for spec in NODE_SPECS.values()}
    return f"{edge['source']}{'' if usual else '.' + handle}>{edge['target']}.{edge['targetHandle']}"
