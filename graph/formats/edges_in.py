"""Reading a document's edges."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

from graph.data import TRANSIENT_EDGE_MEMBERS, UNSAID, edge_extras, edge_members
from graph.flow import Edge
from graph.joining import (
    fitting_pairs,
    free_edge_id,
    no_pair,
    nodes_on_cycles,
    present_names,
    self_loop,
    taken,
    unknown_handles,
)
from graph.problems import clip, nearest, pointer
from graph.rules import MAX_EDGE_ID, is_foreign_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graph.flow import Node
    from graph.formats.reading import Reading
    from graph.ports import Port

MAX_EDGES: Final = 250_000
_OWN: Final = frozenset({"id", "source", "sourceHandle", "target", "targetHandle", "data"})
_ROWS: Final = {
    "source_node_id": "source",
    "source_handle": "sourceHandle",
    "target_node_id": "target",
    "target_handle": "targetHandle",
    "edge_type": "type",
}
_ROW_ONLY: Final = frozenset({"flow_id", "created_at", "updated_at"})
FILLED_IN: Final = "missing handle filled in"
_NAMES: Final = ("source", "target", "sourceHandle", "targetHandle", "id")


def read_edges(reading: Reading, raw: Any) -> None:
    """Put the document's edges into the flow, whose nodes have been read."""
    if not isinstance(raw, list):
        reading.refuse("invalid-value", "/edges", "edges must be a list")
        return
    rows = cast("list[Any]", raw)
    if len(rows) > MAX_EDGES:
        reading.refuse("invalid-value", "/edges", f"more than {MAX_EDGES} edges")
        return
    # Nodes that were refused have been reported; their edges need not be.
    nodes_are_whole = not any(problem.path.startswith("/nodes") for problem in reading.problems)
    for index, row in enumerate(rows):
        if reading.hopeless:
            return
        path = pointer("edges", index)
        fields = _read_fields(reading, row, path)
        ends = _read_ends(reading, fields, path, complain=nodes_are_whole) if fields else None
        if fields and ends:
            _join(reading, fields, *ends, path)
    cyclic = nodes_on_cycles(reading.flow)
    if cyclic:
        names = ", ".join(clip(name) for name in cyclic[:8])
        message = f"these feed each other, and flows have no loops: {names}"
        reading.refuse("cycle", "/edges", message, node_id=cyclic[0])


def _read_fields(reading: Reading, row: Any, path: str) -> dict[str, Any] | None:
    if not isinstance(row, dict):
        reading.refuse("invalid-value", path, "an edge must be an object")
        return None
    fields = _from_row(reading, cast("dict[str, Any]", row))
    faults = [name for name in _NAMES if not isinstance(fields.get(name), str | None)]
    faults += [name for name in ("source", "target") if fields.get(name) is None]
    if faults:
        reading.refuse("invalid-value", path + pointer(faults[0]), f"an edge needs {faults[0]} as a string")
        return None
    return fields


def _from_row(reading: Reading, row: dict[str, Any]) -> dict[str, Any]:
    """A row of Composer's database in the document's shape; a document's edge as it is."""
    if "source_node_id" not in row:
        return row
    reading.left_out("edge", (key for key in _ROW_ONLY if row.get(key) is not None))
    return {_ROWS.get(key, key): value for key, value in row.items() if key not in _ROW_ONLY}


def _read_ends(reading: Reading, fields: Mapping[str, Any], path: str, *, complain: bool) -> tuple[Node, Node] | None:
    nodes = reading.flow.nodes
    for name in ("source", "target"):
        if fields[name] not in nodes and complain:
            message = f"there is no node {clip(fields[name], 80)}"
            reading.refuse("unknown-node", path + pointer(name), message, hint=nearest(fields[name], nodes))
    source, target = nodes.get(fields["source"]), nodes.get(fields["target"])
    return (source, target) if source and target else None


def _join(reading: Reading, fields: dict[str, Any], source: Node, target: Node, path: str) -> None:
    flow = reading.flow
    if source.id == target.id:
        reading.problems.append(self_loop(source, path))
        return
    pair = _handles(reading, fields, source, target, path)
    if pair is None:
        return
    output, entry = pair
    problem = taken(flow, source, target, pair, path)
    if problem is not None:
        # The replacement that an edit would be offered cannot be asked of a file.
        reading.problems.append(replace(problem, hint="an input takes one edge", fix=None))
        return
    edge_id: str = fields.get("id") or free_edge_id(flow, target.id, entry.id)
    if not _may_be_called(reading, edge_id, path + "/id"):
        return
    data = _read_data(reading, fields)
    if data.get("dataType") not in (None, output.type):
        reading.mended[f"dataType {clip(data['dataType'])} read as {output.type}"] += 1
    members = {key: value for key, value in fields.items() if key not in _OWN}
    reading.left_out("edge", members.keys() & (TRANSIENT_EDGE_MEMBERS - UNSAID))
    flow.put_edge(
        Edge(
            id=edge_id,
            source=source.id,
            source_handle=output.id,
            target=target.id,
            target_handle=entry.id,
            data_type=output.type,
            seq=flow.next_seq,
            extras=edge_extras(data),
            members=edge_members(members),
        )
    )


def _read_data(reading: Reading, fields: Mapping[str, Any]) -> dict[str, Any]:
    """An edge's `data`, what contradicts the edge itself noted: it is not kept."""
    if not isinstance(fields.get("data"), dict | None):
        reading.left_out("edge", ["data"])
        return {}
    data: dict[str, Any] = fields.get("data") or {}
    for name in ("sourceHandle", "targetHandle"):
        if data.get(name) not in (None, fields.get(name)):
            reading.left_out("edge", [f"data.{name}"])
    return data


def _may_be_called(reading: Reading, edge_id: str, path: str) -> bool:
    if not is_foreign_id(edge_id, MAX_EDGE_ID):
        message = f"an edge id is 1 to {MAX_EDGE_ID} printable characters, not {clip(edge_id)}"
        reading.refuse("invalid-value", path, message)
        return False
    if edge_id in reading.flow.edges:
        reading.refuse("duplicate-edge-id", path, f"two edges are called {clip(edge_id, 80)}", edge_id=edge_id)
        return False
    return True


def _handles(
    reading: Reading, fields: Mapping[str, Any], source: Node, target: Node, path: str
) -> tuple[Port, Port] | None:
    """The ports an edge joins: those it names, by their present names, or those its format means by silence."""
    names = present_names(source.spec, target.spec, fields.get("sourceHandle"), fields.get("targetHandle"))
    unknown = list(unknown_handles(source, target, *names, path))
    reading.problems.extend(unknown)
    if unknown:
        return None
    source_handle, target_handle = names
    pairs = fitting_pairs(source.spec, target.spec, source_handle, target_handle)
    usual = [
        pair
        for pair in pairs
        if (source_handle or source.spec.default_output or pair[0].id) == pair[0].id
        and (target_handle or target.spec.default_input or pair[1].id) == pair[1].id
    ]
    chosen = usual if len(usual) == 1 else pairs
    if len(chosen) == 1:
        if source_handle is None or target_handle is None:
            reading.mended[FILLED_IN] += 1
        return chosen[0]
    reading.problems.append(no_pair(source, target, source_handle, target_handle, path))
    return None
