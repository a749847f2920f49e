"""MCP over streamable HTTP, with the Python client of both protocol eras."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from anyio import fail_after
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.client.subscriptions import ResourcesListChanged, ResourceUpdated
from mcp.shared.exceptions import MCPError

from tests.doors import PATIENCE, SIX_NODES, Serving, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.anyio

ERAS = {"legacy": "2025-11-25", "auto": "2026-07-28"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serving(tmp_path_factory.mktemp("data")) as server:
        yield server


def connect(url: str, mode: str = "auto") -> Client:
    return Client(url, mode=mode, read_timeout_seconds=PATIENCE)


async def call(client: Client, tool: str, /, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    assert result.structured_content is not None
    return result.structured_content


@pytest.mark.parametrize("mode", ERAS)
async def test_a_flow_is_built_and_read_in_either_era(server: Serving, mode: str) -> None:
    async with connect(server.mcp, mode) as client:
        assert client.protocol_version == ERAS[mode]
        created = await call(client, "createFlow", name="Story", text=SIX_NODES)
        landed = await call(client, "addNode", flowId=created["flowId"], type="comment")
        assert landed["revision"] == 2
        assert (await call(client, "getFlow", flowId=created["flowId"]))["text"].startswith('flow "Story"\n')
        assert len((await client.list_tools()).tools) == 12
        assert (await client.list_resources()).resources
        assert (await client.list_prompts()).prompts


async def test_both_eras_and_rest_work_on_the_same_flow(server: Serving) -> None:
    async with connect(server.mcp, "legacy") as old, connect(server.mcp) as new:
        flow_id = (await call(old, "createFlow", name="Shared"))["flowId"]
        await call(new, "addNode", flowId=flow_id, type="comment", id="c1")
        async with httpx2.AsyncClient(base_url=server.url) as http:
            body = {"actions": [{"action": "addNode", "type": "comment", "id": "c2"}]}
            assert (await http.post(f"/api/flows/{flow_id}/actions", json=body)).json()["revision"] == 3
        assert "c1 comment" in (text := (await call(old, "getFlow", flowId=flow_id))["text"])
        assert "c2 comment" in text


@pytest.mark.parametrize("mode", ERAS)
async def test_a_restart_between_two_calls_goes_unnoticed(tmp_path_factory: pytest.TempPathFactory, mode: str) -> None:
    data = tmp_path_factory.mktemp("restart")
    with serving(data) as first:
        client = connect(first.mcp, mode)
        await client.__aenter__()
        flow_id = (await call(client, "createFlow", name="Story", text=SIX_NODES))["flowId"]
        first.process.kill()
        first.process.wait(PATIENCE)
    with serving(data, "--port", str(first.port)):
        try:
            assert (await call(client, "addNode", flowId=flow_id, type="comment"))["revision"] == 2
        finally:
            await client.__aexit__(None, None, None)


async def test_a_listener_hears_of_edits_made_through_rest(server: Serving) -> None:
    async with connect(server.mcp) as client, httpx2.AsyncClient(base_url=server.url) as http:
        flow_id = (await call(client, "createFlow", name="Heard"))["flowId"]
        other_id = (await call(client, "createFlow", name="Unheard"))["flowId"]
        uri = f"flow://{flow_id}"
        async with client.listen(resource_subscriptions=[uri], resources_list_changed=True) as events:
            with fail_after(PATIENCE):
                for each in (other_id, flow_id):
                    body = {"actions": [{"action": "addNode", "type": "comment"}]}
                    await http.post(f"/api/flows/{each}/actions", json=body)
                assert await anext(events) == ResourceUpdated(uri=uri)
                body = {"actions": [{"action": "setFlow", "name": "Renamed"}]}
                await http.post(f"/api/flows/{flow_id}/actions", json=body)
                assert {await anext(events), await anext(events)} == {ResourceUpdated(uri=uri), ResourcesListChanged()}
                await http.delete(f"/api/flows/{other_id}")
                assert await anext(events) == ResourcesListChanged()


async def test_a_client_without_the_token_is_shut_out_and_one_with_it_let_in(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with serving(tmp_path_factory.mktemp("token"), AUTOPILOT_TOKEN="hush") as server:
        async with httpx2.AsyncClient(headers={"Authorization": "Bearer hush"}, timeout=PATIENCE) as http:
            async with Client(streamable_http_client(server.mcp, http_client=http)) as client:
                assert (await call(client, "listFlows"))["flows"] == []
            answer = await http.get(f"{server.url}/api/flows")
            assert answer.json() == {"flows": []}
        with pytest.raises((MCPError, ExceptionGroup)):
            async with connect(server.mcp) as client:
                await client.list_tools()
        async with httpx2.AsyncClient(base_url=server.url) as http:
            assert (await http.get("/healthz")).status_code == 200
            assert (await http.get("/api/flows")).status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Origin": "https://evil.example"}, 403),
        ({"Content-Type": "text/plain"}, 400),
        ({"Accept": "text/html"}, 406),
    ],
)
async def test_a_request_that_no_client_would_send_is_refused(
    server: Serving, headers: dict[str, str], status: int
) -> None:
    usual = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}})
    async with httpx2.AsyncClient(base_url=server.url, timeout=PATIENCE) as http:
        assert (await http.post("/mcp", content=body, headers=usual | headers)).status_code == status
        assert (await http.post("/mcp", content=body, headers=usual)).status_code == 200


@pytest.mark.parametrize("body", [b"{", b"[]", b"", b"null", b'{"jsonrpc": "2.0"}', b"\xff", b"[" * 100_000])
async def test_a_body_that_is_no_message_is_answered_as_an_error(server: Serving, body: bytes) -> None:
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    async with httpx2.AsyncClient(base_url=server.url, timeout=PATIENCE) as http:
        response = await http.post("/mcp", content=body, headers=headers)
        assert response.status_code == 400
        assert response.json()["error"]["code"] in (-32700, -32602, -32600)
        assert (await http.get("/healthz")).status_code == 200
