"""REST and its events, against a real server on a real port."""

from __future__ import annotations

import json
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from graph.registry import VALID_NODE_TYPES
from server.version import VERSION
from tests.doors import PATIENCE, SIX_NODES, Serving, serving

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

SMALL = 16 * 1024 * 1024 // 2
"""The limit that applies when none is set: 8 MiB."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serving(tmp_path_factory.mktemp("data")) as server:
        yield server


@pytest.fixture
def http(server: Serving) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=server.url, timeout=PATIENCE) as client:
        yield client


@pytest.fixture
def story(http: httpx2.Client) -> str:
    """A new flow of six nodes: its path."""
    created = http.post("/api/flows", json={"name": "Story", "text": SIX_NODES})
    return f"/api/flows/{created.json()['flowId']}"


def add(node_id: str) -> dict[str, Any]:
    return {"action": "addNode", "type": "text-input", "id": node_id}


def act(http: httpx2.Client, flow: str, *actions: Any, **more: Any) -> httpx2.Response:
    return http.post(f"{flow}/actions", json={"actions": actions, **more})


def add_many(http: httpx2.Client, flow: str, number: int) -> None:
    """Add nodes, several at a time."""

    def work(index: int) -> int:
        return act(http, flow, add(f"n{index}")).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(work, range(number))) == {200}


def problem(response: httpx2.Response, status: int) -> dict[str, Any]:
    """The first problem of a request that must be refused."""
    assert response.status_code == status, response.text
    body = response.json()
    assert body["applied"] is False
    for each in body["problems"]:
        assert {"code", "severity", "path", "message"} <= set(each)
    return body["problems"][0]


def test_the_server_is_healthy_and_says_what_it_is(http: httpx2.Client) -> None:
    assert http.get("/healthz").json() == {"status": "ok", "version": VERSION}
    assert "/mcp" in http.get("/").text


def test_every_route_is_described(http: httpx2.Client) -> None:
    paths = http.get("/api/openapi.json").json()["paths"]
    described = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    assert described == {
        "GET /healthz",
        "GET /api/node-types",
        "GET /api/flows",
        "POST /api/flows",
        "GET /api/flows/{flow_id}",
        "DELETE /api/flows/{flow_id}",
        "POST /api/flows/{flow_id}/actions",
        "POST /api/flows/{flow_id}/undo",
        "GET /api/flows/{flow_id}/problems",
        "GET /api/flows/{flow_id}/events",
    }


def test_node_types_come_with_ports_and_schema(http: httpx2.Client) -> None:
    types = http.get("/api/node-types").json()
    assert [each["type"] for each in types] == list(VALID_NODE_TYPES)
    assert all(each["dataSchema"]["type"] == "object" for each in types)


def test_a_flow_is_made_listed_read_and_deleted(http: httpx2.Client) -> None:
    created = http.post("/api/flows", json={"name": "Lonely Planet", "text": SIX_NODES})
    assert (created.status_code, created.json()) == (201, {"flowId": "lonely-planet", "revision": 1, "problems": []})
    (listed,) = http.get("/api/flows", params={"query": "lonely"}).json()["flows"]
    assert (listed["flowId"], listed["name"], listed["revision"]) == ("lonely-planet", "Lonely Planet", 1)
    read = http.get("/api/flows/lonely-planet").json()
    assert (read["revision"], len(read["document"]["nodes"]), len(read["document"]["edges"])) == (1, 6, 5)
    assert http.delete("/api/flows/lonely-planet").json() == {"flowId": "lonely-planet", "deleted": True}
    assert problem(http.get("/api/flows/lonely-planet"), 404)["code"] == "unknown-flow"
    assert http.get("/api/flows", params={"query": "lonely"}).json() == {"flows": []}


def test_a_flow_is_read_in_three_forms(http: httpx2.Client, story: str) -> None:
    assert http.get(story, params={"format": "text"}).json()["text"] == f'flow "Story"\n{SIX_NODES}'
    assert http.get(story, params={"format": "mermaid"}).json()["mermaid"].startswith("flowchart LR")
    assert set(http.get(story, params={"format": "json"}).json()) == {"flowId", "revision", "document"}
    assert problem(http.get(story, params={"format": "yaml"}), 422)["code"] == "invalid-value"


def test_a_document_is_imported_with_notes(http: httpx2.Client) -> None:
    node = {"id": "n 1 ☃", "type": "prompt", "position": {"x": 0, "y": 0}, "data": {"label": "Old"}}
    created = http.post("/api/flows", json={"name": "Old", "document": {"nodes": [node], "edges": []}})
    assert created.status_code == 201
    assert [note["code"] for note in created.json()["problems"]] == ["import-note"]
    document = http.get(f"/api/flows/{created.json()['flowId']}").json()["document"]
    assert (document["nodes"][0]["id"], document["nodes"][0]["type"]) == ("n 1 ☃", "text-generation")


def test_an_edit_answers_with_what_changed(http: httpx2.Client, story: str) -> None:
    landed = act(http, story, add("n1"), {"action": "connect", "source": "n1", "target": "editor"}, reason="more")
    assert landed.status_code == 200
    assert landed.json() == {
        "flowId": story.rpartition("/")[2],
        "revision": 2,
        "applied": True,
        "changes": ["+n1 text-input", "+n1>editor.system"],
        "problems": [],
    }


def test_the_author_of_an_edit_is_who_the_header_names(http: httpx2.Client, story: str) -> None:
    author = "Zoë ☃".encode()
    headers = [(b"X-Author", author), (b"Content-Type", b"application/json")]
    http.post(f"{story}/actions", content=json.dumps({"actions": [add("n1")]}), headers=headers)
    act(http, story, add("n2"))
    undone = http.post(f"{story}/undo", json={"author": "Zoë ☃"}).json()
    assert undone["changes"] == ["-n1"]
    assert http.post(f"{story}/undo", json={"author": "http"}).json()["changes"] == ["-n2"]


def test_a_dry_run_changes_nothing(http: httpx2.Client, story: str) -> None:
    landed = act(http, story, add("n1"), dryRun=True).json()
    assert (landed["applied"], landed["dryRun"], landed["revision"]) == (False, True, 1)
    assert http.get(story).json()["revision"] == 1


def test_a_refused_edit_says_every_reason_and_changes_nothing(http: httpx2.Client, story: str) -> None:
    before = http.get(story).json()
    bad = {"action": "connect", "source": "topic", "target": "editor", "targetHandle": "promt"}
    refused = act(http, story, add("n1"), bad, add("topic"))
    first = problem(refused, 422)
    assert (first["code"], first["path"], first["hint"]) == (
        "unknown-target-handle",
        "/actions/1/targetHandle",
        "prompt",
    )
    assert [each["code"] for each in refused.json()["problems"]] == ["unknown-target-handle", "duplicate-node-id"]
    assert http.get(story).json() == before


def test_a_stale_edit_is_rebased_or_a_conflict(http: httpx2.Client, story: str) -> None:
    act(http, story, {"action": "configure", "nodeId": "topic", "data": {"inputValue": "a dog"}})
    assert act(http, story, add("n1"), baseRevision=1).json()["rebased"] is True
    stale = {"action": "configure", "nodeId": "topic", "data": {"inputValue": "a fish"}}
    conflict = problem(act(http, story, stale, baseRevision=1), 409)
    assert conflict["code"] == "revision-conflict"
    assert "'a fish' (yours), 'a dog' (revision 2 by http)" in conflict["message"]


def test_undo_and_redo(http: httpx2.Client, story: str) -> None:
    act(http, story, add("n1"))
    assert http.post(f"{story}/undo", json={}).json()["changes"] == ["-n1"]
    assert http.post(f"{story}/undo", json={"redo": True}).json()["changes"] == ["+n1 text-input"]
    assert http.post(f"{story}/undo", json={"steps": 7}).json()["revision"] == 5
    assert problem(http.post(f"{story}/undo", json={}), 422)["message"] == "there is nothing to undo"


def test_the_problems_of_a_flow(http: httpx2.Client, story: str) -> None:
    assert http.get(f"{story}/problems").json() == {"ok": True, "runnable": True, "problems": []}
    act(http, story, {"action": "disconnect", "edgeId": "editor.prompt"})
    report = http.get(f"{story}/problems").json()
    assert (report["ok"], report["runnable"]) == (True, False)
    assert "required-input-missing" in {each["code"] for each in report["problems"]}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("DELETE", ""),
        ("GET", "/problems"),
        ("GET", "/events"),
        ("POST", "/undo"),
        ("POST", "/actions"),
    ],
)
@pytest.mark.parametrize("flow_id", ["nowhere", "%F0%9F%98%80", "a%20b", "%00", "..", "x" * 3000])
def test_an_unknown_flow_is_a_404_on_every_route(http: httpx2.Client, method: str, path: str, flow_id: str) -> None:
    body: dict[str, Any] | None = {"actions": []} if path == "/actions" else {} if method == "POST" else None
    response = http.request(method, f"/api/flows/{flow_id}{path}", json=body)
    assert response.status_code in (404, 405)
    if flow_id != "..":
        assert problem(response, 404)["code"] == "unknown-flow"


def test_an_unknown_path_or_method_is_answered_in_json(http: httpx2.Client) -> None:
    assert http.get("/api/nothing").json() == {"error": "Not Found"}
    assert (http.get("/nothing").status_code, http.put("/api/flows").status_code) == (404, 405)


@pytest.mark.parametrize(
    ("body", "code", "path"),
    [
        (b'{"actions": [', "syntax-error", ""),
        (b"", "missing-field", ""),
        (b"null", "invalid-value", ""),
        (b"[]", "invalid-value", ""),
        (b"{}", "missing-field", "/actions"),
        (b'{"actions": {}}', "invalid-value", "/actions"),
        (b'{"actions": [1]}', "invalid-value", "/actions/0"),
        (b'{"actions": [{"action": "addNode"}]}', "missing-field", "/actions/0/type"),
        (b'{"actions": [], "baseRevision": "new"}', "invalid-value", "/baseRevision"),
        (b'{"actions": [], "baseRevision": 7.5}', "invalid-value", "/baseRevision"),
        (b'{"actions": [], "baseRevison": 7}', "unknown-field", "/baseRevison"),
        (b'{"actions": [], "dryRun": "perhaps"}', "invalid-value", "/dryRun"),
        (b'{"actions": [], "reason": "%s"}' % (b"x" * 501), "invalid-value", "/reason"),
        (b'{"actions": [{"action": "setFlow", "name": "\\ud800"}]}', "invalid-value", "/actions/0/name"),
        (b'{"actions": [{"action": "moveNode", "nodeId": "topic", "position": {"x": NaN, "y": 0}}]}', None, None),
        (b"\xff\xfe", "syntax-error", ""),
    ],
)
def test_a_malformed_request_is_told_where(
    http: httpx2.Client, story: str, body: bytes, code: str | None, path: str | None
) -> None:
    response = http.post(f"{story}/actions", content=body, headers={"Content-Type": "application/json"})
    found = problem(response, 422)
    assert found["code"] == (code or found["code"])
    assert found["path"] == (path if path is not None else found["path"])
    assert http.get(story).json()["revision"] == 1


def test_a_body_that_is_nested_beyond_reason_is_refused(http: httpx2.Client, story: str) -> None:
    body = b'{"actions": %s}' % (b"[" * 50_000)
    response = http.post(f"{story}/actions", content=body, headers={"Content-Type": "application/json"})
    assert (response.status_code, response.json()) == (400, {"error": "There was an error parsing the body"})


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("path", ["/api/flows", "/mcp"])
def test_a_body_beyond_the_limit_is_a_413(http: httpx2.Client, path: str, *, chunked: bool) -> None:
    body = b'{"name": "%s"}' % (b"x" * 9_000_000)
    pieces = (body[at : at + 65536] for at in range(0, len(body), 65536))
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    response = http.post(path, content=pieces if chunked else body, headers=headers)
    assert response.status_code == 413
    assert http.get("/healthz").status_code == 200


def test_a_large_body_within_the_limit_is_read(http: httpx2.Client) -> None:
    text = "a" * (SMALL - 200_000)
    node = {"id": "a", "type": "text-input", "position": {"x": 0, "y": 0}, "data": {"inputValue": text}}
    response = http.post("/api/flows", json={"name": "Large", "document": {"nodes": [node], "edges": []}})
    assert response.status_code in (201, 422)
    assert http.get("/healthz").status_code == 200


def test_many_edits_at_once_all_land(http: httpx2.Client, story: str) -> None:
    add_many(http, story, 40)
    read = http.get(story).json()
    assert (read["revision"], len(read["document"]["nodes"])) == (41, 46)


class Events:
    """Server-sent events as they come in."""

    def __init__(self, response: httpx2.Response) -> None:
        self._lines = response.iter_lines()

    def next(self) -> tuple[str, int, Any]:
        """The next event: name, id, data."""
        fields: dict[str, str] = {}
        for line in self._lines:
            if not line and fields:
                return fields["event"], int(fields["id"]), json.loads(fields["data"])
            key, _, value = line.partition(": ")
            if key:
                fields[key] = value
        pytest.fail("the stream has ended")

    def ended(self) -> bool:
        return next(self._lines, None) is None


@contextmanager
def listening(http: httpx2.Client, flow: str, **headers: str) -> Generator[Events]:
    with http.stream("GET", f"{flow}/events", headers=headers) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        yield Events(response)


def test_events_tell_where_the_flow_is_and_every_commit_after(http: httpx2.Client, story: str) -> None:
    with listening(http, story) as events:
        assert events.next() == ("hello", 1, {"flowId": story.rpartition("/")[2], "revision": 1})
        act(http, story, add("n1"), reason="because")
        name, number, commit = events.next()
        assert (name, number, commit["revision"]) == ("commit", 2, 2)
        assert (commit["author"], commit["kind"], commit["reason"]) == ("http", "edit", "because")
        assert {change.get("id") for change in commit["changes"]} == {"n1", None}
        http.post(f"{story}/undo", json={})
        assert events.next()[2]["reverts"] == [2]
        http.delete(story)
        assert events.next()[:2] == ("deleted", 4)
        assert events.ended()


def test_events_resume_where_the_reader_left(http: httpx2.Client, story: str) -> None:
    for number in range(4):
        act(http, story, add(f"n{number}"))
    with listening(http, story, **{"Last-Event-ID": "3"}) as events:
        assert events.next()[:2] == ("hello", 3)
        assert [events.next()[1] for _ in range(2)] == [4, 5]
        act(http, story, add("n5"))
        assert events.next()[:2] == ("commit", 6)
    with http.stream("GET", f"{story}/events?after=5") as response:
        events = Events(response)
        assert [events.next()[1] for _ in range(2)] == [5, 6]


@pytest.mark.parametrize("sent", ["99", "new", "-3", "9" * 30, "9" * 5000])
def test_a_place_that_never_was_begins_now(http: httpx2.Client, story: str, sent: str) -> None:
    with listening(http, story, **{"Last-Event-ID": sent}) as events:
        assert events.next()[:2] == ("hello", 1)
        act(http, story, add("n1"))
        assert events.next()[:2] == ("commit", 2)


def test_a_reader_who_is_far_behind_is_told_to_read_again(http: httpx2.Client, story: str) -> None:
    add_many(http, story, 502)
    with listening(http, story, **{"Last-Event-ID": "1"}) as events:
        assert events.next()[0] == "hello"
        assert events.next() == ("resync", 503, {"revision": 503})


def test_a_server_stops_although_somebody_listens(tmp_path_factory: pytest.TempPathFactory) -> None:
    with serving(tmp_path_factory.mktemp("stops")) as server, httpx2.Client(base_url=server.url, timeout=10) as http:
        http.post("/api/flows", json={"name": "Story"})
        with listening(http, "/api/flows/story") as events:
            events.next()
            server.process.terminate()
            assert server.process.wait(10) in (0, -signal.SIGTERM)
