"""Problems: what is wrong with a flow or a request, as data.

A code is stable: programs switch on it. `docs/problems.md` lists them all and is written from here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from difflib import get_close_matches
from heapq import nlargest
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Severity = Literal["error", "warning"]

ErrorCode = Literal[
    "unknown-node-type",
    "duplicate-node-id",
    "invalid-node-id",
    "missing-field",
    "unknown-field",
    "invalid-value",
    "unknown-node",
    "unknown-edge",
    "unknown-source-handle",
    "unknown-target-handle",
    "ambiguous-handle",
    "type-mismatch",
    "input-occupied",
    "duplicate-edge",
    "duplicate-edge-id",
    "self-loop",
    "cycle",
    "revision-conflict",
    "unknown-flow",
    "syntax-error",
]
WarningCode = Literal[
    "required-input-missing",
    "unconnected-node",
    "no-output",
    "unknown-model",
    "deprecated-model",
    "missing-credential",
    "import-note",
]
Code = Literal[ErrorCode, WarningCode]

ERROR_CODES: Final[tuple[str, ...]] = get_args(ErrorCode)
WARNING_CODES: Final[tuple[str, ...]] = get_args(WarningCode)

MOST_PROBLEMS: Final = 50
"""After so many, a request is not looked at any further."""
_MOST_COMPARED: Final = 200


MEANINGS: Final[Mapping[Code, str]] = MappingProxyType(
    {
        "unknown-node-type": "No node type has this name.",
        "duplicate-node-id": "Another node of the flow has this id.",
        "invalid-node-id": "A new id may hold letters, digits, `-` and `_`.",
        "missing-field": "Something required is absent or empty.",
        "unknown-field": "The type, action or tool has no such field.",
        "invalid-value": "The value is not one that the field may have.",
        "unknown-node": "The flow has no such node.",
        "unknown-edge": "The flow has no such edge.",
        "unknown-source-handle": "The source node has no such output.",
        "unknown-target-handle": "The target node has no such input.",
        "ambiguous-handle": "Several handles fit: name one.",
        "type-mismatch": "The output's type is not the input's.",
        "input-occupied": "The input has its edge already; an input takes one.",
        "duplicate-edge": "These two handles are joined already.",
        "duplicate-edge-id": "Another edge of the flow has this id.",
        "self-loop": "A node cannot feed itself.",
        "cycle": "The edge would close a loop.",
        "revision-conflict": "Somebody else changed the same thing since.",
        "unknown-flow": "No flow has this id.",
        "syntax-error": "The text is not JSON or not flow text; the message names line and column.",
        "required-input-missing": "A required input has neither an edge nor its inline field. Refused at run.",
        "unconnected-node": "The node has no edges.",
        "no-output": "Nothing in the flow shows a result.",
        "unknown-model": "The provider is not known to have this model.",
        "deprecated-model": "The provider has ended this model, or will.",
        "missing-credential": "No key is set for the node's provider. Refused at run.",
        "import-note": "What was done to read a file.",
    }
)
"""What each code means, in a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stake:
    """What a refused action was about: it tells whether somebody else's edit stands in its way."""

    name: str
    """The node, `node.field` or `node.handle` that the action would have set."""
    value: str
    """What it would have put there, as a message shows it."""
    slots: tuple[tuple[str, ...], ...]
    """Slots (of `graph.changes`) that the action needed to be otherwise than they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong, where it is, and what would be right."""

    code: Code
    path: str
    """JSON Pointer: into the request for a refused edit, into the document otherwise."""
    message: str
    """One line, for a person or a model."""
    hint: str | None = None
    """The nearest valid value, or the valid values."""
    fix: Mapping[str, Any] | None = None
    """An action that is ready to be sent."""
    node_id: str | None = None
    edge_id: str | None = None
    stake: Stake | None = field(default=None, compare=False, repr=False)
    """Known for refused edits, never sent."""

    @property
    def severity(self) -> Severity:
        return "warning" if self.code in WARNING_CODES else "error"

    def to_wire(self) -> dict[str, Any]:
        """`{code, severity, path, message, hint?, fix?, nodeId?, edgeId?}`."""
        wire: dict[str, Any] = {
            "code": self.code,
            "severity": self.severity,
            "path": self.path,
            "message": self.message,
        }
        optional = {"hint": self.hint, "fix": self.fix, "nodeId": self.node_id, "edgeId": self.edge_id}
        wire.update({key: value for key, value in optional.items() if value is not None})
        return wire


def nearest(value: object, options: Iterable[str]) -> str | None:
    """The option closest to `value` in spelling, or None where nothing is close."""
    if not isinstance(value, str):
        return None
    wanted = _fold(value)
    by_folded = {_fold(option): option for option in options}
    candidates = list(by_folded)
    if len(candidates) > _MOST_COMPARED:
        # Comparing spellings is slow, so among thousands of ids only those alike in letters are compared.
        pairs = {first + second for first, second in pairwise(wanted)}
        candidates = nlargest(_MOST_COMPARED, candidates, key=lambda option: sum(pair in option for pair in pairs))
    close = get_close_matches(wanted, candidates, n=1, cutoff=0.55)
    return by_folded[close[0]] if close else None


def nearest_or_all(value: object, options: Iterable[str], *, most: int = 12) -> str | None:
    """The nearest option; else the options themselves when they are few enough to list."""
    choices = list(options)
    return nearest(value, choices) or (", ".join(choices[:most]) if choices else None)


def pointer(*parts: str | int) -> str:
    """A JSON Pointer (RFC 6901) from its unescaped parts."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def pointed(path: str) -> list[str]:
    """The unescaped parts of a JSON Pointer."""
    return [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]


def wanted(kind: str, message: str) -> str:
    """What pydantic says should have been there, in words of JSON; `kind` is its type of error."""
    if kind in ("dict_type", "model_type", "model_attributes_type", "dataclass_type"):
        return "should be an object"
    return message.removeprefix("Input ").removeprefix("Value error, ")


def clip(value: object, limit: int = 40) -> str:
    """`value` as a message shows it, a string in quotes, never longer than `limit` characters."""
    text = value if isinstance(value, str) else _written(value)
    printable = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text[:limit])
    shown = printable + ("…" if len(text) > limit else "")
    return f"'{shown}'" if isinstance(value, str) else shown


def _written(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return "a value that JSON does not have"


def _fold(text: str) -> str:
    return text[:200].lower().replace("_", "-").replace(" ", "-")
