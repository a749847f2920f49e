"""The JSON document: Composer's `.avy.json` and its relatives in, the same format out.

Import maps what it knows (old type and handle names, missing handles, wrong `dataType`), keeps keys it
does not know, drops what a run left behind, and says so. What breaks a rule is refused with every
reason; nothing is repaired by guessing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from graph.errors import Refused
from graph.flow import SCHEMA_VERSION, Flow
from graph.formats.edges_in import read_edges
from graph.formats.nodes_in import read_nodes
from graph.formats.reading import Reading
from graph.layout import apply_arrangement, place_new
from graph.problems import MOST_PROBLEMS, Problem, clip
from graph.registry import NODE_SPECS
from graph.values import fresh, unwritable

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class Imported:
    """A flow read from a document, and what was done to read it."""

    flow: Flow
    notes: tuple[Problem, ...]


def read_document(raw: object, *, now: str, name: str | None = None) -> Imported:
    """A flow from decoded JSON.

    Args:
        raw: `{metadata?, nodes, edges}`, the same inside `{flow: …}`, or rows as Composer's database has them.
            Nothing of it is kept.
        now: ISO 8601 time for documents that do not tell theirs.
        name: takes precedence over the document's own.

    Raises:
        Refused: with every rule that the document breaks; paths point into it.
    """
    reading = read(raw, now=now, name=name)
    return Imported(reading.flow, reading.notes())


def read(raw: object, *, now: str, name: str | None = None) -> Reading:
    """What `read_document` does, told in full."""
    document, around = _unwrapped(raw)
    fault = unwritable(document)
    if fault is not None:
        raise Refused([Problem(code="invalid-value", path=fault[0], message=f"the document holds {fault[1]}")])
    document = fresh(document)
    reading = Reading(Flow({}))
    reading.flow.meta = _meta(document, now, name, reading)
    reading.flow.members = _members(document)
    reading.left_out("document", around)
    read_nodes(reading, document["nodes"])
    read_edges(reading, document.get("edges", []))
    if reading.problems:
        raise Refused(reading.problems[:MOST_PROBLEMS])
    if len(reading.unplaced) == len(reading.flow.nodes):
        apply_arrangement(reading.flow)
    elif reading.unplaced:
        reading.mended["position missing: placed beside its neighbours"] += len(reading.unplaced)
        place_new(reading.flow, reading.unplaced)
    return reading


def write_document(flow: Flow) -> dict[str, Any]:
    """The document as Composer opens it."""
    document = flow.to_document()
    for edge in document["edges"]:
        edge.setdefault("type", "colored")
    return document


def unknown_to_composer(flow: Flow) -> list[str]:
    """Types of nodes in the flow that Composer itself does not have."""
    ours = {"text-to-speech", "audio-output"}
    built_in = {name for name, spec in NODE_SPECS.items() if spec.data.__module__.startswith("graph.nodes.")}
    used = {node.spec.type for node in flow.nodes.values()}
    return sorted(used & ours | used - built_in)


def file_name(flow: Flow) -> str:
    """`name-as-slug.avy.json`."""
    words = "".join(char if char.isalnum() and char.isascii() else "-" for char in flow.name.lower()).split("-")
    return f"{'-'.join(word for word in words if word)[:100].strip('-') or 'flow'}.avy.json"


def _unwrapped(raw: object) -> tuple[dict[str, Any], list[str]]:
    """The document proper, and the keys around it that say nothing of it."""
    if not isinstance(raw, dict):
        raise Refused([Problem(code="invalid-value", path="", message="a document is an object with nodes and edges")])
    document = cast("dict[str, Any]", raw)
    inner: Any = document.get("flow")
    around: list[str] = []
    if isinstance(inner, dict) and "nodes" not in document:
        around = [key for key in map(str, document) if key != "flow"]
        document = cast("dict[str, Any]", inner)
    elif isinstance(inner, dict):
        # Rows of Composer's database: the flow's own row stands beside its nodes.
        row = cast("dict[str, Any]", inner)
        told = ("name", "description")
        around = [f"flow.{key}" for key, value in row.items() if key not in told and value is not None]
        document = {key: value for key, value in document.items() if key != "flow"}
        document["metadata"] = {key: row[key] for key in told if row.get(key)}
    elif "flow" in document:
        around = ["flow"]
    if "nodes" not in document:
        raise Refused([Problem(code="missing-field", path="/nodes", message="the document has no nodes")])
    if not isinstance(document["nodes"], list):
        raise Refused([Problem(code="invalid-value", path="/nodes", message="nodes must be a list")])
    return document, around


def _members(document: Mapping[str, Any]) -> dict[str, Any]:
    own = ("metadata", "nodes", "edges", "flow")
    return {key: value for key, value in sorted(document.items()) if key not in own and value is not None}


def _meta(document: Mapping[str, Any], now: str, name: str | None, reading: Reading) -> dict[str, Any]:
    given: Any = document.get("metadata") or {}
    if not isinstance(given, dict):
        reading.refuse("invalid-value", "/metadata", "metadata must be an object")
        given = {}
    meta: dict[str, Any] = {key: value for key, value in cast("dict[str, Any]", given).items() if value is not None}
    version = meta.get("schemaVersion", SCHEMA_VERSION)
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        path, message = "/metadata/schemaVersion", f"schemaVersion cannot be {clip(version)}"
        reading.refuse("invalid-value", path, message, hint=str(SCHEMA_VERSION))
    elif version > SCHEMA_VERSION:
        reading.mended[f"written by a newer format, version {version}"] += 1
    for key in ("name", "description", "createdAt", "updatedAt"):
        if key in meta and not isinstance(meta[key], str):
            reading.refuse("invalid-value", f"/metadata/{key}", f"{key} must be a string")
    meta["name"] = name or meta.get("name") or "Untitled"
    if isinstance(meta["name"], str) and len(meta["name"]) > MAX_NAME:
        reading.refuse("invalid-value", "/metadata/name", f"name is longer than {MAX_NAME} characters")
    meta.setdefault("createdAt", now)
    meta.setdefault("updatedAt", now)
    return {**meta, "schemaVersion": SCHEMA_VERSION}
