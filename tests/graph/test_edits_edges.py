"""Actions on edges, and those made of several."""

from __future__ import annotations

from typing import Any

from graph.changes import inverse
from graph.edits.replay import replay
from graph.formats.document import read_document
from tests.graph.making import NOW, edit, flow_of, refusal, written


def connect(source: str, target: str, **more: Any) -> dict[str, Any]:
    return {"action": "connect", "source": source, "target": target, **more}


def disconnect(**more: Any) -> dict[str, Any]:
    return {"action": "disconnect", **more}


def edges(flow: Any) -> list[str]:
    return [str(edge) for edge in flow.ordered_edges()]


def test_handles_may_be_left_out_when_one_pair_fits() -> None:
    flow = flow_of("a text-input\nb text-to-speech\nc audio-output")
    edit(flow, connect("a", "b"), connect("b", "c"))
    assert edges(flow) == ["a.output>b.text", "b.output>c.audio"]
    assert list(flow.edges) == ["b.text", "c.audio"]


def test_an_input_that_is_taken_is_no_choice() -> None:
    flow = flow_of("a text-input\nb text-generation\na -> b.prompt\nc text-input")
    edit(flow, connect("c", "b"))
    assert edges(flow)[1] == "c.output>b.system"


def test_when_all_that_fits_is_taken_the_choices_are_told() -> None:
    flow = flow_of("a text-input\nb text-generation\nc text-input\na -> b.prompt\na -> b.system")
    (problem,) = refusal(flow, connect("c", "b"))
    assert (problem["code"], problem["hint"]) == ("ambiguous-handle", "prompt, system")


def test_several_outputs_that_fit_are_told() -> None:
    flow = flow_of("a text-generation\nb switch")
    (problem,) = refusal(flow, connect("a", "b"))
    assert (problem["code"], problem["path"]) == ("ambiguous-handle", "/actions/0/targetHandle")
    edit(flow, connect("a", "b", targetHandle="flip"))
    assert edges(flow) == ["a.done>b.flip"]


def test_old_names_of_handles_are_as_good() -> None:
    flow = flow_of("a realtime-conversation\nb preview-output\nc text-input\nd ai-logic")
    edit(flow, connect("a", "b", sourceHandle="output", targetHandle="input"), connect("c", "d", targetHandle="prompt"))
    assert edges(flow) == ["a.transcript>b.string", "c.output>d.input1"]


def test_replace_puts_an_edge_in_the_place_of_another_under_its_name() -> None:
    flow = flow_of("a text-input\nb text-generation\na -> b.prompt\nc text-input")
    before = written(flow)
    changes = edit(flow, connect("c", "b", targetHandle="prompt", replace=True))
    assert {edge_id: str(edge) for edge_id, edge in flow.edges.items()} == {"b.prompt": "c.output>b.prompt"}
    replay(flow, inverse(changes))
    assert written(flow) == before


def test_an_edge_may_take_the_id_of_the_one_it_replaces() -> None:
    flow = flow_of('a text-input\nb text-generation\na -> b.prompt as "mine"\nc text-input')
    edit(flow, connect("c", "b", targetHandle="prompt", replace=True, id="mine"))
    assert str(flow.edges["mine"]) == "c.output>b.prompt"


def test_an_edge_id_that_cannot_be_shown_is_refused() -> None:
    flow = flow_of("a text-input\nb text-to-speech")
    assert refusal(flow, connect("a", "b", id="a\nb"))[0]["path"] == "/actions/0/id"
    assert refusal(flow, connect("a", "b", id="x" * 1001))[0]["code"] == "invalid-value"


def test_an_output_may_feed_many() -> None:
    flow = flow_of("a text-input\nb string-combine")
    edit(flow, *(connect("a", "b", targetHandle=f"input{number}") for number in range(1, 5)))
    assert len(flow.outputs["a"]) == 4


def test_the_way_to_put_between_is_named_where_types_do_not_fit() -> None:
    flow = flow_of("a audio-input\nb string-combine")
    (problem,) = refusal(flow, connect("a", "b", targetHandle="input1", sourceHandle="output"))
    assert problem["hint"] == "put audio-transcription between"


def test_an_edge_is_found_by_its_id_and_by_its_input() -> None:
    for name in ("mine", "b.prompt"):
        flow = flow_of('a text-input\nb text-generation\na -> b.prompt as "mine"')
        edit(flow, disconnect(edgeId=name))
        assert edges(flow) == []


