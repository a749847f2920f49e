"""The faults that an editor of flows must catch when they are made: one request each, and the codes that tell it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

FLOW: Final = """\
topic text-input inputValue="a cat on the moon"
style text-input inputValue="warm, three sentences"
writer text-generation
editor text-generation systemPrompt="Tighten the text."
final preview-output
photo image-input
desk realtime-conversation
spare preview-output
page react-component
topic -> writer -> editor -> final"""
"""What the faulty requests are made on."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A request that must not pass in silence."""

    name: str
    tool: str
    arguments: dict[str, Any]
    code: str


def _connect(name: str, code: str, source: str, target: str, **handles: str) -> Fault:
    return Fault(name, "connect", {"source": source, "target": target, **handles}, code)


def _configure(name: str, code: str, node: str, **data: object) -> Fault:
    return Fault(name, "configure", {"nodeId": node, "data": data}, code)


def _edit(name: str, code: str, **action: object) -> Fault:
    return Fault(name, "edit", {"actions": [action]}, code)


_LIED_EDGE: Final = {
    "id": "e1",
    "source": "photo",
    "sourceHandle": "output",
    "target": "writer",
    "targetHandle": "system",
    "data": {"dataType": "string"},
}

_TO_PAGE: Final = {"source": "style", "target": "page", "targetHandle": "system"}

FAULTS: Final = (
    _connect("unknown input handle", "unknown-target-handle", "style", "writer", targetHandle="sytem"),
    _connect("unknown output handle", "unknown-source-handle", "writer", "spare", sourceHandle="outptu"),
    _connect("missing handle", "ambiguous-handle", "style", "page"),
    _connect("dangling source", "unknown-node", "writr", "spare"),
    _connect("dangling target", "unknown-node", "style", "spear"),
    _connect("type mismatch", "type-mismatch", "photo", "writer", targetHandle="system"),
    _edit("lied type", "type-mismatch", addEdge={"edge": _LIED_EDGE}),
    _connect("occupied input", "input-occupied", "style", "writer", targetHandle="prompt"),
    _connect("duplicate edge", "duplicate-edge", "topic", "writer", targetHandle="prompt"),
    Fault("duplicate node id", "addNode", {"type": "text-input", "id": "topic"}, "duplicate-node-id"),
    _edit("duplicate edge id", "duplicate-edge-id", connect={**_TO_PAGE, "id": "writer.prompt"}),
    _connect("self-loop", "self-loop", "writer", "writer", targetHandle="system"),
    _connect("cycle", "cycle", "editor", "writer", targetHandle="system"),
    _configure("missing required field", "missing-field", "desk", voice=None),
    _configure("invented field", "unknown-field", "writer", temperature=0.7),
    _configure("bad enum", "invalid-value", "writer", verbosity="loud"),
    _configure("bad type", "invalid-value", "writer", thinking="yes"),
    _configure("bad model", "unknown-model", "writer", provider="openai", model="gpt-5.22"),
    _configure("bad provider", "invalid-value", "writer", provider="opnai"),
    Fault("ghost removal", "remove", {"nodeId": "writr"}, "unknown-node"),
    Fault("unknown node type", "addNode", {"type": "text-generator"}, "unknown-node-type"),
)
