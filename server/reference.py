"""Writes the pages of `docs/` that are derived from code; with `--check`, says which are stale."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from graph.actions import ACTIONS
from graph.catalog import describe
from graph.ports import PORT_COLORS
from graph.problems import ERROR_CODES, MEANINGS, WARNING_CODES
from graph.registry import NODE_SPECS
from server.mcp.arguments import small_schema
from server.mcp.toolbox import TOOLS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from graph.ports import Port

DOCS: Final = Path(__file__).parent.parent / "docs"
_NOTE: Final = "<!-- Written by `make docs`; edit the code instead. -->\n"


def pages() -> dict[str, str]:
    """File name → content."""
    return {
        "nodes.md": _page(_nodes()),
        "actions.md": _page(_actions()),
        "tools.md": _page(_tools()),
        "problems.md": _page(_problems()),
    }


def main(argv: list[str]) -> int:
    """Write the pages, or check them."""
    stale = [name for name, text in pages().items() if _read(DOCS / name) != text]
    if "--check" in argv:
        if stale:
            print(f"stale: {', '.join(stale)}; run `make docs`", file=sys.stderr)  # noqa: T201
        return 1 if stale else 0
    DOCS.mkdir(exist_ok=True)
    for name in stale:
        (DOCS / name).write_text(pages()[name], encoding="utf-8")
    return 0


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _page(lines: Iterator[str]) -> str:
    return _NOTE + "\n" + "\n".join(lines).rstrip() + "\n"


def _nodes() -> Iterator[str]:
    yield "# Node types\n"
    yield "Port types and their colours: " + ", ".join(f"`{name}` {color}" for name, color in PORT_COLORS.items()) + "."
    yield "An edge joins ports of one type; an input takes one edge.\n"
    for spec in NODE_SPECS.values():
        about = describe(spec)
        yield f"## {spec.type}\n"
        yield f"**{spec.label}** ({spec.category}). {spec.summary}\n"
        if spec.inputs:
            yield from _ports("Input", spec.inputs)
        if spec.outputs:
            yield from _ports("Output", spec.outputs)
        yield "| Field | Values | Default | |"
        yield "|---|---|---|---|"
        for key, field in about["fields"].items():
            default = field.get("default", "**required**" if field.get("required") else "")
            yield f"| `{key}` | {_values(field)} | {_cell(default)} | {field.get('description', '')} |"
        yield ""
        yield f"Example: `{json.dumps(about['example'], ensure_ascii=False)}`\n"


def _ports(title: str, ports: tuple[Port, ...]) -> Iterator[str]:
    yield f"| {title} | Type | |"
    yield "|---|---|---|"
    for port in ports:
        notes = [port.description]
        if port.required:
            notes.append("Required.")
        if port.inline:
            notes.append(f"Or set `{port.inline}`.")
        yield f"| `{port.id}` | {port.type} | {' '.join(notes)} |"
    yield ""


def _values(field: Mapping[str, Any]) -> str:
    if "enum" in field:
        return " ".join(f"`{value}`" for value in field["enum"])
    if "properties" in field:
        return "object: " + ", ".join(f"`{key}` {_values(value)}" for key, value in field["properties"].items())
    bounds = [str(field[key]) for key in ("minimum", "maximum") if key in field]
    return str(field.get("type", field.get("const", ""))) + (f" {'..'.join(bounds)}" if bounds else "")


def _cell(value: object) -> str:
    if value in ("", "**required**"):
        return str(value)
    return f"`{json.dumps(value)}`"


def _actions() -> Iterator[str]:
    yield "# Actions\n"
    yield 'A batch is a list of objects `{"action": <name>, …}` and lands whole or not at all. The same vocabulary'
    yield 'serves MCP, HTTP, the Autopilot and the canvas. `{"<name>": {…}}` is accepted too, and Composer\'s shapes'
    yield "`addNode {node}`, `addEdge {edge}`, `removeEdge {edgeId}` and `removeNode {nodeId}` as they are.\n"
    for name, model in ACTIONS.items():
        schema = small_schema(model)
        required = schema.get("required", [])
        yield f"## {name}\n"
        yield f"{(model.__doc__ or '').strip()}\n"
        for key, field in schema["properties"].items():
            if key != "action":
                yield f"- `{key}`{'' if key in required else '?'}: {field.get('type', 'any')}"
        yield ""


def _tools() -> Iterator[str]:
    yield "# MCP tools\n"
    for tool in TOOLS.values():
        definition = tool.definition
        required = definition.input_schema.get("required", [])
        traits = [name for name, on in (("read only", tool.read_only), ("destructive", tool.destructive)) if on]
        yield f"## {tool.name}\n"
        yield tool.description + (f" ({', '.join(traits)})" if traits else "") + "\n"
        for key, field in definition.input_schema["properties"].items():
            kind = field.get("type") or "|".join(str(value) for value in field.get("enum", ["any"]))
            yield f"- `{key}`{'' if key in required else '?'}: {kind}"
        yield f"\nAnswers `{{{', '.join((definition.output_schema or {})['properties'])}}}`.\n"


def _problems() -> Iterator[str]:
    yield "# Problems\n"
    yield "`{code, severity, path, message, hint?, fix?, nodeId?, edgeId?}`: `path` is a JSON Pointer into the request"
    yield "for a refused edit and into the document otherwise, `hint` names the nearest valid value, `fix` is an action"
    yield "ready to be sent. Codes are stable.\n"
    meanings = {str(code): meaning for code, meaning in MEANINGS.items()}
    for title, codes in (("Errors: refused, nothing is applied", ERROR_CODES), ("Warnings", WARNING_CODES)):
        yield f"## {title}\n"
        yield "| Code | Meaning |"
        yield "|---|---|"
        for code in codes:
            yield f"| `{code}` | {meanings[code]} |"
        yield ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
