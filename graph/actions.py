"""Actions: the vocabulary of edits, one for MCP, HTTP, the Autopilot and the canvas.

Each action is an object `{"action": <name>, …}`. Composer's own four shapes are accepted as they are,
as is the short form `{"<name>": {…}}`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from pydantic import ValidationError

from graph.problems import MOST_PROBLEMS, Problem, clip, nearest, nearest_or_all, pointer, wanted
from graph.shapes import ACTIONS, Action, ActionList, AddWholeEdge, AddWholeNode
from graph.values import fresh, unwritable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["ACTIONS", "Action", "ActionList", "Batch", "parse_action", "parse_actions"]

MAX_ACTIONS: Final = 20_000
_OTHER_NAMES: Final = {"addEdge": "connect", "removeEdge": "disconnect"}
_OTHER_KEYS: Final = {"nodeType": "type"}
_LABELS: Final = frozenset({"nodeLabel", "sourceLabel", "targetLabel"})
"""What Composer's editor adds for display."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A request to edit, read: what can be carried out and what was wrong with its form."""

    steps: tuple[tuple[str, Action], ...] = ()
    """JSON Pointer in the request, action."""
    problems: tuple[Problem, ...] = ()
    missing: frozenset[str] = frozenset()
    """Ids of nodes that malformed actions would have added."""


def parse_actions(raw: object, path: str = "/actions") -> Batch:
    """The actions of a request, and everything that is wrong with their form.

    Args:
        raw: what the caller sent, JSON already decoded; nothing of it is kept.
        path: JSON Pointer of `raw` in the request.
    """
    if not isinstance(raw, list):
        return Batch(problems=(Problem(code="invalid-value", path=path, message="actions must be a list of actions"),))
    items = cast("list[Any]", raw)
    if len(items) > MAX_ACTIONS:
        message = f"at most {MAX_ACTIONS} actions at once"
        return Batch(problems=(Problem(code="invalid-value", path=path, message=message),))
    steps: list[tuple[str, Action]] = []
    problems: list[Problem] = []
    missing: set[str] = set()
    for index, item in enumerate(items):
        try:
            steps.append(_parse(item, path + pointer(index)))
        except _BadActionError as error:
            problems.extend(error.problems)
            missing.update(_ids_in(item))
        if len(problems) >= MOST_PROBLEMS:
            break
    return Batch(tuple(steps), tuple(problems), frozenset(missing))


def _ids_in(item: object) -> Iterator[str]:
    """Every `id` in a malformed action, one level down."""
    for key, value in _fields(item).items():
        if key == "id" and isinstance(value, str):
            yield value
        inner = _fields(value).get("id")
        if isinstance(inner, str):
            yield inner


def _fields(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def parse_action(name: str, arguments: Mapping[str, Any]) -> Batch:
    """One action from a tool's arguments; problems point into those arguments."""
    try:
        fields = _kept(dict(arguments), "")
        return Batch((("", _build(ACTIONS[name], {**fields, "action": name}, "")),))
    except _BadActionError as error:
        return Batch(problems=tuple(error.problems))


class _BadActionError(Exception):
    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)


def _kept(value: object, path: str) -> dict[str, Any]:
    """A copy of an object of the request, proved to be JSON."""
    if not isinstance(value, dict):
        raise _BadActionError([Problem(code="invalid-value", path=path, message="an action must be an object")])
    fault = unwritable(cast("dict[Any, Any]", value))
    if fault is not None:
        raise _BadActionError([Problem(code="invalid-value", path=path + fault[0], message=f"this is {fault[1]}")])
    return fresh(cast("dict[str, Any]", value))


def _parse(item: object, path: str) -> tuple[str, Action]:
    name, fields, path = _named(_kept(item, path), path)
    if name == "addNode" and isinstance(fields.get("node"), dict):
        return path + "/node", _build(AddWholeNode, _whole_node(fields["node"]), path + "/node")
    if name == "connect" and isinstance(fields.get("edge"), dict):
        return path + "/edge", _build(AddWholeEdge, _whole_edge(fields["edge"]), path + "/edge")
    renamed = {_OTHER_KEYS.get(key, key): value for key, value in fields.items() if key not in _LABELS}
    return path, _build(ACTIONS[name], {**renamed, "action": name}, path)


def _named(fields: dict[str, Any], path: str) -> tuple[str, dict[str, Any], str]:
    """The action's name, its fields without the name, and where they stand."""
    if len(fields) == 1:
        key, value = next(iter(fields.items()))
        if isinstance(value, dict) and (key in ACTIONS or key in _OTHER_NAMES):
            return _OTHER_NAMES.get(key, key), cast("dict[str, Any]", value), path + pointer(key)
    key = next((key for key in ("action", "op") if key in fields), "type")
    name = fields.pop(key, None)
    if name is None:
        message = "an action needs its name in `action`"
        hint = ", ".join(ACTIONS)
        raise _BadActionError([Problem(code="missing-field", path=path + "/action", message=message, hint=hint)])
    known = _OTHER_NAMES.get(name, name) if isinstance(name, str) else None
    if known is None or known not in ACTIONS:
        hint = nearest_or_all(name, [*ACTIONS, *_OTHER_NAMES])
        message = f"there is no action {clip(name)}"
        raise _BadActionError([Problem(code="invalid-value", path=path + pointer(key), message=message, hint=hint)])
    return known, fields, path


def _whole_node(node: Mapping[str, Any]) -> dict[str, Any]:
    return {**_split(node, {"id", "type", "position", "data", "parentId"}), "action": "addNode"}


def _whole_edge(edge: Mapping[str, Any]) -> dict[str, Any]:
    own = {"id", "source", "sourceHandle", "target", "targetHandle", "data", "replace"}
    return {**_split(edge, own), "action": "connect"}


def _split(whole: Mapping[str, Any], own: set[str]) -> dict[str, Any]:
    """A node or an edge as an action has it: what is not its own goes into `members`."""
    members = {key: value for key, value in whole.items() if key not in own and value is not None}
    return {**{key: value for key, value in whole.items() if key in own}, "members": members}


def _build(model: type[Any], fields: Mapping[str, Any], path: str) -> Any:
    present = {key: value for key, value in fields.items() if value is not None}
    try:
        return model.model_validate(present, by_alias=True, by_name=False)
    except ValidationError as error:
        known = [info.alias or name for name, info in model.model_fields.items()]
        faults = error.errors(include_url=False)
        raise _BadActionError(_shape_problem(fault, known, path) for fault in faults) from None


def _shape_problem(fault: Any, known: list[str], path: str) -> Problem:
    where = path + pointer(*fault["loc"])
    name = str(fault["loc"][-1]) if fault["loc"] else "action"
    if fault["type"] == "missing":
        return Problem(code="missing-field", path=where, message=f"{name} is required")
    if fault["type"] == "extra_forbidden":
        return Problem(
            code="unknown-field",
            path=where,
            message=f"there is no argument {clip(name)}",
            hint=nearest(name, known) or ", ".join(key for key in known if key != "action"),
        )
    message = f"{name} cannot be {clip(fault['input'])}: {wanted(fault['type'], fault['msg'])}"
    return Problem(code="invalid-value", path=where, message=message)
