"""Makes or edits a picture with an image model."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from graph.ports import DONE, Port
from graph.spec import CacheableData, ModelId, NodeSpec, Text


class ImageGenerationData(CacheableData):
    """Data of an `image-generation` node."""

    prompt: Text = Field(default="", description="Prompt used when nothing is connected to `prompt`.")
    style: Text = Field(default="", description="Style used when nothing is connected to `style`.")
    provider: Literal["openai", "google", "compatible"] | None = Field(
        default=None, description="Who serves the model; the configured one when absent."
    )
    model: ModelId | None = Field(default=None, description="Model id; the provider's default when absent.")
    output_format: Literal["webp", "png", "jpeg"] = Field(
        default="webp", description="OpenAI: file format of the picture."
    )
    size: Literal["1024x1024", "1024x1792", "1792x1024"] | None = Field(
        default=None, description="OpenAI: width and height in pixels; the model's own when absent."
    )
    quality: Literal["auto", "low", "medium", "high"] = Field(
        default="low", description="OpenAI: how much work goes into the picture."
    )
    partial_images: Annotated[int, Field(ge=0, le=3)] = Field(
        default=3, description="OpenAI: how many previews arrive while the picture is made."
    )
    aspect_ratio: Literal["1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"] = Field(
        default="1:1", description="Google: width to height."
    )


SPEC = NodeSpec(
    type="image-generation",
    label="AI Image",
    category="AI",
    summary="Makes a picture with an image model from a prompt and a style, or edits the picture it is given.",
    data=ImageGenerationData,
    defaults={"label": "AI Image"},
    example={"label": "Painter", "style": "Hand-drawn watercolour", "provider": "google", "aspectRatio": "16:9"},
    inputs=(
        Port(id="prompt", type="string", label="Prompt", inline="prompt", description="What the picture shows."),
        Port(id="style", type="string", label="Style", inline="style", description="How the picture looks."),
        Port(id="image", type="image", label="Image", description="A picture to edit."),
    ),
    outputs=(Port(id="output", type="image", label="Image", description="The picture."), DONE),
    default_input="prompt",
    default_output="output",
    type_aliases=("image",),
    runtime=frozenset({"imageInput"}),
    size=(280, 350),
    cache="opt-in",
)
