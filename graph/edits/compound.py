"""Actions made of several: inserting into an edge, arranging, renaming the flow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph.changes import Change
from graph.edits.edges import connect_fitting, find_edge
from graph.edits.nodes import add_node, known_type
from graph.joining import converters
from graph.layout import arranged
from graph.problems import nearest_or_all
from graph.shapes import AddNode

if TYPE_CHECKING:
    from graph.edits.draft import Draft
    from graph.shapes import Arrange, InsertBetween, SetFlow


def insert_between(draft: Draft, action: InsertBetween) -> None:
    """Put a new node into an edge, on handles of fitting type."""
    edge = find_edge(draft, action.edge_id)
    spec = known_type(draft, action.type)
    if edge is None or spec is None:
        return
    leaving = draft.flow.nodes[edge.target].spec.input_ports[edge.target_handle].type
    entries = spec.inputs_of_type(edge.data_type)
    exits = [port for port in spec.outputs if port.type == leaving]
    if not entries or not exits:
        draft.refuse(
            "type-mismatch",
            "type",
            message=f"{spec.type} does not take {edge.data_type} and give {leaving}",
            hint=nearest_or_all(spec.type, converters(edge.data_type, leaving)),
            edge_id=edge.id,
        )
        return
    added = add_node(draft, AddNode(type=action.type, id=action.id, data=action.data))
    if added is None:
        return
    # The required input is the one a value passing through is meant for.
    entry = next((port for port in entries if port.required), None)
    entry = entry or spec.input_ports.get(spec.default_input or "") or entries[0]
    entry = entry if entry in entries else entries[0]
    draft.drop_edge(edge)
    connect_fitting(draft, (edge.source, edge.source_handle), (added, entry.id))
    connect_fitting(draft, (added, exits[0].id), (edge.target, edge.target_handle))


def arrange(draft: Draft, _action: Arrange) -> None:
    """Lay the whole flow out from left to right."""
    for node_id, field, value in arranged(draft.flow):
        if field == "position":
            draft.move_node(node_id, value)
        else:
            draft.set_field(node_id, field, value)


def set_flow(draft: Draft, action: SetFlow) -> None:
    """Rename or describe the flow."""
    for key, value in (("name", action.name), ("description", action.description)):
        before = draft.flow.meta.get(key)
        if value is not None and value != before:
            draft.do(Change(kind="flow", field=key, before=before, after=value))
