"""Completion of arguments: flow ids, node types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph.registry import VALID_NODE_TYPES

if TYPE_CHECKING:
    from mcp_types import CompleteRequestParams

    from server.workspace import Workspace


async def complete(workspace: Workspace, params: CompleteRequestParams) -> list[str]:
    """Values that begin with, or else contain, what was typed; none for arguments nobody knows."""
    typed = params.argument.value.lower()
    match params.argument.name:
        case "flowId":
            options = [flow.id for flow in (await workspace.list(params.argument.value or None)).flows]
        case "type":
            options = list(VALID_NODE_TYPES)
        case _:
            return []
    beginning = [option for option in options if option.lower().startswith(typed)]
    return beginning + [option for option in options if typed in option.lower() and option not in beginning]
