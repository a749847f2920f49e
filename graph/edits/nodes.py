"""Actions on nodes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from graph.changes import Change, node_record
from graph.data import (
    TRANSIENT_MEMBERS,
    humanize,
    merge_patch,
    ordered,
    renamed,
    without_run_state,
)
from graph.edits.edges import connect_fitting
from graph.flow import Node
from graph.joining import fitting_pairs, free_edge_id, not_a_frame
from graph.layout import MAX_FRAMES, frame_depth
from graph.problems import clip
from graph.registry import find_spec, unknown_type
from graph.rules import MAX_ID, data_problems, is_node_id, slug, unknown_field
from graph.shapes import AddWholeNode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graph.edits.draft import Draft
    from graph.flow import Edge
    from graph.shapes import AddNode, Configure, Duplicate, MoveNode, RemoveNode, ReplaceNode
    from graph.spec import NodeSpec


def add_node(draft: Draft, action: AddNode) -> str | None:
    """Add a node with the type's defaults under what the caller gave. Returns its id, None when it was refused."""
    spec = known_type(draft, action.type)
    if spec is None:
        draft.will_miss(action.id)
        return None
    given = given_data(spec, action.data or {})
    # An id tells what the node is for, unless it only repeats the type.
    label = {"label": humanize(action.id)} if action.id and slug(action.id) != spec.type else {}
    node_id = action.id if action.id is not None else _id_from(draft, spec, given.get("label"))
    return _add(draft, action, spec, node_id, {**spec.defaults, **label, **given})


def add_whole_node(draft: Draft, action: AddWholeNode) -> str | None:
    """Add a node as a file has it: complete, with nothing filled in."""
    spec = known_type(draft, action.type)
    if spec is None:
        draft.will_miss(action.id)
        return None
    data = without_run_state(spec, given_data(spec, action.data or {}))
    if action.type in spec.type_aliases:
        data = renamed(data, spec.legacy_fields)
    return _add(draft, action, spec, action.id or _id_from(draft, spec, None), data)


def _add(draft: Draft, action: AddNode, spec: NodeSpec, node_id: str, data: Mapping[str, Any]) -> str | None:
    before = len(draft.problems)
    _check_id(draft, node_id, spec)
    draft.problems.extend(data_problems(spec, data, draft.at("data"), node_id))
    if action.parent_id is not None:
        _check_parent(draft, action.parent_id)
    if len(draft.problems) > before:
        draft.will_miss(node_id)
        return None
    members = action.members if isinstance(action, AddWholeNode) else {}
    place = action.position.to_wire() if action.position else {"x": 0, "y": 0}
    node = Node(
        id=node_id,
        spec=spec,
        data=ordered(spec, data),
        x=place["x"],
        y=place["y"],
        seq=draft.flow.next_seq,
        parent_id=action.parent_id,
        members={key: value for key, value in sorted(members.items()) if key not in TRANSIENT_MEMBERS},
    )
    draft.add_node(node, placed=action.position is not None)
    return node_id


def _check_id(draft: Draft, node_id: str, spec: NodeSpec) -> None:
    if not is_node_id(node_id):
        message = f"{clip(node_id)} is not an id of up to {MAX_ID} letters, digits, - and _"
        draft.refuse("invalid-node-id", "id", message=message, hint=free_id(draft, slug(node_id) or spec.type))
    elif node_id in draft.flow.nodes:
        message = f"there is a node {node_id!r} already"
        draft.refuse("duplicate-node-id", "id", message=message, hint=free_id(draft, node_id), node_id=node_id)


def _check_parent(draft: Draft, parent_id: str) -> None:
    parent = draft.node(parent_id, "parentId")
    if parent is None:
        return
    if not parent.spec.annotation:
        draft.problems.append(not_a_frame(parent, draft.at("parentId")))
    elif frame_depth(draft.flow, parent_id) >= MAX_FRAMES:
        draft.refuse("invalid-value", "parentId", message=f"comments lie at most {MAX_FRAMES} deep in each other")


def configure(draft: Draft, action: Configure) -> None:
    """Merge a patch into the node's data."""
    node = draft.node(action.node_id, "nodeId")
    if node is None:
        return
    spec = node.spec
    patch = renamed(action.data, spec.field_aliases)
    merged = merge_patch({**node.data, **node.extras}, patch)
    # What a file brought may be changed or removed, but nothing unknown may be added.
    checked = {key: value for key, value in merged.items() if key not in node.extras}
    problems = data_problems(spec, checked, draft.at("data"), node.id)
    problems += [
        unknown_field(spec, [key], draft.at("data"), node.id)
        for key, value in patch.items()
        if value is None and key not in spec.fields and key not in node.extras
    ]
    draft.problems.extend(problems)
    if not problems:
        for key in patch:
            draft.set_field(node.id, f"data/{key}", merged.get(key))


def remove_node(draft: Draft, action: RemoveNode) -> None:
    """Remove a node and its edges; what was inside a comment stays where it is on the canvas."""
    node = draft.node(action.node_id, "nodeId")
    if node is None:
        return
    for edge in draft.flow.edges_of(node.id):
        draft.drop_edge(edge)
    _empty(draft, node)
    draft.drop_node(node)


def _empty(draft: Draft, frame: Node) -> None:
    """Move what lies inside a node out of it, without a change of place on the canvas."""
    children = [draft.flow.nodes[child_id] for child_id in draft.flow.children.get(frame.id, ())]
    for child in sorted(children, key=lambda child: child.seq):
        if draft.is_placed(child.id):
            draft.set_field(child.id, "position", {"x": child.x + frame.x, "y": child.y + frame.y})
        draft.set_field(child.id, "parentId", frame.parent_id)


