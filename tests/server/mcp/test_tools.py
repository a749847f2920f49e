"""The tools: what they answer, what they refuse, and that both are what their definitions say."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from graph.registry import VALID_NODE_TYPES
from server.mcp.toolbox import TOOLS
from tests.doors import SIX_NODES

if TYPE_CHECKING:
    from mcp import Client
    from mcp_types import CallToolResult, Tool

pytestmark = pytest.mark.anyio

EDITING = ("addNode", "connect", "configure", "remove", "edit", "undo")
READ_ONLY = {"listNodeTypes", "listFlows", "getFlow", "validateFlow"}
DESTRUCTIVE = {"remove", "edit", "undo", "deleteFlow"}


def text_of(result: CallToolResult) -> str:
    (block,) = result.content
    assert block.type == "text"
    return block.text


def check(tool: Tool, content: Any) -> None:
    """Hold a structured answer to the schema that clients were given."""
    Draft202012Validator(tool.output_schema or {}).validate(content)  # pyright: ignore[reportUnknownMemberType]


async def definitions(client: Client) -> dict[str, Tool]:
    return {tool.name: tool for tool in (await client.list_tools()).tools}


async def do(client: Client, name: str, /, **arguments: Any) -> dict[str, Any]:
    """Call a tool that must succeed: its answer, which is what its schema promises."""
    result = await client.call_tool(name, arguments)
    assert not result.is_error, text_of(result)
    check(TOOLS[name].definition, result.structured_content)
    return result.structured_content or {}


async def refused(client: Client, name: str, /, **arguments: Any) -> list[dict[str, Any]]:
    """Call a tool that must refuse: the problems that it tells, as text and as data."""
    result = await client.call_tool(name, arguments)
    assert result.is_error, text_of(result)
    told = json.loads(text_of(result))
    if result.structured_content is not None:
        check(TOOLS[name].definition, result.structured_content)
        assert result.structured_content["applied"] is False
        assert told["applied"] is False
        assert told["revision"] == result.structured_content["revision"]
        whole = result.structured_content["problems"]
        for short, full in zip(told["problems"], whole, strict=True):
            assert short.items() <= full.items()
    return told["problems"]


async def new_flow(client: Client) -> str:
    return (await do(client, "createFlow", name="Story", text=SIX_NODES))["flowId"]


async def state(client: Client, flow_id: str) -> dict[str, Any]:
    return await do(client, "getFlow", flowId=flow_id, format="json")


async def test_the_tools_are_these_in_this_order(client: Client) -> None:
    first, second = await client.list_tools(), await client.list_tools()
    assert [tool.name for tool in first.tools] == [
        *("listNodeTypes", "listFlows", "createFlow", "getFlow", "deleteFlow", "validateFlow"),
        *EDITING,
    ]
    assert first.tools == second.tools


async def test_every_definition_is_one_that_all_hosts_take(client: Client) -> None:
    for tool in (await definitions(client)).values():
        assert re.fullmatch(r"[a-zA-Z0-9_-]{1,48}", tool.name)
        assert tool.description
        assert tool.title
        for schema in (tool.input_schema, tool.output_schema or {}):
            Draft202012Validator.check_schema(schema)
            assert schema["type"] == "object"
            assert not {"oneOf", "anyOf", "allOf", "not", "enum"} & set(schema)
            assert set(schema.get("required", ())) <= set(schema["properties"])
            assert "$ref" not in json.dumps(schema)


async def test_every_tool_says_what_it_does_to_the_world(client: Client) -> None:
    for name, tool in (await definitions(client)).items():
        notes = tool.annotations
        assert notes is not None
        assert notes.read_only_hint is (name in READ_ONLY)
        assert notes.destructive_hint is (name in DESTRUCTIVE)
        assert notes.open_world_hint is False
        assert notes.idempotent_hint is (name in READ_ONLY or name == "configure")


async def test_node_types_in_brief_and_in_full(client: Client) -> None:
    brief = await client.call_tool("listNodeTypes", {})
    assert (brief.structured_content or {})["text"] == text_of(brief)
    assert all(name in text_of(brief) for name in VALID_NODE_TYPES)
    full = await do(client, "listNodeTypes", types=["switch", "magic"])
    assert [each["type"] for each in full["types"]] == ["switch", "ai-logic"]
    (problem,) = await refused(client, "listNodeTypes", types=["switch", "swich"])
    assert (problem["code"], problem["path"], problem["hint"]) == ("unknown-node-type", "/types/1", "switch")


async def test_a_flow_is_made_found_read_checked_and_deleted(client: Client) -> None:
    flow_id = (await do(client, "createFlow", name="Lonely Planet", text=SIX_NODES))["flowId"]
    (listed,) = (await do(client, "listFlows", query="LONELY"))["flows"]
    assert (listed["flowId"], listed["name"], listed["revision"]) == (flow_id, "Lonely Planet", 1)
    assert await do(client, "validateFlow", flowId=flow_id) == {"ok": True, "runnable": True, "problems": []}
    assert await do(client, "deleteFlow", flowId=flow_id) == {"flowId": flow_id, "deleted": True}
    (problem,) = await refused(client, "getFlow", flowId=flow_id)
    assert problem["code"] == "unknown-flow"


async def test_an_empty_flow_can_be_read_in_every_form(client: Client) -> None:
    flow_id = (await do(client, "createFlow", name="Nothing"))["flowId"]
    assert (await do(client, "getFlow", flowId=flow_id))["text"] == 'flow "Nothing"\n'
    assert (await do(client, "getFlow", flowId=flow_id, format="mermaid"))["mermaid"].startswith("flowchart LR")
    assert (await state(client, flow_id))["document"]["nodes"] == []
    assert (await do(client, "validateFlow", flowId=flow_id))["runnable"] is False


async def test_a_flow_is_read_in_three_forms_that_say_the_same_as_the_text(client: Client) -> None:
    flow_id = await new_flow(client)
    for form, key in (("text", "text"), ("mermaid", "mermaid")):
        result = await client.call_tool("getFlow", {"flowId": flow_id, "format": form})
        assert result.structured_content is not None
        assert text_of(result) == f"# {flow_id} revision 1\n{result.structured_content[key]}"
    result = await client.call_tool("getFlow", {"flowId": flow_id, "format": "json"})
    assert json.loads(text_of(result)) == result.structured_content


async def test_a_document_is_imported_and_exported(client: Client) -> None:
    flow_id = await new_flow(client)
    document = (await state(client, flow_id))["document"]
    for sent in (document, json.dumps(document)):
        copied = await do(client, "createFlow", name="Story", document=sent)
        again = (await state(client, copied["flowId"]))["document"]
        assert (again["nodes"], again["edges"], copied["problems"]) == (document["nodes"], document["edges"], [])


async def test_single_edits_answer_with_what_changed(client: Client) -> None:
    flow_id = await new_flow(client)
    added = await do(client, "addNode", flowId=flow_id, type="text-input", id="byline", data={"inputValue": "me"})
    assert added == {
        "flowId": flow_id,
        "revision": 2,
        "applied": True,
        "changes": ["+byline text-input"],
        "problems": [],
    }
    joined = await do(client, "connect", flowId=flow_id, source="byline", target="editor", targetHandle="system")
    assert joined["changes"] == ["+byline>editor.system"]
    changed = await do(client, "configure", flowId=flow_id, nodeId="byline", data={"inputValue": "you"})
    assert changed["changes"] == ["~byline.inputValue"]
    assert (await do(client, "remove", flowId=flow_id, edgeId="editor.system"))["changes"] == ["-byline>editor.system"]
    assert (await do(client, "remove", flowId=flow_id, nodeId="byline"))["changes"] == ["-byline"]


async def test_the_text_of_an_edit_says_the_same_as_its_data(client: Client) -> None:
    flow_id = await new_flow(client)
    result = await client.call_tool("addNode", {"flowId": flow_id, "type": "text-generation", "id": "critic"})
    whole: dict[str, Any] = result.structured_content or {}
    told = json.loads(text_of(result))
    assert {key: told[key] for key in told if key != "problems"} == {
        key: whole[key] for key in whole if key != "problems"
    }
    assert [problem["code"] for problem in told["problems"]] == ["required-input-missing"]
    for short, full in zip(told["problems"], whole["problems"], strict=True):
        assert short.items() <= full.items()
    assert len(text_of(result)) < 240


async def test_a_batch_lands_whole(client: Client) -> None:
    flow_id = await new_flow(client)
    actions = [
        {"action": "insertBetween", "edgeId": "final.string", "type": "string-combine", "id": "signed"},
        {"action": "addNode", "type": "text-input", "id": "byline"},
        {"action": "connect", "source": "byline", "target": "signed", "targetHandle": "input2"},
    ]
    tried = await do(client, "edit", flowId=flow_id, actions=actions, dryRun=True)
    assert (tried["applied"], tried["dryRun"], tried["revision"]) == (False, True, 1)
    landed = await do(client, "edit", flowId=flow_id, actions=json.dumps(actions), reason="sign")
    assert (landed["applied"], landed["revision"], landed["changes"]) == (True, 2, tried["changes"])


async def test_undo_and_redo(client: Client) -> None:
    flow_id = await new_flow(client)
    before = (await state(client, flow_id))["document"]
    await do(client, "addNode", flowId=flow_id, type="comment", id="c1")
    after = (await state(client, flow_id))["document"]
    assert (await do(client, "undo", flowId=flow_id))["changes"] == ["-c1"]
    assert (await state(client, flow_id))["document"] == before
    assert (await do(client, "undo", flowId=flow_id, redo=True))["changes"] == ["+c1 comment"]
    assert (await state(client, flow_id))["document"] == after
    (problem,) = await refused(client, "undo", flowId=flow_id, author="nobody")
    assert problem["message"] == "there is nothing by 'nobody' to undo"


async def test_an_edit_is_by_the_client_that_made_it(client: Client) -> None:
    flow_id = await new_flow(client)
    await do(client, "addNode", flowId=flow_id, type="comment", id="c1")
    assert await do(client, "undo", flowId=flow_id, author=client.client_info.name if client.client_info else "mcp")


@pytest.mark.parametrize(
    ("tool", "arguments", "expected"),
    [
        ("addNode", {"type": "text-inptu"}, ("unknown-node-type", "/type", "text-input")),
        ("addNode", {"type": "comment", "id": "topic"}, ("duplicate-node-id", "/id", "topic-2")),
        ("addNode", {"type": "comment", "id": "a b"}, ("invalid-node-id", "/id", "a-b")),
        ("addNode", {"type": "comment", "data": {"colour": "red"}}, ("unknown-field", "/data/colour", "color")),
        ("addNode", {}, ("missing-field", "/type", None)),
        ("connect", {"source": "tpoic", "target": "editor"}, ("unknown-node", "/source", "topic")),
        (
            "connect",
            {"source": "topic", "target": "editor", "targetHandle": "promt"},
            ("unknown-target-handle", "/targetHandle", "prompt"),
        ),
        ("connect", {"source": "topic"}, ("missing-field", "/target", None)),
        (
            "configure",
            {"nodeId": "writer", "data": {"verbosity": "lowest"}},
            ("invalid-value", "/data/verbosity", "low"),
        ),
        ("configure", {"nodeId": "writer", "data": 7}, ("invalid-value", "/data", None)),
        ("configure", {"nodeId": "writer"}, ("missing-field", "/data", None)),
        ("remove", {"nodeId": "wrtier"}, ("unknown-node", "/nodeId", "writer")),
        ("remove", {"edgeId": "editor.promt"}, ("unknown-edge", "/edgeId", "editor.prompt")),
        ("edit", {"actions": [{"action": "addNod"}]}, ("invalid-value", "/actions/0/action", "addNode")),
        ("undo", {}, ("invalid-value", "/steps", None)),
    ],
)
async def test_an_edit_that_would_break_the_flow_is_refused_with_the_nearest(
    client: Client, tool: str, arguments: dict[str, Any], expected: tuple[str, str, str | None]
) -> None:
    flow_id = await new_flow(client)
    before = await state(client, flow_id)
    problem = (await refused(client, tool, flowId=flow_id, **arguments))[0]
    assert (problem["code"], problem["path"], problem.get("hint")) == expected
    result = await client.call_tool(tool, {"flowId": flow_id, **arguments})
    assert result.structured_content is not None
    assert {key: result.structured_content[key] for key in ("flowId", "revision", "applied", "changes")} == {
        "flowId": flow_id,
        "revision": 1,
        "applied": False,
        "changes": [],
    }
    assert await state(client, flow_id) == before


async def test_a_stale_edit_is_rebased_or_told_both_values(client: Client) -> None:
    flow_id = await new_flow(client)
    await do(client, "configure", flowId=flow_id, nodeId="topic", data={"inputValue": "a dog"})
    rebased = await do(client, "configure", flowId=flow_id, nodeId="style", data={"inputValue": "pop"}, baseRevision=1)
    assert (rebased["rebased"], rebased["revision"]) == (True, 3)
    stale = {"nodeId": "topic", "data": {"inputValue": "a fish"}, "baseRevision": 1}
    (problem,) = await refused(client, "configure", flowId=flow_id, **stale)
    assert (problem["code"], problem["hint"]) == ("revision-conflict", "'a dog'")
    assert "'a fish' (yours), 'a dog' (revision 2 by " in problem["message"]


@pytest.mark.parametrize("tool", [name for name, tool in TOOLS.items() if "flowId" in str(tool.definition)])
async def test_a_flow_that_does_not_exist_is_answered_with_the_nearest(client: Client, tool: str) -> None:
    if tool in ("createFlow", "listFlows"):
        return
    flow_id = await new_flow(client)
    needed: dict[str, dict[str, Any]] = {
        "addNode": {"type": "comment"},
        "connect": {"source": "a", "target": "b"},
        "configure": {"nodeId": "a", "data": {}},
        "remove": {"nodeId": "a"},
        "edit": {"actions": []},
    }
    problem = (await refused(client, tool, flowId=f"{flow_id}x", **needed.get(tool, {})))[0]
    assert (problem["code"], problem["path"]) == ("unknown-flow", "/flowId")
    assert problem["hint"].startswith("story")


@pytest.mark.parametrize("tool", TOOLS)
async def test_an_unknown_argument_is_refused_and_not_dropped(client: Client, tool: str) -> None:
    known = next(iter(TOOLS[tool].definition.input_schema["properties"]))
    problems = await refused(client, tool, **{known + "s2": "x"})
    (unknown,) = [problem for problem in problems if problem["code"] == "unknown-field"]
    assert unknown["path"] == f"/{known}s2"
    assert unknown["hint"] == known


@pytest.mark.parametrize("tool", [name for name in TOOLS if TOOLS[name].definition.input_schema.get("required")])
async def test_a_missing_argument_is_named(client: Client, tool: str) -> None:
    problems = await refused(client, tool)
    required = TOOLS[tool].definition.input_schema["required"]
    assert {problem["path"] for problem in problems if problem["code"] == "missing-field"} <= {
        f"/{name}" for name in required
    }
    assert problems


@pytest.mark.parametrize("wrong", [7, True, ["x"], {"x": 1}, 1.5])
@pytest.mark.parametrize(("tool", "argument"), [("getFlow", "flowId"), ("createFlow", "name"), ("edit", "flowId")])
async def test_an_argument_of_the_wrong_type_is_refused_without_a_lecture(
    client: Client, tool: str, argument: str, wrong: object
) -> None:
    problems = await refused(client, tool, **{argument: wrong})
    (problem,) = [each for each in problems if each["path"] == f"/{argument}"]
    assert problem["code"] == "invalid-value"
    assert "pydantic" not in json.dumps(problems)


@pytest.mark.parametrize("flag", ["yes", 1, "true"])
async def test_a_flag_is_true_or_false_and_nothing_like_it(client: Client, flag: object) -> None:
    problems = await refused(client, "edit", flowId="x", actions=[], dryRun=flag)
    assert problems[0]["path"] == "/dryRun"


async def test_objects_sent_as_text_are_read(client: Client) -> None:
    flow_id = await new_flow(client)
    data, position = '{"inputValue": "x"}', '{"x": 5000, "y": 1}'
    await do(client, "addNode", flowId=flow_id, type="text-input", id="n1", data=data, position=position)
    (node,) = [each for each in (await state(client, flow_id))["document"]["nodes"] if each["id"] == "n1"]
    assert (node["data"]["inputValue"], node["position"]) == ("x", {"x": 5000, "y": 1})
    assert (await do(client, "listNodeTypes", types='["switch"]'))["types"][0]["type"] == "switch"
    (problem,) = await refused(client, "configure", flowId=flow_id, nodeId="n1", data='{"inputValue": ')
    assert (problem["code"], problem["path"]) == ("syntax-error", "/data")


async def test_nulls_are_as_good_as_absent_arguments(client: Client) -> None:
    flow_id = await new_flow(client)
    landed = await do(client, "addNode", flowId=flow_id, type="comment", id=None, data=None, baseRevision=None)
    assert landed["changes"] == ["+comment comment"]


@pytest.mark.parametrize("name", ["addNod", "", "add node", "x" * 5000, "☃"])
async def test_an_unknown_tool_is_an_error_that_names_the_tools(client: Client, name: str) -> None:
    result = await client.call_tool(name, {})
    assert result.is_error
    told = json.loads(text_of(result))
    assert told["error"].startswith("there is no tool ")
    assert "addNode" in told["hint"]
    assert len(text_of(result)) < 500
