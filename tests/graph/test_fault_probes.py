"""Every fault that peers let through, and every code of the design, is refused before anything lands."""

from __future__ import annotations

from typing import Any

import pytest

from graph.changes import inverse
from graph.edits.replay import replay
from graph.errors import Refused
from graph.formats.document import read_document
from graph.history import Commit, conflicts
from graph.models import default_models
from graph.problems import ERROR_CODES, WARNING_CODES
from graph.registry import NODE_SPECS
from graph.validation import Setting, validate
from tests.graph.making import NOW, edit, flow_of, refusal, refused_document, refused_text

FLOW = """\
flow "Probes"
topic text-input inputValue=x
photo image-input
writer text-generation
join string-combine
talk realtime-conversation
draft preview-output
topic -> writer.prompt
writer -> draft
"""


def connect(source: str, target: str, **more: Any) -> dict[str, Any]:
    return {"action": "connect", "source": source, "target": target, **more}


def add(type_name: str, **more: Any) -> dict[str, Any]:
    return {"action": "addNode", "type": type_name, **more}


def configure(node_id: str, **data: Any) -> dict[str, Any]:
    return {"action": "configure", "nodeId": node_id, "data": data}


def edge(**more: Any) -> dict[str, Any]:
    """Composer's own shape."""
    return {"type": "addEdge", "edge": {"id": "e", "source": "topic", "target": "writer", **more}}


def node(**more: Any) -> dict[str, Any]:
    """Composer's own shape."""
    whole = {"id": "new", "type": "text-input", "position": {"x": 0, "y": 0}, "data": {"label": "New"}}
    return {"type": "addNode", "node": {**whole, **more}}


# Request, code, path behind /actions/0, hint
PROBES: dict[str, tuple[dict[str, Any], str, str, str | None]] = {
    "unknown input handle": (
        connect("topic", "writer", targetHandle="sytem"),
        "unknown-target-handle",
        "/targetHandle",
        "system",
    ),
    "unknown output handle": (
        connect("writer", "join", sourceHandle="ouput", targetHandle="input1"),
        "unknown-source-handle",
        "/sourceHandle",
        "output",
    ),
    "edge out of a sink": (connect("draft", "join"), "unknown-source-handle", "/source", None),
    "edge into a source": (connect("writer", "topic"), "unknown-target-handle", "/target", None),
    "missing handle": (
        connect("topic", "join"),
        "ambiguous-handle",
        "/targetHandle",
        "input1, input2, input3, input4",
    ),
    "dangling source": (connect("wrter", "draft"), "unknown-node", "/source", "writer"),
    "dangling target": (connect("topic", "writr"), "unknown-node", "/target", "writer"),
    "type mismatch": (
        connect("photo", "writer", targetHandle="system"),
        "type-mismatch",
        "/targetHandle",
        "writer.image",
    ),
    "type mismatch without handles": (
        connect("topic", "talk", sourceHandle="output", targetHandle="audio-in"),
        "type-mismatch",
        "/targetHandle",
        "talk.instructions",
    ),
    "lied type": (
        edge(sourceHandle="output", targetHandle="image", data={"dataType": "image"}),
        "type-mismatch",
        "/edge/targetHandle",
        "writer.prompt or writer.system",
    ),
    "lied type of a fitting edge": (
        edge(sourceHandle="output", targetHandle="system", data={"dataType": "image", "foo": 1}),
        "type-mismatch",
        "/edge/data/dataType",
        "string",
    ),
    "occupied input": (
        connect("join", "writer", sourceHandle="output", targetHandle="prompt"),
        "input-occupied",
        "/targetHandle",
        "replace: true",
    ),
    "duplicate edge": (connect("topic", "writer", targetHandle="prompt"), "duplicate-edge", "/source", None),
    "duplicate edge id": (
        connect("topic", "writer", targetHandle="system", id="writer.prompt"),
        "duplicate-edge-id",
        "/id",
        None,
    ),
    "duplicate node id": (add("text-input", id="writer"), "duplicate-node-id", "/id", "writer-2"),
    "invalid node id": (add("text-input", id="My node!"), "invalid-node-id", "/id", "my-node"),
    "self-loop": (connect("join", "join"), "self-loop", "/target", None),
    "missing required field": (
        node(type="realtime-conversation", data={"label": "Talk", "vadMode": "disabled"}),
        "missing-field",
        "/node/data/voice",
        "marin",
    ),
    "missing label": (node(data={}), "missing-field", "/node/data/label", "Input Text"),
    "empty label": (configure("writer", label=""), "missing-field", "/data/label", None),
    "required field removed": (configure("talk", voice=None), "missing-field", "/data/voice", "marin"),
    "invented field": (configure("writer", sytemPrompt="x"), "unknown-field", "/data/sytemPrompt", "systemPrompt"),
    "handle taken for a field": (configure("writer", prompt="x"), "unknown-field", "/data/prompt", "userPrompt"),
    "run-time state": (configure("draft", stringOutput="x"), "unknown-field", "/data/stringOutput", None),
    "invented nested field": (
        configure("writer", googleThinkingConfig={"thinkingLevl": "low"}),
        "unknown-field",
        "/data/googleThinkingConfig/thinkingLevl",
        "thinkingLevel",
    ),
    "invented argument": (
        connect("topic", "writer", targethandle="x"),
        "unknown-field",
        "/targethandle",
        "targetHandle",
    ),
    "bad enum": (configure("talk", voice="marine"), "invalid-value", "/data/voice", "marin"),
    "bad nested enum": (
        configure("writer", googleThinkingConfig={"thinkingLevel": "hgh"}),
        "invalid-value",
        "/data/googleThinkingConfig/thinkingLevel",
        "high",
    ),
    "bad type": (configure("topic", inputValue=5), "invalid-value", "/data/inputValue", None),
    "bad model": (configure("writer", model=5), "invalid-value", "/data/model", None),
    "bad provider": (configure("writer", provider="opnai"), "invalid-value", "/data/provider", "openai"),
    "ghost removal": ({"action": "removeNode", "nodeId": "drft"}, "unknown-node", "/nodeId", "draft"),
    "ghost edge removal": (
        {"type": "removeEdge", "edgeId": "writer.prmpt"},
        "unknown-edge",
        "/edgeId",
        "writer.prompt",
    ),
    "unknown node type": (add("text-generator"), "unknown-node-type", "/type", "text-generation"),
    "unknown action": ({"action": "conect"}, "invalid-value", "/action", "connect"),
    "no action": ({"source": "topic"}, "missing-field", "/action", None),
    "edge that does not fit a type put into it": (
        {"action": "insertBetween", "edgeId": "writer.prompt", "type": "image-generation"},
        "type-mismatch",
        "/type",
        None,
    ),
    "unknown type put in place": (
        {"action": "replaceNode", "nodeId": "writer", "type": "text-genration"},
        "unknown-node-type",
        "/type",
        "text-generation",
    ),
    "copy of a ghost": ({"action": "duplicate", "nodeIds": ["topic", "writr"]}, "unknown-node", "/nodeIds/1", "writer"),
    "move of a ghost": (
        {"action": "moveNode", "nodeId": "tpic", "position": {"x": 0, "y": 0}},
        "unknown-node",
        "/nodeId",
        "topic",
    ),
    "frame that is none": (add("text-input", parentId="writer"), "invalid-value", "/parentId", None),
}


