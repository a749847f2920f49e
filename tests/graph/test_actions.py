"""Reading requests: every shape that is accepted, and what is said of the others."""

from __future__ import annotations

import json
from typing import Any

import pytest

from graph.actions import ACTIONS, ActionList, parse_action, parse_actions
from graph.shapes import AddNode, AddWholeEdge, AddWholeNode, Connect, Disconnect
from tests.graph.making import wires

OWN: list[dict[str, Any]] = [
    {"action": "addNode", "type": "text-input"},
    {
        "action": "addNode",
        "type": "text-input",
        "id": "a",
        "data": {"label": "A"},
        "position": {"x": 1, "y": 2.5},
        "parentId": "frame",
    },
    {"action": "connect", "source": "a", "target": "b"},
    {
        "action": "connect",
        "source": "a",
        "target": "b",
        "sourceHandle": "output",
        "targetHandle": "prompt",
        "id": "e",
        "replace": True,
    },
    {"action": "configure", "nodeId": "a", "data": {"inputValue": None}},
    {"action": "disconnect", "edgeId": "e"},
    {"action": "disconnect", "source": "a", "target": "b", "sourceHandle": "output", "targetHandle": "prompt"},
    {"action": "removeNode", "nodeId": "a"},
    {"action": "moveNode", "nodeId": "a", "position": {"x": -1, "y": 0}},
    {"action": "insertBetween", "edgeId": "e", "type": "text-generation", "id": "c", "data": {"label": "C"}},
    {"action": "replaceNode", "nodeId": "a", "type": "image-input", "data": {"label": "C"}},
    {"action": "duplicate", "nodeIds": ["a", "b"]},
    {"action": "arrange"},
    {"action": "setFlow", "name": "A", "description": ""},
]


def one(action: Any) -> tuple[str, Any]:
    """The only step of a fine request."""
    batch = parse_actions([action])
    assert batch.problems == ()
    ((path, step),) = batch.steps
    return path, step


def faults(raw: Any) -> list[tuple[str, str]]:
    return [(problem["code"], problem["path"]) for problem in wires(parse_actions(raw).problems)]


@pytest.mark.parametrize("action", OWN, ids=lambda action: action["action"])
def test_our_own_shapes_are_read(action: dict[str, Any]) -> None:
    path, step = one(action)
    assert path == "/actions/0"
    assert isinstance(step, ACTIONS[action["action"]])
    assert step.model_dump(by_alias=True, exclude_unset=True) == action


@pytest.mark.parametrize("action", OWN, ids=lambda action: action["action"])
def test_the_short_form_says_the_same(action: dict[str, Any]) -> None:
    fields = {key: value for key, value in action.items() if key != "action"}
    path, step = one({action["action"]: fields})
    assert path == f"/actions/0/{action['action']}"
    assert step == one(action)[1]


@pytest.mark.parametrize("action", OWN, ids=lambda action: action["action"])
def test_arguments_of_a_tool_say_the_same(action: dict[str, Any]) -> None:
    fields = {key: value for key, value in action.items() if key != "action"}
    assert parse_action(action["action"], fields).steps == (("", one(action)[1]),)


def test_every_action_has_a_shape_and_the_schema_lists_them_all() -> None:
    assert {action["action"] for action in OWN} == set(ACTIONS)
    from pydantic import TypeAdapter

    schema = json.dumps(TypeAdapter(ActionList).json_schema(by_alias=True))
    assert all(f'"{name}"' in schema for name in ACTIONS)


def test_composers_add_node_is_read_whole() -> None:
    node = {
        "id": "a",
        "type": "comment",
        "position": {"x": 1, "y": 2},
        "data": {"label": "A"},
        "style": {"width": 5},
        "width": None,
    }
    path, step = one({"type": "addNode", "node": node})
    assert path == "/actions/0/node"
    assert isinstance(step, AddWholeNode)
    assert (step.id, step.type, step.members) == ("a", "comment", {"style": {"width": 5}})


def test_composers_add_edge_is_read_with_all_that_it_has() -> None:
    edge = {
        "id": "e",
        "source": "a",
        "target": "b",
        "targetHandle": "x",
        "type": "colored",
        "data": {"dataType": "image"},
    }
    path, step = one({"type": "addEdge", "edge": edge})
    assert path == "/actions/0/edge"
    assert step == AddWholeEdge(
        source="a", target="b", target_handle="x", id="e", data={"dataType": "image"}, members={"type": "colored"}
    )


def test_composers_remove_edge_and_remove_node_are_read() -> None:
    assert one({"type": "removeEdge", "edgeId": "e"})[1] == Disconnect(edge_id="e")
    assert one({"type": "removeNode", "nodeId": "a", "nodeLabel": "A"})[1].node_id == "a"


def test_other_words_for_the_name_and_the_type_are_read() -> None:
    assert one({"op": "addEdge", "source": "a", "target": "b"})[1] == Connect(source="a", target="b")
    assert one({"type": "addNode", "nodeType": "switch"})[1] == AddNode(type="switch")


