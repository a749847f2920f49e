"""Documents in and out: Composer's files, old and new, and what is wrong with others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from graph.formats.document import file_name, read_document, unknown_to_composer, write_document
from graph.formats.flowtext import write_flow_text
from graph.formats.flowtext_in import read_flow_text
from graph.validation import validate
from tests.graph.making import LATER, NOW, flow_of, refusal, refused_document, written

COMPOSER = Path(__file__).parents[3] / "shared" / "data" / "composer"


def node(node_id: str, type_name: str = "text-input", **more: Any) -> dict[str, Any]:
    return {"id": node_id, "type": type_name, "position": {"x": 0, "y": 0}, "data": {"label": node_id.upper()}, **more}


def document(*nodes: dict[str, Any], edges: Any = (), **more: Any) -> dict[str, Any]:
    return {"nodes": list(nodes), "edges": list(edges), **more}


def read(raw: Any, **more: Any) -> Any:
    return read_document(raw, now=NOW, **more).flow


def notes(raw: Any) -> list[str]:
    imported = read_document(raw, now=NOW)
    assert {note.code for note in imported.notes} <= {"import-note"}
    return [note.message for note in imported.notes]


def edges(flow: Any) -> list[str]:
    return [str(edge) for edge in flow.ordered_edges()]


@pytest.mark.parametrize("name", ["template-1", "template-2", "template-3"])
def test_composers_templates_are_read_without_errors_and_written_as_they_were(name: str) -> None:
    path = COMPOSER / f"{name}.avy.json"
    if not path.exists():
        pytest.skip(f"{path} is not on this machine")
    raw = json.loads(path.read_text())
    imported = read_document(raw, now=NOW)
    assert [p for p in validate(imported.flow).problems if p.severity == "error"] == []
    out = write_document(imported.flow)
    assert out["metadata"] == raw["metadata"]
    assert written(read(out)) == json.dumps(out, ensure_ascii=False)
    for before, after in zip(raw["nodes"], out["nodes"], strict=True):
        transient = {"selected", "dragging", "className"}
        assert {**after, "data": {**before["data"], **after["data"]}} == {
            key: value for key, value in before.items() if key not in transient
        }
    for before, after in zip(raw["edges"], out["edges"], strict=True):
        assert {key: after[key] for key in before if key != "data"} == {k: v for k, v in before.items() if k != "data"}


LEGACY = document(
    node("a", "input", data={"label": "A", "inputValue": "x", "executionStatus": "success"}),
    node("b", "prompt", data={"label": "B", "prompt": "Be kind.", "executionOutput": "y"}),
    node("c", "image", data={"label": "C"}),
    node("d", "magic", data={"label": "D"}),
    node("e", "output", data={"label": "E", "stringOutput": "z"}),
    node("f", "output", data={"label": "F"}),
    edges=[
        {"id": "1", "source": "a", "target": "b"},
        {"id": "2", "source": "b", "target": "c", "data": {"dataType": "default"}},
        {"id": "3", "source": "c", "target": "e", "targetHandle": "input", "data": {"dataType": "response"}},
        {"id": "4", "source": "b", "target": "d", "targetHandle": "prompt"},
        {"id": "5", "source": "d", "target": "f", "sourceHandle": "output"},
    ],
)


def test_an_old_file_is_read_by_its_present_names() -> None:
    flow = read(LEGACY)
    assert [n.spec.type for n in flow.ordered_nodes()] == [
        "text-input",
        "text-generation",
        "image-generation",
        "ai-logic",
        "preview-output",
        "preview-output",
    ]
    assert flow.nodes["b"].data == {"label": "B", "systemPrompt": "Be kind."}
    assert flow.nodes["e"].data == {"label": "E"}
    assert edges(flow) == [
        "a.output>b.prompt",
        "b.output>c.prompt",
        "c.output>e.image",
        "b.output>d.input1",
        "d.output>f.string",
    ]
    assert {edge.data_type for edge in flow.edges.values()} == {"string", "image"}


def test_what_was_done_to_read_a_file_is_told_in_order_and_counted() -> None:
    assert notes(LEGACY) == [
        "dataType 'default' read as string",
        "dataType 'response' read as image",
        "missing handle filled in (5 times)",
        "old type image read as image-generation",
        "old type input read as text-input",
        "old type magic read as ai-logic",
        "old type output read as preview-output (2 times)",
        "old type prompt read as text-generation",
        "run-time state dropped: executionOutput",
        "run-time state dropped: executionStatus",
        "run-time state dropped: stringOutput",
    ]


VIEWPORT = {"x": 0, "y": 5, "zoom": 1.5}


def test_other_members_of_a_document_are_kept_and_written_back() -> None:
    raw = document(node("a"), viewport=VIEWPORT, variables=[{"name": "x"}], nothing=None)
    flow = read(raw)
    assert flow.members == {"variables": [{"name": "x"}], "viewport": VIEWPORT}
    out = write_document(flow)
    assert (out["viewport"], out["variables"], list(out)[:3]) == (
        VIEWPORT,
        [{"name": "x"}],
        ["metadata", "nodes", "edges"],
    )
    assert written(read_flow_text(write_flow_text(flow, full=True), now=LATER).flow) == written(flow)
    assert notes(raw) == []
    out["viewport"]["x"] = 9
    assert flow.members["viewport"] == VIEWPORT


def test_what_is_left_out_of_a_file_is_told() -> None:
    raw = document(
        node("a", className="x", selected=True, style=None),
        node("b", "comment", data={"label": "B", "title": "T"}),
        node("c", "text-generation"),
        edges=[
            {
                "source": "a",
                "sourceHandle": "output",
                "target": "c",
                "targetHandle": "prompt",
                "animated": True,
                "selected": True,
                "data": {"dataType": "string", "sourceHandle": "other", "targetHandle": "prompt"},
            },
            {"source": "a", "sourceHandle": "output", "target": "c", "targetHandle": "system", "data": 5},
        ],
    )
    assert notes({"flow": raw, "version": 3}) == [
        "left out: comment 'title'",
        "left out: document 'version'",
        "left out: edge 'animated'",
        "left out: edge 'data'",
        "left out: edge 'data.sourceHandle'",
        "left out: node 'className'",
    ]
    assert notes({**document(), "flow": 5}) == ["left out: document 'flow'"]


def test_columns_of_a_database_are_left_out_and_told() -> None:
    row = {"id": "a", "type": "text-input", "position_x": 1, "position_y": 2, "data": {"label": "A"}, "flow_id": "f"}
    raw = {"flow": {"id": "f", "name": "F", "user_id": None}, "nodes": [row], "edges": []}
    assert notes(raw) == ["left out: document 'flow.id'", "left out: node 'flow_id'"]
    assert "flow" not in write_document(read(raw))


def test_a_recording_that_is_left_out_is_told_of() -> None:
    data = {"label": "A", "audioBuffer": "AAAA", "audioMimeType": "audio/webm", "recordingDuration": None}
    assert notes(document(node("a", "audio-input", data=data))) == [
        "recording left out: audioBuffer",
        "recording left out: audioMimeType",
    ]


def test_a_file_in_its_present_form_needs_no_word() -> None:
    assert notes(write_document(flow_of())) == []


def test_every_type_goes_out_and_comes_in_again() -> None:
    from graph.registry import NODE_SPECS

    flow = flow_of("\n".join(f"n{number} {name}" for number, name in enumerate(NODE_SPECS)))
    assert written(read(json.loads(written(flow)))) == written(flow)


def test_edges_go_out_with_the_look_that_composer_gives_them() -> None:
    flow = flow_of()
    assert {edge["type"] for edge in write_document(flow)["edges"]} == {"colored"}
    assert all(edge["data"]["dataType"] == "string" for edge in write_document(flow)["edges"])


def test_unknown_keys_are_kept_and_told() -> None:
    raw = document(
        node("a", data={"label": "A", "zeta": {"deep": [1]}, "alpha": None}, style={"width": 5}, extent="parent"),
        metadata={"name": "N", "tags": ["x"], "schemaVersion": 2},
    )
    flow = read(raw)
    (wire,) = flow.to_document()["nodes"]
    assert wire["data"] == {"label": "A", "zeta": {"deep": [1]}}
    assert (wire["style"], wire["extent"]) == ({"width": 5}, "parent")
    assert flow.meta["tags"] == ["x"]
    assert notes(raw) == ["unknown field kept: text-input 'zeta'", "written by a newer format, version 2"]


def test_what_only_a_canvas_needs_is_dropped() -> None:
    raw = document(node("a", selected=True, dragging=False, className="x", positionAbsolute={"x": 1, "y": 2}))
    assert read(raw).nodes["a"].members == {}


def test_the_name_and_times_of_a_document_win_over_those_of_the_moment_unless_a_name_is_given() -> None:
    raw = document(metadata={"name": "N", "createdAt": LATER})
    assert read(raw).meta == {"name": "N", "createdAt": LATER, "updatedAt": NOW, "schemaVersion": 1}
    assert read(raw, name="Other").name == "Other"
    assert read(document()).name == "Untitled"


def test_rows_of_composers_database_are_read() -> None:
    raw = {
        "success": True,
        "flow": {"id": "u-u-i-d", "name": "Row", "description": None},
        "nodes": [
            {
                "id": "a",
                "flow_id": "u",
                "type": "comment",
                "position_x": 5,
                "position_y": 6.5,
                "data": {"label": "A"},
                "private_data": None,
                "parent_id": None,
                "width": 300,
                "created_at": NOW,
            },
            {
                "id": "b",
                "type": "text-input",
                "position_x": 1,
                "position_y": 2,
                "data": {"label": "B"},
                "parent_id": "a",
            },
            {"id": "c", "type": "preview-output", "position_x": 1, "position_y": 2, "data": {"label": "C"}},
        ],
        "edges": [
            {
                "id": "e",
                "flow_id": "u",
                "source_node_id": "b",
                "source_handle": "output",
                "target_node_id": "c",
                "target_handle": "string",
                "edge_type": "colored",
                "data": {"dataType": "string"},
            }
        ],
    }
    flow = read(raw)
    assert flow.name == "Row"
    assert (flow.nodes["a"].x, flow.nodes["a"].y, flow.nodes["a"].members) == (5, 6.5, {"width": 300})
    assert flow.nodes["b"].parent_id == "a"
    assert edges(flow) == ["b.output>c.string"]
    assert flow.edges["e"].members == {"type": "colored"}


def test_a_document_inside_an_answer_of_composers_api_is_read() -> None:
    inner = document(node("a"), metadata={"name": "Inner"})
    assert read({"success": True, "flow": inner, "metadata": {"id": 5}}).name == "Inner"


def test_nodes_without_places_are_arranged_or_put_beside_the_others() -> None:
    bare = [{key: value for key, value in node(name).items() if key != "position"} for name in "ab"]
    flow = read(document(*bare))
    assert {(n.x, n.y) for n in flow.nodes.values()} == {(0, 0), (360, 0)}
    raw = document(node("x"), *bare)
    assert "position missing: placed beside its neighbours (2 times)" in notes(raw)
    boxes = [read(raw).box(name) for name in "xab"]
    assert not any(a.overlaps(b) for a in boxes for b in boxes if a is not b)


def test_figures_are_kept_as_they_are_written() -> None:
    raw = document(node("a", position={"x": 1.0, "y": -0.0}), node("b", position={"x": 1, "y": 1e-7}))
    assert json.dumps(read(raw).to_document()["nodes"][0]["position"]) == '{"x": 1.0, "y": -0.0}'
    assert json.dumps(read(raw).to_document()["nodes"][1]["position"]) == '{"x": 1, "y": 1e-07}'


REFUSED: list[tuple[Any, str, str]] = [
    (None, "invalid-value", ""),
    ([], "invalid-value", ""),
    ({}, "missing-field", "/nodes"),
    ({"nodes": 5}, "invalid-value", "/nodes"),
    ({"nodes": None}, "invalid-value", "/nodes"),
    ({"nodes": [], "edges": {}}, "invalid-value", "/edges"),
    (document(metadata=5), "invalid-value", "/metadata"),
    (document(metadata={"name": 5}), "invalid-value", "/metadata/name"),
    (document(metadata={"name": "x" * 201}), "invalid-value", "/metadata/name"),
    (document(metadata={"updatedAt": 5}), "invalid-value", "/metadata/updatedAt"),
    (document(metadata={"schemaVersion": "1"}), "invalid-value", "/metadata/schemaVersion"),
    (document(metadata={"schemaVersion": 0}), "invalid-value", "/metadata/schemaVersion"),
    (document(metadata={"schemaVersion": True}), "invalid-value", "/metadata/schemaVersion"),
    ({"nodes": [[]]}, "invalid-value", "/nodes/0"),
    (document(node("")), "invalid-node-id", "/nodes/0/id"),
    (document(node("a"), node("a")), "duplicate-node-id", "/nodes/1/id"),
    (document(node("a", "text-inptu")), "unknown-node-type", "/nodes/0/type"),
    (document(node("a", None)), "unknown-node-type", "/nodes/0/type"),  # pyright: ignore[reportArgumentType] - on purpose
    (document(node("a", data=[])), "invalid-value", "/nodes/0/data"),
    (document(node("a", data=None)), "missing-field", "/nodes/0/data/label"),
    (document(node("a", data={"label": "A", "inputValue": 5})), "invalid-value", "/nodes/0/data/inputValue"),
    (document(node("a", "realtime-conversation")), "missing-field", "/nodes/0/data/voice"),
    (document(node("a", position=[])), "invalid-value", "/nodes/0/position"),
    (document(node("a", position={"x": 1})), "invalid-value", "/nodes/0/position"),
    (document(node("a", position={"x": 1, "y": "2"})), "invalid-value", "/nodes/0/position"),
    (document(node("a", position={"x": 1, "y": True})), "invalid-value", "/nodes/0/position"),
    (document(node("a", position={"x": 1, "y": 2e9})), "invalid-value", "/nodes/0/position"),
    (document(node("a", parentId=5)), "invalid-value", "/nodes/0/parentId"),
    (document(node("a", parentId="b")), "unknown-node", "/nodes/0/parentId"),
    (document(node("a", "comment", parentId="a")), "cycle", "/nodes/0/parentId"),
    (document(node("f"), node("a", parentId="f")), "invalid-value", "/nodes/1/parentId"),
    (document(edges=[5]), "invalid-value", "/edges/0"),
]


@pytest.mark.parametrize(("raw", "code", "path"), REFUSED)
def test_what_is_wrong_is_refused_with_its_place(raw: Any, code: str, path: str) -> None:
    problem = refused_document(raw)[0]
    assert (problem["code"], problem["path"]) == (code, path)


def test_all_that_is_wrong_is_told_at_once_but_no_edges_of_broken_nodes() -> None:
    raw = document(node("a", "?"), node("b"), edges=[{"source": "a", "target": "b"}, {"source": "b", "target": "b"}])
    assert [problem["code"] for problem in refused_document(raw)] == ["unknown-node-type", "self-loop"]


def test_only_types_that_composer_lacks_are_unknown_to_it() -> None:
    assert unknown_to_composer(flow_of("a text-to-speech\nb switch\nc audio-output")) == [
        "audio-output",
        "text-to-speech",
    ]
    assert unknown_to_composer(flow_of()) == []


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("My Flow: 2nd try!", "my-flow-2nd-try.avy.json"),
        ("☂", "flow.avy.json"),
        ("../../etc/passwd", "etc-passwd.avy.json"),
        ("x" * 150, "x" * 100 + ".avy.json"),
        ("x" * 99 + " y", "x" * 99 + ".avy.json"),
    ],
)
def test_a_file_is_called_after_its_flow(name: str, file: str) -> None:
    assert file_name(read(document(), name=name)) == file


def test_a_file_and_an_edit_say_the_same_of_a_frame_that_is_none() -> None:
    (told,) = refused_document(document(node("f"), node("a", parentId="f")))
    (said,) = refusal(flow_of("f text-input"), {"action": "addNode", "type": "switch", "parentId": "f"})
    assert {**told, "path": ""} == {**said, "path": ""}
    assert told["message"] == "'f' is a text-input; only a comment encloses nodes"


def test_a_file_with_several_unknown_handles_on_an_edge_is_told_of_all() -> None:
    edge = {"source": "a", "sourceHandle": "x", "target": "b", "targetHandle": "y"}
    raw = document(node("a"), node("b", "text-generation"), edges=[edge])
    assert [p["code"] for p in refused_document(raw)] == ["unknown-source-handle", "unknown-target-handle"]
