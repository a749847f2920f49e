"""What a benchmark found, and how it is shown: figures with their goals first, then everything side by side."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console, RenderableType

Cell = str | int | float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured value. With a goal it is a promise that is kept (✓) or not (✗)."""

    what: str
    value: float
    unit: str = ""
    goal: float | None = None
    """The value may be as large as this, not larger."""
    beside: str = ""
    """What others need for the same, or how to read the value."""

    @property
    def kept(self) -> bool | None:
        """Whether the goal is met; None without one."""
        return None if self.goal is None else self.value <= self.goal


@dataclass(frozen=True, slots=True)
class Comparison:
    """A table whose columns are things of one kind."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(slots=True, kw_only=True)
class Report:
    """All that one benchmark has to say."""

    title: str
    method: str
    """How it was measured, in a sentence or two."""
    figures: list[Figure] = field(default_factory=list[Figure])
    comparisons: list[Comparison] = field(default_factory=list[Comparison])
    notes: list[str] = field(default_factory=list[str])

    @property
    def missed(self) -> list[Figure]:
        """Figures whose goal is not met."""
        return [figure for figure in self.figures if figure.kept is False]


def show(console: Console, report: Report) -> None:
    """Print a report."""
    console.print()
    console.rule(f"[bold]{report.title}", align="left")
    console.print(report.method, style="dim")
    for part in _parts(report):
        console.print(part)
    for note in report.notes:
        console.print(f"· {note}", style="dim", markup=False)


def show_summary(console: Console, reports: Sequence[Report]) -> None:
    """Print how many goals are met, and each that is not."""
    goals = [figure for report in reports for figure in report.figures if figure.kept is not None]
    missed = [(report, figure) for report in reports for figure in report.missed]
    console.print()
    console.rule("[bold]Summary", align="left")
    console.print(f"{len(goals) - len(missed)} of {len(goals)} goals met")
    for report, figure in missed:
        shown = f"{number(figure.value)} {figure.unit}".rstrip()
        console.print(f"[red]✗[/] {report.title}: {figure.what}: {shown}, goal ≤ {number(figure.goal)}")


def number(value: Cell) -> str:
    """A value with as many digits as anybody can use."""
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    if value == int(value):
        return f"{int(value):,}"
    size = abs(value)
    return f"{value:,.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.2f}"


def _parts(report: Report) -> Iterator[RenderableType]:
    if report.figures:
        yield _figures_table(report.figures)
    for comparison in report.comparisons:
        yield _comparison_table(comparison)


def _figures_table(figures: Sequence[Figure]) -> Table:
    table = Table("figure", box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("measured", "goal"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("")
    table.add_column("beside it", style="dim")
    for figure in figures:
        goal = f"≤ {number(figure.goal)}" if figure.goal is not None else ""
        shown = f"{number(figure.value)} {figure.unit}".rstrip()
        table.add_row(figure.what, shown, goal, _mark(figure.kept), figure.beside)
    return table


def _mark(kept: bool | None) -> Text:  # noqa: FBT001 - the value is the subject
    return Text("") if kept is None else Text("✓", style="green") if kept else Text("✗", style="bold red")


def _comparison_table(comparison: Comparison) -> Table:
    table = Table(title=comparison.title, title_justify="left", title_style="italic", header_style="bold")
    for index, name in enumerate(comparison.columns):
        table.add_column(name, justify="right" if index else "left")
    for row in comparison.rows:
        table.add_row(*[Text(number(cell)) for cell in row])
    return table
