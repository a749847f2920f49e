"""What the commands do."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rich.console import Console

from graph.catalog import brief, describe, full_text
from graph.errors import Refused
from graph.formats.document import file_name, read_document, unknown_to_composer, write_document
from graph.formats.flowtext import write_flow_text
from graph.formats.flowtext_in import read_flow_text
from graph.formats.jsontext import parse_json
from graph.formats.mermaid import write_mermaid
from graph.problems import Problem, pointer
from graph.registry import NODE_SPECS, find_spec, unknown_type
from graph.validation import validate
from server.clock import now
from server.composition import build_workspace
from server.errors import ServerError
from server.wire import compact

if TYPE_CHECKING:
    import argparse
    from collections.abc import Awaitable, Callable, Iterable
    from pathlib import Path

    from graph.formats.document import Imported
    from server.settings import Settings
    from server.storage.shapes import Stored
    from server.workspace import Workspace

AUTHOR = "cli"


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Carry out a command; the result is the exit status."""
    match options.command:
        case "serve":
            from server.http.serve import serve  # noqa: PLC0415 - FastAPI is for servers

            return serve(settings)
        case "demo":
            from server.demo import demo  # noqa: PLC0415 - needs a client

            return asyncio.run(demo())
        case "validate":
            return _validate(options)
        case "nodes":
            return _nodes(options)
        case "import":
            return asyncio.run(_with_workspace(settings, lambda workspace: _import(options, workspace)))
        case _:
            return asyncio.run(_with_workspace(settings, lambda workspace: _export(options, workspace)))


async def _with_workspace(settings: Settings, work: Callable[[Workspace], Awaitable[int]]) -> int:
    workspace = build_workspace(settings)
    try:
        return await work(workspace)
    finally:
        await workspace.close()


def read_file(path: Path, name: str | None = None) -> Imported:
    """The flow in a file: a document if it looks like JSON, else flow text.

    Raises:
        Refused: it is not a legal flow.
        ServerError: the file cannot be read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        message = f"{path}: {error.strerror}"
        raise ServerError(message) from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"not UTF-8 at byte {error.start}"
        raise Refused([Problem(code="syntax-error", path="", message=message)]) from None
    if text.lstrip()[:1] in ("{", "["):
        return read_document(parse_json(text), now=now(), name=name)
    return read_flow_text(text, now=now(), name=name)


def _validate(options: argparse.Namespace) -> int:
    reports = [_verdict(path) for path in options.files]
    if options.json:
        print(compact(reports[0] if len(reports) == 1 else reports))  # noqa: T201 - the answer
    else:
        console = Console(highlight=False, soft_wrap=True)
        for report in reports:
            _print_verdict(console, report)
    return 0 if all(report["ok"] for report in reports) else 1


def _verdict(path: Path) -> dict[str, Any]:
    """`{file, ok, runnable, problems}`, or `{file, ok: false, error}` for a file that cannot be read."""
    try:
        imported = read_file(path)
    except ServerError as error:
        return {"file": str(path), "ok": False, "runnable": False, "problems": [], "error": str(error)}
    except Refused as refused:
        problems = [problem.to_wire() for problem in refused.problems]
        return {"file": str(path), "ok": False, "runnable": False, "problems": problems}
    report = validate(imported.flow)
    problems = [problem.to_wire() for problem in (*report.problems, *imported.notes)]
    return {"file": str(path), "ok": report.ok, "runnable": report.runnable, "problems": problems}


def _print_verdict(console: Console, report: dict[str, Any]) -> None:
    if "error" in report:
        print(f"autopilot: {report['error']}", file=sys.stderr)  # noqa: T201
        return
    state = "[green]ok[/]" if report["ok"] else "[red]not ok[/]"
    console.print(f"{_plain(report['file'])}: {state}" + (", can run" if report["runnable"] else ""))
    print_problems(console, report["problems"])


def print_problems(console: Console, problems: Iterable[dict[str, Any]]) -> None:
    """Problems a line each, with what would be right."""
    for problem in problems:
        color = "red" if problem["severity"] == "error" else "yellow"
        hint = f" [dim]→ {_plain(problem['hint'])}[/]" if problem.get("hint") else ""
        where = f" [dim]{_plain(problem['path'])}[/]" if problem["path"] else ""
        console.print(f"  [{color}]{problem['code']}[/]{where} {_plain(problem['message'])}{hint}")


def _plain(text: str) -> str:
    """Text without markup of its own."""
    return text.replace("[", r"\[")


def _nodes(options: argparse.Namespace) -> int:
    specs = [NODE_SPECS[spec.type] if (spec := find_spec(name)) else None for name in options.types]
    if None in specs:
        index = specs.index(None)
        problem = unknown_type(options.types[index], pointer(index))
        raise Refused([replace(problem, message=f"{problem.message} (try {problem.hint})")])
    chosen = [spec for spec in specs if spec is not None]
    if options.json:
        print(compact([describe(spec) for spec in chosen or NODE_SPECS.values()]))  # noqa: T201 - the answer
    else:
        print("\n\n".join(map(full_text, chosen)) if chosen else brief())  # noqa: T201 - the answer
    return 0


async def _import(options: argparse.Namespace, workspace: Workspace) -> int:
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    status = 0
    for path in options.files:
        try:
            imported = read_file(path, options.name)
            created = await workspace.create(author=AUTHOR, imported=imported, reason=f"import {path.name}")
        except ServerError as error:
            print(f"autopilot: {error}", file=sys.stderr)  # noqa: T201
            status = 1
            continue
        except Refused as refused:
            console.print(f"{_plain(str(path))}: [red]refused[/]")
            print_problems(console, [problem.to_wire() for problem in refused.problems])
            status = 1
            continue
        notes = [note.to_wire() for note in imported.notes]
        if options.json:
            print(compact({"file": str(path), "flowId": created.stored.id, "problems": notes}))  # noqa: T201
        else:
            print(created.stored.id)  # noqa: T201 - the answer
            print_problems(console, notes)
    return status


async def _export(options: argparse.Namespace, workspace: Workspace) -> int:
    def view(stored: Stored) -> tuple[str, str, list[str]]:
        flow = stored.flow
        if options.format == "text":
            return write_flow_text(flow, full=True), file_name(flow), []
        if options.format == "mermaid":
            return write_mermaid(flow), file_name(flow), []
        return compact(write_document(flow)) + "\n", file_name(flow), unknown_to_composer(flow)

    text, usual_name, foreign = await workspace.read(options.flow, view)
    if foreign:
        print(f"autopilot: Composer does not know {', '.join(foreign)}", file=sys.stderr)  # noqa: T201
    if options.output is None:
        sys.stdout.write(text)
        return 0
    target = options.output / usual_name if options.output.is_dir() else options.output
    try:
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        message = f"{target}: {error.strerror}"
        raise ServerError(message) from error
    print(target)  # noqa: T201 - the answer
    return 0
