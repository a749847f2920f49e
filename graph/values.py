"""JSON values: which of them can be kept, which are the same, and copies that nobody else holds."""

from __future__ import annotations

import json
import math
from typing import Any, Final, cast

from graph.problems import pointer

MAX_DEPTH: Final = 64
_BIGGEST: Final = 2**53

_Trail = tuple[Any, "str | int"]
"""The way to a value: the trail of what holds it, and the key in there; `()` for the outermost."""


def unwritable(value: Any) -> tuple[str, str] | None:
    """Where and why a decoded value cannot be kept as JSON, or None when it can."""
    stack: list[tuple[Any, _Trail | tuple[()], int]] = [(value, (), 0)]
    while stack:
        item, trail, depth = stack.pop()
        reason = f"a value that is nested more than {MAX_DEPTH} deep" if depth > MAX_DEPTH else _fault(item)
        if reason is not None:
            return pointer(*_steps(trail)), reason
        if isinstance(item, dict):
            fields = cast("dict[str, Any]", item)
            stack.extend((inner, (trail, key), depth + 1) for key, inner in fields.items())
        elif isinstance(item, list):
            items = cast("list[Any]", item)
            stack.extend((inner, (trail, index), depth + 1) for index, inner in enumerate(items))
    return None


def fresh(value: Any) -> Any:
    """A copy that shares no list or dict with `value`."""
    if isinstance(value, dict):
        return {key: fresh(inner) for key, inner in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [fresh(inner) for inner in cast("list[Any]", value)]
    return value


def same(one: Any, other: Any) -> bool:
    """Whether the two are written alike but for the order of keys: unlike `==`, 1 is neither true nor 1.0."""
    if type(one) is not type(other) or one != other:
        return False
    return not isinstance(one, dict | list) or _canonical(one) == _canonical(other)


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _steps(trail: _Trail | tuple[()]) -> list[str | int]:
    steps: list[str | int] = []
    while trail:
        trail, step = trail
        steps.append(_printable(step) if isinstance(step, str) else step)
    return steps[::-1]


def _printable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _fault(item: Any) -> str | None:
    """Why `item` itself, without what it holds, is no JSON."""
    match item:
        case str():
            return _text_fault(item)
        case None | bool() | list():
            return None
        case int():
            return "an integer that does not fit in 53 bits" if abs(item) > _BIGGEST else None
        case float():
            return None if math.isfinite(item) else "a number that is not finite"
        case dict():
            return next((fault for key in cast("dict[Any, Any]", item) if (fault := _key_fault(key))), None)
        case _:
            return "a value that JSON does not have"


def _key_fault(key: Any) -> str | None:
    return _text_fault(key) if isinstance(key, str) else "a key that is not a string"


def _text_fault(text: str) -> str | None:
    if text.isascii():
        return None
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "a lone surrogate, which is not a character"
    return None
