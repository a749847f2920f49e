"""What no well-meaning client sends: a clear answer, a server that lives, and nothing half-applied."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from tests.doors import PATIENCE, SIX_NODES, Message, Serving, Stdio, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

PARSE_ERROR, INVALID_REQUEST = -32700, -32600
DEEP = "[" * 5000 + "]" * 5000
TEN_MEGABYTES = 10_000_000


@pytest.fixture(scope="module")
def stdio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stdio]:
    with Stdio(tmp_path_factory.mktemp("stdio")) as client:
        client.call("createFlow", name="Story", text=SIX_NODES)
        yield client


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serving(tmp_path_factory.mktemp("http")) as server:
        yield server


@pytest.fixture(scope="module")
def http(server: Serving) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=server.url, timeout=PATIENCE) as client:
        client.post("/api/flows", json={"name": "Story", "text": SIX_NODES})
        yield client


def flows(stdio: Stdio) -> tuple[Message, Message]:
    """Everything that bad input must leave as it is."""
    story = stdio.call("getFlow", flowId="story", format="json")["structuredContent"]
    return story, stdio.call("listFlows")["structuredContent"]


def call_line(arguments: str, tool: str = "createFlow", number: int = 777) -> str:
    params = f'{{"name":"{tool}","arguments":{arguments}}}'
    return f'{{"jsonrpc":"2.0","id":{number},"method":"tools/call","params":{params}}}'


@pytest.mark.parametrize(
    ("line", "number", "code"),
    [
        (call_line('{"name":"x"}')[:-20], 777, PARSE_ERROR),
        (call_line('{"name":"x"}')[:-1], 777, PARSE_ERROR),
        ('{"method":"tools/call","id":"a-1","params":{"name":', "a-1", PARSE_ERROR),
        ('{"jsonrpc":"2.0","method":"tools/call","params":{"id":5,', None, PARSE_ERROR),
        (call_line('{"name":"\\ud800"}'), 777, PARSE_ERROR),
        (call_line(f'{{"name":"x","document":{DEEP}}}'), 777, PARSE_ERROR),
        ("]" * 100, None, PARSE_ERROR),
        ("\x00\x01", None, PARSE_ERROR),
        ("[]", None, INVALID_REQUEST),
        ("7", None, INVALID_REQUEST),
        ('{"jsonrpc":"2.0","id":12}', 12, INVALID_REQUEST),
        ('{"jsonrpc":"2.0","id":13,"method":"tools/call","params":7}', 13, INVALID_REQUEST),
        ('{"jsonrpc":"1.0","id":14,"method":"ping"}', 14, INVALID_REQUEST),
    ],
)
def test_a_line_that_is_no_message_is_answered(stdio: Stdio, line: str, number: object, code: int) -> None:
    before = flows(stdio)
    stdio.send_line(line.encode())
    answer = stdio.receive_answer()
    assert (answer["id"], answer["error"]["code"]) == (number, code)
    assert "Traceback" not in json.dumps(answer)
    assert flows(stdio) == before


def test_bytes_that_are_no_text_and_empty_lines_harm_nothing(stdio: Stdio) -> None:
    stdio.send_line(b"\xff\xfe{")
    assert stdio.receive_answer()["error"]["code"] == PARSE_ERROR
    for line in (b"", b"   ", b"\r"):
        stdio.send_line(line)
    assert stdio.request("ping")["result"] == {}


def node(node_id: str, **more: Any) -> dict[str, Any]:
    return {"id": node_id, "type": "text-generation", "position": {"x": 0, "y": 0}, "data": {"label": "N"}, **more}


def edge(source: str, target: str) -> dict[str, Any]:
    return {
        "id": f"{source}-{target}",
        "source": source,
        "target": target,
        "sourceHandle": "output",
        "targetHandle": "prompt",
    }


def document(*nodes: Any, edges: Any = ()) -> dict[str, Any]:
    return {"nodes": list(nodes), "edges": list(edges)}


def nested(depth: int) -> Any:
    value: Any = "end"
    for _ in range(depth):
        value = [value]
    return value


BAD_DOCUMENTS: dict[str, tuple[Any, str]] = {
    "cycle": (document(node("a"), node("b"), edges=[edge("a", "b"), edge("b", "a")]), "cycle"),
    "self-loop": (document(node("a"), edges=[edge("a", "a")]), "self-loop"),
    "twice the same id": (document(node("a"), node("a")), "duplicate-node-id"),
    "an edge to nowhere": (document(node("a"), edges=[edge("a", "b")]), "unknown-node"),
    "a label of 100,000 characters": (document(node("a", data={"label": "x" * 100_000})), "invalid-value"),
    "a field of 1,000,000 characters": (
        document(node("a", data={"label": "a", "userPrompt": "x" * 1_000_000})),
        "invalid-value",
    ),
    "a lone surrogate": (document(node("a", data={"label": "\ud800"})), "invalid-value"),
    "a position that is no number": (document(node("a", position={"x": float("nan"), "y": 0})), "invalid-value"),
    "a position beyond everything": (document(node("a", position={"x": 1e308, "y": 0})), "invalid-value"),
    "deep data": (document(node("a", data={"label": "a", "deep": nested(120)})), "invalid-value"),
    "nodes that are none": (document(7, None, "x", []), "invalid-value"),
    "no nodes": ({"edges": []}, ""),
    "nodes of another kind": ({"nodes": {"a": 1}, "edges": 7}, "invalid-value"),
    "an unknown type": (document(node("a", type="text-generator")), "unknown-node-type"),
    "an id of nothing": (document(node("")), ""),
    "an id of two lines": (document(node("a\nb")), "invalid-node-id"),
    "an id of 100,000 characters": (document(node("x" * 100_000)), "invalid-node-id"),
}


@pytest.mark.parametrize("name", BAD_DOCUMENTS)
def test_a_document_that_is_no_flow_is_refused_by_mcp(stdio: Stdio, name: str) -> None:
    bad, code = BAD_DOCUMENTS[name]
    before = flows(stdio)
    number = stdio.begin("tools/call", name="createFlow", arguments={"name": "Bad", "document": bad})
    answer = stdio.answer(number)
    if "error" in answer:
        assert answer["error"]["code"] == PARSE_ERROR
    else:
        text = answer["result"]["content"][0]["text"]
        assert answer["result"]["isError"], text
        codes = [problem["code"] for problem in json.loads(text)["problems"]]
        assert code in (*codes, ""), codes
        assert len(text) < 20_000
    assert flows(stdio) == before


@pytest.mark.parametrize("name", BAD_DOCUMENTS)
def test_a_document_that_is_no_flow_is_refused_by_http(http: httpx2.Client, name: str) -> None:
    bad, code = BAD_DOCUMENTS[name]
    before = http.get("/api/flows").json()
    body = json.dumps({"name": "Bad", "document": bad})
    response = http.post("/api/flows", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 422, response.text
    codes = [problem["code"] for problem in response.json()["problems"]]
    assert code in (*codes, ""), codes
    assert http.get("/api/flows").json() == before


def test_strange_but_legal_documents_are_kept_as_they_are(stdio: Stdio) -> None:
    ids = ["with space", "☃ 😀", 'quote"s', "a/b~c", "日本語"]
    nodes = [node(each, data={"label": each, "unheardOf": {"x": [1, None, "é"]}}) for each in ids]
    strange = document(*nodes, edges=[edge(ids[0], ids[1])])
    created = stdio.call("createFlow", name="Strange", document={**strange, "viewport": {"zoom": 2}, "x": 1})
    assert not created.get("isError"), created
    read = stdio.call("getFlow", flowId="strange", format="json")["structuredContent"]["document"]
    assert [each["id"] for each in read["nodes"]] == ids
    assert all(each["data"]["unheardOf"] == {"x": [1, None, "é"]} for each in read["nodes"])
    text = stdio.call("getFlow", flowId="strange")["structuredContent"]["text"]
    assert not stdio.call("createFlow", name="Strange", text=text).get("isError")
    changed = stdio.call("configure", flowId="strange", nodeId="☃ 😀", data={"userPrompt": "hi"})
    assert changed["structuredContent"]["applied"]
    for flow_id in ("strange", "strange-2"):
        stdio.call("deleteFlow", flowId=flow_id)


@pytest.mark.parametrize("kind", ["text", "value", "nodes", "edges"])
def test_ten_megabytes_are_answered(stdio: Stdio, kind: str) -> None:
    before = flows(stdio)
    nameless = (node(f"n{number}", data={}, x="x" * 200) for number in range(TEN_MEGABYTES // 300))
    huge: dict[str, Any] = {
        "text": {"text": "a comment\n" * (TEN_MEGABYTES // 10)},
        "value": {"document": document(node("a", data={"label": "a", "userPrompt": "x" * TEN_MEGABYTES}))},
        "nodes": {"document": document(*nameless)},
        "edges": {"document": document(node("a"), edges=[edge("a", "b")] * (TEN_MEGABYTES // 100))},
    }[kind]
    result = stdio.call("createFlow", name="Huge", **huge)
    assert result["isError"]
    assert len(result["content"][0]["text"]) < 20_000
    assert flows(stdio) == before


BAD_EDITS: dict[str, Any] = {
    "a label of 100,000 characters": {"action": "configure", "nodeId": "topic", "data": {"label": "x" * 100_000}},
    "a lone surrogate": {"action": "configure", "nodeId": "topic", "data": {"inputValue": "\udfff"}},
    "no number": {"action": "moveNode", "nodeId": "topic", "position": {"x": float("nan"), "y": 0}},
    "infinity": {"action": "moveNode", "nodeId": "topic", "position": {"x": float("inf"), "y": 0}},
    "a huge number": {"action": "moveNode", "nodeId": "topic", "position": {"x": 10**400, "y": 0}},
    "deep data": {"action": "configure", "nodeId": "topic", "data": {"deep": nested(90)}},
    "an id with a space": {"action": "addNode", "type": "comment", "id": "a b"},
    "an id of emoji": {"action": "addNode", "type": "comment", "id": "😀"},
    "an unknown key": {"action": "addNode", "type": "comment", "colour": "red"},
    "a cycle": {"action": "connect", "source": "editor", "target": "writer", "targetHandle": "image"},
    "a list": [],
    "nothing": None,
    "a number as name": {"action": 7},
    "a list as name": {"action": ["addNode"]},
    "an object as id": {"action": "removeNode", "nodeId": {"id": "topic"}},
}


@pytest.mark.parametrize("name", BAD_EDITS)
def test_a_bad_edit_among_good_ones_changes_nothing(stdio: Stdio, http: httpx2.Client, name: str) -> None:
    good = {"action": "configure", "nodeId": "style", "data": {"inputValue": "pop"}}
    actions = [good, BAD_EDITS[name], good]
    before = flows(stdio)
    answer = stdio.answer(stdio.begin("tools/call", name="edit", arguments={"flowId": "story", "actions": actions}))
    if "error" in answer:
        assert answer["error"]["code"] == PARSE_ERROR
    else:
        assert json.loads(answer["result"]["content"][0]["text"])["applied"] is False
    assert flows(stdio) == before

    known = http.get("/api/flows/story").json()
    body = json.dumps({"actions": actions})
    response = http.post("/api/flows/story/actions", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 422, response.text
    assert response.json()["problems"]
    assert http.get("/api/flows/story").json() == known


def test_more_actions_than_a_request_may_have_are_refused(stdio: Stdio) -> None:
    before = flows(stdio)
    result = stdio.call("edit", flowId="story", actions=[{"action": "addNode", "type": "comment"}] * 20_001)
    assert result["isError"]
    assert len(result["content"][0]["text"]) < 2_000
    assert flows(stdio) == before
