"""Writes a React component with a language model."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from graph.ports import DONE, Port
from graph.spec import CacheableData, ModelId, NodeSpec, Provider, Text


class ReactComponentData(CacheableData):
    """Data of a `react-component` node."""

    user_prompt: Text = Field(default="", description="Description used when nothing is connected to `prompt`.")
    system_prompt: Text = Field(default="", description="Instructions used when nothing is connected to `system`.")
    provider: Provider | None = Field(default=None, description="Who serves the model; the configured one when absent.")
    model: ModelId | None = Field(default=None, description="Model id; the provider's default when absent.")
    style_preset: Literal["simple", "none", "robust"] = Field(
        default="simple", description="How much styling the component gets."
    )


SPEC = NodeSpec(
    type="react-component",
    label="React",
    category="AI",
    summary="Writes a React component with a language model from a description.",
    data=ReactComponentData,
    defaults={"label": "React Component"},
    example={"label": "Timer", "userPrompt": "A countdown with start and reset buttons.", "stylePreset": "robust"},
    inputs=(
        Port(
            id="prompt",
            type="string",
            label="Prompt",
            required=True,
            inline="userPrompt",
            description="What the component is and does.",
        ),
        Port(
            id="system", type="string", label="System", inline="systemPrompt", description="Instructions to the model."
        ),
    ),
    outputs=(Port(id="output", type="response", label="Component", description="The component's code."), DONE),
    default_input="prompt",
    default_output="output",
    size=(280, 350),
    cache="opt-in",
)
