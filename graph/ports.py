"""Typed handles: what may flow along an edge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

PortType = Literal["string", "image", "response", "audio", "boolean", "pulse", "three"]

PORT_TYPES: Final[tuple[PortType, ...]] = get_args(PortType)

PORT_COLORS: Final[dict[PortType, str]] = {
    "string": "cyan",
    "image": "purple",
    "response": "amber",
    "audio": "emerald",
    "boolean": "rose",
    "pulse": "orange",
    "three": "coral",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """One handle of a node type. `id` is React Flow's handle id."""

    id: str
    type: PortType
    label: str
    """What a person reads beside the handle."""
    description: str = ""
    """One sentence for documentation and prompts."""
    required: bool = False
    """An input without which the node cannot run."""
    inline: str | None = None
    """The key of `data` that stands in for an edge into this input."""


DONE: Final = Port(id="done", type="pulse", label="Done", description="Fires when the node has finished.")
