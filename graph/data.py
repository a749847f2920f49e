"""What becomes of a node's `data` on its way in: old keys, defaults, patches, order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from graph.spec import MAX_LABEL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graph.spec import NodeSpec

COMMON_RUNTIME: Final = frozenset(
    {"executionStatus", "executionOutput", "executionError", "fromCache", "executionReasoning", "debugInfo"}
)
"""Keys that Composer's engine writes into the data of any node."""
TRANSIENT_MEMBERS: Final = frozenset({"selected", "dragging", "resizing", "className", "positionAbsolute", "$seq"})
"""Members that a canvas, or our own log, puts on a node and that are no part of the document."""
UNSAID: Final = TRANSIENT_MEMBERS - {"className"}
"""Those of them that tell nothing that somebody could miss."""

TRANSIENT_EDGE_MEMBERS: Final = TRANSIENT_MEMBERS | {"animated"}
"""Likewise of an edge, which moves while it is run."""
_OWN_EDGE_DATA: Final = frozenset({"dataType", "sourceHandle", "targetHandle"})
"""Keys of an edge's `data` that its ends tell already."""


def edge_extras(data: Mapping[str, Any]) -> dict[str, Any]:
    """What of an edge's `data` is kept."""
    return {key: value for key, value in sorted(data.items()) if key not in _OWN_EDGE_DATA}


def edge_members(members: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of the members of an edge that are neither its ends nor its `data`."""
    return {
        key: value for key, value in sorted(members.items()) if key not in TRANSIENT_EDGE_MEMBERS and value is not None
    }


def renamed(data: Mapping[str, Any], aliases: Mapping[str, str]) -> dict[str, Any]:
    """`data` with other keys under their proper names, where those are not given themselves."""
    kept = {key: value for key, value in data.items() if key not in aliases}
    for other, proper in aliases.items():
        if other in data:
            kept.setdefault(proper, data[other])
    return kept


def without_run_state(spec: NodeSpec, data: Mapping[str, Any]) -> dict[str, Any]:
    """`data` without what a run left behind."""
    return {key: value for key, value in data.items() if key not in spec.runtime and key not in COMMON_RUNTIME}


def ordered(spec: NodeSpec, data: Mapping[str, Any]) -> dict[str, Any]:
    """`data` in the order of the type's fields, so that equal nodes are equal byte for byte."""
    return {key: data[key] for key in spec.fields if key in data}


def merge_patch(target: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """JSON merge patch (RFC 7386)."""
    merged = dict(target)
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            inner: Any = merged.get(key)
            base = cast("dict[str, Any]", inner) if isinstance(inner, dict) else {}
            merged[key] = merge_patch(base, cast("dict[str, Any]", value))
        else:
            merged[key] = value
    return merged


def humanize(node_id: str) -> str:
    """A label from an id: `final-draft` → `Final draft`."""
    words = node_id.replace("-", " ").replace("_", " ").strip() or node_id
    return (words[:1].upper() + words[1:])[:MAX_LABEL]
