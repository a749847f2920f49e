"""Reading flow text. Every error names its line and column."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from graph.data import humanize
from graph.errors import Refused
from graph.formats.cursor import ARROW, STRING, Cursor, SyntaxFaultError
from graph.formats.document import Imported, read
from graph.formats.edges_in import FILLED_IN
from graph.problems import MOST_PROBLEMS, Problem
from graph.registry import find_spec, unknown_type
from graph.rules import unknown_field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graph.spec import NodeSpec

MAX_LINES: Final = 250_000
_NODE_MEMBERS: Final = frozenset({"id", "type", "data"})
_DOCUMENT_MEMBERS: Final = frozenset({"metadata", "nodes", "edges", "flow"})
_EDGE_MEMBERS: Final = frozenset({"source", "sourceHandle", "target", "targetHandle", "data"})
"""Members that have a place of their own in a line."""


def read_flow_text(text: str, *, now: str, name: str | None = None) -> Imported:
    """The flow that `text` describes.

    Raises:
        Refused: with every fault; each message begins with its line, and its column where the text itself is wrong.
    """
    document = _Document()
    lines = text.split("\n")
    if len(lines) > MAX_LINES:
        raise Refused([Problem(code="syntax-error", path="/text", message=f"more than {MAX_LINES} lines")])
    for number, line in enumerate(lines, start=1):
        document.line = number
        try:
            _read_line(document, Cursor(line))
        except SyntaxFaultError as fault:
            document.problems.append(
                document.located(Problem(code="syntax-error", path="", message=str(fault)), fault.column)
            )
        if len(document.problems) >= MOST_PROBLEMS:
            break
    if document.problems:
        raise Refused(document.problems)
    for edge in document.edges:
        edge["sourceHandle"] = edge["sourceHandle"] or _default_output(document.types.get(edge["source"]))
    raw = {**document.members, "metadata": document.meta, "nodes": document.nodes, "edges": document.edges}
    try:
        reading = read(raw, now=now, name=name)
    except Refused as refused:
        raise Refused([document.traced(problem) for problem in refused.problems]) from None
    # A handle that goes without saying is good style here.
    del reading.mended[FILLED_IN]
    return Imported(reading.flow, reading.notes())


@dataclass(slots=True)
class _Document:
    """The JSON document that the lines so far describe."""

    line: int = 0
    """The line at hand, counted from 1."""
    meta: dict[str, Any] = field(default_factory=dict[str, Any])
    members: dict[str, Any] = field(default_factory=dict[str, Any])
    nodes: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    edges: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    node_lines: list[int] = field(default_factory=list[int])
    edge_lines: list[int] = field(default_factory=list[int])
    types: dict[str, str] = field(default_factory=dict[str, str])
    problems: list[Problem] = field(default_factory=list[Problem])

    def located(self, problem: Problem, column: int) -> Problem:
        """A problem of the line at hand, told with its place in the text."""
        return replace(problem, path="/text", message=f"line {self.line}, column {column + 1}: {problem.message}")

    def traced(self, problem: Problem) -> Problem:
        """A problem of the document, told as one of the text."""
        parts = problem.path.split("/")
        table = {"nodes": self.node_lines, "edges": self.edge_lines}.get(parts[1] if len(parts) > 1 else "", [])
        line = f"line {table[int(parts[2])]}: " if len(parts) > 2 and table else ""  # noqa: PLR2004 - "", list, index
        return replace(problem, path="/text", message=line + problem.message)


def _read_line(document: _Document, cursor: Cursor) -> None:
    if cursor.done:
        return
    start = cursor.at
    quoted = cursor.peek(STRING)
    first = cursor.name("a node id")
    end = cursor.at
    cursor.skip()
    if first == "flow" and not quoted and cursor.peek(STRING):
        if document.meta:
            cursor.back(start, "the flow has its name already")
        _read_header(document, cursor)
    elif cursor.peek(ARROW) or (cursor.at == end and cursor.line[end : end + 1] == "."):
        cursor.at = start
        _read_edges(document, cursor)
    elif first == "flow" and not quoted and find_spec(cursor.rest.partition(" ")[0]) is None:
        cursor.fail('put the name of the flow in quotes, as in flow "Story"')
    else:
        cursor.literal(":")
        cursor.skip()
        _read_node(document, cursor, first)


def _read_header(document: _Document, cursor: Cursor) -> None:
    document.meta["name"] = cursor.string()
    cursor.skip()
    if cursor.peek(STRING):
        document.meta["description"] = cursor.string()
        cursor.skip()
    while not cursor.done:
        column = cursor.at
        if cursor.line[column] not in "$!":
            cursor.fail("expected the end of the line")
        mark, key, value = cursor.item()
        if mark == "!" and key in _DOCUMENT_MEMBERS:
            cursor.back(column, f"{key} has its own place in the text")
        where = document.meta if mark == "$" else document.members
        if key in where:
            cursor.back(column, f"{key} stands here twice")
        where[key] = value


def _read_node(document: _Document, cursor: Cursor, node_id: str) -> None:
    column = cursor.at
    type_name = cursor.name("a node type")
    cursor.skip()
    spec = find_spec(type_name)
    if spec is None:
        document.problems.append(document.located(unknown_type(type_name, ""), column))
    data: dict[str, Any] = {**(spec.defaults if spec else {}), "label": humanize(node_id)}
    node: dict[str, Any] = {"id": node_id, "type": type_name, "data": data}
    seen: set[tuple[str, str]] = set()
    if cursor.peek(STRING):
        data["label"] = cursor.string()
        seen.add(("", "label"))
        cursor.skip()
    while not cursor.done:
        _read_node_item(document, cursor, spec, node, seen)
    document.types[node_id] = type_name
    document.nodes.append(node)
    document.node_lines.append(document.line)


def _read_node_item(
    document: _Document, cursor: Cursor, spec: NodeSpec | None, node: dict[str, Any], seen: set[tuple[str, str]]
) -> None:
    column = cursor.at
    mark, key, value = cursor.item()
    if mark == "" and spec is not None:
        key = spec.field_aliases.get(key, key)
    if (mark, key) in seen:
        cursor.back(column, f"{key} stands here twice")
    seen.add((mark, key))
    if mark == "$":
        if key in _NODE_MEMBERS:
            cursor.back(column, f"{key} has its own place in the line")
        node[key] = value
    elif mark == "!" or spec is None:
        node["data"][key] = value
    elif key not in spec.fields:
        problem = unknown_field(spec, [key], "", node["id"])
        document.problems.append(document.located(problem, column))
    elif value is not None:
        # Where a text is wanted, 42 and true are texts as well.
        node["data"][key] = cursor.bare if cursor.bare is not None and key in spec.text_fields else value


def _read_edges(document: _Document, cursor: Cursor) -> None:
    ends = [_read_end(cursor)]
    while cursor.take(ARROW):
        ends.append(_read_end(cursor))
    if len(ends) == 1:
        cursor.fail("expected ->")
    extra = dict(_read_edge_items(cursor))
    if extra and len(ends) > 2:  # noqa: PLR2004 - one edge has two ends
        cursor.fail("an id belongs to a line with one edge")
    # In a chain, what stands behind a middle node's dot is the input that it is entered by.
    sources = [ends[0], *((node_id, None) for node_id, _ in ends[1:-1])]
    for (source, source_handle), (target, target_handle) in zip(sources, ends[1:], strict=True):
        edge = {"source": source, "sourceHandle": source_handle, "target": target, "targetHandle": target_handle}
        document.edges.append({**edge, **extra})
        document.edge_lines.append(document.line)


def _default_output(type_name: str | None) -> str | None:
    spec = find_spec(type_name) if type_name else None
    return spec.default_output if spec else None


def _read_end(cursor: Cursor) -> tuple[str, str | None]:
    node_id = cursor.name("a node id")
    handle = cursor.name("a handle") if cursor.literal(".") else None
    cursor.skip()
    return node_id, handle


def _read_edge_items(cursor: Cursor) -> Iterator[tuple[str, Any]]:
    data: dict[str, Any] = {}
    seen: set[tuple[str, str]] = set()
    while not cursor.done:
        column = cursor.at
        mark, key, value = cursor.item() if cursor.line[column] in "!$" else ("$", "id", _read_edge_id(cursor))
        if (mark, key) in seen:
            cursor.back(column, f"{key} stands here twice")
        seen.add((mark, key))
        if mark == "!":
            data[key] = value
        elif key in _EDGE_MEMBERS:
            cursor.back(column, f"{key} has its own place in the line")
        else:
            yield key, value
    if data:
        yield "data", data


def _read_edge_id(cursor: Cursor) -> str:
    column = cursor.at
    if cursor.name("as <edge id>") != "as":
        cursor.back(column, "expected ->, as <edge id> or the end of the line")
    cursor.skip()
    edge_id = cursor.name("an edge id")
    cursor.skip()
    return edge_id
