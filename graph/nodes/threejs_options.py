"""Describes the camera, light and mouse of a 3D scene."""

from __future__ import annotations

from pydantic import Field

from graph.ports import DONE, Port
from graph.spec import NodeData, NodeSpec, Text


class ThreejsOptionsData(NodeData):
    """Data of a `threejs-options` node."""

    camera_text: Text = Field(default="", description="Camera used when nothing is connected to `camera`.")
    light_text: Text = Field(default="", description="Light used when nothing is connected to `light`.")
    mouse_text: Text = Field(default="", description="Mouse behaviour used when nothing is connected to `mouse`.")


SPEC = NodeSpec(
    type="threejs-options",
    label="3D Scene Options",
    category="Logic",
    summary="Joins descriptions of camera, light and mouse into the options of a 3D scene.",
    data=ThreejsOptionsData,
    defaults={"label": "3D Options"},
    example={
        "label": "Studio",
        "cameraText": "Slow orbit from above",
        "lightText": "Warm key light, soft shadows",
        "mouseText": "Drag to rotate",
    },
    inputs=(
        Port(
            id="camera",
            type="string",
            label="Camera",
            inline="cameraText",
            description="Where the camera is and how it moves.",
        ),
        Port(id="light", type="string", label="Light", inline="lightText", description="How the scene is lit."),
        Port(id="mouse", type="string", label="Mouse", inline="mouseText", description="What the mouse does."),
    ),
    outputs=(
        Port(id="output", type="string", label="Options", description="The options, for `options` of a 3D scene."),
        DONE,
    ),
    default_output="output",
    size=(280, 260),
)
