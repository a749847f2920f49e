"""Undo and redo on flows that others have edited since."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from graph.changes import Change, inverse, node_from_record
from graph.edits.replay import replay
from graph.errors import GraphError, Refused
from graph.history import Commit, conflicts, stamp
from tests.graph.making import LATER, copied, edit, flow_of, replayed, stored, written

if TYPE_CHECKING:
    from graph.flow import Flow


def configure(node_id: str, **data: Any) -> dict[str, Any]:
    return {"action": "configure", "nodeId": node_id, "data": data}


def remove(node_id: str) -> dict[str, Any]:
    return {"action": "removeNode", "nodeId": node_id}


def connect(source: str, target: str, handle: str, **more: Any) -> dict[str, Any]:
    return {"action": "connect", "source": source, "target": target, "targetHandle": handle, **more}


def undo(flow: Flow, changes: list[Change]) -> list[Change]:
    return replay(flow, inverse(stored(changes)))


def conflict(flow: Flow, changes: list[Change]) -> list[str]:
    """What undo says, having left the flow as it was."""
    before = written(flow)
    with pytest.raises(Refused) as caught:
        undo(flow, changes)
    assert written(flow) == before
    assert {problem.code for problem in caught.value.problems} == {"revision-conflict"}
    return [problem.message for problem in caught.value.problems]


def test_undo_leaves_what_others_did_elsewhere() -> None:
    flow = flow_of()
    mine = edit(flow, configure("topic", inputValue="mine"))
    edit(flow, configure("style", inputValue="theirs"), configure("topic", label="Theirs"))
    undo(flow, mine)
    assert flow.nodes["topic"].data == {"label": "Theirs", "inputValue": "A lighthouse"}
    assert flow.nodes["style"].data["inputValue"] == "theirs"


def test_undo_of_what_somebody_changed_since_is_a_conflict_that_tells_both_values() -> None:
    flow = flow_of()
    mine = edit(flow, configure("topic", inputValue="mine"))
    edit(flow, configure("topic", inputValue="theirs"))
    assert conflict(flow, mine) == ["topic.inputValue has changed since: 'theirs', not 'mine'"]


def test_undo_of_what_somebody_took_back_already_does_nothing() -> None:
    flow = flow_of()
    mine = edit(flow, configure("topic", inputValue="mine"))
    edit(flow, configure("topic", inputValue="A lighthouse"))
    assert undo(flow, mine) == []


@pytest.mark.parametrize(
    ("mine", "theirs", "message"),
    [
        (configure("topic", inputValue="x"), remove("topic"), "topic has been removed since"),
        (remove("topic"), {"action": "addNode", "type": "switch", "id": "topic"}, "another node is called topic now"),
        ({"action": "addNode", "type": "switch", "id": "s"}, configure("s", isOn=True), "s has been edited since"),
        (
            {"action": "addNode", "type": "text-to-speech", "id": "s"},
            connect("topic", "s", "text"),
            "s has been connected or filled since",
        ),
        (
            {"action": "addNode", "type": "comment", "id": "s"},
            {"action": "addNode", "type": "comment", "parentId": "s"},
            "s has been connected or filled since",
        ),
        (
            {"action": "replaceNode", "nodeId": "writer", "type": "string-combine"},
            connect("topic", "writer", "input3"),
            "writer has been connected or filled since",
        ),
        (
            {"action": "replaceNode", "nodeId": "topic", "type": "comment"},
            {"action": "addNode", "type": "switch", "parentId": "topic", "position": {"x": 1, "y": 1}},
            "topic has been connected or filled since",
        ),
        (
            {"action": "disconnect", "edgeId": "writer.prompt"},
            connect("style", "writer", "prompt", id="other"),
            "writer.prompt is fed by style now",
        ),
        (
            {"action": "disconnect", "edgeId": "writer.prompt"},
            connect("style", "writer", "prompt"),
            "another edge is called writer.prompt now",
        ),
        ({"action": "disconnect", "edgeId": "writer.prompt"}, remove("topic"), "topic has been removed since"),
        (
            {"action": "disconnect", "edgeId": "writer.prompt"},
            {"action": "replaceNode", "nodeId": "topic", "type": "image-input"},
            "topic.output>writer.prompt no longer fits its nodes",
        ),
        (
            {"action": "disconnect", "edgeId": "editor.prompt"},
            connect("editor", "writer", "prompt", replace=True),
            "writer.output>editor.prompt would close a cycle now",
        ),
        (
            connect("style", "editor", "system"),
            connect("topic", "editor", "system", replace=True),
            "edge editor.system has been changed since",
        ),
        (
            configure("writer", provider=None),
            {"action": "replaceNode", "nodeId": "writer", "type": "image-generation"},
            "writer is a image-generation now, which takes no such value",
        ),
    ],
)
def test_what_others_did_to_the_same_thing_is_a_conflict(
    mine: dict[str, Any], theirs: dict[str, Any], message: str
) -> None:
    flow = flow_of()
    edit(flow, configure("writer", provider="anthropic"))
    changes = edit(flow, mine)
    edit(flow, theirs)
    assert message in conflict(flow, changes)


def test_two_who_fill_one_frame_are_not_at_odds_about_its_size() -> None:
    flow, stale = (flow_of("frame comment @0,0") for _ in range(2))
    mine = edit(flow, {"action": "addNode", "type": "switch", "id": "a", "parentId": "frame"})
    theirs = edit(flow, {"action": "addNode", "type": "switch", "id": "b", "parentId": "frame"})
    assert [change.field for change in mine] == [None, "members/style"]
    size = flow.nodes["frame"].members
    late = edit(stale, {"action": "addNode", "type": "text-generation", "id": "c", "parentId": "frame"})
    assert conflicts(late, [Commit(revision=2, author="bob", at=LATER, changes=tuple(mine + theirs))]) == []
    undo(flow, mine)
    assert (set(flow.nodes), flow.nodes["frame"].members) == ({"frame", "b"}, size)


def test_a_frame_cannot_come_back_into_one_that_is_gone() -> None:
    flow = flow_of("outer comment @0,0\ninner comment in outer @1,1\nx switch in inner @2,2")
    mine = edit(flow, remove("inner"))
    edit(flow, remove("outer"))
    assert "outer, which held inner, has been removed since" in conflict(flow, mine)


def test_a_node_that_somebody_moved_is_taken_back_all_the_same() -> None:
    flow = flow_of()
    before = written(flow)
    mine = edit(flow, {"action": "addNode", "type": "switch", "id": "s"})
    edit(flow, {"action": "moveNode", "nodeId": "s", "position": {"x": 5, "y": 5}})
    undone = undo(flow, mine)
    assert written(flow) == before
    undo(flow, undone)
    assert (flow.nodes["s"].x, flow.nodes["s"].y) == (5, 5)


def test_a_replaced_node_that_somebody_moved_gets_its_type_back_where_it_is() -> None:
    flow = flow_of()
    mine = edit(flow, {"action": "replaceNode", "nodeId": "topic", "type": "image-input"})
    edit(flow, {"action": "moveNode", "nodeId": "topic", "position": {"x": 5, "y": 5}})
    undo(flow, mine)
    node = flow.nodes["topic"]
    assert (node.spec.type, node.x, node.y) == ("text-input", 5, 5)


def test_a_type_that_is_no_longer_installed_is_a_conflict() -> None:
    flow = flow_of()
    gone = {"id": "g", "type": "shout", "position": {"x": 0, "y": 0}, "data": {"label": "G"}, "$seq": 99}
    with pytest.raises(Refused) as caught:
        replay(flow, [Change(kind="node", id="g", after=gone)])
    assert caught.value.problems[0].message == "node type shout is no longer installed"


def test_a_stored_node_of_a_type_that_is_not_installed_cannot_be_read_and_the_error_says_what_to_do() -> None:
    gone = {"id": "g", "type": "shout", "position": {"x": 0, "y": 0}, "data": {"label": "G"}, "$seq": 99}
    with pytest.raises(GraphError, match="node 'g' has the type 'shout': install the package that provides it"):
        node_from_record(gone)


def test_true_and_one_are_not_the_same() -> None:
    flow = flow_of("a switch !x=1")
    mine = edit(flow, configure("a", x=True))
    assert [change.after for change in mine] == [True]
    undo(flow, mine)
    assert json.loads(written(flow))["nodes"][0]["data"]["x"] is not True


def test_undo_brings_the_time_of_the_last_change_back() -> None:
    flow = flow_of()
    before = written(flow)
    mine = edit(flow, configure("topic", inputValue="x"))
    stamp(flow, mine, LATER)
    undone = undo(flow, mine)
    stamp(flow, undone, "2030-01-01T00:00:00Z")
    assert written(flow) == before


def test_undo_after_others_is_a_change_of_its_own_time() -> None:
    flow = flow_of()
    mine = edit(flow, configure("topic", inputValue="x"))
    stamp(flow, mine, LATER)
    stamp(flow, edit(flow, configure("style", inputValue="y")), "2026-06-01T00:00:00Z")
    undone = undo(flow, mine)
    stamp(flow, undone, "2030-01-01T00:00:00Z")
    assert flow.meta["updatedAt"] == "2030-01-01T00:00:00Z"


def test_another_process_comes_to_the_same_flow_from_the_log() -> None:
    flow = flow_of()
    other = copied(flow)
    changes = edit(flow, configure("topic", inputValue=""), remove("draft"), {"action": "arrange"})
    assert written(replayed(other, stored(changes))) == written(flow)
