"""Speaks a text."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from graph.ports import DONE, Port
from graph.spec import CacheableData, ModelId, NodeSpec, Text


class TextToSpeechData(CacheableData):
    """Data of a `text-to-speech` node."""

    text: Text = Field(default="", description="Text used when nothing is connected to `text`.")
    instructions: Text = Field(default="", description="How to speak: tone, pace, accent.")
    voice: Literal["alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar"] = Field(
        default="alloy", description="Voice of the speaker."
    )
    speed: Annotated[float, Field(ge=0.25, le=4.0)] = Field(
        default=1.0, description="How fast to speak, where 1 is normal."
    )
    provider: Literal["openai", "compatible"] | None = Field(
        default=None, description="Who serves the model; the configured one when absent."
    )
    model: ModelId | None = Field(default=None, description="Model id; the provider's default when absent.")
    format: Literal["mp3", "wav", "opus", "aac", "flac", "pcm"] = Field(
        default="mp3", description="File format of the audio."
    )


SPEC = NodeSpec(
    type="text-to-speech",
    label="Text to Speech",
    category="AI",
    summary="Speaks a text with a speech model.",
    data=TextToSpeechData,
    defaults={"label": "Text to Speech"},
    example={"label": "Narrator", "voice": "marin", "speed": 1.1, "instructions": "Calm and warm."},
    inputs=(Port(id="text", type="string", label="Text", required=True, inline="text", description="What to say."),),
    outputs=(Port(id="output", type="audio", label="Audio", description="The speech."), DONE),
    default_input="text",
    default_output="output",
    type_aliases=("tts",),
    input_aliases={"prompt": "text", "input": "text"},
    output_aliases={"audio": "output"},
    size=(280, 320),
    cache="opt-in",
)
