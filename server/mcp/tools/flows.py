"""Tools that make, list, show, check and delete flows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import Field

from graph.catalog import brief, describe, full_text
from graph.errors import Refused
from graph.formats.document import write_document
from graph.formats.flowtext import write_flow_text
from graph.formats.mermaid import write_mermaid
from graph.problems import pointer
from graph.registry import find_spec, unknown_type
from server import wire
from server.mcp.arguments import Arguments, Decoded, Name, parse
from server.mcp.tools.base import Tool, answer
from server.wire import compact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_types import CallToolResult

    from server.mcp.tools.base import Caller
    from server.storage.shapes import Stored


class NodeTypesArguments(Arguments):
    """Arguments of `listNodeTypes`."""

    types: Annotated[list[str], Decoded] | None = None


class ListArguments(Arguments):
    """Arguments of `listFlows`."""

    query: Name | None = None


class CreateArguments(Arguments):
    """Arguments of `createFlow`."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    text: str | None = None
    document: Annotated[dict[str, Any], Decoded] | None = None


class GetArguments(Arguments):
    """Arguments of `getFlow`."""

    flow_id: Name
    format: Literal["text", "json", "mermaid"] = "text"


class FlowArguments(Arguments):
    """Arguments of tools that need nothing but a flow."""

    flow_id: Name


async def _list_node_types(_caller: Caller, arguments: Mapping[str, Any]) -> CallToolResult:
    args: NodeTypesArguments = parse(NodeTypesArguments, arguments)
    if not args.types:
        text = brief()
        return answer(wire.NodeTypes(text=text), text)
    specs = {name: find_spec(name) for name in args.types}
    unknown = [
        unknown_type(name, pointer("types", index)) for index, (name, spec) in enumerate(specs.items()) if spec is None
    ]
    if unknown:
        raise Refused(unknown)
    found = [spec for spec in specs.values() if spec is not None]
    return answer(wire.NodeTypes(types=[describe(spec) for spec in found]), "\n\n".join(map(full_text, found)))


async def _list_flows(caller: Caller, arguments: Mapping[str, Any]) -> CallToolResult:
    args: ListArguments = parse(ListArguments, arguments)
    return answer(wire.listed(await caller.workspace.list(args.query)))


async def _create_flow(caller: Caller, arguments: Mapping[str, Any]) -> CallToolResult:
    args: CreateArguments = parse(CreateArguments, arguments)
    created = await caller.workspace.create(
        author=caller.author, name=args.name, text=args.text, document=args.document
    )
    return answer(wire.created(created))


async def _get_flow(caller: Caller, arguments: Mapping[str, Any]) -> CallToolResult:
    args: GetArguments = parse(GetArguments, arguments)

    def view(stored: Stored) -> wire.FlowView:
        text = write_flow_text(stored.flow) if args.format == "text" else None
        document = write_document(stored.flow) if args.format == "json" else None
        mermaid = write_mermaid(stored.flow) if args.format == "mermaid" else None
        return wire.FlowView(flow_id=stored.id, revision=stored.revision, text=text, document=document, mermaid=mermaid)

    found = await caller.workspace.read(args.flow_id, view)
    plain = found.text or found.mermaid
    return answer(found, f"# {found.flow_id} revision {found.revision}\n{plain}" if plain else compact(found.to_wire()))


async def _delete_flow(caller: Caller, arguments: Mapping[str, Any]) -> CallToolResult:
    args: FlowArguments = parse(FlowArguments, arguments)
    await caller.workspace.delete(args.flow_id, author=caller.author)
    return answer(wire.FlowDeleted(flow_id=args.flow_id, deleted=True))


async def _validate_flow(caller: Caller, arguments: Mapping[str, Any]) -> CallToolResult:
    args: FlowArguments = parse(FlowArguments, arguments)
    return answer(wire.validation(await caller.workspace.validate(args.flow_id)))


TOOLS: Final = (
    Tool(
        name="listNodeTypes",
        title="List node types",
        description="All node types with their handles; with types: fields and defaults of those.",
        arguments=NodeTypesArguments,
        answer=wire.NodeTypes,
        run=_list_node_types,
        read_only=True,
    ),
    Tool(
        name="listFlows",
        title="List flows",
        description="Flows, last changed first; query searches id and name.",
        arguments=ListArguments,
        answer=wire.FlowList,
        run=_list_flows,
        read_only=True,
    ),
    Tool(
        name="createFlow",
        title="Create flow",
        description="New flow: empty, from text, or from a React Flow/Composer document."
        ' Text has a line per node, `id type "Label" key=value` (label, values optional),'
        " and per edge, `a -> b` or `a.handle -> b.handle`.",
        arguments=CreateArguments,
        answer=wire.FlowCreated,
        run=_create_flow,
    ),
    Tool(
        name="getFlow",
        title="Read flow",
        description="A flow as text, json or mermaid.",
        arguments=GetArguments,
        answer=wire.FlowView,
        run=_get_flow,
        read_only=True,
    ),
    Tool(
        name="deleteFlow",
        title="Delete flow",
        description="Delete a flow.",
        arguments=FlowArguments,
        answer=wire.FlowDeleted,
        run=_delete_flow,
        destructive=True,
    ),
    Tool(
        name="validateFlow",
        title="Validate flow",
        description="All problems of a flow, and whether it can run.",
        arguments=FlowArguments,
        answer=wire.Validation,
        run=_validate_flow,
        read_only=True,
    ),
)
