"""Actions on nodes."""

from __future__ import annotations

from typing import Any

import pytest

from graph.changes import inverse
from graph.edits.replay import replay
from graph.formats.document import read_document
from graph.registry import NODE_SPECS
from tests.graph.making import NOW, edit, flow_of, refusal, written


def add(type_name: str = "text-input", **more: Any) -> dict[str, Any]:
    return {"action": "addNode", "type": type_name, **more}


def configure(node_id: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"action": "configure", "nodeId": node_id, "data": data}


def replace(node_id: str, type_name: str, **more: Any) -> dict[str, Any]:
    return {"action": "replaceNode", "nodeId": node_id, "type": type_name, **more}


def imported(*nodes: dict[str, Any]) -> Any:
    whole = {"type": "text-generation", "position": {"x": 0, "y": 0}, "data": {"label": "A"}}
    return read_document({"nodes": [{**whole, **node} for node in nodes], "edges": []}, now=NOW).flow


@pytest.mark.parametrize("name", NODE_SPECS)
def test_a_new_node_takes_the_defaults_of_its_type(name: str) -> None:
    flow = flow_of("")
    (change,) = edit(flow, add(name))
    assert flow.nodes[name].data == NODE_SPECS[name].defaults
    assert change.after["id"] == name


def test_the_id_of_a_new_node_comes_from_its_label_or_its_type() -> None:
    flow = flow_of("")
    edit(flow, add(data={"label": "Käse & Brot!"}), add(), add(), add(data={"label": "☂"}))
    assert list(flow.nodes) == ["k-se-brot", "text-input", "text-input-2", "text-input-3"]


def test_the_label_of_a_new_node_comes_from_its_id_unless_that_is_the_type() -> None:
    flow = flow_of("")
    edit(flow, add(id="final_draft"), add(id="text-input"), add(id="x", data={"label": "Y"}))
    assert [node.label for node in flow.nodes.values()] == ["Final draft", "Input Text", "Y"]


def test_the_ten_thousandth_node_of_a_name_finds_a_free_id() -> None:
    flow = flow_of("")
    edit(flow, *[add()] * 300)
    assert len(flow.nodes) == 300
    edit(flow, {"action": "removeNode", "nodeId": "text-input-17"})
    edit(flow, add())
    assert len(flow.nodes) == 300


def test_an_old_name_of_a_type_is_as_good() -> None:
    flow = flow_of("")
    edit(flow, add("magic", id="a"))
    assert flow.nodes["a"].spec.type == "ai-logic"


def test_null_for_an_optional_field_is_the_same_as_absent() -> None:
    flow = flow_of("")
    edit(flow, add("text-generation", id="a", data={"provider": None}))
    assert flow.nodes["a"].data == {"label": "A"}


def test_a_composer_node_is_kept_whole_but_for_what_its_editor_and_runs_leave() -> None:
    flow = flow_of("")
    node = {
        "id": "a",
        "type": "prompt",
        "position": {"x": 1, "y": 2},
        "data": {"label": "A", "prompt": "Be kind.", "executionStatus": "idle", "imageInput": "x"},
        "style": {"width": 5},
        "selected": True,
        "$seq": 9,
    }
    edit(flow, {"type": "addNode", "node": node})
    (wire,) = flow.to_document()["nodes"]
    assert wire == {
        "id": "a",
        "type": "text-generation",
        "position": {"x": 1, "y": 2},
        "data": {"label": "A", "systemPrompt": "Be kind."},
        "style": {"width": 5},
    }


def test_data_is_kept_in_the_order_of_the_type() -> None:
    flow = flow_of("")
    edit(flow, add("text-generation", id="a", data={"model": "gpt-5.2", "userPrompt": "x", "label": "A"}))
    edit(flow, configure("a", {"systemPrompt": "y"}))
    assert list(flow.nodes["a"].data) == ["label", "userPrompt", "systemPrompt", "model"]


