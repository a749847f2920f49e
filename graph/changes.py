"""Changes: the smallest steps a flow takes, each with what was there before and what is there after.

A commit is a list of them, so its inverse is the same list read backwards with the two sides swapped,
and two commits disagree exactly where they touch the same slot.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from graph.data import ordered
from graph.errors import MissingNodeType
from graph.flow import Edge, Flow, Node
from graph.registry import find_spec
from graph.values import fresh

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Kind = Literal["node", "edge", "flow"]
Slot = tuple[str, ...]
"""What a change lays its hand on: `("node", id)`, `("node", id, field)`, `("input", id, handle)`, …"""

TIMESTAMP = "updatedAt"
SEQ = "$seq"
"""Key of a record that tells the place in the document's list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One slot of the flow and its two values. None means absent."""

    kind: Kind
    id: str = ""
    field: str | None = None
    """`position`, `parentId`, `data/<key>`, `members/<key>` of a node; a key of `metadata`; None for all of it."""
    before: Any = None
    after: Any = None

    def inverse(self) -> Change:
        return replace(self, before=self.after, after=self.before)

    @property
    def incidental(self) -> bool:
        """Whether the change only follows from others, as a frame grows with what it holds: nobody disputes it."""
        return self.field is not None and (self.field == TIMESTAMP or self.field.startswith("members/"))

    def to_wire(self) -> dict[str, Any]:
        """`{kind, id?, field?, before?, after?}`."""
        before, after = fresh(self.before), fresh(self.after)
        wire = {"kind": self.kind, "id": self.id, "field": self.field, "before": before, "after": after}
        return {key: value for key, value in wire.items() if value is not None and (key != "id" or value)}

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> Change:
        """The change that `to_wire` wrote."""
        return cls(**wire)

    def slots(self) -> Iterator[Slot]:
        """What another change must leave alone not to conflict with this one."""
        if self.kind == "edge":
            yield ("edge", self.id)
            for edge in (self.before, self.after):
                if edge is not None:
                    yield ("input", edge["target"], edge["targetHandle"])
        elif self.field is None:
            yield ("node", self.id)
        elif not self.incidental:
            yield (self.kind, self.id, self.field)


def inverse(changes: Iterable[Change]) -> list[Change]:
    """The changes that take the flow back."""
    return [change.inverse() for change in reversed(list(changes))]


def apply_change(flow: Flow, change: Change) -> None:
    """Make the change. It must fit: callers check before, and the log is trusted."""
    if change.kind == "flow":
        _set(flow.meta, change.field or "", change.after)
    elif change.kind == "edge":
        _apply_edge(flow, change)
    elif change.field is None:
        _apply_node(flow, change)
    else:
        flow.put_node(with_field(flow.nodes[change.id], change.field, change.after))


def _apply_edge(flow: Flow, change: Change) -> None:
    if change.before is not None:
        flow.drop_edge(change.id)
    if change.after is not None:
        flow.put_edge(edge_from_record(change.after))


def _apply_node(flow: Flow, change: Change) -> None:
    if change.after is None:
        flow.drop_node(change.id)
    else:
        flow.put_node(node_from_record(change.after))


def field_of(node: Node, field: str) -> Any:
    """The value of a node's field, None when absent."""
    group, _, key = field.partition("/")
    if group == "position":
        return {"x": node.x, "y": node.y}
    if group == "parentId":
        return node.parent_id
    if group == "members":
        return node.members.get(key)
    return node.data.get(key, node.extras.get(key))


def with_field(node: Node, field: str, value: Any) -> Node:
    """The node with one field set, or removed where `value` is None."""
    group, _, key = field.partition("/")
    if group == "position":
        return replace(node, x=value["x"], y=value["y"])
    if group == "parentId":
        return replace(node, parent_id=value)
    if group == "members":
        return replace(node, members=dict(sorted(_with(node.members, key, value).items())))
    if key in node.spec.fields:
        return replace(node, data=ordered(node.spec, _with(node.data, key, value)))
    return replace(node, extras=dict(sorted(_with(node.extras, key, value).items())))


def node_record(node: Node) -> dict[str, Any]:
    """The node as the log keeps it: the document's form plus its place in the list."""
    return {**node.to_wire(), SEQ: node.seq}


def edge_record(edge: Edge) -> dict[str, Any]:
    """The edge as the log keeps it."""
    return {**edge.to_wire(), SEQ: edge.seq}


_NODE_KEYS = frozenset({"id", "type", "position", "data", "parentId", SEQ})
_EDGE_KEYS = frozenset({"id", "source", "sourceHandle", "target", "targetHandle", "data", SEQ})


def node_from_record(record: Mapping[str, Any]) -> Node:
    """The node that `node_record` wrote.

    Raises:
        MissingNodeType: its type is no longer installed.
    """
    spec = find_spec(record["type"])
    if spec is None:
        raise MissingNodeType(record["id"], record["type"])
    data = record["data"]
    return Node(
        id=record["id"],
        spec=spec,
        data=ordered(spec, data),
        extras={key: value for key, value in data.items() if key not in spec.fields},
        x=record["position"]["x"],
        y=record["position"]["y"],
        seq=record[SEQ],
        parent_id=record.get("parentId"),
        members={key: value for key, value in record.items() if key not in _NODE_KEYS},
    )


def edge_from_record(record: Mapping[str, Any]) -> Edge:
    """The edge that `edge_record` wrote."""
    data = dict(record["data"])
    return Edge(
        id=record["id"],
        source=record["source"],
        source_handle=record["sourceHandle"],
        target=record["target"],
        target_handle=record["targetHandle"],
        data_type=data.pop("dataType"),
        seq=record[SEQ],
        extras=data,
        members={key: value for key, value in record.items() if key not in _EDGE_KEYS},
    )


def _with(mapping: Mapping[str, Any], key: str, value: Any) -> dict[str, Any]:
    changed = dict(mapping)
    _set(changed, key, value)
    return changed


def _set(mapping: dict[str, Any], key: str, value: Any) -> None:
    if value is None:
        mapping.pop(key, None)
    else:
        mapping[key] = value
