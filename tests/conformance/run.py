"""Run the protocol conformance scenarios against a server on this machine, and judge every single check.

The conformance tool judges by scenario, and by check only where a baseline names one; it also forgives a baselined
check that no longer occurs. Here every check counts, a warning counts as a failure, and a baseline line that is no
longer needed is a failure too, so that the baseline files always say exactly what is missing.

    python tests/conformance/run.py                       starts both servers, runs everything
    python tests/conformance/run.py --mode product        starts this one
    python tests/conformance/run.py --mode product --url http://localhost:8000/mcp

Standard library only. The tools come from `npm install` in this folder. Exit 0: nothing unexpected; 1: something.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, get_args
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Generator

HERE: Final = Path(__file__).resolve().parent
CLI: Final = HERE / "node_modules" / "@modelcontextprotocol" / "conformance"
RESULTS: Final = HERE / "results"

SCENARIO_SECONDS: Final = 30
SET_SECONDS: Final = 240
"""A requirement set is about forty scenarios; it takes 2 to 5 seconds when the server answers."""

STOP_SECONDS: Final = 10

Mode = Literal["product", "fixture"]
REVISIONS: Final = ("2025-11-25", "2026-07-28")

PRODUCT: Final[dict[str, tuple[str, ...]]] = {
    "2025-11-25": (
        "server-initialize",
        "server-session-lifecycle",
        "ping",
        "completion-complete",
        "tools-list",
        "server-sse-multiple-streams",
        "resources-list",
        "prompts-list",
        "dns-rebinding-protection",
    ),
    "2026-07-28": (
        "server-stateless",
        "completion-complete",
        "tools-list",
        "server-sse-multiple-streams",
        "resources-list",
        "sep-2164-resource-not-found",
        "prompts-list",
        "dns-rebinding-protection",
        "caching",
        "http-header-validation",
        "input-required-result-unsupported-methods",
    ),
}
"""The scenarios that ask nothing of a server but to speak the protocol. All others call tools by name."""

VACUOUS: Final = frozenset(
    {
        "server-stateless:sep-2575-http-server-no-independent-requests-on-stream",
        "server-stateless:sep-2575-server-no-log-without-loglevel",
        "server-stateless:sep-2575-server-honors-notification-filter",
    }
)
"""Checks that a product passes only because it lacks the tool they call. Not counted for it, either way."""

NOT_OFFERED: Final = ("tasks-", "server-sse-polling")
"""Optional parts the server does not claim: the tasks extension, and resuming a broken stream from an event store."""

SEVERITY: Final = {"SUCCESS": 1, "WARNING": 2, "FAILURE": 3}
"""Statuses that say something, mildest first. INFO and SKIPPED say nothing."""

Checks = dict[str, str]
"""For each check id of one scenario, its worst status."""


@dataclass
class Verdict:
    """How one scenario went."""

    scenario: str
    passed: int = 0
    expected: list[str] = field(default_factory=list[str])
    failures: list[str] = field(default_factory=list[str])


@dataclass(frozen=True)
class Tool:
    """The conformance program and the server it talks to."""

    node: Path
    url: str

    def run(self, *arguments: str, output: Path, seconds: int) -> None:
        """Run it once. Its exit code is of no interest: what it found is in `output`."""
        command = [str(self.node), str(CLI / "dist" / "index.js"), "server", "--url", self.url]
        options = ["--timeout", str(SCENARIO_SECONDS * 1000), "-o", str(output)]
        try:
            done = subprocess.run(
                [*command, *options, *arguments], cwd=HERE, timeout=seconds, check=False, text=True, capture_output=True
            )
        except subprocess.TimeoutExpired:
            print(f"stopped after {seconds} s: {' '.join(arguments)}")
            return
        if not any(output.glob("*/checks.json")):
            print(f"no result: {' '.join(arguments)}\n{(done.stderr or done.stdout)[-2000:]}")


def worst(found: list[dict[str, object]]) -> Checks:
    """One status for each check id; a check that is repeated is as good as its worst run."""
    checks: Checks = {}
    for check in found:
        name, status = str(check["id"]), str(check["status"])
        if SEVERITY.get(status, 0) > SEVERITY.get(checks.get(name, ""), 0):
            checks[name] = status
    return checks


def read_results(output: Path) -> dict[str, Checks]:
    """Find the checks of each scenario under `output`, whose folders are called server-SCENARIO-TIME."""
    results: dict[str, Checks] = {}
    for path in sorted(output.glob("*/checks.json")):
        scenario = re.sub(r"^server-|-\d{4}-\d\d-\d\dT[\d-]+Z$", "", path.parent.name)
        results[scenario] = worst(json.loads(path.read_text(encoding="utf-8")))
    return results


def read_list(path: Path, key: str) -> list[str]:
    """Read the plain entries under one top-level key of a YAML file, in the small subset these files use."""
    if not path.exists():
        return []
    entries: list[str] = []
    section = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if heading := re.match(r"(\w+):\s*$", line):
            section = heading[1]
        elif section == key and (entry := re.match(r"\s*-\s+([^\s#]+)\s*(#.*)?$", line)):
            entries.append(entry[1])
    return entries


def required(revision: str) -> tuple[str, ...]:
    """The scenarios that a revision requires of a server, as the tool's own frozen list has them."""
    found = tuple(read_list(CLI / "requirements" / f"{revision}.yaml", "server"))
    if not found:
        raise SystemExit(f"no requirement set {revision}: run npm install in tests/conformance first")
    return found