@pytest.mark.parametrize("name", PROBES)
def test_each_fault_is_refused_with_its_code_path_and_nearest_value(name: str) -> None:
    request, code, path, hint = PROBES[name]
    problems = refusal(flow_of(FLOW), request)
    assert [problem["code"] for problem in problems] == [code]
    assert problems[0]["path"] == "/actions/0" + path
    assert problems[0]["severity"] == "error"
    if hint is not None:
        assert problems[0]["hint"] == hint


UNMENDED = {
    "edge out of a sink",
    "edge into a source",
    "missing handle",
    "dangling source",  # the edge that was meant is there already
    "lied type",
    "duplicate edge",
    "duplicate edge id",
    "self-loop",
    "empty label",
    "run-time state",
    "bad type",
    "bad model",
    "invented argument",
    "unknown action",
    "no action",
    "frame that is none",
    "ghost removal",  # a near name is no licence to remove what bears it
    "ghost edge removal",
}
"""Probes without a single right value, or with a fault of form, which is told before the flow is looked at."""


@pytest.mark.parametrize("name", PROBES)
def test_a_fault_with_one_remedy_brings_the_action_as_it_should_have_been(name: str) -> None:
    (problem,) = refusal(flow_of(FLOW), PROBES[name][0])
    assert ("fix" in problem) == (name not in UNMENDED)
    if "fix" in problem:
        edit(flow_of(FLOW), problem["fix"])


def test_a_fix_keeps_all_else_of_the_action() -> None:
    whole = node(type="txt-input", data={"label": "New", "inputValue": "x"}, style={"width": 400})
    (problem,) = refusal(flow_of(FLOW), whole)
    assert problem["fix"] == {"action": "addNode", "node": {**whole["node"], "type": "text-input"}}
    (problem,) = refusal(flow_of(FLOW), configure("writer", userPrompt="x", verbosity="hgh", model=None))
    assert problem["fix"] == configure("writer", userPrompt="x", verbosity="high", model=None)


def test_an_action_with_several_faults_has_one_fix_that_mends_them_all() -> None:
    flow = flow_of(FLOW)
    first, second = refusal(flow, configure("writer", prompt="x", sytemPrompt="y"))
    assert first["fix"] == configure("writer", userPrompt="x", systemPrompt="y")
    assert "fix" not in second
    edit(flow, first["fix"])


