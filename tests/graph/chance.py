"""Flows and edits by chance.

Hypothesis draws figures, and each figure stands for a document or a batch. Drawing every part of them
through hypothesis makes flows so small that nothing happens in them.
"""

from __future__ import annotations

from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from graph.joining import fitting_pairs
from graph.registry import NODE_SPECS
from tests.graph.making import NOW

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from graph.flow import Flow


class Chance(Random):
    """Chance that falls the same way for the same figure."""

    def often(self, share: float) -> bool:
        """True in so large a share of cases."""
        return self.random() < share


seeds = st.integers(0, 2**64)
batches = st.lists(seeds, min_size=1, max_size=12)

_TEXTS = [
    "",
    "Hello",
    "two\nlines",
    'a "quote" \\ and # more',
    "NaN",
    "null",
    "-1",
    "true",
    "é ☂ 日本",
    "\u2028\t\x00",
    "e5",
]
_IDS = [
    "writer",
    "node_1",
    "in",
    "flow",
    "as",
    "a.b",
    "my node",
    "→",
    "🎈",
    "x" * 200,
    "N-1",
    "true",
    "-",
    "$x",
    "#",
    "Ünï",
]
_ANYTHING = [0, -0.0, 1e300, True, False, "", "text", "☂", [], {}, [None], {"b": 1, "a": {"c": None}}, 2**53, 0.1]


def documents(least: int = 0, most: int = 12) -> SearchStrategy[dict[str, Any]]:
    """Valid documents in their present form, as another program may write them."""
    return st.builds(document_of, seeds, st.integers(least, most))


def document_of(seed: int, size: int) -> dict[str, Any]:
    """The document that a figure stands for."""
    random = Chance(seed)
    ids = random.sample([*_IDS, *(f"node-{number}" for number in range(2 * size))], size)
    nodes = [_random_node(random, node_id) for node_id in ids]
    comments = [node["id"] for node in nodes if node["type"] == "comment"]
    for index, node in enumerate(nodes):
        # Frames lie in earlier ones only, so none lies in itself.
        frames = [frame for frame in comments if node["type"] != "comment" or ids.index(frame) < index]
        if frames and random.often(0.4):
            node["parentId"] = random.choice(frames)
    meta: dict[str, Any] = {"name": random.choice(_TEXTS) or "Untitled", "createdAt": NOW, "updatedAt": NOW}
    if random.often(0.3):
        meta |= {"description": random.choice(_TEXTS), "tags": random.choice(_ANYTHING)}
    members = {"viewport": {"x": 0, "zoom": 1.5}, "my key": random.choice(_ANYTHING)} if random.often(0.3) else {}
    whole = {"metadata": {**meta, "schemaVersion": 1}, "nodes": nodes, "edges": _random_edges(random, nodes)}
    return {**members, **whole}


def _random_node(random: Chance, node_id: str) -> dict[str, Any]:
    spec = random.choice(list(NODE_SPECS.values()))
    schema = _schema(spec.type)
    node: dict[str, Any] = {
        "id": node_id,
        "type": spec.type,
        "position": {"x": random.choice([-0.0, random.randrange(3000)]), "y": random.uniform(-3000, 3000)},
        "data": {**_random_data(random, schema, schema.get("$defs", {}))},
    }
    if random.often(0.2):
        node["data"] |= {key: random.choice(_ANYTHING) for key in random.sample(["x-note", "my key", "in", "@", ""], 2)}
    if random.often(0.3):
        node |= {key: random.choice(_ANYTHING) for key in random.sample(["style", "my key", "measured", "zIndex"], 2)}
    if random.often(0.3):
        node["measured"] = {"width": random.randrange(600), "height": random.randrange(600)}
    return node


@cache
def _schema(type_name: str) -> dict[str, Any]:
    return NODE_SPECS[type_name].data.model_json_schema(by_alias=True)


