"""A note on the canvas, around the nodes that it is about."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from graph.spec import NodeData, NodeSpec, Text


class CommentData(NodeData):
    """Data of a `comment` node."""

    description: Text = Field(default="", description="Text of the note.")
    color: Literal["gray", "blue", "green", "yellow", "purple", "pink", "orange"] = Field(
        default="gray", description="Colour of the note."
    )
    user_edited: bool = Field(default=False, description="A person wrote the note, so no model rewrites it.")


SPEC = NodeSpec(
    type="comment",
    label="Comment",
    category="Notes",
    summary="Explains the nodes inside its frame and takes no part in a run.",
    data=CommentData,
    defaults={"label": "Comment"},
    example={"label": "Research", "description": "Collects facts before the writing starts.", "color": "blue"},
    field_aliases={"title": "label"},
    runtime=frozenset({"isGenerating"}),
    size=(300, 200),
    annotation=True,
)
