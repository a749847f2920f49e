"""The shapes of actions, as models and programs are shown them. `graph.actions` reads requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Discriminator, Field
from pydantic.alias_generators import to_camel

if TYPE_CHECKING:
    from collections.abc import Mapping

_COORDINATE_LIMIT: Final = 1e9


class Shape(BaseModel):
    """What all actions have in common."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        extra="forbid",
        strict=True,
        frozen=True,
        allow_inf_nan=False,
        defer_build=True,
    )


Coordinate = Annotated[float, Field(ge=-_COORDINATE_LIMIT, le=_COORDINATE_LIMIT)]
Data = dict[str, Any]


class Position(Shape):
    """A point on the canvas, in px."""

    x: Coordinate
    y: Coordinate

    def to_wire(self) -> dict[str, float]:
        """`{x, y}`, whole figures without a fraction."""
        return {axis: int(value) if value.is_integer() else value for axis, value in (("x", self.x), ("y", self.y))}


class AddNode(Shape):
    """Add a node. Missing data takes the type's defaults; a missing id comes from the label or type."""

    action: Literal["addNode"] = "addNode"
    type: str
    id: str | None = None
    data: Data | None = None
    position: Position | None = None
    parent_id: str | None = None


class AddWholeNode(AddNode):
    """Composer's `addNode {node}`: the node is complete, so nothing is filled in."""

    members: Data = Field(default_factory=dict)


class Connect(Shape):
    """Add an edge. A handle may be left out when only one pair fits."""

    action: Literal["connect"] = "connect"
    source: str
    target: str
    source_handle: str | None = None
    target_handle: str | None = None
    id: str | None = None
    replace: bool = False


class AddWholeEdge(Connect):
    """Composer's `addEdge {edge}`: an edge as a document has it."""

    data: Data = Field(default_factory=dict)
    members: Data = Field(default_factory=dict)


class Configure(Shape):
    """Merge `data` into the node's (JSON merge patch: null removes a key)."""

    action: Literal["configure"] = "configure"
    node_id: str
    data: Data


class Disconnect(Shape):
    """Remove an edge, by id or by its ends."""

    action: Literal["disconnect"] = "disconnect"
    edge_id: str | None = None
    source: str | None = None
    target: str | None = None
    source_handle: str | None = None
    target_handle: str | None = None


class RemoveNode(Shape):
    """Remove a node and its edges."""

    action: Literal["removeNode"] = "removeNode"
    node_id: str


class MoveNode(Shape):
    """Put a node elsewhere."""

    action: Literal["moveNode"] = "moveNode"
    node_id: str
    position: Position


class InsertBetween(Shape):
    """Put a new node into an edge."""

    action: Literal["insertBetween"] = "insertBetween"
    edge_id: str
    type: str
    id: str | None = None
    data: Data | None = None


class ReplaceNode(Shape):
    """Give a node another type; edges that still fit stay."""

    action: Literal["replaceNode"] = "replaceNode"
    node_id: str
    type: str
    data: Data | None = None


class Duplicate(Shape):
    """Copy nodes and the edges among them."""

    action: Literal["duplicate"] = "duplicate"
    node_ids: Annotated[list[str], Field(min_length=1)]


class Arrange(Shape):
    """Lay the whole flow out from left to right."""

    action: Literal["arrange"] = "arrange"


class SetFlow(Shape):
    """Rename or describe the flow."""

    action: Literal["setFlow"] = "setFlow"
    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    description: Annotated[str, Field(max_length=10_000)] | None = None


Action = (
    AddNode
    | Connect
    | Configure
    | Disconnect
    | RemoveNode
    | MoveNode
    | InsertBetween
    | ReplaceNode
    | Duplicate
    | Arrange
    | SetFlow
)

ACTIONS: Final[Mapping[str, type[Shape]]] = {model.model_fields["action"].default: model for model in get_args(Action)}
"""Action name → its shape."""

ActionList = list[Annotated[Action, Discriminator("action")]]
"""The type of a batch; its JSON Schema is what models are shown."""
