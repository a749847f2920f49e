"""Writes text with a language model."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from graph.ports import DONE, Port
from graph.spec import CacheableData, ModelId, NodeSpec, Provider, Text


class GoogleThinking(BaseModel):
    """Gemini's thinking settings."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True, defer_build=True)

    thinking_level: Literal["low", "high"] | None = Field(default=None, description="How hard to think.")
    thinking_budget: Annotated[int, Field(ge=-1, le=32768)] | None = Field(
        default=None, description="Tokens that may be spent on thinking."
    )
    include_thoughts: bool = Field(default=False, description="Return a summary of the thoughts.")


class TextGenerationData(CacheableData):
    """Data of a `text-generation` node."""

    user_prompt: Text = Field(default="", description="Prompt used when nothing is connected to `prompt`.")
    system_prompt: Text = Field(default="", description="Instructions used when nothing is connected to `system`.")
    provider: Provider | None = Field(default=None, description="Who serves the model; the configured one when absent.")
    model: ModelId | None = Field(default=None, description="Model id; the provider's default when absent.")
    verbosity: Literal["low", "medium", "high"] | None = Field(
        default=None, description="OpenAI: how long the answer is."
    )
    thinking: bool = Field(default=False, description="OpenAI: return a summary of the reasoning.")
    google_thinking_config: GoogleThinking | None = Field(default=None, description="Google: thinking settings.")
    google_safety_preset: Literal["default", "strict", "relaxed", "none"] = Field(
        default="default", description="Google: how much to block."
    )
    google_structured_outputs: bool = Field(default=False, description="Google: answer as JSON.")


SPEC = NodeSpec(
    type="text-generation",
    label="AI Text",
    category="AI",
    summary="Writes text with a language model from a prompt, instructions and an optional image.",
    data=TextGenerationData,
    defaults={"label": "AI Text"},
    example={"label": "Writer", "systemPrompt": "Answer in one sentence.", "provider": "openai", "model": "gpt-5.2"},
    inputs=(
        Port(
            id="prompt",
            type="string",
            label="Prompt",
            required=True,
            inline="userPrompt",
            description="What to write about.",
        ),
        Port(
            id="system", type="string", label="System", inline="systemPrompt", description="Instructions to the model."
        ),
        Port(id="image", type="image", label="Image", description="A picture for the model to look at."),
    ),
    outputs=(Port(id="output", type="string", label="Text", description="The answer."), DONE),
    default_input="prompt",
    default_output="output",
    type_aliases=("prompt",),
    legacy_fields={"prompt": "systemPrompt"},
    runtime=frozenset({"imageInput", "executionReasoning", "googleSafetySettings"}),
    size=(280, 400),
    cache="opt-in",
)
