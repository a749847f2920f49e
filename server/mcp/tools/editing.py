"""Tools that change a flow."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import Field

from graph.actions import ACTIONS, ActionList, parse_action, parse_actions
from graph.errors import Refused
from graph.problems import Problem
from server.mcp.arguments import Arguments, Decoded, Name, Target, parse, read_strings, small_schema, unknown_argument
from server.mcp.tools.base import Tool, edit_answer, refusal
from server.storage.shapes import Edit, Revert
from server.wire import EditResult, edit_result, refused_result

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_types import CallToolResult

    from graph.actions import Batch
    from server.mcp.tools.base import Caller

_TARGET: Final = ("flowId", "baseRevision")


class EditArguments(Target):
    """Arguments of `edit`."""

    actions: Annotated[list[Any], Decoded]
    dry_run: bool = False
    reason: Annotated[str, Field(max_length=500)] | None = None


class UndoArguments(Arguments):
    """Arguments of `undo`."""

    flow_id: Name
    steps: Annotated[int, Field(ge=1, le=1000)] = 1
    author: Name | None = None
    revision: int | None = None
    redo: bool = False


class RemoveArguments(Target):
    """Arguments of `remove`."""

    node_id: str | None = None
    edge_id: str | None = None


async def _carry_out(caller: Caller, edit: Edit) -> CallToolResult:
    landed = await caller.workspace.edit(edit)
    return edit_answer(edit_result(landed, dry_run=edit.dry_run))


async def refuse_edit(caller: Caller, flow_id: str, refused: Refused) -> CallToolResult:
    """The answer to a refused edit, with the revision that the flow still has."""
    try:
        revision = await caller.workspace.read(flow_id, lambda stored: stored.revision)
    except Refused:
        # There is no flow that could still have a revision.
        return refusal(refused, applied=False)
    return edit_answer(refused_result(flow_id, revision, refused.problems))


def _single(name: str) -> Any:
    """Runs one action whose fields are the tool's arguments."""

    async def run(caller: Caller, arguments: Mapping[str, Any]) -> CallToolResult:
        target, batch = _split(name, arguments)
        edit = Edit(flow_id=target.flow_id, batch=batch, author=caller.author, base_revision=target.base_revision)
        return await _carry_out(caller, edit)

    return run


def _split(name: str, arguments: Mapping[str, Any]) -> tuple[Target, Batch]:
    fields = [info.alias or key for key, info in ACTIONS[name].model_fields.items() if key != "action"]
    own = {key: value for key, value in arguments.items() if key in _TARGET}
    rest, unreadable = read_strings({k: v for k, v in arguments.items() if k in fields}, ("data", "position"))
    strangers = [
        unknown_argument(key, [*_TARGET, *fields])
        for key, value in arguments.items()
        if value is not None and key not in own and key not in fields
    ]
    batch = parse_action(name, rest)
    # What could not be read is not missing.
    told = {problem.path for problem in unreadable}
    malformed = [problem for problem in batch.problems if problem.path not in told]
    batch = replace(batch, problems=(*strangers, *unreadable, *malformed))
    try:
        return parse(Target, own), batch
    except Refused as refused:
        raise Refused([*refused.problems, *batch.problems]) from None


def _single_schema(name: str) -> Any:
    def schema() -> dict[str, Any]:
        target = small_schema(Target)
        action = small_schema(
            ACTIONS[name], without=("action", "parentId", "id") if name == "connect" else ("action", "parentId")
        )
        properties = {"flowId": target["properties"]["flowId"], **action["properties"]}
        properties["baseRevision"] = target["properties"]["baseRevision"]
        return {"type": "object", "properties": properties, "required": ["flowId", *action.get("required", [])]}

    return schema


def _edit_schema() -> dict[str, Any]:
    schema = small_schema(EditArguments)
    shapes = small_schema(_ActionsHolder)["properties"]["actions"]
    for shape in shapes["items"]["anyOf"]:
        # The name first: it decides how the rest is read.
        shape["required"] = ["action", *shape.get("required", [])]
        del shape["type"]
    schema["properties"]["actions"] = shapes
    return schema


class _ActionsHolder(Arguments):
    actions: ActionList


async def _edit(caller: Caller, arguments: Mapping[str, Any]) -> CallToolResult:
    args: EditArguments = parse(EditArguments, arguments)
    edit = Edit(
        flow_id=args.flow_id,
        batch=parse_actions(args.actions),
        author=caller.author,
        reason=args.reason,
        base_revision=args.base_revision,
        dry_run=args.dry_run,
    )
    return await _carry_out(caller, edit)


async def _remove(caller: Caller, arguments: Mapping[str, Any]) -> CallToolResult:
    args: RemoveArguments = parse(RemoveArguments, arguments)
    if (args.node_id is None) == (args.edge_id is None):
        raise Refused([Problem(code="missing-field", path="/nodeId", message="give nodeId or edgeId, one of them")])
    if args.node_id is not None:
        batch = parse_action("removeNode", {"nodeId": args.node_id})
    else:
        batch = parse_action("disconnect", {"edgeId": args.edge_id})
    edit = Edit(flow_id=args.flow_id, batch=batch, author=caller.author, base_revision=args.base_revision)
    return await _carry_out(caller, edit)


async def _undo(caller: Caller, arguments: Mapping[str, Any]) -> CallToolResult:
    args: UndoArguments = parse(UndoArguments, arguments)
    request = Revert(
        flow_id=args.flow_id,
        author=caller.author,
        of_author=args.author,
        steps=args.steps,
        revision=args.revision,
        redo=args.redo,
    )
    landed = await caller.workspace.revert(request)
    return edit_answer(edit_result(landed))


TOOLS: Final = (
    Tool(
        name="addNode",
        title="Add node",
        description="Add a node. Omitted data takes defaults, id comes from the label, position from neighbours.",
        arguments=Target,
        schema=_single_schema("addNode"),
        answer=EditResult,
        run=_single("addNode"),
    ),
    Tool(
        name="connect",
        title="Connect",
        description="Add an edge between ports of one type. Handles may be omitted when one pair fits."
        " replace: take over an occupied input.",
        arguments=Target,
        schema=_single_schema("connect"),
        answer=EditResult,
        run=_single("connect"),
    ),
    Tool(
        name="configure",
        title="Configure node",
        description="Merge data into a node's (JSON merge patch; null removes).",
        arguments=Target,
        schema=_single_schema("configure"),
        answer=EditResult,
        run=_single("configure"),
        idempotent=True,
    ),
    Tool(
        name="remove",
        title="Remove",
        description="Remove a node with its edges, or an edge (edgeId, or node.inputHandle).",
        arguments=RemoveArguments,
        answer=EditResult,
        run=_remove,
        destructive=True,
    ),
    Tool(
        name="edit",
        title="Edit",
        description="Several actions at once, all or nothing. dryRun: check only.",
        arguments=EditArguments,
        schema=_edit_schema,
        answer=EditResult,
        run=_edit,
        destructive=True,
    ),
    Tool(
        name="undo",
        title="Undo",
        description="Undo (or redo) the last edits, of one author if given, or one revision.",
        arguments=UndoArguments,
        answer=EditResult,
        run=_undo,
        destructive=True,
    ),
)
