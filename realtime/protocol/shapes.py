"""What JSON may look like: pydantic models whose complaints become the errors of the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Literal, Self, TypeVar, cast, get_args

from pydantic import BaseModel, ConfigDict, Discriminator, Tag, TypeAdapter, ValidationError, model_validator

from realtime.protocol.errors import (
    ProtocolError,
    invalid_type,
    invalid_value,
    missing_parameter,
    out_of_range,
    too_long,
    unknown_parameter,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import ErrorDetails

__all__ = ["Json", "Shape", "by_type", "read"]

Json = dict[str, Any]
"""A JSON object as it stands on the wire."""


class Shape(BaseModel):
    """A JSON object of known keys. What is not in it is refused; numbers, strings and booleans are not mixed up.

    `null` where none may stand counts as absent: generated clients write it for what they leave alone.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, defer_build=True)

    ABSENT: ClassVar[frozenset[str]] = frozenset()
    """Fields that are left out of the wire's object when they are None, instead of being `null`."""
    _never_null: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def __pydantic_init_subclass__(cls, **_kwargs: Any) -> None:
        fields = cls.model_fields.items()
        cls._never_null = frozenset(name for name, field in fields if type(None) not in get_args(field.annotation))

    @model_validator(mode="before")
    @classmethod
    def _drop_nulls(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        given = cast("Json", value)
        return {key: each for key, each in given.items() if each is not None or key not in cls._never_null}

    def wire(self) -> Json:
        """The object as the wire has it."""
        plain: Json = {}
        for name in type(self).model_fields:
            value = getattr(self, name)
            if value is not None or name not in self.ABSENT:
                plain[name] = _plain(value)
        return plain

    def merged(self, update: Self) -> Self:
        """The same with what `update` was given. Objects of one kind are merged likewise, all else is replaced."""
        changes: Json = {}
        for name in update.model_fields_set:
            old, new = getattr(self, name), getattr(update, name)
            alike = isinstance(old, Shape) and type(old) is type(new) and not isinstance(old, Replaced)
            changes[name] = old.merged(new) if alike else new
        return self.model_copy(update=changes)


class Replaced(Shape):
    """An object that an update replaces as a whole."""


def _plain(value: Any) -> Any:
    if isinstance(value, Shape):
        return value.wire()
    if isinstance(value, list):
        return [_plain(each) for each in cast("list[Any]", value)]
    return value


def by_type(value: Any) -> str | None:
    """The kind of a value that is a plain one or an object with a `type` (for `Discriminator`)."""
    if isinstance(value, Shape):
        return str(getattr(value, "type", "object"))
    if isinstance(value, dict):
        kind = cast("Json", value).get("type")
        return kind if isinstance(kind, str) else None
    return "plain"


def _number_or_word(value: Any) -> str:
    return "number" if isinstance(value, int) and not isinstance(value, bool) else "plain"


T = TypeVar("T")


def read(kind: TypeAdapter[T], raw: object, path: str) -> T:
    """A JSON value as a typed one.

    Args:
        kind: what it has to be.
        raw: decoded JSON.
        path: its place in the event, for errors (`session`, `item`; empty for the event itself).

    Raises:
        ProtocolError: it is something else; the first complaint is told.
    """
    try:
        return kind.validate_python(raw)
    except ValidationError as error:
        raise _complaint(error.errors(include_url=False)[0], raw, path) from None


_EXPECTED: Final[Mapping[str, str]] = {
    "string_type": "a string",
    "int_type": "an integer",
    "float_type": "a decimal",
    "bool_type": "a boolean",
    "list_type": "an array",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
}


def _complaint(detail: ErrorDetails, raw: object, path: str) -> ProtocolError:
    kind, given, context = detail["type"], detail["input"], detail.get("ctx", {})
    where = _path(detail["loc"], raw, path, missing=kind == "missing")
    if kind == "missing":
        return missing_parameter(where)
    if kind == "extra_forbidden":
        return unknown_parameter(where)
    if kind in _EXPECTED:
        return invalid_type(where, _EXPECTED[kind], given)
    return _bad_value(kind, where, given, context)


def _bad_value(kind: str, where: str, given: Any, context: Json) -> ProtocolError:
    if kind == "union_tag_not_found":
        return missing_parameter(_join(where, "role" if "role" in str(context.get("discriminator")) else "type"))
    if kind == "union_tag_invalid":
        return _bad_tag(where, given, context)
    if kind == "literal_error":
        return invalid_value(where, given, _words(str(context["expected"])))
    if kind in {"greater_than_equal", "less_than_equal"}:
        above = kind == "less_than_equal"
        return out_of_range(where, given, cast("float", context["le" if above else "ge"]), above=above)
    if kind == "string_too_long":
        return too_long(where, int(context["max_length"]), len(given))
    return invalid_value(where, given)


def _bad_tag(where: str, given: Any, context: Json) -> ProtocolError:
    tags = _words(str(context["expected_tags"]))
    if isinstance(given, dict):
        key = "role" if "role" in str(context.get("discriminator")) else "type"
        return invalid_value(_join(where, key), cast("Json", given).get(key), tags)
    expected = "an object" if "plain" not in tags else "another value"
    return invalid_type(where, expected, given)


def _words(listed: str) -> list[str]:
    """The values in pydantic's list of them: `'a', 'b' or 'c'`."""
    return [word.strip().strip("'") for word in listed.replace(" or ", ",").split(",")]


def _path(steps: tuple[int | str, ...], raw: object, path: str, *, missing: bool) -> str:
    """Where in the event: pydantic's steps without the names of the union members that it tried."""
    here = raw
    for index, step in enumerate(steps):
        if isinstance(here, dict):
            inside = cast("dict[Any, Any]", here)
            if step not in inside and not (missing and index == len(steps) - 1):
                continue
            here = inside.get(step)
            path = _join(path, str(step))
        elif isinstance(here, list) and isinstance(step, int):
            items = cast("list[Any]", here)
            here = items[step] if step < len(items) else None
            path = f"{path}[{step}]"
    return path


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


MaxTokens = Annotated[
    Annotated[int, Tag("number")] | Annotated[Literal["inf"], Tag("plain")], Discriminator(_number_or_word)
]
