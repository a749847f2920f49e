"""A flow in memory: nodes, edges, and the indexes that keep the cost of an edit flat.

`Flow` holds what is true, not what is allowed: the rules live in `graph.rules` and `graph.joining`. Nodes and edges are
immutable; a change puts another one in their place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, cast

from graph.geometry import Box, BoxIndex
from graph.values import fresh

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

    from graph.ports import PortType
    from graph.spec import NodeSpec

SCHEMA_VERSION: Final = 1
_META_KEYS: Final = ("name", "description", "createdAt", "updatedAt", "schemaVersion")
_NOTHING: Final[Mapping[str, Any]] = {}
_SEQ: Final = attrgetter("seq")


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A React Flow node. `position` is in px, relative to the parent where there is one."""

    id: str
    spec: NodeSpec
    data: Mapping[str, Any]
    """Exactly the fields that the type declares, in its order; absent ones are absent."""
    x: float
    y: float
    seq: int
    """Place in the document's list: nodes are written in the order of their `seq`."""
    parent_id: str | None = None
    extras: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    """Keys of `data` that no type declares; kept because a file brought them."""
    members: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    """Other members that React Flow or a file put on the node: `style`, `width`, `measured`, …"""

    @property
    def label(self) -> str:
        return self.data["label"]

    def to_wire(self) -> dict[str, Any]:
        """The node as it stands in the document. Lists and dicts inside are the node's own."""
        wire: dict[str, Any] = {
            "id": self.id,
            "type": self.spec.type,
            "position": {"x": self.x, "y": self.y},
            "data": {**self.data, **self.extras},
        }
        if self.parent_id is not None:
            wire["parentId"] = self.parent_id
        wire.update(self.members)
        return wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A React Flow edge between two typed handles."""

    id: str
    source: str
    source_handle: str
    target: str
    target_handle: str
    data_type: PortType
    seq: int
    extras: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    """Keys of `data` besides `dataType`."""
    members: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)

    def to_wire(self) -> dict[str, Any]:
        """The edge as it stands in the document."""
        return {
            "id": self.id,
            "source": self.source,
            "sourceHandle": self.source_handle,
            "target": self.target,
            "targetHandle": self.target_handle,
            **self.members,
            "data": {"dataType": self.data_type, **self.extras},
        }

    def __str__(self) -> str:
        return f"{self.source}.{self.source_handle}>{self.target}.{self.target_handle}"


class Flow:
    """Nodes and edges by id, with the neighbourhood of each node at hand."""

    def __init__(self, meta: Mapping[str, Any]) -> None:
        self.meta: dict[str, Any] = dict(meta)
        """`name`, `description?`, `createdAt`, `updatedAt`, `schemaVersion`, and what a file added."""
        self.members: dict[str, Any] = {}
        """What else a file has beside `metadata`, `nodes` and `edges`: `viewport`, …"""
        self.nodes: dict[str, Node] = {}
        self.edges: dict[str, Edge] = {}
        self.inputs: dict[str, dict[str, str]] = {}
        """Node id → input handle → id of the edge that occupies it."""
        self.outputs: dict[str, dict[str, None]] = {}
        """Node id → ids of the edges that leave it, in order."""
        self.children: dict[str, dict[str, None]] = {}
        """Node id → ids of the nodes whose `parentId` it is."""
        self.next_seq = 0
        self._newest: list[tuple[int, str]] = []
        """Heap of (-seq, node id), cleared of what is gone only as far as someone looks."""
        self._boxes: BoxIndex | None = None

    @property
    def name(self) -> str:
        return self.meta["name"]

    def put_node(self, node: Node) -> None:
        """Add the node, or replace the one with its id."""
        old = self.nodes.get(node.id)
        self.nodes[node.id] = node
        if old is None:
            self.inputs[node.id] = {}
            self.outputs[node.id] = {}
            self.next_seq = max(self.next_seq, node.seq + 1)
            self._note_newest(node)
        self._rehome(node.id, old.parent_id if old else None, node.parent_id)
        if old is None or _corner(old) != _corner(node):
            self.reindex(node.id)
        elif size_of(old) != size_of(node):
            self._index(node.id)

    def drop_node(self, node_id: str) -> None:
        """Remove a node that no edge touches."""
        node = self.nodes.pop(node_id)
        del self.inputs[node_id]
        del self.outputs[node_id]
        self._rehome(node_id, node.parent_id, None)
        if self._boxes is not None:
            self._boxes.remove(node_id)

    def newest(self, but: Container[str]) -> str | None:
        """The node that was added last, those of `but` left out."""
        skipped: list[tuple[int, str]] = []
        found = None
        while self._newest and found is None:
            entry = heappop(self._newest)
            node = self.nodes.get(entry[1])
            if node is not None and node.seq == -entry[0]:
                skipped.append(entry)
                found = None if node.id in but else node.id
        for entry in skipped:
            heappush(self._newest, entry)
        return found

    def put_edge(self, edge: Edge) -> None:
        """Add an edge whose ends exist and whose input is free."""
        self.edges[edge.id] = edge
        self.inputs[edge.target][edge.target_handle] = edge.id
        self.outputs[edge.source][edge.id] = None
        self.next_seq = max(self.next_seq, edge.seq + 1)

    def drop_edge(self, edge_id: str) -> None:
        """Remove an edge."""
        edge = self.edges.pop(edge_id)
        del self.inputs[edge.target][edge.target_handle]
        del self.outputs[edge.source][edge_id]

    def edges_of(self, node_id: str) -> list[Edge]:
        """Every edge that touches the node, in document order."""
        ids = {*self.inputs[node_id].values(), *self.outputs[node_id]}
        return sorted((self.edges[i] for i in ids), key=_SEQ)

    def ordered_nodes(self) -> list[Node]:
        """Nodes in document order."""
        return sorted(self.nodes.values(), key=_SEQ)

    def ordered_edges(self) -> list[Edge]:
        """Edges in document order."""
        return sorted(self.edges.values(), key=_SEQ)

    def index_of(self, node_id: str) -> int:
        """The node's place in the document's list."""
        seq = self.nodes[node_id].seq
        return sum(node.seq < seq for node in self.nodes.values())

    def to_document(self) -> dict[str, Any]:
        """React Flow JSON: `{metadata, nodes, edges, …}`, the caller's to change."""
        return {
            "metadata": fresh(dict(self.metadata())),
            "nodes": [fresh(node.to_wire()) for node in self.ordered_nodes()],
            "edges": [fresh(edge.to_wire()) for edge in self.ordered_edges()],
            **fresh(self.members),
        }

    def metadata(self) -> list[tuple[str, Any]]:
        """Keys and values of `meta` in document order."""
        return sorted(self.meta.items(), key=_meta_order)

    def absolute(self, node: Node) -> tuple[float, float]:
        """The node's top left corner on the canvas, in px."""
        x, y = node.x, node.y
        for parent in self._ancestors(node):
            x, y = x + parent.x, y + parent.y
        return x, y

    def box(self, node_id: str) -> Box:
        """The rectangle that the node covers on the canvas."""
        node = self.nodes[node_id]
        x, y = self.absolute(node)
        width, height = size_of(node)
        return Box(x, y, width, height)

    @property
    def boxes(self) -> BoxIndex:
        """Where there is something on the canvas, frames and what they enclose included."""
        if self._boxes is None:
            self._boxes = BoxIndex()
            for node_id in self.nodes:
                self._index(node_id)
        return self._boxes

    def reindex(self, node_id: str) -> None:
        """Bring `boxes` up to date for a node and for what it encloses."""
        if self._boxes is None:
            return
        waiting = [node_id]
        for current in waiting:
            self._index(current)
            waiting.extend(self.children.get(current, ()))

    def _ancestors(self, node: Node) -> Iterator[Node]:
        seen = {node.id}
        parent = self.nodes.get(node.parent_id) if node.parent_id else None
        while parent is not None and parent.id not in seen:
            seen.add(parent.id)
            yield parent
            parent = self.nodes.get(parent.parent_id) if parent.parent_id else None

    def _note_newest(self, node: Node) -> None:
        if len(self._newest) > 2 * len(self.nodes) + 64:
            self._newest = [(-other.seq, other.id) for other in self.nodes.values()]
            heapify(self._newest)
        else:
            heappush(self._newest, (-node.seq, node.id))

    def _rehome(self, node_id: str, old_parent: str | None, parent: str | None) -> None:
        if old_parent == parent:
            return
        if old_parent is not None:
            siblings = self.children[old_parent]
            del siblings[node_id]
            if not siblings:
                del self.children[old_parent]
        if parent is not None:
            self.children.setdefault(parent, {})[node_id] = None

    def _index(self, node_id: str) -> None:
        if self._boxes is not None and node_id in self.nodes:
            self._boxes.add(node_id, self.box(node_id))


def _corner(node: Node) -> tuple[object, ...]:
    """What decides where the node, and what it encloses, is on the canvas."""
    return node.x, node.y, node.parent_id


def _meta_order(item: tuple[str, Any]) -> tuple[int, str]:
    key = item[0]
    return (_META_KEYS.index(key) if key in _META_KEYS else len(_META_KEYS), key)


def size_of(node: Node) -> tuple[float, float]:
    """Width and height in px: what the canvas measured, else what a person set, else what the type usually needs."""
    for source in (node.members.get("measured"), node.members, node.members.get("style")):
        if isinstance(source, dict):
            sizes = cast("dict[str, Any]", source)
            width, height = sizes.get("width"), sizes.get("height")
            if isinstance(width, int | float) and isinstance(height, int | float):
                return float(width), float(height)
    return float(node.spec.size[0]), float(node.spec.size[1])
