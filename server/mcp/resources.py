"""Resources: flows and node types to be read by URI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    ListResourcesResult,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    TextResourceContents,
)

from graph.catalog import describe
from graph.errors import Refused
from graph.formats.flowtext import write_flow_text
from graph.registry import NODE_SPECS, find_spec
from server.wire import compact

if TYPE_CHECKING:
    from server.workspace import Workspace

FLOW: Final = "flow://"
NODE_TYPE: Final = "node-types://"


class Resources:
    """What can be read without calling a tool."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    async def list(self, cursor: str | None = None) -> ListResourcesResult:
        """Node types and flows, the last changed first; `cursor` is what the page before gave.

        Raises:
            MCPError: invalid params, for a cursor that no page gave.
        """
        if cursor is not None and not (cursor.isascii() and cursor.isdigit()):
            raise MCPError(code=INVALID_PARAMS, message="this cursor is not one of ours")
        offset = int(cursor[:9]) if cursor else 0
        listing = await self._workspace.list(offset=offset)
        flows = [
            Resource(uri=f"{FLOW}{flow.id}", name=flow.id, title=flow.name, mime_type="text/plain")
            for flow in listing.flows
        ]
        seen = offset + len(flows)
        more = str(seen) if flows and seen < listing.total else None
        return ListResourcesResult(resources=flows if cursor else [*_node_types(), *flows], next_cursor=more)

    def templates(self) -> list[ResourceTemplate]:
        """The shapes of the URIs."""
        return [
            ResourceTemplate(
                uri_template=FLOW + "{flowId}", name="flow", title="A flow as text", mime_type="text/plain"
            ),
            ResourceTemplate(
                uri_template=NODE_TYPE + "{type}", name="node-type", title="A node type", mime_type="application/json"
            ),
        ]

    async def read(self, uri: str) -> ReadResourceResult:
        """The resource's contents.

        Raises:
            MCPError: invalid params, for a URI that names nothing.
        """
        try:
            if uri.startswith(FLOW):
                flow_id = unquote(uri.removeprefix(FLOW))
                text = await self._workspace.read(flow_id, lambda stored: write_flow_text(stored.flow))
                return _text(uri, text, "text/plain")
            spec = find_spec(unquote(uri.removeprefix(NODE_TYPE))) if uri.startswith(NODE_TYPE) else None
        except Refused as refused:
            raise _not_found(uri, str(refused)) from None
        if spec is None:
            raise _not_found(uri, "there is no such resource")
        return _text(uri, compact(describe(spec)), "application/json")


def _node_types() -> list[Resource]:
    return [
        Resource(
            uri=f"{NODE_TYPE}{spec.type}",
            name=spec.type,
            title=spec.label,
            description=spec.summary,
            mime_type="application/json",
        )
        for spec in NODE_SPECS.values()
    ]


def _text(uri: str, text: str, mime_type: str) -> ReadResourceResult:
    return ReadResourceResult(contents=[TextResourceContents(uri=uri, text=text, mime_type=mime_type)])


def _not_found(uri: str, message: str) -> MCPError:
    return MCPError(code=INVALID_PARAMS, message=message, data={"uri": uri})
