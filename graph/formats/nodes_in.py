"""Reading a document's nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from graph.data import TRANSIENT_MEMBERS, UNSAID, ordered, renamed, without_run_state
from graph.flow import Node
from graph.joining import not_a_frame
from graph.layout import MAX_FRAMES
from graph.problems import clip, nearest, pointer
from graph.registry import find_spec, unknown_type
from graph.rules import MAX_FOREIGN_ID, MAX_NODES, data_problems, is_foreign_id
from graph.values import same

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graph.formats.reading import Reading
    from graph.spec import NodeSpec

FAR: Final = 1e9
"""px: what lies farther out is garbage."""
_OWN: Final = frozenset({"id", "type", "position", "data", "parentId"})
_ROWS: Final = {"parent_id": "parentId"}
_STORED: Final = ("flow_id", "created_at", "updated_at")
"""What a database keeps of each row."""
_ROW_ONLY: Final = frozenset({"position_x", "position_y", "private_data", *_STORED})


def read_nodes(reading: Reading, raw: list[Any]) -> None:
    """Put the document's nodes into the flow."""
    if len(raw) > MAX_NODES:
        reading.refuse("invalid-value", "/nodes", f"more than {MAX_NODES} nodes")
        return
    for index, row in enumerate(raw):
        node = _read_node(reading, row, pointer("nodes", index))
        if node is not None:
            reading.flow.put_node(node)
        if reading.hopeless:
            return
    if not reading.problems:
        _check_parents(reading)


def _read_node(reading: Reading, row: Any, path: str) -> Node | None:
    if not isinstance(row, dict):
        reading.refuse("invalid-value", path, "a node must be an object")
        return None
    fields = _from_row(reading, cast("dict[str, Any]", row))
    before = len(reading.problems)
    node_id = _read_id(reading, fields.get("id"), path + "/id")
    spec = _read_type(reading, fields.get("type"), path + "/type")
    position = _read_position(reading, fields.get("position"), path + "/position")
    parent: Any = fields.get("parentId")
    if parent is not None and not isinstance(parent, str):
        reading.refuse("invalid-value", path + "/parentId", "parentId must be a string")
    data: Any = fields.get("data") if fields.get("data") is not None else {}
    if not isinstance(data, dict):
        reading.refuse("invalid-value", path + "/data", "data must be an object")
    if len(reading.problems) > before or spec is None or node_id is None:
        return None
    known, extras = _read_data(reading, spec, str(fields["type"]), cast("dict[str, Any]", data))
    faults = data_problems(spec, known, path + "/data", node_id)
    if faults:
        reading.problems.extend(faults)
        return None
    if position is None:
        reading.unplaced.append(node_id)
    x, y = position or (0, 0)
    others = {key: value for key, value in fields.items() if key not in _OWN and value is not None}
    reading.left_out("node", others.keys() & (TRANSIENT_MEMBERS - UNSAID))
    members = {key: value for key, value in others.items() if key not in TRANSIENT_MEMBERS}
    return Node(
        id=node_id,
        spec=spec,
        data=ordered(spec, known),
        extras=dict(sorted(extras.items())),
        x=x,
        y=y,
        seq=reading.flow.next_seq,
        parent_id=parent,
        members=dict(sorted(members.items())),
    )


def _from_row(reading: Reading, row: dict[str, Any]) -> dict[str, Any]:
    """A row of Composer's database in the document's shape; a document's node as it is."""
    if "position_x" not in row:
        return row
    reading.left_out("node", (key for key in _STORED if row.get(key) is not None))
    fields = {_ROWS.get(key, key): value for key, value in row.items() if key not in _ROW_ONLY}
    fields["position"] = {"x": row["position_x"], "y": row.get("position_y", 0)}
    data, private = row.get("data"), row.get("private_data")
    if isinstance(private, dict) and isinstance(data, dict | None):
        fields["data"] = {**(data or {}), **private}
    return fields


