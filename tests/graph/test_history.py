"""What conflicts with what, and what undo and redo choose."""

from __future__ import annotations

from typing import Any

import pytest

from graph.actions import parse_actions
from graph.edits.apply import apply
from graph.errors import Refused
from graph.history import Commit, CommitKind, Entry, conflicts, missed, redoable, undoable
from tests.graph.making import NOW, edit, flow_of


def configure(node_id: str, **data: Any) -> dict[str, Any]:
    return {"action": "configure", "nodeId": node_id, "data": data}


def remove(node_id: str) -> dict[str, Any]:
    return {"action": "removeNode", "nodeId": node_id}


def move(node_id: str, x: int) -> dict[str, Any]:
    return {"action": "moveNode", "nodeId": node_id, "position": {"x": x, "y": 0}}


def connect(source: str, target: str, handle: str, **more: Any) -> dict[str, Any]:
    return {"action": "connect", "source": source, "target": target, "targetHandle": handle, **more}


def late(theirs: list[Any], mine: list[Any]) -> list[str]:
    """What is said to someone who edits without having seen what others did."""
    flow = flow_of()
    since = [Commit(revision=7, author="bob", at=NOW, changes=tuple(edit(flow, *theirs)))]
    try:
        return [problem.message for problem in conflicts(apply(flow, parse_actions(mine)), since)]
    except Refused as refused:
        problems = missed(refused.problems, since)
        assert {problem.code for problem in problems} == {"revision-conflict"}
        return [problem.message for problem in problems]


@pytest.mark.parametrize(
    ("theirs", "mine"),
    [
        ([configure("topic", inputValue="x")], [configure("style", inputValue="y")]),
        ([configure("topic", inputValue="x")], [configure("topic", label="Y")]),
        ([configure("topic", inputValue="x")], [configure("topic", inputValue="x")]),
        ([configure("topic", inputValue="x")], [move("topic", 5)]),
        ([configure("topic", inputValue="x")], [connect("topic", "editor", "system")]),
        ([move("topic", 5)], [remove("topic")]),
        ([connect("topic", "editor", "system")], [configure("editor", label="E")]),
        ([remove("draft")], [configure("writer", label="W")]),
        ([{"action": "addNode", "type": "switch"}], [{"action": "addNode", "type": "switch"}]),
        ([{"action": "setFlow", "name": "A"}], [{"action": "setFlow", "description": "B"}]),
    ],
)
def test_changes_of_different_things_land(theirs: list[Any], mine: list[Any]) -> None:
    assert late(theirs, mine) == []


@pytest.mark.parametrize(
    ("theirs", "mine", "message"),
    [
        (
            [configure("topic", inputValue="x")],
            [configure("topic", inputValue="y")],
            "topic.inputValue: 'y' (yours), 'x' (revision 7 by bob)",
        ),
        (
            [configure("topic", inputValue=None)],
            [configure("topic", inputValue="y")],
            "topic.inputValue: 'y' (yours), absent (revision 7 by bob)",
        ),
        (
            [move("topic", 5)],
            [move("topic", 6)],
            'topic.position: {"x": 6, "y": 0} (yours), {"x": 5, "y": 0} (revision 7 by bob)',
        ),
        (
            [{"action": "setFlow", "name": "A"}],
            [{"action": "setFlow", "name": "B"}],
            "name: 'B' (yours), 'A' (revision 7 by bob)",
        ),
        ([configure("topic", inputValue="x")], [remove("topic")], "node topic was changed in revision 7 by bob"),
        (
            [{"action": "replaceNode", "nodeId": "topic", "type": "text-generation"}],
            [configure("topic", label="x")],
            "node topic was changed in revision 7 by bob",
        ),
        ([remove("topic")], [configure("topic", label="x")], "topic was removed in revision 7 by bob"),
        ([remove("topic")], [remove("topic")], "topic was removed in revision 7 by bob"),
        (
            [{"action": "disconnect", "edgeId": "writer.prompt"}],
            [{"action": "disconnect", "edgeId": "writer.prompt"}],
            "writer.prompt was removed in revision 7 by bob",
        ),
        (
            [{"action": "disconnect", "edgeId": "writer.prompt"}],
            [connect("style", "writer", "prompt", id="mine")],
            "writer.prompt was connected or freed in revision 7 by bob",
        ),
    ],
)
def test_changes_of_one_thing_conflict(theirs: list[Any], mine: list[Any], message: str) -> None:
    assert message in late(theirs, mine)


def test_a_node_that_somebody_has_connected_is_not_removed_unseen() -> None:
    messages = late([connect("topic", "editor", "system")], [remove("topic")])
    assert messages == ["edge editor.system was changed in revision 7 by bob"]


def test_a_problem_that_no_removal_explains_stays_as_it_is() -> None:
    flow = flow_of()
    since = [Commit(revision=7, author="bob", at=NOW, changes=tuple(edit(flow, remove("topic"))))]
    with pytest.raises(Refused) as caught:
        edit(flow, remove("ghost"))
    assert missed(caught.value.problems, since) == list(caught.value.problems)


def log(*entries: tuple[str, CommitKind, tuple[int, ...]]) -> list[Entry]:
    return [
        Entry(revision=number, author=author, kind=kind, reverts=reverts)
        for number, (author, kind, reverts) in enumerate(entries, start=1)
    ]


EDITS = log(("ann", "create", ()), ("ann", "edit", ()), ("bob", "edit", ()), ("ann", "edit", ()))


def test_undo_takes_the_last_edit_first_and_never_the_making_of_the_flow() -> None:
    assert undoable(EDITS) == [4, 3, 2]
    assert undoable(EDITS, "ann") == [4, 2]
    assert undoable(EDITS, "eve") == []


def test_what_is_undone_is_not_undone_again_until_it_is_redone() -> None:
    undone = [*EDITS, Entry(revision=5, author="ann", kind="undo", reverts=(4, 3))]
    assert undoable(undone) == [2]
    assert redoable(undone) == [3, 4]
    redone = [*undone, Entry(revision=6, author="ann", kind="redo", reverts=(3,))]
    assert undoable(redone) == [3, 2]
    assert redoable(redone) == [4]


def test_a_new_edit_ends_what_could_be_redone_by_anybody() -> None:
    after = [
        *EDITS,
        Entry(revision=5, author="bob", kind="undo", reverts=(4,)),
        Entry(revision=6, author="bob", kind="edit"),
    ]
    assert redoable(after) == []


def test_an_edit_by_others_does_not_end_what_one_author_could_redo() -> None:
    after = [
        *EDITS,
        Entry(revision=5, author="ann", kind="undo", reverts=(4,)),
        Entry(revision=6, author="bob", kind="edit"),
    ]
    assert redoable(after, "ann") == [4]
    assert redoable(after, "bob") == []


def test_a_commit_tells_all_of_itself() -> None:
    commit = Commit(revision=5, author="ann", at=NOW, kind="undo", reverts=(4,), reason="oops")
    assert commit.to_wire() == {
        "revision": 5,
        "author": "ann",
        "at": NOW,
        "kind": "undo",
        "changes": [],
        "reason": "oops",
        "reverts": [4],
    }
