"""Making recorded changes again on a flow that others may have edited since: undo and redo."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from graph.changes import edge_from_record, edge_record, field_of, node_record
from graph.edits.draft import Draft
from graph.errors import Refused
from graph.joining import closes_cycle
from graph.problems import clip
from graph.registry import NODE_SPECS, find_spec
from graph.rules import data_is_valid
from graph.values import same

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graph.changes import Change
    from graph.flow import Flow
    from graph.spec import NodeSpec


def replay(flow: Flow, changes: Iterable[Change]) -> list[Change]:
    """Make `changes` on `flow`, in place, where nobody has touched the same things since.

    What is already as it should be is skipped.

    Raises:
        Refused: a `revision-conflict` for each thing somebody else changed; `flow` is as it was.
    """
    draft = Draft(flow)
    for change in changes:
        if change.kind == "edge":
            _edge(draft, change)
        elif change.kind == "flow" or change.field is not None:
            _field(draft, change)
        else:
            _node(draft, change)
    if draft.problems:
        draft.rollback()
        raise Refused(draft.problems)
    return draft.changes


def _conflict(draft: Draft, change: Change, what: str, hint: str | None = None) -> None:
    draft.refuse(
        "revision-conflict",
        message=what,
        hint=hint,
        node_id=change.id if change.kind == "node" else None,
        edge_id=change.id if change.kind == "edge" else None,
    )


def _field(draft: Draft, change: Change) -> None:
    flow, field = draft.flow, change.field or ""
    if change.kind == "node" and change.id not in flow.nodes:
        _conflict(draft, change, f"{change.id} has been removed since")
        return
    current: Any = flow.meta.get(field) if change.kind == "flow" else field_of(flow.nodes[change.id], field)
    if same(current, change.before):
        _set_field(draft, change)
    elif not change.incidental and not same(current, change.after):
        name = ".".join(part for part in (change.id, field.removeprefix("data/")) if part)
        message = f"{name} has changed since: {_show(current)}, not {_show(change.before)}"
        _conflict(draft, change, message, _show(current))


def _set_field(draft: Draft, change: Change) -> None:
    nodes = draft.flow.nodes
    if change.field == "parentId" and change.after is not None and change.after not in nodes:
        _conflict(draft, change, f"{change.after}, which held {change.id}, has been removed since")
        return
    draft.do(change)
    # The node may have got another type since.
    if change.kind == "node" and not data_is_valid(nodes[change.id].spec, nodes[change.id].data):
        _conflict(draft, change, f"{change.id} is a {nodes[change.id].spec.type} now, which takes no such value")


def _show(value: Any) -> str:
    return "absent" if value is None else clip(value)


def _node(draft: Draft, change: Change) -> None:
    current = draft.flow.nodes.get(change.id)
    if change.before is None:
        _return_node(draft, change)
    elif current is None:
        if change.after is not None:
            _conflict(draft, change, f"{change.id} has been removed since")
    elif change.after is not None and find_spec(change.after["type"]) is None:
        _conflict(draft, change, f"node type {change.after['type']} is no longer installed")
    elif change.after is None and (draft.flow.edges_of(change.id) or change.id in draft.flow.children):
        _conflict(draft, change, f"{change.id} has been connected or filled since")
    elif not _same_but_for_place(node_record(current), change.before):
        _conflict(draft, change, f"{change.id} has been edited since")
    else:
        _put_node(draft, change, node_record(current))


def _put_node(draft: Draft, change: Change, current: dict[str, Any]) -> None:
    """Remove the node, or give it back its other type, where it lies by now."""
    after = change.after
    if after is not None and not _holds(draft.flow, change.id, NODE_SPECS[after["type"]]):
        _conflict(draft, change, f"{change.id} has been connected or filled since")
        return
    if after is not None and current["position"] != change.before["position"]:
        after = {**after, "position": current["position"]}
    draft.do(replace(change, before=current, after=after))


def _holds(flow: Flow, node_id: str, spec: NodeSpec) -> bool:
    """Whether a node of that type may have the edges and the nodes inside that this node has."""
    if node_id in flow.children and not spec.annotation:
        return False
    for edge in flow.edges_of(node_id):
        leaves = edge.source == node_id
        port = spec.output_ports.get(edge.source_handle) if leaves else spec.input_ports.get(edge.target_handle)
        if port is None or port.type != edge.data_type:
            return False
    return True


def _return_node(draft: Draft, change: Change) -> None:
    current = draft.flow.nodes.get(change.id)
    parent = change.after.get("parentId")
    if current is not None:
        if not same(node_record(current), change.after):
            _conflict(draft, change, f"another node is called {change.id} now")
    elif parent is not None and parent not in draft.flow.nodes:
        _conflict(draft, change, f"{parent}, which held {change.id}, has been removed since")
    elif find_spec(change.after["type"]) is None:
        _conflict(draft, change, f"node type {change.after['type']} is no longer installed")
    else:
        draft.do(change)


def _same_but_for_place(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return same({**one, "position": None}, {**other, "position": None})


def _edge(draft: Draft, change: Change) -> None:
    current = draft.flow.edges.get(change.id)
    if change.after is None:
        if current is None:
            return
        if edge_record(current) != change.before:
            _conflict(draft, change, f"edge {change.id} has been changed since")
        else:
            draft.do(change)
    elif current is not None:
        if edge_record(current) != change.after:
            _conflict(draft, change, f"another edge is called {change.id} now")
    else:
        _return_edge(draft, change)


def _return_edge(draft: Draft, change: Change) -> None:
    edge, flow = edge_from_record(change.after), draft.flow
    for end in (edge.source, edge.target):
        if end not in flow.nodes:
            _conflict(draft, change, f"{end} has been removed since")
            return
    output = flow.nodes[edge.source].spec.output_ports.get(edge.source_handle)
    entry = flow.nodes[edge.target].spec.input_ports.get(edge.target_handle)
    if output is None or entry is None or output.type != entry.type:
        _conflict(draft, change, f"{edge} no longer fits its nodes")
    elif edge.target_handle in flow.inputs[edge.target]:
        taken_by = flow.edges[flow.inputs[edge.target][edge.target_handle]]
        _conflict(draft, change, f"{edge.target}.{edge.target_handle} is fed by {taken_by.source} now", str(taken_by))
    elif closes_cycle(flow, edge.source, edge.target):
        _conflict(draft, change, f"{edge} would close a cycle now")
    else:
        draft.do(change)