def judge(scenario: str, checks: Checks | None, baseline: frozenset[str], ignored: frozenset[str]) -> Verdict:
    """Compare what a scenario found with what it is known to find."""
    verdict = Verdict(scenario)
    if checks is None:
        verdict.failures.append(f"{scenario}: did not run")
        return verdict
    for name, status in checks.items():
        label = f"{scenario}:{name}"
        if label in ignored:
            continue
        if status == "SUCCESS":
            verdict.passed += 1
        elif label in baseline:
            verdict.expected.append(label)
        else:
            verdict.failures.append(f"{label}: {status}")
    verdict.failures.extend(stale(scenario, verdict, baseline))
    return verdict


def stale(scenario: str, verdict: Verdict, baseline: frozenset[str]) -> list[str]:
    """Baseline lines of this scenario that are no longer needed.

    A check can be absent because an earlier one failed; then the line is kept.
    """
    missing = {line for line in baseline if line.startswith(f"{scenario}:")} - set(verdict.expected)
    return [] if verdict.failures else [f"{line}: passes now, remove it from the baseline" for line in sorted(missing)]


def judge_all(
    names: list[str], results: dict[str, Checks], baseline: frozenset[str], ignored: frozenset[str] = frozenset()
) -> list[Verdict]:
    """Judge each scenario; a baseline line for one that is not among them is a mistake in the file."""
    verdicts = [judge(name, results.get(name), baseline, ignored) for name in names]
    strays = sorted(line for line in baseline if line.partition(":")[0] not in names)
    if strays:
        verdicts.append(Verdict("baseline", failures=[f"{line}: no such scenario here" for line in strays]))
    return verdicts


def fresh(name: str) -> Path:
    """An empty folder for one run's results."""
    folder = RESULTS / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def run_fixture(tool: Tool, revision: str, *, stateful: bool) -> list[Verdict]:
    """A whole requirement set, plus whatever else the tool runs with it that the server claims."""
    output = fresh(f"fixture-{revision}")
    tool.run("--requirements", revision, output=output, seconds=SET_SECONDS)
    results = read_results(output)
    extra = [name for name in results if name not in required(revision) and not name.startswith(NOT_OFFERED)]
    lines = [] if stateful else read_list(HERE / f"stateless-{revision}.yml", "server")
    return judge_all([*required(revision), *extra], results, frozenset(lines))


