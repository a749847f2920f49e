"""A flow as a Mermaid flowchart, for chats and README files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from graph.flow import Flow, Node

_MOST_LABEL: Final = 60


def write_mermaid(flow: Flow) -> str:
    """`flowchart LR` with one line per node and edge. Ids are numbered: Mermaid reserves words and characters.

    A comment around other nodes is a `subgraph`, which its `end` closes.
    """
    names = {node.id: f"n{index}" for index, node in enumerate(flow.ordered_nodes())}
    lines = ["flowchart LR"]
    for node in flow.ordered_nodes():
        if node.parent_id not in flow.nodes:
            lines += _lines(flow, names, node, "  ")
    for edge in flow.ordered_edges():
        lines.append(f"  {names[edge.source]} -->|{edge.target_handle}| {names[edge.target]}")
    return "\n".join(lines) + "\n"


def _lines(flow: Flow, names: Mapping[str, str], node: Node, indent: str) -> Iterator[str]:
    inside = [flow.nodes[child] for child in flow.children.get(node.id, ())]
    if not inside:
        yield f"{indent}{names[node.id]}{_box(node)}"
        return
    yield f'{indent}subgraph {names[node.id]}["{_escaped(node.label)}"]'
    for child in sorted(inside, key=lambda child: child.seq):
        yield from _lines(flow, names, child, indent + "  ")
    yield f"{indent}end"


def _box(node: Node) -> str:
    text = f'"{_escaped(node.label)}<br/><small>{node.spec.type}</small>"'
    if node.spec.annotation:
        return f"@{{ shape: comment, label: {text} }}"
    if not node.spec.inputs:
        return f"([{text}])"
    if not node.spec.outputs:
        return f"[[{text}]]"
    return f"[{text}]"


def _escaped(label: str) -> str:
    """Mermaid reads `#35;`-style entities inside quotes and nothing else."""
    clipped = label if len(label) <= _MOST_LABEL else label[: _MOST_LABEL - 1] + "…"
    return "".join(char if char.isalnum() or char in " .,:!?…-" else f"#{ord(char)};" for char in clipped)
