"""Resources: flows and node types by URI, and the news that they have changed."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from anyio import fail_after
from mcp import Client
from mcp.client.subscriptions import ResourcesListChanged, ResourceUpdated
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, TextResourceContents

from graph.registry import VALID_NODE_TYPES
from tests.doors import PATIENCE, SIX_NODES, Stdio, stdio_parameters

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from mcp_types import ReadResourceResult

pytestmark = pytest.mark.anyio


def text_of(result: ReadResourceResult) -> tuple[str | None, str]:
    (contents,) = result.contents
    assert isinstance(contents, TextResourceContents)
    return contents.mime_type, contents.text


async def new_flow(client: Client, name: str = "Story") -> str:
    result = await client.call_tool("createFlow", {"name": name, "text": SIX_NODES})
    assert result.structured_content is not None
    return result.structured_content["flowId"]


async def test_flows_and_node_types_are_listed(client: Client) -> None:
    flow_id = await new_flow(client, "Listed flow")
    resources = (await client.list_resources()).resources
    (flow,) = [each for each in resources if each.uri == f"flow://{flow_id}"]
    assert (flow.name, flow.title, flow.mime_type) == (flow_id, "Listed flow", "text/plain")
    types = [each.uri for each in resources if each.uri.startswith("node-types://")]
    assert types == [f"node-types://{name}" for name in VALID_NODE_TYPES]


async def test_the_shapes_of_uris_are_told(client: Client) -> None:
    templates = (await client.list_resource_templates()).resource_templates
    assert [each.uri_template for each in templates] == ["flow://{flowId}", "node-types://{type}"]


async def test_a_flow_is_read_as_text(client: Client) -> None:
    flow_id = await new_flow(client)
    assert text_of(await client.read_resource(f"flow://{flow_id}")) == ("text/plain", f'flow "Story"\n{SIX_NODES}')


async def test_a_node_type_is_read_as_json_by_its_old_name_too(client: Client) -> None:
    for name in ("ai-logic", "magic", "ai%2Dlogic"):
        mime_type, text = text_of(await client.read_resource(f"node-types://{name}"))
        assert (mime_type, json.loads(text)["type"]) == ("application/json", "ai-logic")


@pytest.mark.parametrize(
    "uri", ["flow://nowhere", "flow://", "node-types://swich", "node-types://", "run://1", "file:///etc/passwd", "x:"]
)
async def test_a_uri_that_names_nothing_is_invalid_params(client: Client, uri: str) -> None:
    with pytest.raises(MCPError) as caught:
        await client.read_resource(uri)
    assert caught.value.code == INVALID_PARAMS
    assert caught.value.error.data == {"uri": uri}


UPDATED = "notifications/resources/updated"
LIST_CHANGED = "notifications/resources/list_changed"


def test_a_client_of_the_handshake_era_subscribes_and_is_told(tmp_path: Path) -> None:
    with Stdio(tmp_path) as client:
        assert client.server["capabilities"]["resources"] == {"subscribe": True, "listChanged": True}

        def edit(flow_id: str) -> None:
            assert not client.call("addNode", flowId=flow_id, type="comment").get("isError")

        for name in ("Heard", "Unheard", "Third"):
            client.call("createFlow", name=name)
        assert client.request("resources/subscribe", uri="flow://heard")["result"] == {}
        edit("unheard")
        edit("heard")
        assert client.updated() == "flow://heard"
        for uri in ("flow://third", "flow://third"):
            client.request("resources/subscribe", uri=uri)
        client.request("resources/unsubscribe", uri="flow://heard")
        edit("heard")
        edit("third")
        assert client.updated() == "flow://third"
        client.request("resources/unsubscribe", uri="flow://third")
        edit("third")
        client.request("resources/subscribe", uri="flow://unheard")
        edit("unheard")
        assert client.updated() == "flow://unheard"


def test_a_client_of_the_handshake_era_is_told_of_a_changed_list_without_asking(tmp_path: Path) -> None:
    with Stdio(tmp_path) as client:
        client.request("resources/subscribe", uri="flow://last")
        client.call("createFlow", name="First")
        client.call("addNode", flowId="first", type="comment")
        client.call("edit", flowId="first", actions=[{"action": "setFlow", "name": "Renamed"}])
        client.call("deleteFlow", flowId="first")
        client.call("createFlow", name="Last")
        while len(client.notifications) < 5:
            client.notifications.append(client.receive())
        told = [message["method"] for message in client.notifications]
        assert told == [LIST_CHANGED, LIST_CHANGED, LIST_CHANGED, UPDATED, LIST_CHANGED]


def test_a_subscription_holds_from_its_answer_on_for_what_others_do(tmp_path: Path) -> None:
    with Stdio(tmp_path) as other:
        other.call("createFlow", name="Story")
        with Stdio(tmp_path) as client:
            # Nothing has made this server open its tools yet.
            client.request("resources/subscribe", uri="flow://story")
            other.call("addNode", flowId="story", type="comment")
            assert client.updated() == "flow://story"


@asynccontextmanager
async def connected(data: Path) -> AsyncGenerator[Client]:
    async with Client(stdio_parameters(data), read_timeout_seconds=PATIENCE) as client:
        yield client


async def test_a_client_of_the_present_era_listens_and_is_told(tmp_path: Path) -> None:
    async with connected(tmp_path) as client:
        heard, unheard = await new_flow(client, "Heard"), await new_flow(client, "Unheard")
        uri = f"flow://{heard}"
        async with client.listen(resource_subscriptions=[uri], resources_list_changed=True) as events:
            with fail_after(PATIENCE):
                for flow_id in (unheard, heard):
                    await client.call_tool("addNode", {"flowId": flow_id, "type": "comment"})
                assert await anext(events) == ResourceUpdated(uri=uri)
                await client.call_tool("deleteFlow", {"flowId": unheard})
                assert await anext(events) == ResourcesListChanged()


async def test_listening_holds_from_its_answer_on_for_what_others_do(tmp_path: Path) -> None:
    async with connected(tmp_path) as other:
        uri = f"flow://{await new_flow(other)}"
        async with connected(tmp_path) as client, client.listen(resource_subscriptions=[uri]) as events:
            await other.call_tool("addNode", {"flowId": "story", "type": "comment"})
            with fail_after(PATIENCE):
                assert await anext(events) == ResourceUpdated(uri=uri)