def _random_data(random: Chance, schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    required = schema.get("required", [])
    return {
        key: _random_value(random, value, definitions)
        for key, value in schema["properties"].items()
        if key in required or random.often(0.3)
    }


def _random_value(random: Chance, schema: dict[str, Any], definitions: dict[str, Any]) -> Any:
    """A value that a JSON Schema of ours allows."""
    if "$ref" in schema:
        return _random_data(random, definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in schema:
        some = [option for option in schema["anyOf"] if option.get("type") != "null"]
        return _random_value(random, random.choice(some), definitions)
    if "enum" in schema:
        return random.choice(schema["enum"])
    match schema["type"]:
        case "boolean":
            return random.often(0.5)
        case "integer":
            return random.randint(schema["minimum"], schema["maximum"])
        case "number":
            return random.uniform(schema["minimum"], schema["maximum"])
        case _:
            return random.choice([text for text in _TEXTS if len(text) >= schema.get("minLength", 0)])


def _random_edges(random: Chance, nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    # All edges point along one order of the nodes, which leaves no room for a cycle.
    order = random.sample(nodes, len(nodes))
    possible = [
        (source["id"], output, target["id"], entry)
        for index, source in enumerate(order)
        for target in order[index + 1 :]
        for output in NODE_SPECS[source["type"]].outputs
        for entry in NODE_SPECS[target["type"]].inputs
        if output.type == entry.type
    ]
    by_input = {(edge[2], edge[3].id): edge for edge in random.sample(possible, len(possible) // 2)}
    names = random.sample([*_IDS, *(f"xy-edge__{number}" for number in range(len(by_input)))], len(by_input))
    edges: list[dict[str, Any]] = []
    for name, (source, output, target, entry) in zip(names, by_input.values(), strict=True):
        edge = {"id": name, "source": source, "sourceHandle": output.id, "target": target, "targetHandle": entry.id}
        data = {"dataType": output.type, **({"my key": random.choice(_ANYTHING)} if random.often(0.1) else {})}
        edges.append({**edge, **({"type": "colored"} if random.often(0.8) else {}), "data": data})
    return edges


def batch_of(seed: int, flow: Flow) -> list[dict[str, Any]]:
    """The few actions, most of them sensible, that a figure stands for."""
    random = Chance(seed)
    kinds = [_add] * 4 + [_connect] * 6 + [_configure] * 3 + [_insert, _replace, _copy] + [_other] * 4
    return [random.choice(kinds)(random, flow) for _ in range(random.choice([1, 1, 1, 2, 4]))]


def _node(random: Chance, flow: Flow) -> str:
    return random.choice(["ghost", "new-1"]) if not flow.nodes or random.often(0.03) else random.choice([*flow.nodes])


def _edge(random: Chance, flow: Flow) -> str:
    return "ghost.prompt" if not flow.edges or random.often(0.03) else random.choice([*flow.edges])


def _type(random: Chance) -> str:
    return random.choice(["input", "txt-input"] if random.often(0.05) else [*NODE_SPECS])


def _add(random: Chance, flow: Flow) -> dict[str, Any]:
    name = _type(random)
    spec = NODE_SPECS.get(name, NODE_SPECS["text-input"])
    if random.often(0.2):
        node = {"id": f"whole-{random.randrange(99)}", "style": {"width": 400, "height": 300}, "selected": True}
        return {"type": "addNode", "node": {**node, "type": spec.type, "data": {**spec.defaults, "fromCache": True}}}
    action: dict[str, Any] = {"action": "addNode", "type": name}
    if random.often(0.5):
        action["id"] = random.choice(["new-1", "new-2", f"n{random.randrange(99)}", "not an id"])
    if random.often(0.3):
        action["position"] = {"x": random.randrange(-900, 900), "y": random.uniform(-900, 900)}
    if random.often(0.4):
        action["data"] = dict(spec.example)
    comments = [node.id for node in flow.nodes.values() if node.spec.annotation]
    if comments and random.often(0.4):
        action["parentId"] = random.choice(comments)
    return action


def _connect(random: Chance, flow: Flow) -> dict[str, Any]:
    action: dict[str, Any] = {"action": "connect", "replace": random.often(0.3)}
    if random.often(0.1):
        action["id"] = random.choice(["edge-1", "writer.prompt", ""])
    if random.often(0.2) or not flow.nodes:
        return {**action, "source": _node(random, flow), "target": _node(random, flow)}
    for _ in range(20):
        source, target = flow.nodes[random.choice([*flow.nodes])], flow.nodes[random.choice([*flow.nodes])]
        pairs = fitting_pairs(source.spec, target.spec)
        if pairs and source.id != target.id:
            output, entry = random.choice(pairs)
            action |= {"source": source.id, "target": target.id}
            return {**action, "sourceHandle": output.id, "targetHandle": entry.id}
    return {**action, "source": _node(random, flow), "target": _node(random, flow)}


def _configure(random: Chance, flow: Flow) -> dict[str, Any]:
    node_id = _node(random, flow)
    spec = flow.nodes[node_id].spec if node_id in flow.nodes else NODE_SPECS["comment"]
    keys = random.sample([*spec.fields], min(len(spec.fields), 2))
    schema = _schema(spec.type)
    sensible = {key: _random_value(random, schema["properties"][key], schema.get("$defs", {})) for key in keys}
    patches: list[Any] = [
        sensible,
        sensible,
        sensible,
        dict.fromkeys([key for key in keys if key not in spec.required_fields]),
        {key: random.choice(_ANYTHING) for key in flow.nodes[node_id].extras} if node_id in flow.nodes else {},
        {"title": "Renamed"},
        {"x-note": random.choice([None, 1, True, {"a": {"b": None, "c": 1}}])},
        {"googleThinkingConfig": random.choice([None, {"thinkingLevel": None}, {"thinkingLevel": "high"}])},
        {"label": ""},
    ]
    return {"action": "configure", "nodeId": node_id, "data": random.choice(patches)}


def _insert(random: Chance, flow: Flow) -> dict[str, Any]:
    return {"action": "insertBetween", "edgeId": _edge(random, flow), "type": _type(random)}


def _replace(random: Chance, flow: Flow) -> dict[str, Any]:
    return {"action": "replaceNode", "nodeId": _node(random, flow), "type": _type(random)}


def _copy(random: Chance, flow: Flow) -> dict[str, Any]:
    few = random.sample([*flow.nodes], min(len(flow.nodes), random.randrange(1, 4)))
    return {"action": "duplicate", "nodeIds": few or ["ghost"]}


def _other(random: Chance, flow: Flow) -> dict[str, Any]:
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
