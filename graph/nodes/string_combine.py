"""Joins texts."""

from __future__ import annotations

from pydantic import Field

from graph.ports import DONE, Port
from graph.spec import NodeData, NodeSpec, Text


class StringCombineData(NodeData):
    """Data of a `string-combine` node."""

    separator: Text = Field(default="", description="Text put between the parts.")


SPEC = NodeSpec(
    type="string-combine",
    label="String Combine",
    category="Logic",
    summary="Joins up to four texts in order and leaves out the empty ones.",
    data=StringCombineData,
    defaults={"label": "String Combine"},
    example={"label": "Join Parts", "separator": "\n"},
    inputs=(
        Port(id="input1", type="string", label="Input 1", description="The first part."),
        Port(id="input2", type="string", label="Input 2", description="The second part."),
        Port(id="input3", type="string", label="Input 3", description="The third part."),
        Port(id="input4", type="string", label="Input 4", description="The fourth part."),
    ),
    outputs=(Port(id="output", type="string", label="Text", description="The parts as one text."), DONE),
    default_output="output",
    size=(280, 240),
)
