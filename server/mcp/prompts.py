"""Prompts: ways to begin that a person picks from a menu. Their words are in `prompts/`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, GetPromptResult, Prompt, PromptArgument, PromptMessage, TextContent

from graph.catalog import brief
from graph.errors import Refused
from graph.formats.flowtext import write_flow_text
from graph.problems import nearest_or_all
from graph.validation import validate
from prompts import render

if TYPE_CHECKING:
    from collections.abc import Mapping

    from server.storage.shapes import Stored
    from server.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    name: str
    title: str
    description: str
    arguments: tuple[PromptArgument, ...]
    slots: tuple[str, ...] = ()
    """Slots of the text besides the arguments."""


def _argument(name: str, description: str, *, required: bool = True) -> PromptArgument:
    return PromptArgument(name=name, description=description, required=required)


_FLOW_ID: Final = _argument("flowId", "The flow.")
_ENTRIES: Final = {
    entry.name: entry
    for entry in (
        _Entry(
            name="build-flow",
            title="Build a flow",
            description="Build a new flow for a purpose.",
            arguments=(
                _argument("goal", "What the flow is to do."),
                _argument("name", "The flow's name.", required=False),
            ),
            slots=("types", "called"),
        ),
        _Entry(
            name="fix-flow",
            title="Fix a flow",
            description="Find out what is wrong with a flow and mend it.",
            arguments=(_FLOW_ID,),
            slots=("flow", "problems"),
        ),
        _Entry(
            name="voice-agent",
            title="Add a voice agent",
            description="Add a realtime voice conversation to a flow.",
            arguments=(_FLOW_ID, _argument("persona", "Who the voice is and what it helps with.")),
            slots=("flow",),
        ),
    )
}


class Prompts:
    """Prompts on the flows of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def list(self) -> list[Prompt]:
        """All prompts."""
        return [
            Prompt(name=entry.name, title=entry.title, description=entry.description, arguments=list(entry.arguments))
            for entry in _ENTRIES.values()
        ]

    async def get(self, name: str, arguments: Mapping[str, str]) -> GetPromptResult:
        """A prompt with its slots filled.

        Raises:
            MCPError: invalid params, for an unknown prompt, argument or flow.
        """
        entry = _ENTRIES.get(name)
        if entry is None:
            message = f"there is no prompt {name[:80]!r}; there is {nearest_or_all(name, _ENTRIES)}"
            raise _invalid(message)
        _check(entry, arguments)
        slots = {key: value for key, value in arguments.items() if key != "name"}
        if "flowId" in arguments:
            slots |= await self._about_flow(arguments["flowId"])
        if "types" in entry.slots:
            called = arguments.get("name")
            slots |= {"types": brief(), "called": f" called {called!r}" if called else ""}
        wanted = {*entry.slots, *(argument.name for argument in entry.arguments if argument.name != "name")}
        text = render(name, **{key: value for key, value in slots.items() if key in wanted})
        return GetPromptResult(
            description=entry.description,
            messages=[PromptMessage(role="user", content=TextContent(text=text))],
        )

    async def _about_flow(self, flow_id: str) -> dict[str, str]:
        def view(stored: Stored) -> dict[str, str]:
            problems = "\n".join(f"{p.code}: {p.message}" for p in validate(stored.flow).problems)
            return {"flow": write_flow_text(stored.flow).rstrip(), "problems": problems or "none"}

        try:
            return await self._workspace.read(flow_id, view)
        except Refused as refused:
            raise _invalid(str(refused)) from None


def _check(entry: _Entry, arguments: Mapping[str, str]) -> None:
    known = [argument.name for argument in entry.arguments]
    unknown = [name for name in arguments if name not in known]
    missing = [argument.name for argument in entry.arguments if argument.required and not arguments.get(argument.name)]
    if unknown or missing:
        lacks = f"; missing {', '.join(missing)}" if missing else ""
        message = f"{entry.name} takes {', '.join(known)}{lacks}"
        raise _invalid(message)


def _invalid(message: str) -> MCPError:
    return MCPError(code=INVALID_PARAMS, message=message)