def test_an_action_with_a_fault_that_nothing_mends_has_no_fix() -> None:
    problems = refusal(flow_of(FLOW), configure("writer", prompt="x", model=5))
    assert all("fix" not in problem for problem in problems)


def test_what_is_only_one_of_the_options_is_not_offered_as_a_fix() -> None:
    assert "fix" not in refusal(flow_of("a switch"), {"action": "removeNode", "nodeId": "something"})[0]
    assert "fix" not in refusal(flow_of("a switch"), configure("a", condition="x"))[0]
    assert "fix" not in refusal(flow_of(), add("llm"))[0]


def test_a_field_of_the_same_name_as_an_input_is_mended_to_what_stands_in_for_that_input() -> None:
    for spec in NODE_SPECS.values():
        for port in spec.inputs:
            if port.inline and port.id not in spec.fields and port.id not in spec.field_aliases:
                (problem,) = refusal(flow_of(f"a {spec.type}"), configure("a", **{port.id: "x"}))
                assert problem["hint"] == port.inline
                assert problem["fix"] == configure("a", **{port.inline: "x"})


def test_a_fix_on_trial_leaves_no_trace() -> None:
    flow = flow_of(FLOW)
    _, seq = flow.boxes, flow.next_seq
    refusal(flow, add("text-inptu", id="a"), {"action": "removeNode", "nodeId": "writr"})
    assert flow.next_seq == seq
    assert {node_id: flow.boxes.get(node_id) for node_id in flow.nodes} == {
        node_id: flow.box(node_id) for node_id in flow.nodes
    }


def test_a_cycle_is_refused() -> None:
    flow = flow_of('flow "C"\na text-generation\nb text-generation\nc text-generation\na -> b.prompt -> c.prompt')
    (problem,) = refusal(flow, connect("c", "a", targetHandle="prompt"))
    assert (problem["code"], problem["path"], problem["nodeId"]) == ("cycle", "/actions/0/target", "a")


def test_an_unknown_model_is_applied_and_warned_of_with_the_nearest_one() -> None:
    flow = flow_of(FLOW)
    edit(flow, configure("writer", provider="openai", model="gpt-5.3"))
    (problem,) = [p for p in validate(flow, Setting(default_models())).problems if p.code == "unknown-model"]
    assert (problem.path, problem.hint, problem.severity) == ("/nodes/2/data/model", "gpt-5.2", "warning")
    assert problem.fix == configure("writer", model="gpt-5.2")
    edit(flow, problem.fix)
    assert flow.nodes["writer"].data["model"] == "gpt-5.2"


def test_a_lie_about_the_type_of_a_fitting_edge_is_corrected_in_a_file_and_said() -> None:
    imported = read_document(document(data={"dataType": "image"}), now=NOW)
    assert imported.flow.edges["f"].data_type == "string"
    assert [note.message for note in imported.notes] == ["dataType 'image' read as string"]


@pytest.mark.parametrize("declared", ["string", "default", None])
def test_what_composer_calls_the_type_of_an_edge_is_no_lie(declared: str | None) -> None:
    flow = flow_of(FLOW)
    edit(flow, edge(sourceHandle="output", targetHandle="system", data={"dataType": declared}))
    assert flow.edges["e"].data_type == "string"
    flow = flow_of(FLOW + "last preview-output")
    edit(flow, edge(sourceHandle="output", target="last", targetHandle="input", data={"dataType": "response"}))
    assert flow.edges["e"].data_type == "string"


def test_an_edge_of_composer_keeps_its_looks_and_notes_and_loses_what_a_canvas_puts_on_it() -> None:
    flow = flow_of(FLOW)
    looks = {"type": "colored", "label": "L", "style": {"stroke": "red"}, "selected": True, "animated": True, "x": None}
    edit(flow, edge(targetHandle="system", **looks, data={"dataType": "string", "foo": 1, "sourceHandle": "output"}))
    wire = flow.edges["e"].to_wire()
    assert wire["data"] == {"dataType": "string", "foo": 1}
    assert {key: wire[key] for key in looks if key in wire} == {
        "type": "colored",
        "label": "L",
        "style": {"stroke": "red"},
    }
    read = read_document({**flow.to_document()}, now=NOW).flow
    assert read.edges["e"] == flow.edges["e"]


def test_the_fix_of_an_occupied_input_is_ready_to_be_sent() -> None:
    flow = flow_of(FLOW)
    (problem,) = refusal(flow, connect("join", "writer", sourceHandle="output", targetHandle="prompt"))
    edit(flow, problem["fix"])
    assert flow.edges["writer.prompt"].source == "join"


