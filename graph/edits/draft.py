"""A batch in the making: what has been changed so far and what was wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from graph.changes import Change, apply_change, edge_record, field_of, inverse, node_record
from graph.layout import place_new
from graph.problems import Code, Problem, nearest, nearest_or_all, pointer
from graph.rules import is_foreign_id
from graph.values import same

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graph.flow import Edge, Flow, Node

_FEW_NODES: Final = 12
"""Ids of so many nodes are listed where none is like the one that was asked for."""


class Draft:
    """The flow is changed as the batch goes, so each action sees what those before it did."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.changes: list[Change] = []
        self.problems: list[Problem] = []
        self.path = ""
        """JSON Pointer of the action at hand."""
        self._next_seq = flow.next_seq
        self._unplaced: dict[str, int] = {}
        """Node id → which of the changes added it."""
        self._phantoms: set[str] = set()

    def refuse(
        self,
        code: Code,
        *where: str | int,
        message: str,
        hint: str | None = None,
        fix: Mapping[str, Any] | None = None,
        node_id: str | None = None,
        edge_id: str | None = None,
    ) -> None:
        """Note why the action at hand cannot be done. `where` leads from the action to the fault."""
        self.problems.append(
            Problem(
                code=code,
                path=self.path + pointer(*where),
                message=message,
                hint=hint,
                fix=fix,
                node_id=node_id,
                edge_id=edge_id,
            )
        )

    def at(self, *where: str | int) -> str:
        """The pointer to a part of the action at hand."""
        return self.path + pointer(*where)

    def do(self, change: Change) -> None:
        """Make a change and remember it."""
        apply_change(self.flow, change)
        self.changes.append(change)

    def rollback(self) -> None:
        """Leave the flow as it was."""
        for change in inverse(self.changes):
            apply_change(self.flow, change)
        self.flow.next_seq = self._next_seq
        self.changes.clear()

    def node(self, node_id: str, *where: str | int) -> Node | None:
        """The node, or None after noting that there is none."""
        node = self.flow.nodes.get(node_id)
        # A node that could not be added has been reported already; each edge to it need not be.
        if node is None and node_id not in self._phantoms:
            look = nearest_or_all if len(self.flow.nodes) <= _FEW_NODES else nearest
            hint = look(node_id, self.flow.nodes)
            named = node_id if is_foreign_id(node_id) else None
            message = f"there is no node {node_id[:80]!r}"
            self.refuse("unknown-node", *where, message=message, hint=hint, node_id=named)
        return node

    def will_miss(self, node_id: str | None) -> None:
        """Remember the id of a node that could not be added."""
        if node_id:
            self._phantoms.add(node_id)

    def add_node(self, node: Node, *, placed: bool) -> None:
        """Add a node; where it goes is settled at the end of the batch unless it is `placed`."""
        if not placed:
            self._unplaced[node.id] = len(self.changes)
        self.do(Change(kind="node", id=node.id, after=node_record(node)))

    def drop_node(self, node: Node) -> None:
        """Remove a node that no edge touches."""
        self._unplaced.pop(node.id, None)
        self.do(Change(kind="node", id=node.id, before=node_record(node)))

    def add_edge(self, edge: Edge) -> None:
        self.do(Change(kind="edge", id=edge.id, after=edge_record(edge)))

    def drop_edge(self, edge: Edge) -> None:
        self.do(Change(kind="edge", id=edge.id, before=edge_record(edge)))

    def is_placed(self, node_id: str) -> bool:
        """Whether the node's position means something already."""
        return node_id not in self._unplaced

    def move_node(self, node_id: str, position: Mapping[str, float]) -> None:
        """Put a node where somebody wants it."""
        self._unplaced.pop(node_id, None)
        if field_of(self.flow.nodes[node_id], "position") != position:
            self.set_field(node_id, "position", dict(position))

    def set_field(self, node_id: str, field: str, after: Any) -> None:
        """Set one field of a node, unless it has that value already."""
        before = field_of(self.flow.nodes[node_id], field)
        if not same(before, after):
            self.do(Change(kind="node", id=node_id, field=field, before=before, after=after))

    def place_new_nodes(self) -> None:
        """Give every node that was added without a position a free place beside its neighbours."""
        if not self._unplaced:
            return
        resized = place_new(self.flow, self._unplaced)
        for index in range(min(self._unplaced.values()), len(self.changes)):
            change = self.changes[index]
            if change.field is None and index >= self._unplaced.get(change.id, len(self.changes)):
                position = field_of(self.flow.nodes[change.id], "position")
                before, after = (side and {**side, "position": position} for side in (change.before, change.after))
                self.changes[index] = replace(change, before=before, after=after)
        self._unplaced.clear()
        self.changes.extend(resized)
