"""Gives a text that its author wrote."""

from __future__ import annotations

from pydantic import Field

from graph.ports import Port
from graph.spec import NodeData, NodeSpec, Text


class TextInputData(NodeData):
    """Data of a `text-input` node."""

    input_value: Text = Field(default="", description="The text that the node gives.")


SPEC = NodeSpec(
    type="text-input",
    label="Text Input",
    category="Inputs",
    summary="Gives a text to the nodes after it.",
    data=TextInputData,
    defaults={"label": "Input Text"},
    example={"label": "Topic", "inputValue": "A lighthouse in a storm"},
    outputs=(Port(id="output", type="string", label="Text", description="The text."),),
    default_output="output",
    type_aliases=("input",),
    size=(280, 200),
    cache="implicit",
)
