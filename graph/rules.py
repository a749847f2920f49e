"""The rules for a node: which id it may have and what its `data` may hold.

Edits, imports and validation all ask here, so they cannot disagree.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, get_args

from pydantic import BaseModel, ValidationError

from graph.problems import Problem, clip, nearest, nearest_or_all, pointer, wanted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import ErrorDetails

    from graph.spec import NodeSpec

MAX_ID: Final = 64
MAX_FOREIGN_ID: Final = 200
"""Ids of imported nodes may be so long."""
MAX_EDGE_ID: Final = 1000
MAX_NODES: Final = 50_000
_NODE_ID: Final = re.compile(rf"[A-Za-z0-9_][A-Za-z0-9_-]{{0,{MAX_ID - 1}}}")
_MOST_NAMED: Final = 6
"""Fields that a hint names where none is like the one that was asked for."""
_QUOTED: Final = re.compile(r"'([^']*)'")


def is_node_id(value: str) -> bool:
    """Whether a new node may have this id. Imported files keep theirs, whatever they are."""
    return _NODE_ID.fullmatch(value) is not None


def is_foreign_id(value: str, limit: int = MAX_FOREIGN_ID) -> bool:
    """Whether a file may call a node, or with another limit an edge, so."""
    return 0 < len(value) <= limit and value.isprintable()


def slug(text: str) -> str:
    """The nearest legal id, `""` when nothing of the text can stay."""
    return re.sub(r"[^a-z0-9]+", "-", text[: 4 * MAX_ID].lower()).strip("-")[:MAX_ID].strip("-")


def data_is_valid(spec: NodeSpec, data: Mapping[str, Any]) -> bool:
    """Whether `data` has every required field and no bad value. Fast: no reasons are collected."""
    try:
        spec.data.__pydantic_validator__.validate_python(data)
    except ValidationError:
        return False
    return True


def data_problems(spec: NodeSpec, data: Mapping[str, Any], path: str, node_id: str | None = None) -> list[Problem]:
    """Every fault of `data` (camelCase keys), `path` being the pointer to it."""
    try:
        spec.data.model_validate(data)
    except ValidationError as error:
        return [
            _data_problem(spec, fault, path, node_id)
            for fault in error.errors(include_url=False, include_context=True)[:50]
        ]
    return []


def _data_problem(spec: NodeSpec, fault: ErrorDetails, path: str, node_id: str | None) -> Problem:
    loc = [part for part in fault["loc"] if isinstance(part, int) or part.isidentifier()]
    where = path + pointer(*loc)
    name = ".".join(str(part) for part in loc)
    match fault["type"]:
        case "missing":
            default = spec.defaults.get(name)
            return Problem(
                code="missing-field", path=where, message=f"{spec.type} needs {name}", hint=default, node_id=node_id
            )
        case "extra_forbidden":
            return unknown_field(spec, [str(part) for part in fault["loc"]], path, node_id)
        case "string_too_short" if name == "label":
            return Problem(code="missing-field", path=where, message="label must not be empty", node_id=node_id)
        case "literal_error":
            options = _QUOTED.findall(str(fault.get("ctx", {}).get("expected", "")))
            message = f"{name} cannot be {clip(fault['input'])}"
            hint = nearest_or_all(fault["input"], options)
            return Problem(code="invalid-value", path=where, message=message, hint=hint, node_id=node_id)
        case _:
            message = f"{name} cannot be {clip(fault['input'])}: {wanted(fault['type'], fault['msg'])}"
            return Problem(code="invalid-value", path=where, message=message, node_id=node_id)


def unknown_field(spec: NodeSpec, loc: list[str], path: str, node_id: str | None) -> Problem:
    """The problem of a key that the type does not declare."""
    name = loc[-1]
    known, owner = _siblings(spec, loc)
    port = spec.input_ports.get(name)
    if name in spec.runtime:
        hint, reason = None, "is written by runs, not by edits"
    else:
        hint = port.inline if port else nearest(name, known) or _some(known)
        reason = f"is not a field of {owner}"
    message = f"{clip(name)} {reason}"
    return Problem(code="unknown-field", path=path + pointer(*loc), message=message, hint=hint, node_id=node_id)


def _some(names: list[str]) -> str:
    """A few of the names: a full list would cost an assistant more than a look at the type."""
    return ", ".join(names[:_MOST_NAMED]) + (", …" if len(names) > _MOST_NAMED else "")


def _siblings(spec: NodeSpec, loc: list[str]) -> tuple[list[str], str]:
    """The keys that are known where `loc` leads, and what has them."""
    model: type[BaseModel] = spec.data
    for key in loc[:-1]:
        fields = {info.alias or name: info for name, info in model.model_fields.items()}
        annotation: Any = fields[key].annotation if key in fields else None
        inner = [kind for kind in (annotation, *get_args(annotation)) if isinstance(kind, type)]
        model = next((kind for kind in inner if issubclass(kind, BaseModel)), model)
    owner = spec.type if model is spec.data else loc[-2]
    return [info.alias or name for name, info in model.model_fields.items()], owner