def test_null_is_the_same_as_absent() -> None:
    assert one({"action": "connect", "source": "a", "target": "b", "id": None})[1].id is None


def test_a_place_with_whole_figures_has_no_fractions() -> None:
    _, step = one({"action": "moveNode", "nodeId": "a", "position": {"x": 5, "y": -0.5}})
    assert json.dumps(step.position.to_wire()) == '{"x": 5, "y": -0.5}'


MALFORMED: list[tuple[Any, list[tuple[str, str]]]] = [
    (None, [("invalid-value", "/actions")]),
    ({"action": "arrange"}, [("invalid-value", "/actions")]),
    (["arrange"], [("invalid-value", "/actions/0")]),
    ([[]], [("invalid-value", "/actions/0")]),
    ([{}], [("missing-field", "/actions/0/action")]),
    ([{"action": None}], [("missing-field", "/actions/0/action")]),
    ([{"action": 5}], [("invalid-value", "/actions/0/action")]),
    ([{"action": ["arrange"]}], [("invalid-value", "/actions/0/action")]),
    ([{"action": "addNodes"}], [("invalid-value", "/actions/0/action")]),
    ([{"type": "text-input", "id": "a"}], [("invalid-value", "/actions/0/type")]),
    ([{"action": "addNode"}], [("missing-field", "/actions/0/type")]),
    ([{"addNode": {}}], [("missing-field", "/actions/0/addNode/type")]),
    ([{"addNode": 5}], [("missing-field", "/actions/0/action")]),
    ([{"action": "addNode", "type": 5}], [("invalid-value", "/actions/0/type")]),
    ([{"action": "addNode", "type": "x", "data": []}], [("invalid-value", "/actions/0/data")]),
    ([{"action": "addNode", "type": "x", "position": {"x": 1}}], [("missing-field", "/actions/0/position/y")]),
    (
        [{"action": "moveNode", "nodeId": "a", "position": {"x": "1", "y": 2e9}}],
        [("invalid-value", "/actions/0/position/x"), ("invalid-value", "/actions/0/position/y")],
    ),
    ([{"action": "addNode", "type": "x", "positoin": {}}], [("unknown-field", "/actions/0/positoin")]),
    ([{"action": "connect"}], [("missing-field", "/actions/0/source"), ("missing-field", "/actions/0/target")]),
    (
        [{"action": "connect", "source": "a", "target": "b", "replace": 1}],
        [("invalid-value", "/actions/0/replace")],
    ),
    ([{"action": "duplicate", "nodeIds": []}], [("invalid-value", "/actions/0/nodeIds")]),
    ([{"action": "duplicate", "nodeIds": ["a", 5]}], [("invalid-value", "/actions/0/nodeIds/1")]),
    ([{"action": "setFlow", "name": ""}], [("invalid-value", "/actions/0/name")]),
    ([{"action": "setFlow", "name": "x" * 201}], [("invalid-value", "/actions/0/name")]),
    ([{"type": "addNode", "node": {"type": "x", "data": 5}}], [("invalid-value", "/actions/0/node/data")]),
    ([{"type": "addEdge", "edge": {"source": "a"}}], [("missing-field", "/actions/0/edge/target")]),
    ([{"action": "arrange", "x": "\ud800"}], [("invalid-value", "/actions/0/x")]),
    ([{"action": "arrange"}, {"action": "no"}], [("invalid-value", "/actions/1/action")]),
]


@pytest.mark.parametrize(("raw", "expected"), MALFORMED)
def test_what_is_malformed_is_told_with_its_place(raw: Any, expected: list[tuple[str, str]]) -> None:
    assert faults(raw) == expected


def test_a_name_that_is_nearly_right_is_told_the_right_one() -> None:
    (problem,) = parse_actions([{"action": "add-node"}]).problems
    assert problem.hint == "addNode"
    (problem,) = parse_actions([{"action": "connect", "source": "a", "target": "b", "targetHandel": "x"}]).problems
    assert problem.hint == "targetHandle"


def test_a_tool_is_told_of_its_arguments() -> None:
    (problem,) = parse_action("configure", {"nodeId": "a", "data": {"x": float("nan")}}).problems
    assert (problem.code, problem.path) == ("invalid-value", "/data/x")
    (problem,) = parse_action("configure", {"nodeId": "a"}).problems
    assert (problem.code, problem.path) == ("missing-field", "/data")


def test_a_wrong_shape_is_told_in_words_of_json() -> None:
    (problem,) = parse_actions([{"action": "moveNode", "nodeId": "a", "position": 5}]).problems
    assert problem.message == "position cannot be 5: should be an object"
    (problem,) = parse_actions([{"action": "configure", "nodeId": "a", "data": {"x": b"y"}}]).problems
    assert problem.message == "this is a value that JSON does not have"
    deep: list[Any] = []
    for _ in range(70):
        deep = [deep]
    (problem,) = parse_actions([{"action": "configure", "nodeId": "a", "data": {"x": deep}}]).problems
    assert problem.message == "this is a value that is nested more than 64 deep"
