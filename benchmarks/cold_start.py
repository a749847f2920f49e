"""Cold start: from before the process exists to its first answers, beside a server that has nothing to offer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from benchmarks import programs
from benchmarks.report import Comparison, Figure, Report
from benchmarks.sampling import interleave, p50

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.stdio_client import StdioClient

RATIO = 1.15
ROUNDS, QUICK_ROUNDS = 15, 4
OURS, FRESH, EMPTY, N8N = "autopilot mcp", "autopilot mcp, new data directory", "empty MCPServer", "n8n-mcp"


@dataclass(frozen=True, slots=True)
class Start:
    """What one start cost, in ms since before the process existed, and KiB."""

    hello_cpu: float
    hello_wall: float
    hello_rss: int
    tools_wall: float
    call_cpu: float
    call_wall: float
    call_rss: int


def run(*, quick: bool) -> Report:
    """Start each program in turn, over and over."""
    rounds = QUICK_ROUNDS if quick else ROUNDS
    missing = programs.n8n_missing()
    with TemporaryDirectory() as directory:
        contenders = _contenders(Path(directory), with_n8n=missing is None)
        interleave(contenders, 1)  # bytecode, the file cache, the database of `OURS`
        starts = interleave(contenders, rounds)
    report = Report(
        title="cold_start",
        method=(
            f"{rounds} starts of each, in turns; minimum / median. Then at once tools/list and one tool call,"
            " whose figures count from the start of the process too."
        ),
        figures=_figures(starts),
        comparisons=[_table(starts)],
    )
    if missing:
        report.notes.append(f"n8n-mcp: {missing}")
    return report


def _contenders(directory: Path, *, with_n8n: bool) -> dict[str, Callable[[], Start]]:
    kept, home = directory / "kept", directory / "n8n"
    home.mkdir()

    def fresh() -> Start:
        with TemporaryDirectory(dir=directory) as new:
            return _start(programs.autopilot(Path(new)), "listFlows")

    contenders: dict[str, Callable[[], Start]] = {
        OURS: lambda: _start(programs.autopilot(kept), "listFlows"),
        EMPTY: lambda: _start(programs.empty_server(), None),
        FRESH: fresh,
    }
    if with_n8n:
        contenders[N8N] = lambda: _start(programs.n8n_mcp(home), "tools_documentation")
    return contenders


def _start(program: StdioClient, tool: str | None) -> Start:
    with program as client:
        hello, hello_rss = client.cold_start, client.rss_kib()
        client.request("tools/list")
        tools_wall = client.age_ms()
        if tool is not None:
            client.call_tool(tool)
        return Start(
            hello_cpu=hello.cpu_ms,
            hello_wall=hello.wall_ms,
            hello_rss=hello_rss,
            tools_wall=tools_wall,
            call_cpu=client.cpu_seconds() * 1000,
            call_wall=client.age_ms(),
            call_rss=client.rss_kib(),
        )


def _figures(starts: dict[str, list[Start]]) -> list[Figure]:
    cpu = {name: [start.hello_cpu for start in found] for name, found in starts.items()}
    medians = [ours / empty for ours, empty in zip(cpu[OURS], cpu[EMPTY], strict=True)]
    figures = [
        Figure(
            what="CPU to the answer to initialize, minimum, times the empty server's",
            value=min(cpu[OURS]) / min(cpu[EMPTY]),
            unit="x",
            goal=RATIO,
            beside=f"{min(cpu[OURS]):.0f} and {min(cpu[EMPTY]):.0f} ms",
        ),
        Figure(what="the same, median of the rounds", value=p50(medians), unit="x", goal=RATIO),
    ]
    if N8N in cpu:
        ratio = min(cpu[OURS]) / min(cpu[N8N])
        figures.append(Figure(what="CPU to the answer to initialize, times n8n-mcp's", value=ratio, unit="x"))
    return figures


def _table(starts: dict[str, list[Start]]) -> Comparison:
    columns = (
        "",
        "initialize, CPU ms",
        "wall ms",
        "RSS MB",
        "tools/list, wall ms",
        "first call, CPU ms",
        "wall ms",
        "RSS MB",
    )
    rows = [(name, *_row(found, calls=name != EMPTY)) for name, found in starts.items()]
    return Comparison("from the start of the process", columns, rows)


def _row(found: list[Start], *, calls: bool) -> tuple[str, ...]:
    def both(pick: Callable[[Start], float]) -> str:
        values = [pick(start) for start in found]
        return f"{min(values):.0f} / {p50(values):.0f}"

    def megabytes(pick: Callable[[Start], int]) -> str:
        return f"{p50([pick(start) for start in found]) / 1024:.0f}"

    row = (
        both(lambda start: start.hello_cpu),
        both(lambda start: start.hello_wall),
        megabytes(lambda start: start.hello_rss),
        both(lambda start: start.tools_wall),
    )
    if not calls:
        return (*row, "-", "-", "-")
    return (
        *row,
        both(lambda start: start.call_cpu),
        both(lambda start: start.call_wall),
        megabytes(lambda start: start.call_rss),
    )
