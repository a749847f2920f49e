"""Tokens: what it costs a model to know the tools, to make an edit, to read a flow, to be told of a mistake."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from benchmarks import conversation, programs, recorded
from benchmarks.report import Comparison, Figure, Report
from benchmarks.tokenizer import count_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from benchmarks.conversation import Build, Exchange
    from benchmarks.faults import Fault

    Count = Callable[[str], int]

DEFINITIONS, CATALOGUE, ANSWER, WRITTEN, CALLS, READ_PER_NODE = 2_400, 450, 60, 210, 2, 15
"""The goals. `tests/contracts/test_tokens.py` holds them."""

TOTAL = 2_600
"""Everything for six nodes from nothing."""


def run(*, quick: bool) -> Report:
    """Have every conversation once, then count."""
    del quick
    with TemporaryDirectory() as directory, programs.autopilot(Path(directory)) as client:
        tools = conversation.definitions(client)
        catalogue = conversation.catalogue(client)
        edits = conversation.one_node_edits(client)
        refusals = conversation.refusals(client)
        builds = conversation.builds(client)
        fifteen = conversation.read_fifteen(client)
        single = conversation.single_edits(client)
        instructions = str(client.server.get("instructions", ""))
    n8n, missing = _n8n_definitions()
    said = [*edits, *(answer for _, answer in refusals), *single, fifteen]
    said += [call for build in builds for call in (*build.calls, build.read)]
    texts = [*tools.values(), instructions, catalogue, *n8n.values(), *_texts(said), _own_words(fifteen)]
    count, how = _counter([*texts, *(build.sent for build in builds)])
    report = Report(title="tokens", method=f"{how}. Peers marked * were recorded earlier, not in this run.")
    report.figures += _tool_figures(tools, catalogue, n8n, count)
    report.figures.append(_total([*tools.values(), instructions, catalogue], builds[0], count))
    report.figures += _answer_figures(edits, refusals, count)
    report.figures += _flow_figures(builds, fifteen, count)
    report.figures += _edit_figures(single, count)
    report.comparisons += [
        _definitions_table(tools, count),
        _edits_table(single, count),
        _answers_table("answers to one-node edits", edits, count),
        _refusals_table(refusals, count),
    ]
    if missing:
        report.notes.append(f"n8n-mcp: {missing}")
    return report


def _texts(said: Iterable[Exchange]) -> Iterable[str]:
    for exchange in said:
        yield exchange.sent
        yield exchange.answer


def _counter(texts: Iterable[str]) -> tuple[Count, str]:
    """Count all texts at once: starting Node for each would take minutes."""
    counts, how = count_all({text: text for text in texts})
    return counts.__getitem__, how


def _n8n_definitions() -> tuple[dict[str, str], str | None]:
    """All definitions of n8n-mcp as one text, without and with an n8n to edit."""
    missing = programs.n8n_missing()
    if missing:
        return {}, missing
    found: dict[str, str] = {}
    for instance in (False, True):
        with TemporaryDirectory() as home, programs.n8n_mcp(Path(home), instance=instance) as client:
            tools = conversation.definitions(client)
        edits = "editing an n8n" if instance else "cannot edit"
        found[f"n8n-mcp, {len(tools)} tools, {edits}"] = "".join(tools.values())
    return found, None


def _tool_figures(tools: dict[str, str], catalogue: str, n8n: dict[str, str], count: Count) -> list[Figure]:
    total = sum(count(text) for text in tools.values())
    live = {name: count(text) for name, text in n8n.items()}
    beside = recorded.beside(live) or f"{recorded.beside(recorded.DEFINITIONS)}*"
    ratios = [
        Figure(what=f"{name}: times ours", value=tokens / total, unit="x", beside=f"{tokens:,} tokens")
        for name, tokens in live.items()
    ]
    return [
        *ratios,
        Figure(what=f"definitions of all {len(tools)} tools", value=total, goal=DEFINITIONS, beside=beside),
        Figure(what="catalogue of all node types", value=count(catalogue), goal=CATALOGUE),
    ]


def _total(known: Iterable[str], build: Build, count: Count) -> Figure:
    """Knowing the tools and types, writing the flow, reading the answer."""
    texts = [*known, *(text for call in build.calls for text in (call.sent, call.answer))]
    return Figure(
        what="six nodes from nothing, everything counted",
        value=sum(map(count, texts)),
        goal=TOTAL,
        beside=f"{recorded.beside(recorded.SIX_NODES_TOTAL)}*",
    )


def _answer_figures(edits: list[Exchange], refusals: list[tuple[Fault, Exchange]], count: Count) -> list[Figure]:
    dearest = max(edits, key=lambda exchange: count(exchange.answer))
    longest = max(refusals, key=lambda pair: count(pair[1].answer))[1]
    silent = [fault.name for fault, exchange in refusals if not caught(fault, exchange)]
    beside = f"{recorded.FAULTS_CAUGHT}*" + (f"; missed here: {', '.join(silent)}" if silent else "")
    return [
        Figure(what="dearest answer to a one-node edit", value=count(dearest.answer), goal=ANSWER, beside=dearest.name),
        Figure(what="dearest answer to a fault", value=count(longest.answer), goal=ANSWER, beside=longest.name),
        Figure(what=f"faults of {len(refusals)} that pass in silence", value=len(silent), goal=0, beside=beside),
    ]


def caught(fault: Fault, exchange: Exchange) -> bool:
    """Whether the answer names the fault. An unknown model is no error, since models come and go: it is told."""
    told = fault.code == "unknown-model"
    return f'"{fault.code}"' in exchange.answer and exchange.failed != told


def _flow_figures(builds: tuple[Build, Build], fifteen: Exchange, count: Count) -> list[Figure]:
    peers = f"{recorded.beside(recorded.SIX_NODES_WRITTEN)}*"
    reading = f"{recorded.beside(recorded.SIX_NODES_READ)}* (whole flow)"
    figures: list[Figure] = []
    for build in builds:
        what = f"six nodes from nothing by {build.name}, written"
        figures.append(Figure(what=what, value=count(build.sent), goal=WRITTEN, beside=peers))
        figures.append(Figure(what=f"six nodes by {build.name}, calls", value=len(build.calls), goal=CALLS))
    six = count(builds[0].read.answer)
    return [
        *figures,
        Figure(what="six nodes read, per node", value=six / 6, goal=READ_PER_NODE, beside=f"{six} in all; {reading}"),
        Figure(
            what="fifteen nodes read, per node",
            value=count(fifteen.answer) / 15,
            goal=READ_PER_NODE,
            beside=f"{count(fifteen.answer)} in all, of which {count(_own_words(fifteen))} are the flow's own words",
        ),
    ]


def _edit_figures(single: list[Exchange], count: Count) -> list[Figure]:
    """How many edits cost more than we set out for; the table names them."""
    requests = sum(count(edit.sent) > recorded.EDIT_GOALS[edit.name][0] for edit in single)
    answers = sum(count(edit.answer) > recorded.EDIT_GOALS[edit.name][1] for edit in single)
    beside = "see the table of single edits"
    return [
        Figure(what=f"single edits of {len(single)} with too long a request", value=requests, goal=0, beside=beside),
        Figure(what=f"single edits of {len(single)} with too long an answer", value=answers, goal=0, beside=beside),
    ]


def _own_words(read: Exchange) -> str:
    """The values of a flow that was read: prompts and settings, which no format can leave out."""
    return " ".join(re.findall(r'=("[^"]*"|\S+)', read.answer))


def _definitions_table(tools: dict[str, str], count: Count) -> Comparison:
    rows = [(name, count(text), len(text.encode())) for name, text in tools.items()]
    return Comparison("tool definitions", ("tool", "tokens", "bytes"), rows)


def _edits_table(single: list[Exchange], count: Count) -> Comparison:
    """Our edits beside the recorded ones; `request / answer`."""
    rows: list[tuple[str, ...]] = []
    for exchange in single:
        ours = (count(exchange.sent), count(exchange.answer))
        goal = recorded.EDIT_GOALS[exchange.name]
        mark = "✓" if ours[0] <= goal[0] and ours[1] <= goal[1] else "✗"
        peers = recorded.EDITS[exchange.name]
        cells = [_pair(peers.get(name)) for name in (recorded.N8N, recorded.LANGFLOW)]
        rows.append((exchange.name, _pair(ours), f"{_pair(goal)} {mark}", *cells))
    return Comparison(
        "one edit of the six-node flow, request / answer in tokens (our requests name the flow, 4 tokens)",
        ("edit", "autopilot", "goal", "n8n-mcp*", "Langflow*"),
        rows,
    )


def _pair(tokens: tuple[int, int] | None) -> str:
    return f"{tokens[0]} / {tokens[1]}" if tokens else "-"


def _answers_table(title: str, exchanges: Iterable[Exchange], count: Count) -> Comparison:
    rows = [(exchange.name, count(exchange.sent), count(exchange.answer)) for exchange in exchanges]
    return Comparison(title, ("edit", "request", "answer"), rows)


def _refusals_table(refusals: list[tuple[Fault, Exchange]], count: Count) -> Comparison:
    rows = [
        (fault.name, fault.code, "✓" if caught(fault, exchange) else "✗", count(exchange.answer))
        for fault, exchange in refusals
    ]
    return Comparison("answers to faults", ("fault", "code", "caught", "tokens"), rows)
