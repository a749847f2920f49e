"""Tool arguments: their schemas, made small, and their faults, told as problems."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from graph.errors import Refused
from graph.formats.jsontext import parse_json
from graph.problems import Problem, clip, nearest, pointer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


Name = Annotated[str, Field(max_length=300)]
"""A short text; bounded, which also keeps out what is not Unicode."""


class Arguments(BaseModel):
    """Arguments of a tool. Unknown ones are refused, not dropped."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        strict=True,
        frozen=True,
        defer_build=True,
        allow_inf_nan=False,
    )


class Target(Arguments):
    """Which flow, and which revision of it the caller had seen."""

    flow_id: Name
    base_revision: int | None = None


def parse(model: type[Any], arguments: Mapping[str, Any]) -> Any:
    """The arguments as `model`.

    Raises:
        Refused: with every fault, each path pointing at the argument.
    """
    present = {key: value for key, value in arguments.items() if value is not None}
    try:
        return model.model_validate(present)
    except ValidationError as error:
        names = [info.alias or name for name, info in model.model_fields.items()]
        raise Refused([_problem(fault, names) for fault in error.errors(include_url=False)]) from None


def read_string(value: Any) -> Any:
    """A value that a client sent as a string of JSON where an object or list belongs.

    Raises:
        ValueError: it begins like JSON and is none; says where.
    """
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return value
    try:
        return parse_json(value)
    except Refused as refused:
        raise ValueError(refused.problems[0].message) from None


def read_strings(arguments: Mapping[str, Any], names: Iterable[str]) -> tuple[dict[str, Any], list[Problem]]:
    """The arguments, those called `names` read by `read_string`, and what could not be read."""
    read, problems = dict(arguments), list[Problem]()
    for name in names:
        if name in read:
            try:
                read[name] = read_string(read[name])
            except ValueError as error:
                del read[name]
                problems.append(Problem(code="syntax-error", path=pointer(name), message=str(error)))
    return read, problems


Decoded = BeforeValidator(read_string)
"""Marks an argument that some clients send as a string of JSON."""


def _problem(fault: Any, names: list[str]) -> Problem:
    loc: tuple[str | int, ...] = fault["loc"]
    name = ".".join(str(part) for part in loc)
    where = pointer(*loc)
    if fault["type"] == "missing":
        return Problem(code="missing-field", path=where, message=f"{name} is required")
    if fault["type"] == "extra_forbidden":
        return unknown_argument(name, names)
    if fault["type"] == "value_error":
        return Problem(code="syntax-error", path=where, message=fault["msg"].removeprefix("Value error, "))
    wanted = fault["msg"].removeprefix("Input ")
    return Problem(code="invalid-value", path=where, message=f"{name} cannot be {clip(fault['input'])}: {wanted}")


def unknown_argument(name: str, names: list[str]) -> Problem:
    """What is said of an argument that a tool does not have."""
    hint = nearest(name, names) or ", ".join(names) or "no arguments"
    return Problem(code="unknown-field", path=pointer(name), message=f"there is no argument {clip(name)}", hint=hint)


def small_schema(model: type[BaseModel], *, without: Iterable[str] = ()) -> dict[str, Any]:
    """JSON Schema of a model without what no reader needs: titles, nulls for being absent, references, defaults."""
    schema = model.model_json_schema(by_alias=True)
    small = _small(schema, schema.get("$defs", {}))
    for name in without:
        small["properties"].pop(name, None)
        if name in small.get("required", ()):
            small["required"].remove(name)
    if not small.get("required", True):
        del small["required"]
    return small


_WASTE = frozenset({"title", "default", "$defs", "description", "minLength", "maxLength", "discriminator"})
_BOUNDS = frozenset({"minimum", "maximum"})


def _small(schema: Any, definitions: Mapping[str, Any]) -> Any:
    if not isinstance(schema, dict):
        return schema
    rest: dict[str, Any] = dict(schema)  # pyright: ignore[reportUnknownArgumentType]
    if "$ref" in rest:
        rest = dict(definitions[rest["$ref"].rpartition("/")[2]])
    if "oneOf" in rest:
        rest["anyOf"] = rest.pop("oneOf")
    options = [_small(option, definitions) for option in rest.get("anyOf", []) if option.get("type") != "null"]
    if len(options) == 1:
        return options[0]
    if options:
        return {"anyOf": options}
    if "properties" in rest:
        rest["properties"] = {
            key: {**_small(value, definitions), **_described(value)} for key, value in rest["properties"].items()
        }
    if "items" in rest:
        rest["items"] = _small(rest["items"], definitions)
    if "const" in rest:
        return {"const": rest["const"]}
    drop = _WASTE | _BOUNDS | {"additionalProperties"}
    return {key: value for key, value in rest.items() if key not in drop}


def _described(schema: Mapping[str, Any]) -> dict[str, str]:
    return {"description": schema["description"]} if "description" in schema else {}
