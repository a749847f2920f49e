"""What is wrong, or not yet right, with a whole flow. Nothing is changed and nothing is run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from graph.joining import nodes_on_cycles, type_mismatch, unknown_input, unknown_output
from graph.models import ModelTable, default_models
from graph.problems import Code, Problem, clip, nearest, pointer
from graph.rules import data_is_valid, data_problems

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from graph.flow import Flow, Node

NOT_RUNNABLE: frozenset[Code] = frozenset({"required-input-missing", "missing-credential"})
"""Warnings while editing that are errors at run."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What validation needs to know of the place where the flow will run."""

    models: ModelTable
    credentials: Collection[str] | None = None
    """Providers with a key. None when there are no keys at all: models are then played by the offline one."""


@dataclass(frozen=True, slots=True)
class Report:
    """The verdict on a flow."""

    problems: tuple[Problem, ...]
    empty: bool

    @property
    def ok(self) -> bool:
        return not any(problem.severity == "error" for problem in self.problems)

    @property
    def runnable(self) -> bool:
        return self.ok and not self.empty and not any(problem.code in NOT_RUNNABLE for problem in self.problems)


def validate(flow: Flow, setting: Setting | None = None) -> Report:
    """Check every rule on every node and edge."""
    setting = setting or Setting(default_models())
    problems: list[Problem] = []
    nodes = flow.ordered_nodes()
    for index, node in enumerate(nodes):
        found = _node_problems(flow, node, setting)
        if found:
            problems.extend(_at(index, found))
    problems.extend(_edge_problems(flow))
    specs = {node.spec.type: node.spec for node in nodes}.values()
    working = any(not spec.annotation for spec in specs)
    if working and not any(spec.shows_output or spec.standalone for spec in specs):
        message = "nothing shows a result: add preview-output or audio-output"
        problems.append(Problem(code="no-output", path="/nodes", message=message))
    return Report(tuple(problems), empty=not working)


def node_warnings(flow: Flow, node_id: str, setting: Setting) -> list[Problem]:
    """What is not yet right with one node."""
    node = flow.nodes.get(node_id)
    found = _node_problems(flow, node, setting) if node else []
    # Only a node that has problems is worth counting its place in the flow.
    return _at(flow.index_of(node_id), found) if found else []


def _at(index: int, problems: list[Problem]) -> list[Problem]:
    """Problems of the node at `index`, told with their paths in the document."""
    return [replace(problem, path=pointer("nodes", index) + problem.path) for problem in problems]


def _node_problems(flow: Flow, node: Node, setting: Setting) -> list[Problem]:
    """What is wrong with a node, the paths leading from the node."""
    spec, data, occupied = node.spec, node.data, flow.inputs[node.id]
    found: list[Problem] = []
    if not data_is_valid(spec, data):
        found += data_problems(spec, data, "/data", node.id)
    for port in spec.required_inputs:
        if port.id not in occupied and not _has_inline(node, port.inline):
            hint = f"connect {port.id}" + (f" or set {port.inline}" if port.inline else "")
            message = f"{node.id} needs {port.id}"
            found.append(Problem(code="required-input-missing", path="", message=message, hint=hint, node_id=node.id))
    if not occupied and not flow.outputs[node.id] and not (spec.standalone or spec.annotation):
        found.append(Problem(code="unconnected-node", path="", message=f"{node.id} is unconnected", node_id=node.id))
    if "model" in data or "provider" in data:
        found += _model_problems(node, setting)
    return found


def _has_inline(node: Node, key: str | None) -> bool:
    value = node.data.get(key) if key else None
    return isinstance(value, str) and bool(value.strip())


def _model_problems(node: Node, setting: Setting) -> Iterator[Problem]:
    provider: str | None = node.data.get("provider")
    model_id: str | None = node.data.get("model")
    if setting.credentials is not None and provider is not None and provider not in setting.credentials:
        yield Problem(
            code="missing-credential",
            path="/data/provider",
            message=f"{node.id}: no key is set for {provider}",
            hint=", ".join(sorted(setting.credentials)) or None,
            node_id=node.id,
        )
    if model_id is None or (provider is not None and provider not in setting.models.providers):
        return
    where = "/data/model"
    model = setting.models.find(provider, model_id)
    if model is None:
        ids = setting.models.ids(provider) if provider else ()
        hint = nearest(model_id, ids)
        message = f"{node.id}: unknown {provider + ' ' if provider else ''}model {clip(model_id)}"
        fix = _set_model(node, hint) if hint else None
        yield Problem(code="unknown-model", path=where, message=message, hint=hint, fix=fix, node_id=node.id)
    elif model.status != "current":
        ends = "ended" if model.status == "retired" else "ends"
        fix = _set_model(node, model.successor) if model.successor else None
        message = f"{node.id}: {model_id} {ends} {model.ends or ''}".rstrip()
        yield Problem(
            code="deprecated-model", path=where, message=message, hint=model.successor, fix=fix, node_id=node.id
        )


def _set_model(node: Node, model_id: str) -> dict[str, Any]:
    return {"action": "configure", "nodeId": node.id, "data": {"model": model_id}}


def _edge_problems(flow: Flow) -> list[Problem]:
    """Faults that no edit lets in: a flow that has one was damaged elsewhere."""
    found: list[Problem] = []
    nodes = flow.nodes
    for index, edge in enumerate(flow.ordered_edges()):
        source, target = nodes[edge.source], nodes[edge.target]
        output = source.spec.output_ports.get(edge.source_handle)
        entry = target.spec.input_ports.get(edge.target_handle)
        if output is not None and entry is not None and output.type == entry.type:
            continue
        where = pointer("edges", index)
        if output is None:
            problem = unknown_output(source, edge.source_handle, where + "/sourceHandle")
        elif entry is None:
            problem = unknown_input(target, edge.target_handle, where + "/targetHandle")
        else:
            problem = type_mismatch(source, output, target, entry, where)
        found.append(replace(problem, edge_id=edge.id))
    cyclic = nodes_on_cycles(flow)
    if cyclic:
        message = f"these feed each other: {', '.join(clip(name) for name in cyclic[:8])}"
        found.append(Problem(code="cycle", path="/edges", message=message, node_id=cyclic[0]))
    return found
