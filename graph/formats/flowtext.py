"""Flow text: a flow as a model writes and reads it. The grammar is in `docs/flow-text.md`.

Two forms, one grammar. The short form holds what the flow means; the full form adds what the canvas
needs (positions, edge ids, sizes) and gives the document back exactly.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from graph.data import humanize

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graph.flow import Edge, Flow, Node

BARE: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
"""An id or word that needs no quotes."""
BARE_VALUE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_./:-]*")
_RESERVED: Final = frozenset({"true", "false", "null", "NaN", "Infinity", "flow", "in", "as"})
_IN_HEADER: Final = frozenset({"name", "description", "schemaVersion"})


def write_flow_text(flow: Flow, *, full: bool = False) -> str:
    """The flow as text, one line per node and edge, a newline at the end."""
    lines = [_header(flow, full=full), *(_node(node, full=full) for node in flow.ordered_nodes())]
    lines += [_edge(flow, edge, full=full) for edge in flow.ordered_edges()]
    return "\n".join(lines) + "\n"


def _header(flow: Flow, *, full: bool) -> str:
    description = flow.meta.get("description")
    text = f"flow {_quoted(flow.name)}"
    if description or (full and description is not None):
        text += f" {_quoted(description)}"
    if full:
        text += "".join(f" ${_id(key)}={_json(value)}" for key, value in flow.metadata() if key not in _IN_HEADER)
        text += "".join(f" !{_id(key)}={_json(value)}" for key, value in flow.members.items())
    return text


def _node(node: Node, *, full: bool) -> str:
    return " ".join(_node_words(node, full=full))


def _node_words(node: Node, *, full: bool) -> Iterator[str]:
    yield _id(node.id)
    yield node.spec.type
    if node.label != humanize(node.id):
        yield _quoted(node.label)
    for key, value in node.data.items():
        if key != "label" and node.spec.defaults.get(key) != value:
            yield f"{key}={_value(value)}"
    for key, value in node.extras.items():
        yield f"!{_id(key)}={_json(value)}"
    if node.parent_id is not None:
        yield f"in {_id(node.parent_id)}"
    if full:
        yield f"@{_json(node.x)},{_json(node.y)}"
        for key, value in node.members.items():
            yield f"${_id(key)}={_json(value)}"


def _edge(flow: Flow, edge: Edge, *, full: bool) -> str:
    source = flow.nodes[edge.source].spec
    text = _id(edge.source)
    if edge.source_handle != source.default_output:
        text += f".{_id(edge.source_handle)}"
    text += f" -> {_id(edge.target)}"
    if len(flow.nodes[edge.target].spec.inputs_of_type(edge.data_type)) > 1:
        text += f".{_id(edge.target_handle)}"
    if full and edge.id != f"{edge.target}.{edge.target_handle}":
        text += f" as {_quoted(edge.id)}"
    if full:
        text += "".join(f" !{_id(key)}={_json(value)}" for key, value in edge.extras.items())
        text += "".join(f" ${_id(key)}={_json(value)}" for key, value in edge.members.items())
    return text


def _id(text: str) -> str:
    return text if BARE.fullmatch(text) and text not in _RESERVED else _quoted(text)


def _value(value: Any) -> str:
    if isinstance(value, str) and BARE_VALUE.fullmatch(value) and value not in _RESERVED:
        return value
    return _json(value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
