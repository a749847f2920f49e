"""The one way in: a batch of actions on a flow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graph import shapes
from graph.edits import compound, edges, nodes
from graph.edits.draft import Draft
from graph.edits.fixes import advised
from graph.errors import Refused
from graph.problems import MOST_PROBLEMS
from graph.rules import MAX_NODES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from graph.actions import Batch
    from graph.changes import Change
    from graph.flow import Flow

_HANDLERS: Mapping[type, Callable[[Draft, Any], object]] = {
    shapes.AddNode: nodes.add_node,
    shapes.AddWholeNode: nodes.add_whole_node,
    shapes.Configure: nodes.configure,
    shapes.RemoveNode: nodes.remove_node,
    shapes.MoveNode: nodes.move_node,
    shapes.ReplaceNode: nodes.replace_node,
    shapes.Duplicate: nodes.duplicate,
    shapes.Connect: edges.connect,
    shapes.AddWholeEdge: edges.connect,
    shapes.Disconnect: edges.disconnect,
    shapes.InsertBetween: compound.insert_between,
    shapes.Arrange: compound.arrange,
    shapes.SetFlow: compound.set_flow,
}


def _carry_out(draft: Draft, action: Any) -> None:
    _HANDLERS[type(action)](draft, action)


def apply(flow: Flow, batch: Batch) -> list[Change]:
    """Carry out a batch on `flow`, in place. Each action sees what those before it did.

    Returns:
        The changes made, ready to be logged; empty when nothing had to change.

    Raises:
        Refused: something is wrong; `flow` is as it was and every problem is reported.
    """
    draft = Draft(flow)
    draft.problems.extend(batch.problems)
    for node_id in batch.missing:
        draft.will_miss(node_id)
    try:
        for path, action in batch.steps:
            draft.path = path
            fine = len(draft.problems)
            _carry_out(draft, action)
            draft.problems[fine:] = advised(draft, action, draft.problems[fine:], _carry_out)
            if len(flow.nodes) > MAX_NODES:
                draft.refuse("invalid-value", message=f"a flow has at most {MAX_NODES} nodes")
            if len(draft.problems) >= MOST_PROBLEMS or len(flow.nodes) > MAX_NODES:
                break
        if not draft.problems:
            draft.place_new_nodes()
    except BaseException:
        draft.rollback()
        raise
    if draft.problems:
        draft.rollback()
        raise Refused(draft.problems)
    return draft.changes
