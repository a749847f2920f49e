"""The rules for an edge: which handles it may join, and what stands in its way.

Edits, imports and undo all ask here, so they cannot disagree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph.problems import Problem, clip, nearest_or_all
from graph.registry import NODE_SPECS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from graph.flow import Flow, Node
    from graph.ports import Port, PortType
    from graph.spec import NodeSpec


def fitting_pairs(
    source: NodeSpec, target: NodeSpec, source_handle: str | None = None, target_handle: str | None = None
) -> list[tuple[Port, Port]]:
    """Pairs of an output and an input of equal type, limited to the handles that are given."""
    return [
        (output, entry)
        for output in source.outputs
        if source_handle in (None, output.id)
        for entry in target.inputs
        if target_handle in (None, entry.id) and entry.type == output.type
    ]


def not_a_frame(parent: Node, path: str) -> Problem:
    """The problem of a `parentId` that names a node of a type that encloses nothing."""
    message = f"{clip(parent.id)} is a {parent.spec.type}; only a comment encloses nodes"
    return Problem(code="invalid-value", path=path, message=message, node_id=parent.id)


def converters(have: PortType, want: PortType) -> Iterator[str]:
    """Node types that take the one and give the other."""
    for spec in NODE_SPECS.values():
        if any(port.type == have for port in spec.inputs) and any(port.type == want for port in spec.outputs):
            yield spec.type


def present_names(
    source: NodeSpec, target: NodeSpec, source_handle: str | None, target_handle: str | None
) -> tuple[str | None, str | None]:
    """The handles that an edge names, old names read as present ones, and None for what it leaves open.

    A name that nobody knows stays, so that it can be told.
    """
    source_handle, target_handle = source_handle or None, target_handle or None
    if source_handle is not None and source_handle not in source.output_ports:
        source_handle = source.output_aliases.get(source_handle, source_handle)
    if target_handle is not None and target_handle not in target.input_ports:
        target_handle = target.input_aliases.get(target_handle, target_handle)
    return source_handle, target_handle


def unknown_handles(
    source: Node, target: Node, source_handle: str | None, target_handle: str | None, path: str
) -> Iterator[Problem]:
    """The problems of handles, by their present names, that the nodes do not have; `path` leads to the edge."""
    if source_handle is not None and source_handle not in source.spec.output_ports:
        yield unknown_output(source, source_handle, path + "/sourceHandle")
    if target_handle is not None and target_handle not in target.spec.input_ports:
        yield unknown_input(target, target_handle, path + "/targetHandle")


def unknown_output(node: Node, handle: str, path: str) -> Problem:
    """The problem of a `sourceHandle` that the node does not have."""
    ports = node.spec.output_ports
    message = f"{node.id} has no output {clip(handle)}" if ports else f"{node.id} ({node.spec.type}) has no outputs"
    return Problem(
        code="unknown-source-handle",
        path=path,
        message=message,
        hint=nearest_or_all(handle, ports),
        node_id=node.id,
    )


def unknown_input(node: Node, handle: str, path: str) -> Problem:
    """The problem of a `targetHandle` that the node does not have."""
    ports = node.spec.input_ports
    message = f"{node.id} has no input {clip(handle)}" if ports else f"{node.id} ({node.spec.type}) has no inputs"
    return Problem(
        code="unknown-target-handle",
        path=path,
        message=message,
        hint=nearest_or_all(handle, ports),
        node_id=node.id,
    )


def type_mismatch(source: Node, output: Port, target: Node, entry: Port | None, path: str) -> Problem:
    """The problem of an edge between handles of different types, with what would fit."""
    fits = [f"{target.id}.{port.id}" for port in target.spec.inputs_of_type(output.type)]
    if entry is None:
        message = f"{target.id} ({target.spec.type}) takes no {output.type}"
        wanted: dict[PortType, None] = dict.fromkeys(port.type for port in target.spec.inputs)
    else:
        message = f"{source.id}.{output.id} is {output.type}, {target.id}.{entry.id} takes {entry.type}"
        wanted = {entry.type: None}
    between = [name for want in wanted for name in converters(output.type, want)]
    hint = " or ".join(fits) or (f"put {between[0]} between" if between else None)
    return Problem(code="type-mismatch", path=path, message=message, hint=hint, node_id=target.id)


def closes_cycle(flow: Flow, source: str, target: str) -> bool:
    """Whether an edge source → target would close a cycle.

    Searches from both ends, always on the side that has seen less, and stops when either is
    exhausted or they meet: the cost follows the smaller neighbourhood and not the flow.
    """
    if source == target:
        return True
    ahead, behind = {target}, {source}
    ahead_rim, behind_rim = [target], [source]
    while ahead_rim and behind_rim:
        if len(ahead) <= len(behind):
            ahead_rim = _next_rim(ahead, (n for node in ahead_rim for n in _targets(flow, node)))
            met = not behind.isdisjoint(ahead_rim)
        else:
            behind_rim = _next_rim(behind, (n for node in behind_rim for n in _sources(flow, node)))
            met = not ahead.isdisjoint(behind_rim)
        if met:
            return True
    return False


def path_between(flow: Flow, source: str, target: str) -> list[str]:
    """Ids of the edges of a shortest way from `source` to `target`, the last one first; empty where there is none."""
    entered: dict[str, str] = {}
    rim = [source]
    for node_id in rim:
        for edge_id in flow.outputs[node_id]:
            reached = flow.edges[edge_id].target
            if reached not in entered and reached != source:
                entered[reached] = edge_id
                rim.append(reached)
    way: list[str] = []
    while target in entered:
        way.append(entered[target])
        target = flow.edges[entered[target]].source
    return way


def _next_rim(seen: set[str], found: Iterable[str]) -> list[str]:
    """What of `found` is new; `seen` learns of it."""
    rim = [node_id for node_id in dict.fromkeys(found) if node_id not in seen]
    seen.update(rim)
    return rim


def _targets(flow: Flow, node_id: str) -> Iterator[str]:
    return (flow.edges[edge_id].target for edge_id in flow.outputs[node_id])


def _sources(flow: Flow, node_id: str) -> Iterator[str]:
    return (flow.edges[edge_id].source for edge_id in flow.inputs[node_id].values())


def no_pair(source: Node, target: Node, source_handle: str | None, target_handle: str | None, path: str) -> Problem:
    """Why the handles of an edge cannot be told: several pairs fit, or none does."""
    pairs = fitting_pairs(source.spec, target.spec, source_handle, target_handle)
    entries = list(dict.fromkeys(entry.id for _, entry in pairs))
    if len(entries) > 1:
        return Problem(
            code="ambiguous-handle",
            path=path + "/targetHandle",
            message=f"several inputs of {clip(target.id)} fit",
            hint=", ".join(entries),
            node_id=target.id,
        )
    if pairs:
        return Problem(
            code="ambiguous-handle",
            path=path + "/sourceHandle",
            message=f"several outputs of {clip(source.id)} fit",
            hint=", ".join(dict.fromkeys(output.id for output, _ in pairs)),
            node_id=source.id,
        )
    if not source.spec.outputs:
        return unknown_output(source, source_handle or "output", path + "/source")
    if not target.spec.inputs:
        return unknown_input(target, target_handle or "input", path + "/target")
    output = source.spec.output_ports[source_handle or source.spec.default_output or source.spec.outputs[0].id]
    entry = target.spec.input_ports[target_handle] if target_handle else None
    return type_mismatch(source, output, target, entry, path + ("/targetHandle" if target_handle else "/target"))


def taken(flow: Flow, source: Node, target: Node, pair: tuple[Port, Port], path: str) -> Problem | None:
    """The problem of an input that has its edge already; `pair` is the output and that input."""
    output, entry = pair
    occupant_id = flow.inputs[target.id].get(entry.id)
    if occupant_id is None:
        return None
    occupant = flow.edges[occupant_id]
    if (occupant.source, occupant.source_handle) == (source.id, output.id):
        message = f"edge {clip(occupant_id)} joins these already"
        return Problem(code="duplicate-edge", path=path + "/source", message=message, edge_id=occupant_id)
    ends = {"source": source.id, "sourceHandle": output.id, "target": target.id, "targetHandle": entry.id}
    return Problem(
        code="input-occupied",
        path=path + "/targetHandle",
        message=f"{target.id}.{entry.id} is fed by {occupant.source}.{occupant.source_handle}",
        hint="replace: true",
        fix={"action": "connect", **ends, "replace": True},
        node_id=target.id,
        edge_id=occupant_id,
    )


def self_loop(node: Node, path: str) -> Problem:
    """The problem of an edge from a node to itself."""
    return Problem(
        code="self-loop", path=path + "/target", message=f"{clip(node.id)} cannot feed itself", node_id=node.id
    )


def cycle(source: Node, target: Node, path: str) -> Problem:
    """The problem of an edge that would close a cycle."""
    message = f"{clip(target.id)} already leads to {clip(source.id)}; flows have no loops"
    return Problem(code="cycle", path=path + "/target", message=message, node_id=target.id)


def nodes_on_cycles(flow: Flow) -> list[str]:
    """Nodes on cycles or between two of them, in document order; empty for a legal flow."""
    waiting = {node_id: len(entries) for node_id, entries in flow.inputs.items()}
    ready = [node_id for node_id, count in waiting.items() if count == 0]
    edges = flow.edges
    for node_id in ready:
        for edge_id in flow.outputs[node_id]:
            target = edges[edge_id].target
            waiting[target] -= 1
            if waiting[target] == 0:
                ready.append(target)
    if len(ready) == len(waiting):
        return []
    # What is left includes all that comes after a cycle; the same from the other end leaves the cycles.
    left = {node_id: 0 for node_id, count in waiting.items() if count > 0}
    for node_id in left:
        left[node_id] = sum(edges[edge_id].target in left for edge_id in flow.outputs[node_id])
    ends = [node_id for node_id, count in left.items() if count == 0]
    for node_id in ends:
        for source in _sources(flow, node_id):
            if source in left:
                left[source] -= 1
                if left[source] == 0:
                    ends.append(source)
    return [node_id for node_id, count in left.items() if count > 0]


def free_edge_id(flow: Flow, target: str, handle: str) -> str:
    """`target.handle`: an input takes one edge, so this names it, and a reader can guess it."""
    base = edge_id = f"{target}.{handle}"
    number = 2
    while edge_id in flow.edges:
        edge_id, number = f"{base}-{number}", number + 1
    return edge_id
