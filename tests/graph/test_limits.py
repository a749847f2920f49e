"""Large, deep, endless and broken input: a clear answer in a moment."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from graph.actions import parse_actions
from graph.edits.apply import apply
from graph.errors import Refused
from graph.formats.document import read_document
from graph.formats.flowtext import write_flow_text
from graph.formats.flowtext_in import read_flow_text
from graph.formats.jsontext import parse_json
from tests.graph.making import NOW, STORY, edit, flow_of, refusal, refused_document, refused_text, wires, written

if TYPE_CHECKING:
    from collections.abc import Generator


@contextmanager
def within(seconds: float) -> Generator[None]:
    """CPU time, so that a busy machine does not matter."""
    start = time.process_time()
    yield
    assert time.process_time() - start < seconds


def one_node(**fields: Any) -> dict[str, Any]:
    node = {"id": "a", "type": "text-input", "position": {"x": 0, "y": 0}, "data": {"label": "A"}}
    return {"nodes": [{**node, **fields}], "edges": []}


def nested(depth: int) -> Any:
    """A list in a list in a list …, built without recursion."""
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


def test_a_document_of_ten_megabytes_is_read_in_a_moment() -> None:
    document = one_node(data={"label": "A", "x-note": "x" * 10_000_000})
    with within(3):
        assert len(written(read_document(document, now=NOW).flow)) > 10_000_000


def test_ten_megabytes_of_nodes_without_sense_are_refused_in_a_moment() -> None:
    document = {"nodes": [{"id": f"n{number}"} for number in range(50_000)], "edges": []}
    with within(3):
        assert len(refused_document(document)) == 50


def test_edges_to_nobody_in_a_large_flow_are_refused_in_a_moment() -> None:
    nodes = [{"id": f"node-{n}", "type": "comment", "data": {"label": "A"}} for n in range(5000)]
    document = {"nodes": nodes, "edges": [{"source": f"nodd-{n}", "target": f"nood-{n}"} for n in range(200_000)]}
    with within(10):
        assert {problem["code"] for problem in refused_document(document)} == {"unknown-node"}


def test_more_nodes_or_edges_than_fit_are_refused() -> None:
    (problem,) = refused_document({"nodes": [{}] * 50_001})
    assert (problem["code"], problem["path"]) == ("invalid-value", "/nodes")
    (problem,) = refused_document({**one_node(), "edges": [{}] * 250_001})
    assert (problem["code"], problem["path"]) == ("invalid-value", "/edges")
    (problem,) = refusal(flow_of(), *[{}] * 20_001)
    assert problem["path"] == "/actions"


def test_a_flow_cannot_grow_beyond_what_can_be_read_again() -> None:
    nodes = [
        {"id": f"n{n}", "type": "comment", "data": {"label": "A"}, "position": {"x": 0, "y": n}} for n in range(30_000)
    ]
    flow = read_document({"nodes": nodes, "edges": []}, now=NOW).flow
    (problem,) = refusal(flow, {"action": "duplicate", "nodeIds": [*flow.nodes]})
    assert problem["message"] == "a flow has at most 50000 nodes"


def test_a_label_of_a_hundred_thousand_characters_is_refused_in_one_short_line() -> None:
    label = "x" * 100_000
    (problem,) = refused_document(one_node(data={"label": label}))
    assert (problem["code"], problem["path"]) == ("invalid-value", "/nodes/0/data/label")
    assert len(problem["message"]) < 150
    (problem,) = refusal(flow_of(), {"action": "configure", "nodeId": "topic", "data": {"label": label}})
    assert len(problem["message"]) < 150
    assert all(len(p["message"]) < 250 for p in refused_text(f'a text-input "{label}"'))


@pytest.mark.parametrize("depth", [65, 1_000, 100_000])
def test_deep_nesting_is_refused(depth: int) -> None:
    (problem,) = refused_document(one_node(data={"label": "A", "x": nested(depth)}))
    assert "nested more than 64 deep" in problem["message"]
    (problem,) = refused_document({"nodes": nested(depth)})
    assert "nested more than 64 deep" in problem["message"]
    (problem,) = refusal(flow_of(), nested(depth))
    assert problem["code"] == "invalid-value"
    (problem,) = refusal(flow_of(), {"action": "configure", "nodeId": "topic", "data": {"x": nested(depth)}})
    assert "nested more than 64 deep" in problem["message"]
    (problem,) = refused_text("a text-input !x=" + "[" * depth + "]" * depth)
    assert "nested" in problem["message"]


@pytest.mark.parametrize("depth", [1_000, 100_000])
def test_deep_json_is_refused(depth: int) -> None:
    with pytest.raises(Refused) as caught:
        parse_json("[" * depth + "]" * depth)
    assert [problem.code for problem in caught.value.problems] == ["syntax-error"]


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), "\ud800", {"\udfff": 1}, 2**53 + 1, 10**400, b"x", {1: 2}]
)
def test_what_json_cannot_keep_is_refused_with_its_place(value: Any) -> None:
    (problem,) = refused_document(one_node(data={"label": "A", "x": [value]}))
    assert (problem["code"], problem["path"]) == ("invalid-value", "/nodes/0/data/x/0")
    (problem,) = refusal(flow_of(), {"action": "configure", "nodeId": "topic", "data": {"x": [value]}})
    assert (problem["code"], problem["path"]) == ("invalid-value", "/actions/0/data/x/0")


@pytest.mark.parametrize(
    "text", ['{"a": NaN}', '{"a":', '"\\ud800"', "\ud800", b"\xff", "", "[1,]", "9" * 5000, "{'a': 1}"]
)
def test_broken_json_is_refused_with_its_place(text: str | bytes) -> None:
    with pytest.raises(Refused) as caught:
        parse_json(text)
    (problem,) = wires(caught.value.problems)
    assert problem["code"] == "syntax-error"
    assert ("line 1, column" in problem["message"]) == (text != "\ud800")


def test_json_is_read() -> None:
    assert parse_json(b'{"a": [1, 2.5, null, "\xc3\xa9"]}') == {"a": [1, 2.5, None, "é"]}


@pytest.mark.parametrize("node_id", ["my node", "🎈", "a.b", "ü", "x" * 200, '"', "#", "->", "a,b"])
def test_a_file_may_call_its_nodes_as_it_likes(node_id: str) -> None:
    flow = read_document(one_node(id=node_id), now=NOW).flow
    edit(
        flow,
        {"action": "addNode", "type": "preview-output", "id": "p"},
        {"action": "connect", "source": node_id, "target": "p"},
    )
    assert written(read_flow_text(write_flow_text(flow, full=True), now=NOW).flow) == written(flow)


@pytest.mark.parametrize("node_id", ["", "x" * 201, "a\nb", "\x00", 5, None, [], True])
def test_an_id_that_cannot_be_shown_is_refused(node_id: Any) -> None:
    (problem,) = refused_document(one_node(id=node_id))
    assert (problem["code"], problem["path"]) == ("invalid-node-id", "/nodes/0/id")


def chain(count: int, *, closed: bool) -> dict[str, Any]:
    ids = [f"n{number}" for number in range(count)]
    nodes = [
        {"id": id_, "type": "text-generation", "position": {"x": 0, "y": 0}, "data": {"label": id_}} for id_ in ids
    ]
    edges = [{"source": a, "target": b} for a, b in pairwise(ids)]
    return {"nodes": nodes, "edges": [*edges, {"source": ids[-1], "target": ids[0]}] if closed else edges}


def test_a_cycle_in_a_file_is_refused_and_names_only_the_nodes_on_it() -> None:
    document = chain(3, closed=True)
    document["nodes"].append({**document["nodes"][0], "id": "after"})
    document["nodes"].append({**document["nodes"][0], "id": "before"})
    document["edges"].append({"source": "n1", "target": "after"})
    document["edges"].append({"source": "before", "target": "n1", "targetHandle": "system"})
    (problem,) = refused_document(document)
    assert (problem["code"], problem["path"]) == ("cycle", "/edges")
    assert problem["message"].endswith("'n0', 'n1', 'n2'")


def test_a_long_cycle_is_found_in_a_moment() -> None:
    with within(5):
        assert refused_document(chain(10_000, closed=True))[0]["code"] == "cycle"
    flow = read_document(chain(10_000, closed=False), now=NOW).flow
    with within(2):
        assert (
            refusal(flow, {"action": "connect", "source": "n9999", "target": "n0", "targetHandle": "prompt"})[0]["code"]
            == "cycle"
        )


def test_a_ladder_of_many_ways_is_searched_in_a_moment() -> None:
    """Two by two nodes, each pair feeding the next: 2**200 ways from the start to the end."""
    lines = [f"{side}{rung} string-combine" for rung in range(200) for side in "ab"]
    lines += [f"{s}{n} -> {t}{n + 1}.input{1 + 'ab'.index(s)}" for n in range(199) for s in "ab" for t in "ab"]
    flow = flow_of("\n".join(lines))
    with within(2):
        assert refusal(flow, {"action": "connect", "source": "a199", "target": "b0", "targetHandle": "input1"})
        edit(flow, {"action": "connect", "source": "a0", "target": "b199", "targetHandle": "input3"})


def test_frames_in_frames_have_a_limit() -> None:
    nodes = [
        {"id": f"f{n}", "type": "comment", "position": {"x": 0, "y": 0}, "data": {"label": "F"}} for n in range(2000)
    ]
    for number, node in enumerate(nodes[1:]):
        node["parentId"] = f"f{number}"
    assert refused_document({"nodes": nodes, "edges": []})[0]["path"] == "/nodes/33/parentId"
    flow = read_document({"nodes": nodes[:33], "edges": []}, now=NOW).flow
    (problem,) = refusal(flow, {"action": "addNode", "type": "comment", "parentId": "f32"})
    assert problem["path"] == "/actions/0/parentId"
    edit(flow, {"action": "arrange"})


def test_a_frame_in_itself_is_refused() -> None:
    document = one_node(type="comment", parentId="b")
    document["nodes"].append({**document["nodes"][0], "id": "b", "parentId": "a"})
    assert {problem["code"] for problem in refused_document(document)} == {"cycle"}


def test_twenty_thousand_actions_are_done_in_a_moment() -> None:
    flow = flow_of()
    with within(20):
        edit(flow, *[{"action": "addNode", "type": "text-input"}] * 20_000)
    assert len(flow.nodes) == 20_006


def test_many_lines_are_refused() -> None:
    (problem,) = refused_text("\n" * 250_001)
    assert problem["code"] == "syntax-error"


def test_a_request_may_be_changed_after_it_was_carried_out() -> None:
    patch: dict[str, Any] = {"thinkingLevel": "low"}
    request = [{"action": "configure", "nodeId": "writer", "data": {"googleThinkingConfig": patch}}]
    flow = flow_of(STORY)
    changes = apply(flow, parse_actions(request))
    before, told = written(flow), json.dumps([change.to_wire() for change in changes])
    patch["thinkingLevel"] = "high"
    flow.to_document()["nodes"][2]["data"]["googleThinkingConfig"]["thinkingLevel"] = "high"
    changes[0].to_wire()["after"]["thinkingLevel"] = "high"
    assert (written(flow), json.dumps([change.to_wire() for change in changes])) == (before, told)


def test_a_document_may_be_changed_after_it_was_read() -> None:
    document = one_node(style={"width": 1})
    flow = read_document(document, now=NOW).flow
    before = written(flow)
    document["nodes"][0]["style"]["width"] = 2
    assert written(flow) == before