def test_the_input_of_a_node_with_dots_in_its_id_is_found() -> None:
    flow = flow_of('a text-input\n"b.c" text-generation\na -> "b.c".prompt as "mine"')
    edit(flow, disconnect(edgeId="b.c.prompt"))
    assert edges(flow) == []


def test_an_edge_is_found_by_its_ends() -> None:
    flow = flow_of("a text-input\nb string-combine\na -> b.input1\na -> b.input2")
    (problem,) = refusal(flow, disconnect(source="a", target="b"))
    assert (problem["code"], problem["hint"]) == ("ambiguous-handle", "b.input1, b.input2")
    edit(flow, disconnect(source="a", target="b", targetHandle="input2"))
    assert edges(flow) == ["a.output>b.input1"]
    edit(flow, disconnect(source="a", target="b"))
    assert edges(flow) == []


def test_an_edge_that_is_not_there_is_refused_with_those_that_are() -> None:
    flow = flow_of("a text-input\nb text-to-speech\nc text-input\na -> b")
    (problem,) = refusal(flow, disconnect(source="c", target="b"))
    assert (problem["code"], problem["hint"]) == ("unknown-edge", "b.text")
    assert refusal(flow, disconnect())[0]["code"] == "missing-field"
    assert refusal(flow, disconnect(source="a"))[0]["code"] == "missing-field"


def test_each_action_sees_what_those_before_it_did() -> None:
    flow = flow_of("")
    edit(
        flow,
        {"action": "addNode", "type": "text-input", "id": "a"},
        {"action": "addNode", "type": "text-to-speech", "id": "b"},
        connect("a", "b"),
        disconnect(edgeId="b.text"),
        {"action": "removeNode", "nodeId": "a"},
        {"action": "addNode", "type": "text-generation", "id": "a"},
        connect("a", "b"),
    )
    assert edges(flow) == ["a.output>b.text"]


def test_a_node_is_put_into_an_edge_on_the_input_that_is_meant() -> None:
    flow = flow_of("a text-input @0,0\nb text-to-speech @2000,0\na -> b")
    before = written(flow)
    changes = edit(flow, {"action": "insertBetween", "edgeId": "b.text", "type": "text-generation", "id": "m"})
    assert edges(flow) == ["a.output>m.prompt", "m.output>b.text"]
    assert (flow.nodes["m"].x, flow.nodes["m"].y) == (360, 0)
    replay(flow, inverse(changes))
    assert written(flow) == before


def test_a_node_that_takes_no_such_thing_is_not_put_into_an_edge() -> None:
    flow = flow_of("a text-input\nb text-to-speech\na -> b")
    (problem,) = refusal(flow, {"action": "insertBetween", "edgeId": "b.text", "type": "audio-input"})
    assert (problem["code"], problem["path"]) == ("type-mismatch", "/actions/0/type")
    (problem,) = refusal(flow, {"action": "insertBetween", "edgeId": "b.text", "type": "text-generation", "id": "a"})
    assert problem["code"] == "duplicate-node-id"


def test_the_flow_is_renamed_and_described() -> None:
    flow = flow_of('flow "One"')
    changes = edit(flow, {"action": "setFlow", "name": "Two", "description": ""})
    assert (flow.name, flow.meta["description"]) == ("Two", "")
    assert edit(flow, {"action": "setFlow", "name": "Two"}) == []
    replay(flow, inverse(changes))
    assert (flow.name, "description" in flow.meta) == ("One", False)


def test_an_edge_into_a_row_of_a_file_keeps_what_the_file_said_of_it() -> None:
    document = {
        "nodes": [
            {"id": "a", "type": "text-input", "position": {"x": 0, "y": 0}, "data": {"label": "A"}},
            {"id": "b", "type": "text-to-speech", "position": {"x": 0, "y": 0}, "data": {"label": "B"}},
        ],
        "edges": [
            {"id": "e", "source": "a", "target": "b", "animated": True, "label": "!", "$seq": 7, "data": {"k": 1}}
        ],
    }
    flow = read_document(document, now=NOW).flow
    before = written(flow)
    changes = edit(flow, {"action": "removeNode", "nodeId": "a"})
    replay(flow, inverse(changes))
    assert written(flow) == before
    assert flow.edges["e"].members == {"label": "!"}
    assert flow.edges["e"].extras == {"k": 1}
