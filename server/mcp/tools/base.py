"""What a tool is: a name, a few words, arguments, an answer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mcp_types import CallToolResult, TextContent, ToolAnnotations
from mcp_types import Tool as Definition

from server.mcp.arguments import small_schema
from server.wire import EditResult, compact, problems_to_wire

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from graph.errors import Refused
    from server.mcp.arguments import Arguments
    from server.wire import Wire
    from server.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Caller:
    """On whose behalf a tool runs, and on what."""

    workspace: Workspace
    author: str


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A tool as this program has it; `definition` is what a client sees."""

    name: str
    title: str
    description: str
    arguments: type[Arguments]
    answer: type[Wire]
    run: Callable[[Caller, Mapping[str, Any]], Awaitable[CallToolResult]]
    schema: Callable[[], dict[str, Any]] | None = None
    """Makes the input schema where it is more than that of `arguments`."""
    read_only: bool = False
    destructive: bool = False
    idempotent: bool = False

    @cached_property
    def definition(self) -> Definition:
        return Definition(
            name=self.name,
            title=self.title,
            description=self.description,
            input_schema=self.schema() if self.schema else small_schema(self.arguments),
            output_schema=small_schema(self.answer),
            annotations=ToolAnnotations(
                title=self.title,
                read_only_hint=self.read_only,
                destructive_hint=self.destructive,
                idempotent_hint=self.idempotent or self.read_only,
                open_world_hint=False,
            ),
        )


def answer(result: Wire, text: str | None = None) -> CallToolResult:
    """A result and the compact text that says the same."""
    wire = result.to_wire()
    return CallToolResult(content=[TextContent(text=text or compact(wire))], structured_content=wire)


def refusal(refused: Refused, *, applied: bool | None = None) -> CallToolResult:
    """A tool error for a request that was no edit, or one of no flow (`applied`: False)."""
    body: dict[str, Any] = {} if applied is None else {"applied": applied}
    body["problems"] = [brief(problem.to_wire()) for problem in problems_to_wire(refused.problems)]
    return CallToolResult(content=[TextContent(text=compact(body))], is_error=True)


def edit_answer(result: EditResult) -> CallToolResult:
    """The answer to an edit; a refused one is a tool error."""
    wire = result.to_wire()
    if result.applied or result.dry_run:
        short = {**wire, "problems": [brief(problem) for problem in wire["problems"]]}
        return CallToolResult(content=[TextContent(text=compact(short))], structured_content=wire)
    short = {
        "applied": False,
        "revision": result.revision,
        "problems": [brief(problem) for problem in wire["problems"]],
    }
    return CallToolResult(content=[TextContent(text=compact(short))], structured_content=wire, is_error=True)


def brief(problem: Mapping[str, Any]) -> dict[str, Any]:
    """A problem without what its other members say already."""
    short = dict(problem)
    if "hint" in short:
        # The hint is the value that the fix would set.
        short.pop("fix", None)
    if short["severity"] == "warning":
        del short["path"]
        short.pop("nodeId", None)
    else:
        short.pop("nodeId", None)
        short.pop("edgeId", None)
    del short["severity"]
    return short