def run_product(tool: Tool, revision: str) -> list[Verdict]:
    """The same set, of which only those scenarios are judged that mean something without fixture tools."""
    output = fresh(f"product-{revision}")
    tool.run("--requirements", revision, output=output, seconds=SET_SECONDS)
    baseline = frozenset(read_list(HERE / f"product-{revision}.yml", "server"))
    return judge_all(list(PRODUCT[revision]), read_results(output), baseline, VACUOUS)


def show(title: str, verdicts: list[Verdict]) -> Counter[str]:
    """Print one line a scenario, and the reasons of what failed; give the totals."""
    totals: Counter[str] = Counter()
    print(f"\n{title:<48} passed  known  failed")
    for verdict in verdicts:
        counts = (verdict.passed, len(verdict.expected), len(verdict.failures))
        totals.update(passed=counts[0], known=counts[1], failed=counts[2])
        print(f"  {verdict.scenario:<46} {counts[0]:>6} {counts[1] or '':>6} {counts[2] or '':>7}")
        for failure in verdict.failures:
            print(f"    {failure}")
    return totals


@contextmanager
def started(mode: Mode, *, stateful: bool) -> Generator[str]:
    """The server that a mode judges, in a process of its own on a free port; its MCP address."""
    with tempfile.TemporaryDirectory() as folder:
        product = ["-m", "server.cli", "serve", "--port", "0", "--data-dir", folder]
        fixture = [str(HERE / "fixture_server.py"), "0", *([] if stateful else ["--stateless"])]
        process = subprocess.Popen(
            [sys.executable, *(product if mode == "product" else fixture)], stdout=subprocess.PIPE, text=True
        )
        with process:
            try:
                line = process.stdout.readline() if process.stdout else ""
                address = next((word for word in line.split() if word.startswith("http://")), None)
                if address is None:
                    raise SystemExit(f"the {mode} server did not start")
                yield f"{address}/mcp"
            finally:
                process.terminate()
                process.wait(STOP_SECONDS)


def arguments() -> argparse.Namespace:
    """The command line; only addresses on this machine are taken."""
    parser = argparse.ArgumentParser(description="Judge MCP servers by the protocol conformance scenarios.")
    parser.add_argument("--url", help="a server that is running, such as http://localhost:3901/mcp")
    parser.add_argument("--mode", choices=get_args(Mode), help="default: both, one after the other")
    parser.add_argument("--node", type=Path, default=HERE / "node_modules" / ".bin" / "node", help="Node 22 or later")
    parser.add_argument("--stateful", action="store_true", help="fixture: the server keeps sessions, expect no failure")
    given = parser.parse_args()
    if given.url and not given.mode:
        parser.error("--url needs --mode")
    if given.url and urlsplit(str(given.url)).hostname not in ("localhost", "127.0.0.1", "::1"):
        parser.error("--url must be on this machine")
    if not CLI.exists():
        parser.error("the conformance tool is missing: run npm install in tests/conformance")
    return given


def judge_server(tool: Tool, mode: Mode, *, stateful: bool) -> Counter[str]:
    """All scenarios of a mode, for both revisions of the protocol; the totals."""
    totals: Counter[str] = Counter()
    for revision in REVISIONS:
        fixture = mode == "fixture"
        verdicts = run_fixture(tool, revision, stateful=stateful) if fixture else run_product(tool, revision)
        totals += show(f"{mode} {revision}", verdicts)
    return totals


def main() -> int:
    """Run everything, print the tables, say whether all went as expected."""
    given = arguments()
    totals: Counter[str] = Counter()
    modes: tuple[Mode, ...] = (given.mode,) if given.mode else get_args(Mode)
    for mode in modes:
        if given.url:
            totals += judge_server(Tool(given.node, given.url), mode, stateful=given.stateful)
            continue
        with started(mode, stateful=given.stateful) as url:
            totals += judge_server(Tool(given.node, url), mode, stateful=given.stateful)
    print(f"\nknown failures, all in the baseline: {totals['known']}")
    print(f"{totals['passed']} passed, {totals['failed']} failed")
    return 1 if totals["failed"] or not totals["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
