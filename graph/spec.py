"""What a node type declares. One `NodeSpec` per file in `graph/nodes`; everything else is derived."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType, NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from graph.ports import Port, PortType

MAX_LABEL: Final = 200
MAX_TEXT: Final = 200_000

Category = Literal["Inputs", "AI", "Logic", "Output", "Notes"]
CachePolicy = Literal["implicit", "opt-in", "never"]
Provider = Literal["openai", "google", "anthropic", "compatible"]

Label = Annotated[str, StringConstraints(min_length=1, max_length=MAX_LABEL, strip_whitespace=False)]
Text = Annotated[str, StringConstraints(max_length=MAX_TEXT)]
"""A text that people or models write."""
ModelId = Annotated[str, StringConstraints(min_length=1, max_length=120), Field(json_schema_extra={"model": True})]
"""The id of a model. Which ids exist is configuration (`graph.models`), so any id is a legal value."""


class NodeData(BaseModel):
    """The part of a node's `data` that people and models write.

    Fields are snake_case here and camelCase in the document. A field without a default is required.
    What a run produces is not here: it lives in the run.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        strict=True,
        frozen=True,
        allow_inf_nan=False,
        defer_build=True,
    )

    label: Label = Field(description="Name shown on the node.")


class CacheableData(NodeData):
    """Data of a node whose result may be kept, when its author asks for that."""

    cacheable: bool = Field(default=False, description="Reuse the last result while nothing upstream changes.")


DataModel = type[NodeData]
Values = dict[str, Any]
Run: TypeAlias = "Callable[[Any, NodeData, Values], Awaitable[Values]]"
"""Context, the node's data, its inputs by handle → its outputs by handle."""


def _is_text(annotation: Any) -> bool:
    """Whether an annotation allows strings, and besides them nothing but None."""
    if annotation is str:
        return True
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _is_text(inner[0])
    if origin is Literal:
        return all(isinstance(value, str) for value in inner)
    options = [option for option in inner if option is not NoneType] if origin in (Union, UnionType) else []
    return bool(options) and all(map(_is_text, options))


@dataclass(frozen=True, kw_only=True)
class NodeSpec:
    """A node type: its data, its handles, its words."""

    type: str
    label: str
    """Palette name."""
    category: Category
    summary: str
    """One sentence, ending in a full stop."""
    data: DataModel
    defaults: Mapping[str, Any]
    """`data` of a new node, camelCase keys: `label` and the other required fields, nothing else.

    What may be absent stays absent, so a node never carries a model id that nobody chose.
    """
    example: Mapping[str, Any]
    """`data` worth showing to a model; valid by itself."""
    inputs: tuple[Port, ...] = ()
    outputs: tuple[Port, ...] = ()
    default_input: str | None = None
    """The handle meant by an old file's edge that names no `targetHandle`."""
    default_output: str | None = None
    """The handle meant by an edge that names no `sourceHandle`."""
    type_aliases: tuple[str, ...] = ()
    """Old names of this type, accepted on the way in."""
    input_aliases: Mapping[str, str | None] = field(default_factory=dict[str, "str | None"])
    """Old handle names. None: pick the input by the type of what arrives."""
    output_aliases: Mapping[str, str] = field(default_factory=dict[str, str])
    field_aliases: Mapping[str, str] = field(default_factory=dict[str, str])
    """Other keys of `data` that plainly mean one of the fields."""
    legacy_fields: Mapping[str, str] = field(default_factory=dict[str, str])
    """Keys of `data` that meant a field when the type still had its old name."""
    runtime: frozenset[str] = frozenset()
    """Keys that Composer's editor writes into `data` while running; dropped on import."""
    recordings: frozenset[str] = frozenset()
    """Those of `runtime` that hold what somebody has recorded."""
    size: tuple[int, int] = (280, 200)
    """Width and height in px where the canvas has not measured the node."""
    cache: CachePolicy = "never"
    standalone: bool = False
    """Does its work without an edge, so being unconnected is no fault."""
    shows_output: bool = False
    """A place where the flow's result is seen or heard."""
    annotation: bool = False
    """A note on the canvas; takes no part in a run."""
    run: Run | None = None
    """Produces the outputs; set by the engine's releases, absent for types that only annotate."""

    @cached_property
    def fields(self) -> Mapping[str, Any]:
        """Key in the document → pydantic `FieldInfo`, in declaration order."""
        return MappingProxyType({info.alias or name: info for name, info in self.data.model_fields.items()})

    @cached_property
    def text_fields(self) -> frozenset[str]:
        """Keys whose values are strings, one of a few words included."""
        return frozenset(key for key, info in self.fields.items() if _is_text(info.annotation))

    @cached_property
    def required_fields(self) -> tuple[str, ...]:
        return tuple(key for key, info in self.fields.items() if info.is_required())

    @cached_property
    def input_ports(self) -> Mapping[str, Port]:
        return MappingProxyType({port.id: port for port in self.inputs})

    @cached_property
    def output_ports(self) -> Mapping[str, Port]:
        return MappingProxyType({port.id: port for port in self.outputs})

    @cached_property
    def required_inputs(self) -> tuple[Port, ...]:
        return tuple(port for port in self.inputs if port.required)

    def inputs_of_type(self, port_type: PortType) -> tuple[Port, ...]:
        return tuple(port for port in self.inputs if port.type == port_type)