def test_configure_is_a_merge_patch_all_the_way_down() -> None:
    flow = flow_of("a text-generation")
    edit(flow, configure("a", {"googleThinkingConfig": {"thinkingLevel": "low", "thinkingBudget": 5}}))
    edit(flow, configure("a", {"googleThinkingConfig": {"thinkingLevel": None, "includeThoughts": True}}))
    assert flow.nodes["a"].data["googleThinkingConfig"] == {"thinkingBudget": 5, "includeThoughts": True}
    before = written(flow)
    changes = edit(flow, configure("a", {"googleThinkingConfig": None}))
    assert "googleThinkingConfig" not in flow.nodes["a"].data
    replay(flow, inverse(changes))
    assert written(flow) == before


def test_configure_of_what_is_so_already_changes_nothing() -> None:
    flow = flow_of("a text-input inputValue=x")
    assert edit(flow, configure("a", {"inputValue": "x"})) == []


def test_an_empty_text_is_not_the_same_as_none() -> None:
    flow = flow_of("a text-input")
    (change,) = edit(flow, configure("a", {"inputValue": ""}))
    assert change.to_wire()["after"] == ""
    assert flow.nodes["a"].data["inputValue"] == ""


def test_unknown_keys_of_a_file_can_be_changed_merged_and_removed_but_none_added() -> None:
    flow = imported({"id": "a", "data": {"label": "A", "zeta": {"a": 1, "b": 2}, "alpha": 1}})
    edit(flow, configure("a", {"zeta": {"a": None, "c": 3}, "alpha": True}))
    assert flow.nodes["a"].extras == {"alpha": True, "zeta": {"b": 2, "c": 3}}
    before = written(flow)
    changes = edit(flow, configure("a", {"zeta": None}))
    assert flow.nodes["a"].extras == {"alpha": True}
    assert [p["code"] for p in refusal(flow, configure("a", {"zeta": 1}))] == ["unknown-field"]
    assert [p["code"] for p in refusal(flow, configure("a", {"zeta": None}))] == ["unknown-field"]
    replay(flow, inverse(changes))
    assert written(flow) == before


def test_another_word_for_a_field_means_the_field() -> None:
    flow = flow_of("a comment")
    edit(flow, configure("a", {"title": "Renamed"}))
    assert flow.nodes["a"].data == {"label": "Renamed"}
    assert refusal(flow, configure("a", {"title": ""}))[0]["path"] == "/actions/0/data/label"


def test_a_node_is_removed_with_all_its_edges_and_comes_back_with_them() -> None:
    flow = flow_of()
    before = written(flow)
    changes = edit(flow, {"action": "removeNode", "nodeId": "writer"})
    assert len(changes) == 5
    assert set(flow.edges) == {"final.string"}
    replay(flow, inverse(changes))
    assert written(flow) == before


def test_what_lies_in_a_removed_frame_stays_where_it_is() -> None:
    flow = flow_of(
        "outer comment @10,20\nframe comment in outer @100,200\nx text-input in frame @1.5,2\ny comment in frame @3,4"
    )
    before = written(flow)
    places = {name: flow.absolute(flow.nodes[name]) for name in "xy"}
    changes = edit(flow, {"action": "removeNode", "nodeId": "frame"})
    assert {name: flow.absolute(flow.nodes[name]) for name in "xy"} == places
    assert {flow.nodes[name].parent_id for name in "xy"} == {"outer"}
    replay(flow, inverse(changes))
    assert written(flow) == before


def test_a_moved_node_is_where_it_was_put() -> None:
    flow = flow_of("a text-input @1,2")
    (change,) = edit(flow, {"action": "moveNode", "nodeId": "a", "position": {"x": 5, "y": 6.5}})
    assert (change.before, change.after) == ({"x": 1, "y": 2}, {"x": 5, "y": 6.5})
    assert edit(flow, {"action": "moveNode", "nodeId": "a", "position": {"x": 5.0, "y": 6.5}}) == []


