"""Checking a flow of 100 nodes over stdio, beside n8n-mcp checking a workflow of 100 nodes."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from benchmarks import flows, n8n_flows, programs
from benchmarks.report import Comparison, Figure, Report
from benchmarks.sampling import interleave, p50, p95
from benchmarks.tokenizer import count_all
from server.wire import compact

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.stdio_client import Call, StdioClient

NODES: Final = 100
P50_MS: Final = 3.0
TURNS, QUICK_TURNS = 12, 3
IN_A_TURN: Final = 5
OURS, N8N = "autopilot validateFlow", "n8n-mcp validate_workflow"


class NotValidError(RuntimeError):
    """A server did not find the flow valid: it would be measured at writing complaints."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A server with a flow to check."""

    client: StdioClient
    tool: str
    arguments: dict[str, Any]

    def call(self) -> Call:
        """Check once."""
        return self.client.call_tool(self.tool, self.arguments)

    def turn(self) -> list[Call]:
        """Check a few times on end."""
        return [self.call() for _ in range(IN_A_TURN)]


def run(*, quick: bool) -> Report:
    """Let both check in turn."""
    turns = QUICK_TURNS if quick else TURNS
    missing = programs.n8n_missing()
    with ExitStack() as stack:
        directory = Path(stack.enter_context(TemporaryDirectory()))
        contenders = {OURS: _ours(stack.enter_context(programs.autopilot(directory / "ours")))}
        if missing is None:
            contenders[N8N] = _n8n(stack.enter_context(programs.n8n_mcp(directory)))
        callers: dict[str, Callable[[], list[Call]]] = {name: found.turn for name, found in contenders.items()}
        interleave(callers, 1)
        calls = {name: [call for turn in found for call in turn] for name, found in interleave(callers, turns).items()}
        memory = {name: contender.client.rss_kib() / 1024 for name, contender in contenders.items()}
    report = Report(
        title="peers",
        method=(
            f"{turns} turns of {IN_A_TURN} checks each of {NODES} valid nodes. Ours: {flows.MIX}. n8n: a trigger, then"
            " HTTP Request, Edit Fields and Code in turn, in a chain. The types differ, so compare orders of magnitude."
        ),
        figures=_figures(calls),
        comparisons=[_table(contenders, calls, memory)],
        notes=["n8n-mcp has to be sent the workflow for each check; autopilot keeps the flow and is sent its name"],
    )
    if missing:
        report.notes.append(f"n8n-mcp: {missing}")
    return report


def _ours(client: StdioClient) -> Contender:
    made = client.call_tool("createFlow", {"name": "Flow", "document": flows.document(NODES)})
    contender = Contender(client, "validateFlow", {"flowId": "flow"})
    answer = contender.call()
    if made.failed or answer.failed or json.loads(answer.text)["problems"]:
        raise NotValidError(made.text + answer.text)
    return contender


def _n8n(client: StdioClient) -> Contender:
    contender = Contender(client, "validate_workflow", {"workflow": n8n_flows.build(NODES)})
    answer = contender.call()
    if answer.failed or not json.loads(answer.text)["valid"]:
        raise NotValidError(answer.text)
    return contender


def _figures(calls: dict[str, list[Call]]) -> list[Figure]:
    ours = calls[OURS]
    wall = p50([call.wall_ms for call in ours])
    figures = [Figure(what=f"validateFlow, {NODES} nodes, p50", value=wall, unit="ms", goal=P50_MS)]
    if N8N in calls:
        theirs = calls[N8N]
        ratios = [
            ("CPU", sum(c.cpu_ms for c in theirs) / sum(c.cpu_ms for c in ours)),
            ("wall p50", p50([c.wall_ms for c in theirs]) / wall),
            ("bytes sent and received", _bytes(theirs[0]) / _bytes(ours[0])),
        ]
        figures = [
            Figure(what=f"n8n-mcp, {what}: times ours", value=ratio, unit="x") for what, ratio in ratios
        ] + figures
    return figures


def _bytes(call: Call) -> int:
    return call.sent_bytes + call.received_bytes


def _table(contenders: dict[str, Contender], calls: dict[str, list[Call]], memory: dict[str, float]) -> Comparison:
    requests = {name: compact(contender.arguments) for name, contender in contenders.items()}
    answers = {name: found[0].text for name, found in calls.items()}
    tokens, _ = count_all({text: text for text in (*requests.values(), *answers.values())})
    rows = [
        (
            name,
            p50([call.wall_ms for call in found]),
            p95([call.wall_ms for call in found]),
            sum(call.cpu_ms for call in found) / len(found),
            found[0].sent_bytes,
            found[0].received_bytes,
            tokens[requests[name]],
            tokens[answers[name]],
            memory[name],
        )
        for name, found in calls.items()
    ]
    columns = (
        "",
        "p50 ms",
        "p95 ms",
        "CPU ms per call",
        "request bytes",
        "answer bytes",
        "request tokens",
        "answer tokens",
        "RSS MB",
    )
    return Comparison(f"checking {NODES} nodes over stdio", columns, rows)
