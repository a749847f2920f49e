"""What is said between a model and `autopilot mcp`, word for word, so that its tokens can be counted.

Each conversation has a flow of its own, called by one short word as a person would.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from benchmarks import faults, flows
from graph.registry import VALID_NODE_TYPES
from server.wire import compact

if TYPE_CHECKING:
    from benchmarks.faults import Fault
    from benchmarks.stdio_client import StdioClient


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call: the arguments that a model writes, the text that it reads."""

    name: str
    sent: str
    answer: str
    failed: bool


@dataclass(frozen=True, slots=True)
class Build:
    """The six-node flow made from nothing: every call, and the flow read back."""

    name: str
    calls: tuple[Exchange, ...]
    read: Exchange

    @property
    def sent(self) -> str:
        """All that the model writes."""
        return "".join(call.sent for call in self.calls)


class UnexpectedAnswerError(RuntimeError):
    """An edit that should land did not, or the other way round."""


INSERTED: Final = "insert between"
_LEAD: Final = {
    "configure": ("configure", {"nodeId": "editor", "data": {"systemPrompt": "Keep it short."}}),
    INSERTED: ("edit", {"actions": [{"insertBetween": {"edgeId": "editor.prompt", "type": "text-generation"}}]}),
    "move": ("edit", {"actions": [{"moveNode": {"nodeId": "draft", "position": {"x": 900, "y": 40}}}]}),
    "rename": ("configure", {"nodeId": "draft", "data": {"label": "First draft"}}),
    "remove": ("remove", {"nodeId": "draft"}),
}


def definitions(client: StdioClient) -> dict[str, str]:
    """Every tool as a model is shown it: name, description, input schema."""
    tools: list[dict[str, Any]] = client.request("tools/list").result["tools"]
    return {
        tool["name"]: compact({key: tool[key] for key in ("name", "description", "inputSchema") if key in tool})
        for tool in tools
    }


def catalogue(client: StdioClient) -> str:
    """All node types."""
    return _call(client, "listNodeTypes", "listNodeTypes", {}).answer


def one_node_edits(client: StdioClient) -> list[Exchange]:
    """Each tool for a single edit once, and a node of every type."""
    flow_id = _create(client, "Poem", flows.SIX_NODES)
    added = [
        _land(client, f"addNode {kind}", "addNode", {"flowId": flow_id, "type": kind}) for kind in VALID_NODE_TYPES
    ]
    edits: list[tuple[str, str, dict[str, Any]]] = [
        ("connect", "connect", {"source": "style", "target": "editor", "targetHandle": "system"}),
        ("configure", "configure", {"nodeId": "writer", "data": {"systemPrompt": "Be brief.", "verbosity": "low"}}),
        ("remove an edge", "remove", {"edgeId": "editor.system"}),
        ("remove a node", "remove", {"nodeId": "style"}),
    ]
    return added + [_land(client, name, tool, {"flowId": flow_id, **rest}) for name, tool, rest in edits]


def refusals(client: StdioClient) -> list[tuple[Fault, Exchange]]:
    """The answer to every fault. One that lands must at least be told of."""
    flow_id = _create(client, "Letter", faults.FLOW)
    return [
        (fault, _call(client, fault.name, fault.tool, {"flowId": flow_id, **fault.arguments}))
        for fault in faults.FAULTS
    ]


def builds(client: StdioClient) -> tuple[Build, Build]:
    """The six-node flow from text in one call, and from actions in two."""
    text = _land(client, "createFlow", "createFlow", {"name": "Story", "text": flows.SIX_NODES})
    by_text = Build("flow text", (text,), _read(client, text))
    empty = _land(client, "createFlow", "createFlow", {"name": "Report"})
    actions = {"flowId": _flow_id(empty), "actions": flows.SIX_ACTIONS}
    by_actions = Build("actions", (empty, _land(client, "edit", "edit", actions)), _read(client, empty))
    if _body(by_text.read) != _body(by_actions.read):
        message = f"text and actions did not make the same flow:\n{by_text.read.answer}\n{by_actions.read.answer}"
        raise UnexpectedAnswerError(message)
    return by_text, by_actions


def read_fifteen(client: StdioClient) -> Exchange:
    """A flow of the usual size, read."""
    return _read(client, _land(client, "createFlow", "createFlow", {"name": "Book", "text": flows.FIFTEEN_NODES}))


def single_edits(client: StdioClient) -> list[Exchange]:
    """The edits that were measured on others, each on the six-node flow."""
    flow_id = _create(client, "Song", flows.SIX_NODES)
    return [_land(client, name, tool, {"flowId": flow_id, **rest}) for name, (tool, rest) in _LEAD.items()]


def _create(client: StdioClient, name: str, text: str) -> str:
    return _flow_id(_land(client, "createFlow", "createFlow", {"name": name, "text": text}))


def _read(client: StdioClient, made: Exchange) -> Exchange:
    return _land(client, "getFlow", "getFlow", {"flowId": _flow_id(made)})


def _flow_id(made: Exchange) -> str:
    # {"flowId":"story",…
    return made.answer.split('"')[3]


def _body(read: Exchange) -> list[str]:
    """The lines of a flow that was read, in any order, without its id and name."""
    return sorted(read.answer.splitlines()[2:])


def _land(client: StdioClient, name: str, tool: str, arguments: dict[str, Any]) -> Exchange:
    exchange = _call(client, name, tool, arguments)
    if exchange.failed:
        message = f"{name} was refused: {exchange.answer}"
        raise UnexpectedAnswerError(message)
    return exchange


def _call(client: StdioClient, name: str, tool: str, arguments: dict[str, Any]) -> Exchange:
    call = client.call_tool(tool, arguments)
    return Exchange(name, compact(arguments), call.text, call.failed)
