"""Flows and edits for tests: by hand, and by chance."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import strategies as st

from graph.actions import parse_actions
from graph.changes import Change, apply_change, edge_from_record, edge_record, node_from_record, node_record
from graph.edits.apply import apply
from graph.errors import Refused
from graph.flow import Flow
from graph.formats.document import read_document
from graph.formats.flowtext_in import read_flow_text
from graph.registry import NODE_SPECS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hypothesis.strategies import DrawFn, SearchStrategy

    from graph.problems import Problem
    from graph.spec import NodeSpec

NOW = "2026-01-02T03:04:05Z"
LATER = "2026-01-02T03:04:06Z"

STORY = """\
flow "Story"
topic text-input inputValue="A lighthouse"
style text-input inputValue=Gothic
writer text-generation systemPrompt="Write a story."
editor text-generation systemPrompt="Shorten it."
draft preview-output
final preview-output
topic -> writer.prompt
style -> writer.system
writer -> editor.prompt
writer -> draft
editor -> final
"""


def flow_of(text: str = STORY) -> Flow:
    """The flow that a text describes."""
    return read_flow_text(text, now=NOW).flow


def edit(flow: Flow, *actions: Any) -> list[Change]:
    """Carry out actions that must be fine."""
    return apply(flow, parse_actions(list(actions)))


def refusal(flow: Flow, *actions: Any) -> list[dict[str, Any]]:
    """The problems of actions that must be refused, the flow being left as it was."""
    before = written(flow)
    with pytest.raises(Refused) as caught:
        edit(flow, *actions)
    assert written(flow) == before
    return wires(caught.value.problems)


def refused_document(raw: Any) -> list[dict[str, Any]]:
    """The problems of a document that must be refused."""
    with pytest.raises(Refused) as caught:
        read_document(raw, now=NOW)
    return wires(caught.value.problems)


def refused_text(text: str) -> list[dict[str, Any]]:
    """The problems of a flow text that must be refused."""
    with pytest.raises(Refused) as caught:
        read_flow_text(text, now=NOW)
    return wires(caught.value.problems)


def wires(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """Problems as they are sent, proved to be JSON."""
    sent = [problem.to_wire() for problem in problems]
    json.dumps(sent, allow_nan=False).encode("utf-8")
    assert sent
    assert all("\n" not in problem["message"] for problem in sent)
    return sent


def written(flow: Flow) -> str:
    """The document, byte for byte."""
    return json.dumps(flow.to_document(), ensure_ascii=False, allow_nan=False)


def stored(changes: Iterable[Change]) -> list[Change]:
    """Changes as another process reads them from the log."""
    return [Change.from_wire(wire) for wire in json.loads(json.dumps([change.to_wire() for change in changes]))]


def copied(flow: Flow) -> Flow:
    """The same flow in another process."""
    other = Flow(json.loads(json.dumps(flow.meta)))
    for node in flow.ordered_nodes():
        other.put_node(node_from_record(json.loads(json.dumps(node_record(node)))))
    for edge in flow.ordered_edges():
        other.put_edge(edge_from_record(json.loads(json.dumps(edge_record(edge)))))
    other.next_seq = flow.next_seq
    return other


def replayed(flow: Flow, changes: Iterable[Change]) -> Flow:
    """The flow after changes that are trusted."""
    for change in changes:
        apply_change(flow, change)
    return flow


def chance(seed: int) -> Random:
    """Chance that falls the same way each time."""
    return Random(seed)  # noqa: S311 - a fixed figure, not a secret


# Documents by chance

_letters = st.characters(exclude_categories=["Cs"])
_texts = st.one_of(
    st.sampled_from(["", "Hello", "two\nlines", 'a "quote" \\ and # more', "NaN", "null", "-1", "true", "é ☂ 日本"]),
    st.text(_letters, max_size=12),
)
_ids = st.one_of(
    st.sampled_from(["writer", "node_1", "in", "flow", "as", "a.b", "my node", "→", "🎈", "x" * 200, "N-1", "true"]),
    st.text(_letters, min_size=1, max_size=8).filter(str.isprintable),
)
_figures = st.one_of(st.integers(-3000, 3000), st.floats(-3000, 3000), st.just(-0.0))
_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | _texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_texts, inner, max_size=2),
    max_leaves=3,
)
_something = _json.filter(lambda value: value is not None)


def _values(schema: dict[str, Any], definitions: dict[str, Any]) -> SearchStrategy[Any]:
    """Values that a JSON Schema of ours allows."""
    if "$ref" in schema:
        return _objects(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in schema:
        return st.one_of([_values(s, definitions) for s in schema["anyOf"] if s.get("type") != "null"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    figures = {"min_value": schema.get("minimum"), "max_value": schema.get("maximum")}
    kinds: dict[str, Callable[[], SearchStrategy[Any]]] = {
        "boolean": st.booleans,
        "integer": lambda: st.integers(**figures),
        "number": lambda: st.floats(**figures),
        "string": lambda: _texts.filter(lambda text: len(text) >= schema.get("minLength", 0)),
    }
    return kinds[schema["type"]]()


def _objects(schema: dict[str, Any], definitions: dict[str, Any]) -> SearchStrategy[dict[str, Any]]:
    fields = {key: _values(value, definitions) for key, value in schema["properties"].items()}
    required = schema.get("required", [])
    return st.fixed_dictionaries(
        {key: fields[key] for key in required},
        optional={key: value for key, value in fields.items() if key not in required},
    )


def _data(spec: NodeSpec) -> SearchStrategy[dict[str, Any]]:
    schema = spec.data.model_json_schema(by_alias=True)
    return _objects(schema, schema.get("$defs", {}))


_typed = st.one_of([st.tuples(st.just(name), _data(spec)) for name, spec in NODE_SPECS.items()])
_members = st.dictionaries(st.sampled_from(["style", "width", "zIndex", "my key", "measured"]), _something, max_size=2)
_unknown = st.dictionaries(st.sampled_from(["x-note", "my key", "in", "@", "zeta"]), _something, max_size=2)


@st.composite
def documents(draw: DrawFn, *, most: int = 9) -> dict[str, Any]:
    """Valid documents in their present form, as another program may write them."""
    typed = draw(st.lists(_typed, max_size=most))
    ids = draw(st.lists(_ids, min_size=len(typed), max_size=len(typed), unique=True))
    nodes: list[dict[str, Any]] = []
    for node_id, (type_name, data) in zip(ids, typed, strict=True):
        node = {"id": node_id, "type": type_name, "position": {"x": draw(_figures), "y": draw(_figures)}}
        extras = draw(_unknown) if draw(st.booleans()) else {}
        nodes.append({**node, "data": {**data, **extras}, **(draw(_members) if draw(st.booleans()) else {})})
    comments = [node["id"] for node in nodes if node["type"] == "comment"]
    for index, node in enumerate(nodes):
        frame = draw(st.sampled_from([None, *comments]))
        # Frames lie in earlier ones only, so none lies in itself.
        if frame is not None and (node["type"] != "comment" or ids.index(frame) < index):
            node["parentId"] = frame
    meta = {"name": draw(_texts) or "Untitled", "createdAt": NOW, "updatedAt": NOW, "schemaVersion": 1}
    if draw(st.booleans()):
        meta |= {"description": draw(_texts), "tags": draw(_something)}
    return {"metadata": meta, "nodes": nodes, "edges": draw(_edges(nodes))}


@st.composite
def _edges(draw: DrawFn, nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    # A chosen order of the nodes, along which all edges point, leaves no room for a cycle.
    order = draw(st.permutations(range(len(nodes))))
    rank = {number: place for place, number in enumerate(order)}
    possible = [
        (source, output.id, target, entry.id, output.type)
        for source, start in enumerate(nodes)
        for target, end in enumerate(nodes)
        if rank[source] < rank[target]
        for output in NODE_SPECS[start["type"]].outputs
        for entry in NODE_SPECS[end["type"]].inputs
        if output.type == entry.type
    ]
    if not possible:
        return []
    chosen = draw(st.lists(st.sampled_from(possible), max_size=10, unique_by=lambda edge: edge[2:4]))
    edge_ids = draw(st.lists(_ids, min_size=len(chosen), max_size=len(chosen), unique=True))
    return [
        {
            "id": edge_id if draw(st.booleans()) else f"xy-edge__{number}",
            "source": nodes[source]["id"],
            "sourceHandle": output,
            "target": nodes[target]["id"],
            "targetHandle": entry,
            "type": "colored",
            "data": {"dataType": data_type},
        }
        for number, (edge_id, (source, output, target, entry, data_type)) in enumerate(
            zip(edge_ids, chosen, strict=True)
        )
    ]


# Edits by chance


def batch_of(seed: int, flow: Flow) -> list[Any]:
    """A few actions on the flow, most of them sensible."""
    random = chance(seed)
    return [_action(random, flow) for _ in range(random.choice([1, 1, 1, 2, 4]))]


def _action(random: Random, flow: Flow) -> dict[str, Any]:
    kinds: list[Callable[[Random, Flow], dict[str, Any]]] = [
        *[_add] * 4,
        *[_connect] * 6,
        *[_configure] * 3,
        _insert,
        _replace,
        _copy,
        *[_small] * 3,
    ]
    return random.choice(kinds)(random, flow)


def _node(random: Random, flow: Flow) -> str:
    return random.choice([*flow.nodes, *flow.nodes, "ghost"]) if random.random() < 0.97 else "new-1"  # noqa: PLR2004


def _edge(random: Random, flow: Flow) -> str:
    return random.choice([*flow.edges, "ghost.prompt"])


def _type(random: Random) -> str:
    return random.choice([*NODE_SPECS, "input", "txt-input"] if random.random() < 0.1 else list(NODE_SPECS))  # noqa: PLR2004


def _add(random: Random, flow: Flow) -> dict[str, Any]:
    name = _type(random)
    spec = NODE_SPECS.get(name, NODE_SPECS["text-input"])
    action: dict[str, Any] = {"action": "addNode", "type": name}
    if random.random() < 0.5:  # noqa: PLR2004
        action["id"] = random.choice(["new-1", "new-2", f"n{random.randrange(99)}", "not an id"])
    if random.random() < 0.3:  # noqa: PLR2004
        action["position"] = {"x": random.randrange(-900, 900), "y": random.uniform(-900, 900)}
    if random.random() < 0.4:  # noqa: PLR2004
        action["data"] = dict(spec.example)
    comments = [node.id for node in flow.nodes.values() if node.spec.annotation]
    if comments and random.random() < 0.4:  # noqa: PLR2004
        action["parentId"] = random.choice(comments)
    if random.random() < 0.2:  # noqa: PLR2004
        style = {"width": 400, "height": 300}
        node = {"id": "whole", "style": style, "position": {"x": 1.5, "y": -2}, "selected": True}
        return {"type": "addNode", "node": {**node, "type": spec.type, "data": {**spec.defaults}}}
    return action


def _connect(random: Random, flow: Flow) -> dict[str, Any]:
    source, target = _node(random, flow), _node(random, flow)
    action: dict[str, Any] = {"action": "connect", "source": source, "target": target}
    outputs = [port.id for port in flow.nodes[source].spec.outputs] if source in flow.nodes else []
    entries = [port.id for port in flow.nodes[target].spec.inputs] if target in flow.nodes else []
    if outputs and random.random() < 0.7:  # noqa: PLR2004
        action["sourceHandle"] = random.choice(outputs)
    if entries and random.random() < 0.8:  # noqa: PLR2004
        action["targetHandle"] = random.choice([*entries, *entries, "prompt", "nothing"])
    if random.random() < 0.3:  # noqa: PLR2004
        action["replace"] = True
    if random.random() < 0.1:  # noqa: PLR2004
        action["id"] = random.choice(["edge-1", "writer.prompt"])
    return action


def _configure(random: Random, flow: Flow) -> dict[str, Any]:
    node_id = _node(random, flow)
    patches: list[Any] = [
        {"label": random.choice(["A", "B", ""])},
        {"title": "Renamed"},
        {"x-note": random.choice([None, 1, True, {"a": {"b": None, "c": 1}}])},
        {"my key": {"deep": [random.randrange(3)]}},
        {"googleThinkingConfig": random.choice([None, {"thinkingLevel": None}, {"thinkingLevel": "high"}])},
        {"inputValue": random.choice(["", "x", None]), "userPrompt": random.choice(["", "y", None])},
        {"model": random.choice(["gpt-5.2", "gpt-5.3", None]), "provider": random.choice(["openai", "google", None])},
    ]
    if node_id in flow.nodes:
        patches += [dict(flow.nodes[node_id].spec.example)] * 3
    return {"action": "configure", "nodeId": node_id, "data": random.choice(patches)}


def _insert(random: Random, flow: Flow) -> dict[str, Any]:
    return {"action": "insertBetween", "edgeId": _edge(random, flow), "type": _type(random)}


def _replace(random: Random, flow: Flow) -> dict[str, Any]:
    return {"action": "replaceNode", "nodeId": _node(random, flow), "type": _type(random)}


def _copy(random: Random, flow: Flow) -> dict[str, Any]:
    few = random.sample(list(flow.nodes), min(len(flow.nodes), random.randrange(1, 4)))
    return {"action": "duplicate", "nodeIds": few or ["ghost"]}


def _small(random: Random, flow: Flow) -> dict[str, Any]:
    return random.choice(
        [
            {"action": "removeNode", "nodeId": _node(random, flow)},
            {"action": "removeNode", "nodeId": _node(random, flow)},
            {"action": "disconnect", "edgeId": _edge(random, flow)},
            {"type": "removeEdge", "edgeId": _edge(random, flow)},
            {"action": "moveNode", "nodeId": _node(random, flow), "position": {"x": random.randrange(900), "y": 0.5}},
            {"action": "arrange"},
            {"action": "setFlow", "name": random.choice(["One", "Two"])},
            {"action": "setFlow", "description": random.choice(["", "A flow"])},
        ]
    )
