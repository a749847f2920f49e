"""Prompts: what a person picks from a menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS

from graph.registry import VALID_NODE_TYPES
from tests.doors import SIX_NODES

if TYPE_CHECKING:
    from mcp import Client

pytestmark = pytest.mark.anyio


async def text_of(client: Client, prompt: str, /, **arguments: str) -> str:
    (message,) = (await client.get_prompt(prompt, arguments)).messages
    assert message.role == "user"
    assert message.content.type == "text"
    return message.content.text


async def new_flow(client: Client, text: str) -> str:
    result = await client.call_tool("createFlow", {"name": "Story", "text": text})
    assert result.structured_content is not None
    return result.structured_content["flowId"]


async def test_the_prompts_and_their_arguments_are_told(client: Client) -> None:
    prompts = (await client.list_prompts()).prompts
    told = {each.name: {argument.name: argument.required for argument in each.arguments or ()} for each in prompts}
    assert told == {
        "build-flow": {"goal": True, "name": False},
        "fix-flow": {"flowId": True},
        "voice-agent": {"flowId": True, "persona": True},
    }
    assert all(each.title and each.description for each in prompts)


async def test_building_is_asked_for_with_the_node_types(client: Client) -> None:
    text = await text_of(client, "build-flow", goal="tell {stories} of {cats}", name="Cats")
    assert "tell {stories} of {cats}" in text
    assert "'Cats'" in text
    assert all(name in text for name in VALID_NODE_TYPES)
    assert "called" not in await text_of(client, "build-flow", goal="x")


async def test_mending_is_asked_for_with_the_flow_and_its_problems(client: Client) -> None:
    flow_id = await new_flow(client, "writer text-generation\n")
    text = await text_of(client, "fix-flow", flowId=flow_id)
    assert "writer text-generation" in text
    assert "required-input-missing" in text
    sound = await new_flow(client, SIX_NODES)
    assert SIX_NODES in await text_of(client, "fix-flow", flowId=sound)


async def test_what_a_flow_says_is_data_and_fills_no_slot(client: Client) -> None:
    flow_id = await new_flow(client, 'topic text-input inputValue="{persona} {0} {flowId!r}"\n')
    text = await text_of(client, "voice-agent", flowId=flow_id, persona="a {baker}")
    assert "{persona} {0} {flowId!r}" in text
    assert "a {baker}" in text


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("bild-flow", {}, "build-flow"),
        ("", {}, "build-flow"),
        ("build-flow", {}, "goal"),
        ("build-flow", {"goal": ""}, "goal"),
        ("build-flow", {"goal": "x", "gaol": "y"}, "goal, name"),
        ("fix-flow", {"flowId": "nowhere"}, "there is no flow 'nowhere'"),
        ("voice-agent", {"flowId": "nowhere"}, "persona"),
    ],
)
async def test_a_prompt_that_cannot_be_given_is_invalid_params(
    client: Client, name: str, arguments: dict[str, str], told: str
) -> None:
    with pytest.raises(MCPError) as caught:
        await client.get_prompt(name, arguments)
    assert caught.value.code == INVALID_PARAMS
    assert told in caught.value.message
