"""Full validation of large flows: every rule on every node and edge, in this process."""

from __future__ import annotations

import gc
from time import process_time
from typing import TYPE_CHECKING, Final

from benchmarks import flows, recorded
from benchmarks.report import Comparison, Figure, Report
from benchmarks.sampling import interleave, p50
from graph.formats.document import read_document
from graph.models import default_models
from graph.validation import Setting, validate

if TYPE_CHECKING:
    from collections.abc import Callable

    from graph.flow import Flow

GOALS_MS: Final = {1_000: 5.0, 10_000: 60.0}
ROUNDS, QUICK_ROUNDS = 60, 10
_NOW: Final = "2026-01-01T00:00:00Z"


class UnexpectedProblemsError(RuntimeError):
    """The flow to measure with is not valid, so the figures would be those of making messages."""


def run(*, quick: bool) -> Report:
    """Validate each size in turn, and note the processor time of each run."""
    rounds = QUICK_ROUNDS if quick else ROUNDS
    setting = Setting(default_models())
    read = {size: _read(size) for size in GOALS_MS}
    for flow, _ in read.values():
        problems = validate(flow, setting).problems
        if problems:
            raise UnexpectedProblemsError(str(problems[:3]))
    gc.collect()
    gc.disable()
    try:
        times = interleave({str(size): _timed(flow, setting) for size, (flow, _) in read.items()}, rounds)
    finally:
        gc.enable()
    return Report(
        title="validation",
        method=f"CPU of validate() on a flow in memory, {rounds} runs of each size in turn. The flow: {flows.MIX}.",
        figures=[_ratio(times), *(_figure(size, times[str(size)]) for size in GOALS_MS)],
        comparisons=[_table(read, times)],
    )


def _read(size: int) -> tuple[Flow, float]:
    """A flow, and the milliseconds it took to read and check its document."""
    document = flows.document(size)
    start = process_time()
    flow = read_document(document, now=_NOW).flow
    return flow, (process_time() - start) * 1000


def _timed(flow: Flow, setting: Setting) -> Callable[[], float]:
    def once() -> float:
        start = process_time()
        validate(flow, setting)
        return (process_time() - start) * 1000

    return once


def _ratio(times: dict[str, list[float]]) -> Figure:
    small, large = (min(times[str(size)]) for size in GOALS_MS)
    return Figure(what="10,000 nodes, times 1,000 nodes", value=large / small, unit="x", beside="10 x is linear")


def _figure(size: int, values: list[float]) -> Figure:
    beside = recorded.VALIDATION_CPU if size == 1_000 else ""
    return Figure(what=f"{size:,} nodes, median", value=p50(values), unit="ms", goal=GOALS_MS[size], beside=beside)


def _table(read: dict[int, tuple[Flow, float]], times: dict[str, list[float]]) -> Comparison:
    rows = [
        (f"{size:,}", len(flow.edges), min(times[str(size)]), p50(times[str(size)]), reading)
        for size, (flow, reading) in read.items()
    ]
    return Comparison("CPU ms", ("nodes", "edges", "minimum", "median", "reading the document, once"), rows)
