"""Two processes edit one flow at once: what was acknowledged must be there, the rest must have been refused."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from benchmarks import flows, programs, recorded
from benchmarks.report import Comparison, Figure, Report

if TYPE_CHECKING:
    from benchmarks.stdio_client import StdioClient

WRITERS: Final = 2
EDITS, QUICK_EDITS = 300, 60
SHARED: Final = "editor-0"
_SHARED_EVERY: Final = 3
_TIMEOUT_S: Final = 120


class UnexpectedRefusalError(RuntimeError):
    """An edit was refused for another reason than a conflict."""


@dataclass(slots=True)
class Writer:
    """One process's share of the work, and what became of it."""

    name: str
    client: StdioClient
    revision: int = 1
    """The newest it has seen."""
    nodes: list[str] = field(default_factory=list[str])
    """Nodes that it was told were added."""
    settings: dict[int, str] = field(default_factory=dict[int, str])
    """Revision → what it was told the shared field is since then."""
    revisions: list[int] = field(default_factory=list[int])
    conflicts: int = 0

    def work(self, barrier: Barrier, edits: int) -> None:
        """Add nodes of its own; every third time set the field that the others set too, on the revision it has seen."""
        barrier.wait(timeout=_TIMEOUT_S)
        for number in range(edits):
            if number % _SHARED_EVERY:
                self._add(f"{self.name}-{number}")
            else:
                self._set(f"{self.name} {number}")

    def _add(self, node: str) -> None:
        if self._edit("addNode", {"type": "text-input", "id": node}):
            self.nodes.append(node)

    def _set(self, value: str) -> None:
        arguments = {"nodeId": SHARED, "data": {"systemPrompt": value}, "baseRevision": self.revision}
        if self._edit("configure", arguments):
            self.settings[self.revision] = value

    def _edit(self, tool: str, arguments: dict[str, Any]) -> bool:
        call = self.client.call_tool(tool, {"flowId": "flow", **arguments})
        answer = json.loads(call.text)
        if call.failed and [problem["code"] for problem in answer["problems"]] != ["revision-conflict"]:
            raise UnexpectedRefusalError(call.text)
        self.revision = answer["revision"]
        if call.failed:
            self.conflicts += 1
            return False
        self.revisions.append(self.revision)
        return True


def run(*, quick: bool) -> Report:
    """Let them write, then read what is there."""
    edits = QUICK_EDITS if quick else EDITS
    with ExitStack() as stack:
        directory = Path(stack.enter_context(TemporaryDirectory()))
        clients = [stack.enter_context(programs.autopilot(directory)) for _ in range(WRITERS)]
        clients[0].call_tool("createFlow", {"name": "Flow", "document": flows.document(100)})
        writers = [Writer(f"w{number}", client) for number, client in enumerate(clients)]
        seconds = _race(writers, edits)
        final = [_document(client) for client in clients]
    applied = sum(len(writer.revisions) for writer in writers)
    conflicts = sum(writer.conflicts for writer in writers)
    total = WRITERS * edits
    return Report(
        title="writers",
        method=(
            f"{WRITERS} processes, {edits} edits each at full speed on one flow of 100 nodes. Two of three edits add a"
            " node; the third sets a field that both set, on the revision that the writer saw last."
        ),
        figures=[
            Figure(
                what="acknowledged edits that are not there",
                value=_lost(writers, final),
                goal=0,
                beside=f"{recorded.TWO_WRITERS}*; * recorded earlier",
            ),
        ],
        comparisons=[
            Comparison(
                "what became of them",
                ("edits", "applied", "refused as conflicts", "applied per second", "seconds"),
                [(str(total), applied, conflicts, applied / seconds, seconds)],
            )
        ],
    )


def _race(writers: list[Writer], edits: int) -> float:
    """All writers at once; the seconds until the last is done."""
    barrier = Barrier(len(writers) + 1)
    with ThreadPoolExecutor(len(writers)) as threads:
        jobs = [threads.submit(writer.work, barrier, edits) for writer in writers]
        barrier.wait(timeout=_TIMEOUT_S)
        start = perf_counter()
        for job in jobs:
            job.result(timeout=_TIMEOUT_S)
        return perf_counter() - start


def _document(client: StdioClient) -> tuple[int, dict[str, Any]]:
    answer = client.call_tool("getFlow", {"flowId": "flow", "format": "json"}).result["structuredContent"]
    return answer["revision"], answer["document"]


def _lost(writers: list[Writer], final: list[tuple[int, dict[str, Any]]]) -> int:
    """Acknowledged edits without a trace, as each process sees the flow in the end; the worst of them."""
    promised = sorted(revision for writer in writers for revision in writer.revisions)
    settings = {revision: value for writer in writers for revision, value in writer.settings.items()}
    return max(_missing(writers, promised, settings, revision, document) for revision, document in final)


def _missing(
    writers: list[Writer], promised: list[int], settings: dict[int, str], revision: int, document: dict[str, Any]
) -> int:
    nodes = {node["id"]: node["data"] for node in document["nodes"]}
    lost = sum(node not in nodes for writer in writers for node in writer.nodes)
    # Every acknowledged edit must have a revision of its own, and the flow none that nobody was promised.
    lost += len(set(range(2, revision + 1)) ^ set(promised)) + len(promised) - len(set(promised))
    last = settings[max(settings)] if settings else None
    return lost + (last is not None and nodes[SHARED].get("systemPrompt") != last)