def test_all_faults_of_a_batch_are_told_at_once_and_none_of_it_is_done() -> None:
    requests = [request for request, *_ in PROBES.values()]
    problems = refusal(flow_of(FLOW), add("text-input", id="fine"), *requests)
    places = [int(problem["path"].split("/")[2]) for problem in problems]
    # What is wrong in its form is told first.
    assert sorted(places) == list(range(1, len(requests) + 1))


def test_a_node_that_could_not_be_added_is_not_missed_a_second_time() -> None:
    problems = refusal(
        flow_of(FLOW),
        add("txt-input", id="a"),
        connect("a", "join", targetHandle="input1"),
        {"type": "addNode", "node": {"id": "b", "type": "text-input", "data": {}, "position": 5}},
        connect("b", "join", targetHandle="input2"),
        node(id="c", data={}),
        connect("c", "join", targetHandle="input3"),
    )
    assert sorted(p["code"] for p in problems) == ["invalid-value", "missing-field", "unknown-node-type"]


def test_after_fifty_faults_the_rest_is_not_looked_at() -> None:
    assert len(refusal(flow_of(FLOW), *[connect("x", "y")] * 5000)) == 50
    assert len(refusal(flow_of(FLOW), *[{}] * 5000)) == 50


def document(**edge_fields: Any) -> dict[str, Any]:
    nodes = [
        {"id": "a", "type": "text-input", "position": {"x": 0, "y": 0}, "data": {"label": "A"}},
        {"id": "b", "type": "text-generation", "position": {"x": 0, "y": 0}, "data": {"label": "B"}},
        {"id": "c", "type": "text-input", "position": {"x": 0, "y": 0}, "data": {"label": "C"}},
    ]
    edges = [{"id": "e", "source": "a", "sourceHandle": "output", "target": "b", "targetHandle": "prompt"}]
    return {"nodes": nodes, "edges": [*edges, {**edges[0], "id": "f", "targetHandle": "system", **edge_fields}]}


FILE_PROBES: dict[str, tuple[dict[str, Any], str, str]] = {
    "unknown input": (document(targetHandle="sytem"), "unknown-target-handle", "/edges/1/targetHandle"),
    "unknown output": (document(sourceHandle="ouput"), "unknown-source-handle", "/edges/1/sourceHandle"),
    "dangling source": (document(source="x"), "unknown-node", "/edges/1/source"),
    "dangling target": (document(target="x"), "unknown-node", "/edges/1/target"),
    "type mismatch": (document(targetHandle="image"), "type-mismatch", "/edges/1/targetHandle"),
    "self-loop": (document(source="b"), "self-loop", "/edges/1/target"),
    "occupied input": (document(source="c", targetHandle="prompt"), "input-occupied", "/edges/1/targetHandle"),
    "duplicate edge": (document(targetHandle="prompt"), "duplicate-edge", "/edges/1/source"),
    "duplicate edge id": (document(id="e"), "duplicate-edge-id", "/edges/1/id"),
    "edge without a source": (document(source=None), "invalid-value", "/edges/1/source"),
    "edge id that is no text": (document(id=5), "invalid-value", "/edges/1/id"),
}


@pytest.mark.parametrize("name", FILE_PROBES)
def test_each_fault_of_an_edge_in_a_file_is_refused_with_its_place(name: str) -> None:
    raw, code, path = FILE_PROBES[name]
    (problem,) = refused_document(raw)
    assert (problem["code"], problem["path"]) == (code, path)


def test_every_code_of_an_error_is_met_by_a_test() -> None:
    met = {code for _, code, _, _ in PROBES.values()} | {code for _, code, _ in FILE_PROBES.values()} | {"cycle"}
    met |= {problem["code"] for problem in refused_text("a text-input =")}
    # Flows are looked up by the server.
    assert set(ERROR_CODES) - met == {"revision-conflict", "unknown-flow"}
    assert not set(ERROR_CODES) & set(WARNING_CODES)


def test_a_revision_conflict_names_the_field_and_both_values() -> None:
    flow, stale = flow_of(FLOW), flow_of(FLOW)
    theirs = edit(flow, configure("topic", inputValue="theirs"))
    mine = edit(stale, configure("topic", inputValue="mine"))
    (problem,) = conflicts(mine, [Commit(revision=2, author="bob", at=NOW, changes=tuple(theirs))])
    assert problem.to_wire() == {
        "code": "revision-conflict",
        "severity": "error",
        "path": "/baseRevision",
        "message": "topic.inputValue: 'mine' (yours), 'theirs' (revision 2 by bob)",
        "hint": "'theirs'",
        "nodeId": "topic",
    }
    edit(flow, configure("topic", inputValue="newer"))
    with pytest.raises(Refused) as caught:
        replay(flow, inverse(theirs))
    assert [p.code for p in caught.value.problems] == ["revision-conflict"]