def _read_id(reading: Reading, value: Any, path: str) -> str | None:
    if not isinstance(value, str) or not is_foreign_id(value):
        message = f"a node id is 1 to {MAX_FOREIGN_ID} printable characters, not {clip(value)}"
        reading.refuse("invalid-node-id", path, message)
        return None
    if value in reading.flow.nodes:
        reading.refuse("duplicate-node-id", path, f"two nodes are called {clip(value, 80)}", node_id=value)
        return None
    return value


def _read_type(reading: Reading, value: Any, path: str) -> NodeSpec | None:
    spec = find_spec(value) if isinstance(value, str) else None
    if spec is None:
        reading.problems.append(unknown_type(value, path))
    elif spec.type != value:
        reading.mended[f"old type {value} read as {spec.type}"] += 1
    return spec


def _read_position(reading: Reading, value: Any, path: str) -> tuple[float, float] | None:
    if value is None:
        return None
    point = [cast("dict[str, Any]", value).get(axis) for axis in "xy"] if isinstance(value, dict) else []
    numbers = [n for n in point if isinstance(n, int | float) and not isinstance(n, bool) and abs(n) <= FAR]
    if len(numbers) != 2:  # noqa: PLR2004 - x and y
        reading.refuse("invalid-value", path, "position must be {x, y}, two numbers of at most a billion px")
        return None
    return numbers[0], numbers[1]


def _read_data(
    reading: Reading, spec: NodeSpec, type_name: str, data: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields that the type declares, and the keys that nobody knows."""
    present = without_run_state(spec, data)
    for key in data.keys() - present.keys():
        if data[key] is not None:
            what = "recording left out" if key in spec.recordings else "run-time state dropped"
            reading.mended[f"{what}: {key}"] += 1
    aliases = {**spec.field_aliases, **(spec.legacy_fields if type_name != spec.type else {})}
    # An old key that says nothing must not become a new one.
    present = {
        key: value for key, value in present.items() if value is not None and (value != "" or key not in aliases)
    }
    reading.left_out(
        spec.type, (old for old, new in aliases.items() if old in present and _says_else(present, old, new))
    )
    present = renamed(present, aliases)
    known = {key: value for key, value in present.items() if key in spec.fields}
    extras = {key: value for key, value in present.items() if key not in spec.fields}
    for key in extras:
        reading.mended[f"unknown field kept: {spec.type} {clip(key)}"] += 1
    return known, extras


def _says_else(data: Mapping[str, Any], old: str, new: str) -> bool:
    """Whether a key that is read as another one contradicts that."""
    return old in data and new in data and not same(data[old], data[new])


def _check_parents(reading: Reading) -> None:
    nodes = reading.flow.nodes
    for index, node in enumerate(reading.flow.ordered_nodes()):
        path = pointer("nodes", index, "parentId")
        if node.parent_id is not None and node.parent_id not in nodes:
            message = f"{clip(node.id)} lies in {clip(node.parent_id)}, which does not exist"
            reading.refuse("unknown-node", path, message, hint=nearest(node.parent_id, nodes), node_id=node.id)
        elif node.parent_id is not None and not nodes[node.parent_id].spec.annotation:
            reading.problems.append(not_a_frame(nodes[node.parent_id], path))
        elif _depth(nodes, node) > MAX_FRAMES:
            message = f"{clip(node.id)} lies inside itself, or more than {MAX_FRAMES} deep"
            reading.refuse("cycle", path, message, node_id=node.id)
        if reading.hopeless:
            return


def _depth(nodes: Mapping[str, Node], node: Node) -> int:
    """How many nodes enclose the node, counted no further than needed."""
    depth = 0
    parent = nodes.get(node.parent_id or "")
    while parent is not None and depth <= MAX_FRAMES:
        parent, depth = nodes.get(parent.parent_id or ""), depth + 1
    return depth
