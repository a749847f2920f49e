"""Actions on edges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graph.data import edge_extras, edge_members
from graph.flow import Edge
from graph.joining import (
    closes_cycle,
    cycle,
    fitting_pairs,
    free_edge_id,
    no_pair,
    present_names,
    self_loop,
    taken,
    unknown_handles,
)
from graph.problems import clip, nearest
from graph.rules import MAX_EDGE_ID, is_foreign_id
from graph.shapes import AddWholeEdge

if TYPE_CHECKING:
    from graph.edits.draft import Draft
    from graph.flow import Node
    from graph.ports import Port
    from graph.shapes import Connect, Disconnect


End = tuple[str, str]
"""A node's id and one of its handles."""


def connect(draft: Draft, action: Connect) -> None:
    """Add an edge."""
    source = draft.node(action.source, "source")
    target = draft.node(action.target, "target")
    if source is None or target is None:
        return
    if source.id == target.id:
        draft.problems.append(self_loop(source, draft.path))
        return
    pair = _choose_handles(draft, action, source, target)
    if pair is not None:
        _connect(draft, action, source, target, pair)


def connect_fitting(
    draft: Draft, start: End, end: End, edge_id: str | None = None, whole: AddWholeEdge | None = None
) -> None:
    """Add an edge that is known to be legal, with what else `whole` has."""
    (source, source_handle), (target, target_handle) = start, end
    draft.add_edge(
        Edge(
            id=edge_id or free_edge_id(draft.flow, target, target_handle),
            source=source,
            source_handle=source_handle,
            target=target,
            target_handle=target_handle,
            data_type=draft.flow.nodes[source].spec.output_ports[source_handle].type,
            seq=draft.flow.next_seq,
            extras=edge_extras(whole.data) if whole else {},
            members=edge_members(whole.members) if whole else {},
        )
    )


def disconnect(draft: Draft, action: Disconnect) -> None:
    """Remove one edge."""
    edge = find_edge(draft, action.edge_id) if action.edge_id is not None else _edge_between(draft, action)
    if edge is not None:
        draft.drop_edge(edge)


def find_edge(draft: Draft, edge_id: str) -> Edge | None:
    """The edge with this id, or into this input when written `node.handle`; None after noting there is none."""
    flow = draft.flow
    edge = flow.edges.get(edge_id)
    if edge is None:
        node_id, _, handle = edge_id.rpartition(".")
        occupant = flow.inputs.get(node_id, {}).get(handle)
        edge = flow.edges.get(occupant) if occupant else None
    if edge is None:
        draft.refuse(
            "unknown-edge",
            "edgeId",
            message=f"there is no edge {edge_id[:80]!r}",
            hint=nearest(edge_id, flow.edges),
            edge_id=edge_id if is_foreign_id(edge_id, MAX_EDGE_ID) else None,
        )
    return edge


def _edge_between(draft: Draft, action: Disconnect) -> Edge | None:
    if action.target is None:
        draft.refuse("missing-field", "edgeId", message="name the edge by edgeId, or by source and target")
        return None
    target = draft.node(action.target, "target")
    if target is None:
        return None
    found = [
        edge
        for edge_id in draft.flow.inputs[target.id].values()
        if (edge := draft.flow.edges[edge_id])
        and action.source in (None, edge.source)
        and action.source_handle in (None, edge.source_handle)
        and action.target_handle in (None, edge.target_handle)
    ]
    if len(found) == 1:
        return found[0]
    ids = ", ".join(edge.id for edge in found) or ", ".join(draft.flow.inputs[target.id].values()) or None
    if found:
        draft.refuse("ambiguous-handle", "targetHandle", message="several edges match", hint=ids, node_id=target.id)
    else:
        message = f"no such edge into {target.id}"
        draft.refuse("unknown-edge", "target", message=message, hint=ids, node_id=target.id)
    return None


def _choose_handles(draft: Draft, action: Connect, source: Node, target: Node) -> tuple[Port, Port] | None:
    """The output and the input that the edge joins, or None after noting why there is none."""
    names = present_names(source.spec, target.spec, action.source_handle, action.target_handle)
    unknown = list(unknown_handles(source, target, *names, draft.path))
    draft.problems.extend(unknown)
    if unknown:
        return None
    source_handle, target_handle = names
    pairs = fitting_pairs(source.spec, target.spec, source_handle, target_handle)
    if len(pairs) > 1 and not action.replace:
        # What is taken is no choice; when all is taken, the answer says so.
        occupied = draft.flow.inputs[target.id]
        pairs = [pair for pair in pairs if pair[1].id not in occupied] or pairs
    if len(pairs) == 1:
        return pairs[0]
    draft.problems.append(no_pair(source, target, source_handle, target_handle, draft.path))
    return None


def _connect(draft: Draft, action: Connect, source: Node, target: Node, pair: tuple[Port, Port]) -> None:
    output, entry = pair
    occupied = taken(draft.flow, source, target, pair, draft.path)
    if occupied is not None and not (action.replace and occupied.code == "input-occupied"):
        draft.problems.append(occupied)
        return
    if closes_cycle(draft.flow, source.id, target.id):
        draft.problems.append(cycle(source, target, draft.path))
        return
    occupant_id = draft.flow.inputs[target.id].get(entry.id)
    if action.id and not _may_be_called(draft, action.id, occupant_id):
        return
    whole = action if isinstance(action, AddWholeEdge) else None
    if whole is not None and not _may_carry(draft, whole.data.get("dataType"), output, target):
        return
    if occupant_id is not None:
        draft.drop_edge(draft.flow.edges[occupant_id])
    connect_fitting(draft, (source.id, output.id), (target.id, entry.id), action.id, whole)


def _may_carry(draft: Draft, declared: Any, output: Port, target: Node) -> bool:
    """Whether an edge may call what flows along it so. Composer calls some of it `default`, or what it does with it."""
    shown = declared == "response" and target.spec.shows_output
    if declared in (None, "default", output.type) or shown:
        return True
    message = f"dataType is {clip(declared)}, the output {output.id} is {output.type}"
    draft.refuse("type-mismatch", "data", "dataType", message=message, hint=output.type, node_id=target.id)
    return False


def _may_be_called(draft: Draft, edge_id: str, replaced: str | None) -> bool:
    """Whether a new edge may have this id, that of the edge it replaces included."""
    if not is_foreign_id(edge_id, MAX_EDGE_ID):
        message = f"an edge id is up to {MAX_EDGE_ID} printable characters, not {clip(edge_id)}"
        draft.refuse("invalid-value", "id", message=message)
        return False
    if edge_id in draft.flow.edges and edge_id != replaced:
        draft.refuse("duplicate-edge-id", "id", message=f"edge id {clip(edge_id, 80)} is taken", edge_id=edge_id)
        return False
    return True
