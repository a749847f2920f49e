"""Completion of what is being typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from mcp_types import PromptReference, ResourceTemplateReference

from graph.registry import VALID_NODE_TYPES

if TYPE_CHECKING:
    from mcp import Client

pytestmark = pytest.mark.anyio

FLOW = ResourceTemplateReference(uri="flow://{flowId}")
NODE_TYPE = ResourceTemplateReference(uri="node-types://{type}")
FIX = PromptReference(name="fix-flow")


async def values(
    client: Client, ref: ResourceTemplateReference | PromptReference, argument: str, typed: str
) -> list[str]:
    return (await client.complete(ref, {"name": argument, "value": typed})).completion.values


async def test_node_types_are_completed_those_that_begin_so_first(client: Client) -> None:
    assert await values(client, NODE_TYPE, "type", "") == list(VALID_NODE_TYPES)[:100]
    found = await values(client, NODE_TYPE, "type", "INPUT")
    assert set(found) == {name for name in VALID_NODE_TYPES if "input" in name}
    assert (await values(client, NODE_TYPE, "type", "text"))[0].startswith("text")
    assert await values(client, NODE_TYPE, "type", "zebra") == []


async def test_flows_are_completed_for_templates_and_prompts(client: Client) -> None:
    for name in ("Moon", "Half Moon"):
        await client.call_tool("createFlow", {"name": name})
    for ref in (FLOW, FIX):
        assert await values(client, ref, "flowId", "moon") == ["moon", "half-moon"]


async def test_more_than_a_hundred_values_are_cut_and_counted(client: Client) -> None:
    for _ in range(110):
        await client.call_tool("createFlow", {"name": "Many"})
    found = (await client.complete(FLOW, {"name": "flowId", "value": "many"})).completion
    assert (len(found.values), found.total, found.has_more) == (100, 110, True)


async def test_an_argument_that_nobody_knows_has_no_values(client: Client) -> None:
    assert await values(client, FIX, "colour", "r") == []
