"""Advice to a refused action: the action as it should have been, and what it was about.

Nothing is guessed here. A problem's hint is put where the problem points, and the result becomes a
`fix` only when it is carried out on trial and nothing is wrong with it any more.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

from graph.actions import parse_actions
from graph.edits.draft import Draft
from graph.joining import path_between
from graph.problems import Code, Problem, Stake, clip, nearest, pointed
from graph.shapes import (
    AddNode,
    AddWholeEdge,
    AddWholeNode,
    Configure,
    Connect,
    Disconnect,
    Position,
    RemoveNode,
    ReplaceNode,
)
from graph.values import fresh

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from graph.shapes import Shape

_OF_OWN_MAKING: Final = frozenset[Code]({"duplicate-node-id", "invalid-node-id", "missing-field"})
"""Codes whose hint replaces what was asked for without being like it."""
_LIKE: Final = frozenset[Code](
    {
        "invalid-value",
        "type-mismatch",
        "unknown-edge",
        "unknown-node",
        "unknown-node-type",
        "unknown-source-handle",
        "unknown-target-handle",
    }
)
"""Codes whose hint is what was asked for, spelt right; where it is not, it is only one of the options."""
_OF_ENDS: Final = frozenset[Code]({"type-mismatch", "unknown-source-handle", "unknown-target-handle"})


def advised(
    draft: Draft, action: Shape, problems: Sequence[Problem], carry_out: Callable[[Draft, Shape], None]
) -> list[Problem]:
    """The problems of one action with what it was about, and, where its faults can all be mended, with a `fix`.

    The fix mends the whole action, so the first problem alone carries it: fixes are sent as they are,
    and an action must not be sent twice.
    """
    fields = _written(action)
    found = [replace(problem, stake=_stake(draft, action, fields, problem)) for problem in problems]
    # A near name is no licence to remove what bears it.
    destroys = isinstance(action, RemoveNode | Disconnect)
    if found and not destroys and not any(problem.fix for problem in found):
        fix = _mended(draft, action, fields, found)
        if fix is not None and _lands(draft, fix, carry_out):
            found[0] = replace(found[0], fix=fix)
    return found


def _written(action: Shape) -> dict[str, Any]:
    """The action's fields as a request has them; of a whole node, the node's."""
    fields = action.model_dump(by_alias=True, exclude_unset=True)
    for key, value in action:
        if isinstance(value, Position):
            fields[key] = value.to_wire()
    if isinstance(action, AddWholeNode | AddWholeEdge):
        del fields["action"]
        fields |= fields.pop("members", {})
    return fresh(fields)


def _mended(draft: Draft, action: Shape, fields: dict[str, Any], problems: Sequence[Problem]) -> dict[str, Any] | None:
    """The action with every fault mended, ready to be sent; None where one of them has no single remedy."""
    fields = fresh(fields)
    if not all(_mend(fields, problem, pointed(problem.path[len(draft.path) :])) for problem in problems):
        return None
    if isinstance(action, AddWholeNode | AddWholeEdge):
        return {"action": action.action, "node" if isinstance(action, AddWholeNode) else "edge": fields}
    return fields


def _mend(fields: dict[str, Any], problem: Problem, steps: list[str]) -> bool:
    """Put the problem's hint where the problem points; whether that could be done."""
    hint, target = problem.hint, f"{fields.get('target')}."
    if hint is None or not steps:
        return False
    if problem.code == "type-mismatch" and hint.startswith(target):
        fields["targetHandle"] = hint.removeprefix(target)
        return True
    holder, last = _found(fields, steps[:-1]), steps[-1]
    if problem.code == "unknown-field" and isinstance(holder, dict):
        return _rename(cast("dict[str, Any]", holder), last, hint)
    like = problem.code in _LIKE and nearest(_found(holder, [last]), [hint]) is not None
    if like or problem.code in _OF_OWN_MAKING or steps == ["data", "dataType"]:
        return _put(holder, last, hint)
    return False


def _found(value: Any, steps: Iterable[str]) -> Any:
    """What a JSON Pointer leads to, None where it leads nowhere."""
    for step in steps:
        if isinstance(value, dict):
            value = cast("dict[str, Any]", value).get(step)
        else:
            value = cast("list[Any]", value)[int(step)] if isinstance(value, list) else None
    return value


def _put(holder: Any, step: str, value: str) -> bool:
    if isinstance(holder, dict):
        holder[step] = value
    elif isinstance(holder, list):
        holder[int(step)] = value
    return isinstance(holder, dict | list)


def _rename(holder: dict[str, Any], key: str, name: str) -> bool:
    """Give a value the name that was meant, unless another one has that name."""
    if name in holder:
        return False
    renamed = {name if other == key else other: value for other, value in holder.items()}
    holder.clear()
    holder.update(renamed)
    return True


def _lands(draft: Draft, fix: dict[str, Any], carry_out: Callable[[Draft, Shape], None]) -> bool:
    """Whether the action would be fine on the flow as it is at this place in the batch."""
    batch = parse_actions([fix])
    trial = Draft(draft.flow)
    try:
        for _, action in batch.steps:
            carry_out(trial, action)
    finally:
        trial.rollback()
    return not batch.problems and not trial.problems


def _stake(draft: Draft, action: Shape, fields: dict[str, Any], problem: Problem) -> Stake:
    steps = pointed(problem.path[len(draft.path) :])
    name, shown = problem.node_id or problem.edge_id or "", clip(_found(fields, steps))
    if isinstance(action, Connect):
        name, shown = _connection(draft, action, problem)
    elif isinstance(action, AddNode) and problem.code == "duplicate-node-id":
        shown = action.type
    elif isinstance(action, Configure | ReplaceNode) and steps[:1] == ["data"]:
        name = ".".join((action.node_id, *steps[1:]))
    return Stake(name=name, value=shown, slots=tuple(_slots(draft, action, problem)))


def _connection(draft: Draft, action: Connect, problem: Problem) -> tuple[str, str]:
    """The input that an edge would have entered, and the output that it would have come from."""
    occupant = draft.flow.edges.get(problem.edge_id or "")
    source = draft.flow.nodes.get(action.source)
    output = action.source_handle or (source.spec.default_output if source else None)
    entry = occupant.target_handle if problem.code == "input-occupied" and occupant else action.target_handle
    return ".".join(filter(None, (action.target, entry))), ".".join(filter(None, (action.source, output)))


def _slots(draft: Draft, action: Shape, problem: Problem) -> Iterator[tuple[str, ...]]:
    if problem.edge_id is not None:
        yield "edge", problem.edge_id
    if problem.code == "unknown-edge" and isinstance(action, Disconnect) and action.target in draft.flow.nodes:
        handles = draft.flow.nodes[action.target].spec.input_ports
        yield from (("input", action.target, handle) for handle in handles if action.target_handle in (None, handle))
    elif problem.code == "unknown-edge" and problem.edge_id is not None:
        node_id, _, handle = problem.edge_id.rpartition(".")
        yield "input", node_id, handle
    elif problem.code == "cycle" and isinstance(action, Connect):
        yield from (("edge", edge_id) for edge_id in path_between(draft.flow, action.target, action.source))
    elif problem.code in _OF_ENDS and isinstance(action, Connect):
        yield from (("node", action.target), ("node", action.source))
    elif problem.node_id is not None:
        yield "node", problem.node_id
