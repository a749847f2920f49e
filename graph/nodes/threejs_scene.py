"""Writes a 3D scene with a language model."""

from __future__ import annotations

from pydantic import Field

from graph.ports import DONE, Port
from graph.spec import CacheableData, ModelId, NodeSpec, Provider, Text


class ThreejsSceneData(CacheableData):
    """Data of a `threejs-scene` node."""

    user_prompt: Text = Field(default="", description="Description used when nothing is connected to `prompt`.")
    system_prompt: Text = Field(default="", description="Instructions used when nothing is connected to `system`.")
    scene_info: Text = Field(default="", description="Notes about the scene; the model does not see them.")
    provider: Provider | None = Field(default=None, description="Who serves the model; the configured one when absent.")
    model: ModelId | None = Field(default=None, description="Model id; the provider's default when absent.")


SPEC = NodeSpec(
    type="threejs-scene",
    label="3D Scene",
    category="AI",
    summary="Writes a three.js scene with a language model from a description.",
    data=ThreejsSceneData,
    defaults={"label": "3D Scene"},
    example={"label": "Solar System", "userPrompt": "Eight planets on their orbits around a glowing sun."},
    inputs=(
        Port(
            id="prompt",
            type="string",
            label="Prompt",
            required=True,
            inline="userPrompt",
            description="What the scene shows.",
        ),
        Port(
            id="system", type="string", label="System", inline="systemPrompt", description="Instructions to the model."
        ),
        Port(id="scene", type="string", label="Scene", description="A value that the scene reads as `sceneInput`."),
        Port(
            id="options", type="string", label="Options", description="Camera, light and mouse from `threejs-options`."
        ),
    ),
    outputs=(Port(id="output", type="three", label="Scene", description="The scene's code."), DONE),
    default_input="prompt",
    default_output="output",
    size=(280, 380),
    cache="opt-in",
)
