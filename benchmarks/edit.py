"""One edit over stdio, checked, on disk and answered: its cost must follow the edit, not the size of the flow."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from benchmarks import flows, programs, recorded
from benchmarks.report import Comparison, Figure, Report
from benchmarks.sampling import interleave, p50, p95

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks.stdio_client import Call, StdioClient

SIZES: Final = (100, 1_000, 10_000)
P50_MS, GROWTH = 3.0, 1.5
BLOCKS, ROUNDS = 6, 60
QUICK_BLOCKS, QUICK_ROUNDS = 3, 20
WARM_UP: Final = 20
CONFIGURE, ADD = "configure", "addNode + connect in one edit"
_PAGE_BYTES: Final = 8 * 1024
"""About what one commit writes."""

Edit = tuple[str, dict[str, Any]]


@dataclass(slots=True)
class Cost:
    """What calls of one kind cost on one size of flow."""

    blocks: list[list[float]] = field(default_factory=list[list[float]])
    """Wall ms of each call."""
    cpu_ms: float = 0.0
    """Per call, with what the server does after its answer."""

    @property
    def walls(self) -> list[float]:
        return [wall for block in self.blocks for wall in block]

    @property
    def undisturbed(self) -> float:
        """p50 of the best block: the disk and the machine have other users, who come and go in seconds."""
        return min(p50(block) for block in self.blocks)


class RefusedError(RuntimeError):
    """An edit that should land was refused."""


def run(*, quick: bool) -> Report:
    """A server for each size, so that what one does after its answer is not counted as another's."""
    blocks, rounds = (QUICK_BLOCKS, QUICK_ROUNDS) if quick else (BLOCKS, ROUNDS)
    synced: list[float] = []
    with ExitStack() as stack:
        directory = Path(stack.enter_context(TemporaryDirectory()))
        clients = {size: stack.enter_context(programs.autopilot(directory / str(size))) for size in SIZES}
        for size, client in clients.items():
            _make_flow(client, size)
        series = {CONFIGURE: Series(clients, _configure), ADD: Series(clients, _add_and_connect)}
        for kind in series.values():
            kind.block(WARM_UP)
            kind.forget()
        for _ in range(blocks):
            for kind in series.values():
                kind.block(rounds)
            synced += [_sync_ms(directory) for _ in range(rounds)]
        pings = [clients[SIZES[0]].request("ping").wall_ms for _ in range(rounds)]
        memory = {size: client.rss_kib() / 1024 for size, client in clients.items()}
    costs = {name: kind.costs for name, kind in series.items()}
    return Report(
        title="edit",
        method=(
            f"{blocks} blocks of {rounds} calls of each kind on each size, sizes in turn, a process each. Wall: from"
            " the request's first byte to the answer's last. Goals are held against the p50 of the best block."
        ),
        figures=[figure for kind, sizes in costs.items() for figure in _figures(kind, sizes)],
        comparisons=[_table(costs, memory)],
        notes=[_floor(pings, synced), f"the flow: {flows.MIX}"],
    )


def _floor(pings: list[float], synced: list[float]) -> str:
    """What of an edit's time is not ours."""
    return (
        f"of that wall time: the protocol alone (ping) {p50(pings):.2f} ms; the disk alone (append"
        f" {_PAGE_BYTES // 1024} KiB, fdatasync) {min(synced):.2f} ms at best, p95 {p95(synced):.2f} ms"
    )


def _make_flow(client: StdioClient, size: int) -> None:
    made = client.call_tool("createFlow", {"name": "Flow", "document": flows.document(size)})
    if made.failed:
        raise RefusedError(made.text)


def _configure(number: int, size: int) -> Edit:
    node = f"editor-{number % (size // 10)}"
    return "configure", {"flowId": "flow", "nodeId": node, "data": {"systemPrompt": f"Answer in {number} words."}}


def _add_and_connect(number: int, size: int) -> Edit:
    actions = [
        {"action": "addNode", "type": "preview-output", "id": f"extra-{number}"},
        {"action": "connect", "source": f"join-{number % (size // 10)}", "target": f"extra-{number}"},
    ]
    return "edit", {"flowId": "flow", "actions": actions}


class Series:
    """Calls of one kind on every size, block after block."""

    def __init__(self, clients: Mapping[int, StdioClient], make: Callable[[int, int], Edit]) -> None:
        self._clients = clients
        self._make = make
        self._numbers = dict.fromkeys(clients, 0)
        self.costs = {size: Cost() for size in clients}

    def block(self, rounds: int) -> None:
        """Measure `rounds` calls on each size."""
        before = {size: client.cpu_seconds() for size, client in self._clients.items()}
        calls = interleave({str(size): self._caller(size) for size in self._clients}, rounds)
        for size, cost in self.costs.items():
            spent = (self._clients[size].cpu_seconds() - before[size]) * 1000 / rounds
            cost.cpu_ms = (cost.cpu_ms * len(cost.blocks) + spent) / (len(cost.blocks) + 1)
            cost.blocks.append([call.wall_ms for call in calls[str(size)]])

    def forget(self) -> None:
        """Drop what was measured: it was to warm up."""
        self.costs = {size: Cost() for size in self._clients}

    def _caller(self, size: int) -> Callable[[], Call]:
        def once() -> Call:
            self._numbers[size] += 1
            call = self._clients[size].call_tool(*self._make(self._numbers[size], size))
            if call.failed:
                raise RefusedError(call.text)
            return call

        return once


def _sync_ms(directory: Path) -> float:
    with (directory / "sync").open("ab") as file:
        start = perf_counter()
        file.write(os.urandom(_PAGE_BYTES))
        file.flush()
        os.fdatasync(file.fileno())
        return (perf_counter() - start) * 1000


def _figures(kind: str, costs: dict[int, Cost]) -> list[Figure]:
    least, most = SIZES[0], SIZES[-1]
    small = costs[least].undisturbed
    growth = costs[most].undisturbed / small
    beside = f"{recorded.EDIT_WALL}*; * recorded earlier"
    return [
        Figure(what=f"{kind}: {most:,} nodes, times {least}", value=growth, unit="x", goal=GROWTH),
        Figure(what=f"{kind}: p50 at {least} nodes", value=small, unit="ms", goal=P50_MS, beside=beside),
    ]


def _table(costs: dict[str, dict[int, Cost]], memory: dict[int, float]) -> Comparison:
    rows = [
        (
            kind,
            f"{size:,}",
            cost.undisturbed,
            min(cost.walls),
            p50(cost.walls),
            p95(cost.walls),
            cost.cpu_ms,
            memory[size],
        )
        for kind, sizes in costs.items()
        for size, cost in sizes.items()
    ]
    columns = ("edit", "nodes", "best block's p50 ms", "minimum", "p50", "p95", "CPU ms per call", "RSS MB at the end")
    return Comparison("one edit over stdio", columns, rows)
