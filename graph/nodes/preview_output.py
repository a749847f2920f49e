"""Shows a result."""

from __future__ import annotations

from graph.ports import Port
from graph.spec import NodeData, NodeSpec


class PreviewOutputData(NodeData):
    """Data of a `preview-output` node."""


SPEC = NodeSpec(
    type="preview-output",
    label="Output",
    category="Output",
    summary="Shows a text, picture, recording, component or 3D scene as a result of the flow.",
    data=PreviewOutputData,
    defaults={"label": "Preview Output"},
    example={"label": "Story"},
    inputs=(
        Port(id="string", type="string", label="Text", description="A text to show."),
        Port(id="image", type="image", label="Image", description="A picture to show."),
        Port(id="audio", type="audio", label="Audio", description="A recording to play."),
        Port(id="code", type="response", label="Component", description="A React component to render."),
        Port(id="three", type="three", label="3D Scene", description="A 3D scene to render."),
    ),
    default_input="string",
    type_aliases=("output",),
    input_aliases={"input": None, "prompt": "string"},
    runtime=frozenset({"stringOutput", "imageOutput", "audioOutput", "codeOutput", "threeOutput"}),
    size=(280, 280),
    shows_output=True,
)