def test_a_replaced_node_keeps_the_fields_and_edges_that_fit() -> None:
    flow = flow_of()
    edit(flow, configure("writer", {"provider": "anthropic", "userPrompt": "x"}))
    before = written(flow)
    changes = edit(flow, replace("writer", "react-component", data={"stylePreset": "none"}))
    node = flow.nodes["writer"]
    assert node.data == {
        "label": "Writer",
        "userPrompt": "x",
        "systemPrompt": "Write a story.",
        "provider": "anthropic",
        "stylePreset": "none",
    }
    assert sorted(str(edge) for edge in flow.edges_of("writer")) == [
        "style.output>writer.system",
        "topic.output>writer.prompt",
    ]
    replay(flow, inverse(changes))
    assert written(flow) == before


def test_a_field_whose_value_does_not_fit_the_new_type_is_left_behind() -> None:
    flow = flow_of("a text-generation provider=anthropic model=x")
    edit(flow, replace("a", "image-generation"))
    assert flow.nodes["a"].data == {"label": "A", "model": "x"}


def test_an_unknown_key_that_the_new_type_declares_becomes_its_field() -> None:
    flow = imported({"id": "a", "data": {"label": "A", "prompt": "A cat", "other": 1, "style": 5}})
    changes = edit(flow, replace("a", "image-generation"))
    assert flow.nodes["a"].data == {"label": "A", "prompt": "A cat"}
    assert flow.nodes["a"].extras == {"other": 1}
    assert changes[0].after == {**flow.nodes["a"].to_wire(), "$seq": 0}


def test_an_edge_named_after_its_input_is_renamed_with_it() -> None:
    flow = flow_of("a text-input\nb text-generation\na -> b.prompt")
    edit(flow, replace("b", "string-combine"))
    assert {edge_id: edge.target_handle for edge_id, edge in flow.edges.items()} == {"b.input1": "input1"}


def test_a_node_put_in_the_place_of_a_new_one_is_placed_like_it() -> None:
    flow = flow_of("x text-input @0,0")
    changes = edit(flow, add(id="a"), replace("a", "switch"), configure("a", {"isOn": True}))
    assert all(change.after["position"] == {"x": 360, "y": 0} for change in changes if change.field is None)
    assert (flow.nodes["a"].x, flow.nodes["a"].y) == (360, 0)


def test_what_lies_in_a_frame_that_becomes_a_node_is_let_out() -> None:
    flow = flow_of("frame comment @100,100\nx text-input in frame @1,2")
    edit(flow, replace("frame", "text-input"))
    assert flow.nodes["x"].parent_id is None
    assert flow.absolute(flow.nodes["x"]) == (101, 102)


def test_copies_keep_the_edges_among_them() -> None:
    flow = flow_of()
    edit(flow, {"action": "duplicate", "nodeIds": ["writer", "topic", "writer"]})
    assert {"writer-2", "topic-2"} <= set(flow.nodes)
    assert [str(edge) for edge in flow.edges_of("writer-2")] == ["topic-2.output>writer-2.prompt"]


def test_the_copy_of_a_frame_holds_the_copies_of_what_lies_in_it_in_whichever_order_they_are_named() -> None:
    flow = flow_of("frame comment @0,0\nx text-input in frame @50,60")
    edit(flow, {"action": "duplicate", "nodeIds": ["x", "frame"]})
    copy = flow.nodes["x-2"]
    assert (copy.parent_id, copy.x, copy.y) == ("frame-2", 50, 60)


def test_a_node_with_a_foreign_id_is_copied_under_one_of_ours() -> None:
    flow = imported({"id": "my node"})
    edit(flow, {"action": "duplicate", "nodeIds": ["my node"]})
    assert list(flow.nodes) == ["my node", "text-generation"]


def test_a_hint_is_found_among_thousands_of_ids() -> None:
    flow = imported(*({"id": f"node-{number}", "type": "comment"} for number in range(3000)), {"id": "the-writer"})
    (problem,) = refusal(flow, {"action": "removeNode", "nodeId": "thewriter"})
    assert problem["hint"] == "the-writer"


def test_the_ids_of_a_small_flow_are_told_when_none_is_near() -> None:
    (problem,) = refusal(flow_of("a text-input\nb switch"), {"action": "removeNode", "nodeId": "quite different"})
    assert problem["hint"] == "a, b"
