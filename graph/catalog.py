"""Node types as models and programs read them. Everything is derived from the specs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graph.registry import NODE_SPECS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from graph.ports import Port
    from graph.spec import NodeSpec

BRIEF_HEADING = "type(inputs)->outputs {data}; * required; ports are string unless :type, most also output done:pulse"
_UNSAID = frozenset({"label", "cacheable"})
"""Fields that the heading of a page can do without."""


def brief() -> str:
    """All types in one compact text: handles and their types."""
    return "\n".join([BRIEF_HEADING, *(brief_line(spec) for spec in NODE_SPECS.values())])


def brief_line(spec: NodeSpec) -> str:
    """`type(input*, input:type)->output:type`."""
    entries = _runs(spec.inputs)
    exits = [_port(port) for port in spec.outputs if port.id != "done"]
    line = spec.type + (f"({','.join(entries)})" if entries else "")
    line += f"->{','.join(exits)}" if exits else ""
    required = spec.required_fields
    fields = [f"{key}{'*' if key in required else ''}" for key in spec.fields if key not in _UNSAID]
    return line + (f" {{{','.join(fields)}}}" if fields else "")


def _port(port: Port) -> str:
    kind = "" if port.type == "string" else f":{port.type}"
    return f"{port.id}{'*' if port.required else ''}{kind}"


def _runs(ports: Iterable[Port]) -> list[str]:
    """Ports as `_port` writes them, `input1,input2,input3` as `input1..3`."""
    words: list[str] = []
    for port in ports:
        word = _port(port)
        stem = word.rstrip("0123456789")
        number = word[len(stem) :]
        before = words[-1] if words else ""
        if number and before.startswith(stem) and before[len(stem) :].split("..")[-1] == str(int(number) - 1):
            words[-1] = f"{before.split('..')[0]}..{number}"
        else:
            words.append(word)
    return words


def describe(spec: NodeSpec) -> dict[str, Any]:
    """All of one type: `{type, label, category, summary, fields, inputs, outputs, defaults, example, size}`."""
    return {
        "type": spec.type,
        "label": spec.label,
        "category": spec.category,
        "summary": spec.summary,
        "fields": {key: _field(schema, key in spec.required_fields) for key, schema in _properties(spec).items()},
        "inputs": [_wire(port) for port in spec.inputs],
        "outputs": [_wire(port) for port in spec.outputs],
        "defaults": dict(spec.defaults),
        "example": dict(spec.example),
        "size": {"width": spec.size[0], "height": spec.size[1]},
    }


def full_text(spec: NodeSpec) -> str:
    """All of one type in lines: for a model that is about to use it."""
    lines = [f"{spec.type}: {spec.summary}"]
    for title, ports in (("in", spec.inputs), ("out", spec.outputs)):
        lines += [f"{title} {_port(port)} {_port_note(port)}".rstrip() for port in ports if port.id != "done"]
    if "done" in spec.output_ports:
        lines.append("out done:pulse")
    for key, schema in _properties(spec).items():
        lines.append(f"{key}{'*' if key in spec.required_fields else ''}: {_values(schema)}{_default(schema)}")
    return "\n".join(lines)


def json_schema(spec: NodeSpec) -> dict[str, Any]:
    """JSON Schema of the type's `data`."""
    return spec.data.model_json_schema(by_alias=True)


def _properties(spec: NodeSpec) -> Mapping[str, dict[str, Any]]:
    schema = json_schema(spec)
    definitions: dict[str, Any] = schema.get("$defs", {})
    return {key: _plain(value, definitions) for key, value in schema["properties"].items()}


def _plain(schema: dict[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """A property without references, titles and the null that stands for being absent."""
    if "$ref" in schema:
        schema = {**definitions[schema["$ref"].rpartition("/")[2]], **schema}
    options = [option for option in schema.get("anyOf", []) if option.get("type") != "null"]
    if len(options) == 1:
        schema = {**_plain(options[0], definitions), **{k: v for k, v in schema.items() if k != "anyOf"}}
    if "properties" in schema:
        inner = {key: _plain(value, definitions) for key, value in schema["properties"].items()}
        schema = {**schema, "properties": inner}
    dropped = {"title", "$ref", "additionalProperties", "model"}
    return {k: v for k, v in schema.items() if k not in dropped and not (k == "default" and v is None)}


def _field(schema: dict[str, Any], required: bool) -> dict[str, Any]:  # noqa: FBT001
    return {**schema, "required": True} if required else schema


def _wire(port: Port) -> dict[str, Any]:
    wire: dict[str, Any] = {"id": port.id, "type": port.type, "label": port.label, "description": port.description}
    if port.required:
        wire["required"] = True
    if port.inline:
        wire["inline"] = port.inline
    return wire


def _port_note(port: Port) -> str:
    return f"(or {port.inline})" if port.inline else ""


def _values(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return "|".join(str(value) for value in schema["enum"])
    if "properties" in schema:
        return "{" + ", ".join(f"{key}: {_values(value)}" for key, value in schema["properties"].items()) + "}"
    low, high = schema.get("minimum"), schema.get("maximum")
    kind = str(schema.get("type", schema.get("const", "any")))
    return f"{low}..{high}" if low is not None and high is not None else kind


def _default(schema: Mapping[str, Any]) -> str:
    default = schema.get("default")
    return "" if default in (None, "", False) else f" = {default}"
