"""Everything behind the protocol: tools, resources, prompts, completion, on one workspace."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from mcp_types import CallToolResult, CompleteRequestParams, CompleteResult, Completion, TextContent

from graph.errors import GraphError, Refused
from graph.problems import nearest_or_all
from server.errors import ServerError
from server.mcp.completion import complete
from server.mcp.prompts import Prompts
from server.mcp.resources import Resources
from server.mcp.tools import editing, flows
from server.mcp.tools.base import Caller, refusal
from server.wire import EditResult, compact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_types import Tool as Definition

    from server.mcp.tools.base import Tool
    from server.workspace import Workspace

logger = logging.getLogger(__name__)

TOOLS = {tool.name: tool for tool in (*flows.TOOLS, *editing.TOOLS)}


class Toolbox:
    """Answers for one workspace. Closing it closes the workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.resources = Resources(workspace)
        self.prompts = Prompts(workspace)

    def definitions(self) -> list[Definition]:
        """The tools, always in the same order."""
        return [tool.definition for tool in TOOLS.values()]

    async def call(self, name: str, arguments: Mapping[str, Any], *, author: str) -> CallToolResult:
        """Run a tool. Whatever goes wrong is an answer that a model can act on; a crash tells nothing of itself."""
        tool = TOOLS.get(name)
        if tool is None:
            return _failed(f"there is no tool {name[:80]!r}", nearest_or_all(name, TOOLS, most=30))
        try:
            return await _run(tool, Caller(self.workspace, author), arguments)
        except (GraphError, ServerError) as error:
            return _failed(str(error))
        except Exception:
            logger.exception("tool %s crashed", name)
            return _failed("internal error; the server's log has the details")

    async def complete(self, params: CompleteRequestParams) -> CompleteResult:
        """Values for an argument that is being typed."""
        values = await complete(self.workspace, params)
        shown = values[:100]
        return CompleteResult(completion=Completion(values=shown, total=len(values), has_more=len(values) > len(shown)))

    async def close(self) -> None:
        """Close the workspace. Idempotent."""
        await self.workspace.close()


async def _run(tool: Tool, caller: Caller, arguments: Mapping[str, Any]) -> CallToolResult:
    try:
        return await tool.run(caller, arguments)
    except Refused as refused:
        flow_id = arguments.get("flowId")
        if tool.answer is EditResult and isinstance(flow_id, str):
            return await editing.refuse_edit(caller, flow_id, refused)
        return refusal(refused)


def _failed(message: str, hint: str | None = None) -> CallToolResult:
    body = {"error": message} | ({"hint": hint} if hint else {})
    return CallToolResult(content=[TextContent(text=compact(body))], is_error=True)