def move_node(draft: Draft, action: MoveNode) -> None:
    """Put a node elsewhere."""
    if draft.node(action.node_id, "nodeId") is not None:
        draft.move_node(action.node_id, action.position.to_wire())


def replace_node(draft: Draft, action: ReplaceNode) -> None:
    """Give a node another type. Fields both types have are kept, as are edges that still fit."""
    node = draft.node(action.node_id, "nodeId")
    spec = known_type(draft, action.type)
    if node is None or spec is None:
        return
    had = {**node.extras, **node.data}
    kept = {key: had[key] for key in spec.fields if key in had}
    kept = {key: value for key, value in kept.items() if not data_problems(spec, {**spec.defaults, key: value}, "")}
    data = {**spec.defaults, **kept, **given_data(spec, action.data or {})}
    problems = data_problems(spec, data, draft.at("data"), node.id)
    draft.problems.extend(problems)
    if problems:
        return
    edges = draft.flow.edges_of(node.id)
    for edge in edges:
        draft.drop_edge(edge)
    if not spec.annotation:
        _empty(draft, node)
    extras = {key: value for key, value in without_run_state(spec, node.extras).items() if key not in spec.fields}
    looks = {"measured", *(("style", "width", "height") if node.spec.annotation or spec.annotation else ())}
    members = {key: value for key, value in node.members.items() if key not in looks}
    changed = replace(node, spec=spec, data=ordered(spec, data), extras=extras, members=members)
    draft.do(Change(kind="node", id=node.id, before=node_record(node), after=node_record(changed)))
    for edge in edges:
        _reconnect(draft, edge, node.id)


def _reconnect(draft: Draft, edge: Edge, node_id: str) -> None:
    """Put an edge of a replaced node back: on the same handle, or else on the first that fits."""
    nodes = draft.flow.nodes
    source, target = nodes[edge.source].spec, nodes[edge.target].spec
    source_handle = edge.source_handle if edge.source != node_id else None
    target_handle = edge.target_handle if edge.target != node_id else None
    free = [
        (output, entry)
        for output, entry in fitting_pairs(source, target, source_handle, target_handle)
        if entry.id not in draft.flow.inputs[edge.target]
    ]
    same = [pair for pair in free if (pair[0].id, pair[1].id) == (edge.source_handle, edge.target_handle)]
    for output, entry in same or free[:1]:
        # An edge that is named after its input takes the name of the new one.
        named = edge.id == f"{edge.target}.{edge.target_handle}" and entry.id != edge.target_handle
        edge_id = free_edge_id(draft.flow, edge.target, entry.id) if named else edge.id
        ends = {"source_handle": output.id, "target_handle": entry.id}
        draft.add_edge(replace(edge, id=edge_id, data_type=output.type, **ends))


def duplicate(draft: Draft, action: Duplicate) -> None:
    """Copy nodes and the edges among them; the copies go to free places."""
    found = [draft.node(node_id, "nodeIds", index) for index, node_id in enumerate(action.node_ids)]
    nodes = {node.id: node for node in found if node is not None}
    if None in found:
        return
    copies: dict[str, str] = {}
    # A frame is copied before what it holds, so that the copies lie in the copy.
    for node in sorted(nodes.values(), key=lambda node: frame_depth(draft.flow, node.id)):
        copies[node.id] = free_id(draft, node.id if is_node_id(node.id) else node.spec.type)
        parent = copies.get(node.parent_id, node.parent_id) if node.parent_id else None
        copy = replace(node, id=copies[node.id], seq=draft.flow.next_seq, parent_id=parent)
        draft.add_node(copy, placed=parent != node.parent_id)
    for node_id, copy_id in copies.items():
        for edge in draft.flow.edges_of(node_id):
            if edge.source == node_id and edge.target in copies:
                connect_fitting(draft, (copy_id, edge.source_handle), (copies[edge.target], edge.target_handle))


def known_type(draft: Draft, type_name: str) -> NodeSpec | None:
    """The type's declaration, or None after noting that there is none."""
    spec = find_spec(type_name)
    if spec is None:
        draft.problems.append(unknown_type(type_name, draft.at("type")))
    return spec


def _id_from(draft: Draft, spec: NodeSpec, label: Any) -> str:
    return free_id(draft, (slug(label) if isinstance(label, str) else "") or spec.type)


def free_id(draft: Draft, base: str) -> str:
    """`base`, or `base-2`, `base-3`, … whichever is free."""
    base = base[:56].rstrip("-")
    if base not in draft.flow.nodes:
        return base
    number = 2
    while f"{base}-{number}" in draft.flow.nodes:
        # Doubling, then stepping back, keeps the ten-thousandth "text-input" cheap.
        number *= 2
    low = number // 2
    while number - low > 1:
        middle = (low + number) // 2
        if f"{base}-{middle}" in draft.flow.nodes:
            low = middle
        else:
            number = middle
    return f"{base}-{number}"


def given_data(spec: NodeSpec, data: Mapping[str, Any]) -> dict[str, Any]:
    """What the caller gave: without nulls for optional fields, under the fields' present names."""
    required = spec.required_fields
    given = renamed(data, spec.field_aliases)
    return {key: value for key, value in given.items() if value is not None or key in required}
