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


def add(type_name: str, node_id: str) -> dict[str, Any]:
    return {"action": "addNode", "type": type_name, "id": node_id}


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
        (
            [configure("topic", inputValue="x")],
            [remove("topic")],
            "topic.inputValue: removed (yours), 'x' (revision 7 by bob)",
        ),
        (
            [configure("topic", inputValue="x", label="L")],
            [remove("topic")],
            "topic.label: removed (yours), 'L' (revision 7 by bob)",
        ),
        (
            [configure("topic", inputValue="x")],
            [{"action": "replaceNode", "nodeId": "topic", "type": "text-generation"}],
            "topic.inputValue: text-generation (yours), 'x' (revision 7 by bob)",
        ),
        (
            [{"action": "replaceNode", "nodeId": "topic", "type": "text-generation"}],
            [configure("topic", label="x")],
            "topic.label: 'x' (yours), now text-generation (revision 7 by bob)",
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
            "writer.prompt: style.output (yours), removed (revision 7 by bob)",
        ),
        (
            [connect("style", "editor", "system")],
            [connect("topic", "editor", "system")],
            "editor.system: topic.output (yours), style.output (revision 7 by bob)",
        ),
        (
            [connect("style", "editor", "system")],
            [connect("topic", "editor", "system", replace=True)],
            "editor.system: topic.output (yours), style.output (revision 7 by bob)",
        ),
        (
            [connect("style", "writer", "prompt", replace=True)],
            [connect("topic", "editor", "system"), connect("editor", "writer", "prompt", sourceHandle="output")],
            "writer.prompt: editor.output (yours), style.output (revision 7 by bob)",
        ),
        (
            [connect("style", "editor", "system")],
            [connect("style", "editor", "system")],
            "editor.system: style.output (yours), style.output (revision 7 by bob)",
        ),
        (
            [connect("style", "editor", "system", id="e")],
            [connect("topic", "editor", "system", id="e", replace=True)],
            "editor.system: topic.output (yours), style.output (revision 7 by bob)",
        ),
        (
            [add("switch", "new"), connect("style", "editor", "system", id="e")],
            [add("string-combine", "mine"), connect("topic", "mine", "input1", id="e")],
            "mine.input1: topic.output (yours), style.output (revision 7 by bob)",
        ),
        (
            [add("switch", "new")],
            [add("text-generation", "new")],
            "new: text-generation (yours), switch (revision 7 by bob)",
        ),
        (
            [{"action": "replaceNode", "nodeId": "topic", "type": "text-generation"}],
            [configure("topic", inputValue="x")],
            "topic.inputValue: 'x' (yours), but topic became text-generation (revision 7 by bob)",
        ),
        (
            [{"action": "replaceNode", "nodeId": "editor", "type": "string-combine"}],
            [connect("topic", "editor", "system")],
            "editor.system: topic.output (yours), but editor became string-combine (revision 7 by bob)",
        ),
        (
            [{"action": "replaceNode", "nodeId": "topic", "type": "image-input"}],
            [connect("topic", "editor", "system", sourceHandle="output")],
            "editor.system: topic.output (yours), but topic became image-input (revision 7 by bob)",
        ),
        (
            [add("text-generation", "one"), add("text-generation", "two"), connect("one", "two", "prompt")],
            [connect("two", "one", "prompt", sourceHandle="output")],
            "one.prompt: two.output (yours) closes a loop with two.prompt: one.output (revision 7 by bob)",
        ),
        (
            [{"action": "disconnect", "target": "writer", "source": "topic"}],
            [{"action": "disconnect", "target": "writer", "source": "topic"}],
            "writer.prompt was removed in revision 7 by bob",
        ),
        ([remove("topic")], [connect("topic", "editor", "system")], "topic was removed in revision 7 by bob"),
    ],
)
def test_changes_of_one_thing_conflict(theirs: list[Any], mine: list[Any], message: str) -> None:
    assert message in late(theirs, mine)


def test_a_node_that_somebody_has_connected_is_not_removed_unseen() -> None:
    messages = late([connect("topic", "editor", "system")], [remove("topic")])
    assert messages == ["editor.system: removed (yours), topic.output (revision 7 by bob)"]


def test_a_conflict_offers_nothing_that_would_undo_what_the_other_did() -> None:
    flow = flow_of()
    since = [Commit(revision=7, author="bob", at=NOW, changes=tuple(edit(flow, connect("style", "editor", "system"))))]
    with pytest.raises(Refused) as caught:
        edit(flow, connect("topic", "editor", "system"))
    (problem,) = missed(caught.value.problems, since)
    assert (problem.code, problem.hint, problem.fix) == ("revision-conflict", "style.output", None)
    assert (problem.node_id, problem.edge_id, problem.path) == ("editor", "editor.system", "/actions/0/targetHandle")


@pytest.mark.parametrize(
    "mine",
    [
        remove("ghost"),
        connect("style", "writer", "prompt"),
        connect("topic", "writer", "prompt"),
        configure("editor", prompt="x"),
        add("switch", "writer"),
        connect("editor", "writer", "image", sourceHandle="output"),
        connect("editor", "style", "x"),
        {"action": "disconnect", "edgeId": "ghost.prompt"},
    ],
)
def test_a_problem_that_others_did_not_bring_about_stays_as_it_is(mine: dict[str, Any]) -> None:
    flow = flow_of()
    theirs = edit(
        flow,
        remove("draft"),
        configure("topic", label="x"),
        {"action": "replaceNode", "nodeId": "final", "type": "text-generation"},
        connect("style", "editor", "system"),
    )
    with pytest.raises(Refused) as caught:
        edit(flow, mine)
    assert missed(caught.value.problems, [Commit(revision=7, author="bob", at=NOW, changes=tuple(theirs))]) == list(
        caught.value.problems
    )


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
