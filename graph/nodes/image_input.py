"""Gives a picture that its author chose."""

from __future__ import annotations

from pydantic import Field

from graph.ports import Port
from graph.spec import NodeData, NodeSpec, Text


class ImageInputData(NodeData):
    """Data of an `image-input` node."""

    file: Text = Field(default="", description="Path or URL of the picture.")


SPEC = NodeSpec(
    type="image-input",
    label="Image Input",
    category="Inputs",
    summary="Gives a picture to the nodes after it.",
    data=ImageInputData,
    defaults={"label": "Input Image"},
    example={"label": "Photo", "file": "https://example.com/photo.png"},
    outputs=(Port(id="output", type="image", label="Image", description="The picture."),),
    default_output="output",
    runtime=frozenset({"uploadedImage"}),
    size=(280, 200),
    cache="implicit",
)
