"""Runs benchmarks and prints what they found: `python -m benchmarks [NAME…] [--quick]`."""

from __future__ import annotations

import argparse
import sys
import traceback
from importlib import import_module
from typing import TYPE_CHECKING

from rich.console import Console

from benchmarks.report import Report, show, show_summary

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMES = ("tokens", "cold_start", "validation", "edit", "peers", "writers", "voice_media")
ON_REQUEST = ("voice_soak",)
"""Too long to be run with the others."""
_WIDTH = 140


def main(argv: Sequence[str] | None = None) -> int:
    """Run what was asked for. A goal that is missed is a result; the status is 1 only when a benchmark breaks."""
    parser = _parser()
    options = parser.parse_args(argv)
    unknown = [name for name in options.names if name not in (*NAMES, *ON_REQUEST)]
    if unknown:
        parser.error(f"there is no benchmark {unknown[0]!r}; there are {', '.join((*NAMES, *ON_REQUEST))}")
    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    reports: list[Report] = []
    broken: list[str] = []
    for name in options.names or NAMES:
        try:
            report: Report = import_module(f"benchmarks.{name}").run(quick=options.quick)
        except Exception:  # noqa: BLE001 - the others are still worth running
            traceback.print_exc()
            broken.append(name)
            continue
        show(console, report)
        reports.append(report)
    show_summary(console, reports)
    if broken:
        console.print(f"[bold red]broken: {', '.join(broken)}")
    return 1 if broken else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Print every figure the README states.")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)} (the default), {', '.join(ON_REQUEST)}"
    )
    parser.add_argument("--quick", action="store_true", help="fewer repetitions: figures to look at, not to quote")
    return parser


if __name__ == "__main__":
    sys.exit(main())
