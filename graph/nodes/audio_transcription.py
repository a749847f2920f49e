"""Turns speech into text."""

from __future__ import annotations

from pydantic import Field

from graph.ports import DONE, Port
from graph.spec import CacheableData, ModelId, NodeSpec, Text


class AudioTranscriptionData(CacheableData):
    """Data of an `audio-transcription` node."""

    model: ModelId | None = Field(default=None, description="Model id; the configured one when absent.")
    language: Text = Field(
        default="", description="ISO 639-1 code used when nothing is connected to `language`; detected when empty."
    )


SPEC = NodeSpec(
    type="audio-transcription",
    label="Transcribe",
    category="AI",
    summary="Turns speech into text.",
    data=AudioTranscriptionData,
    defaults={"label": "Transcribe"},
    example={"label": "Transcript", "language": "en"},
    inputs=(
        Port(id="audio", type="audio", label="Audio", required=True, description="The speech."),
        Port(
            id="language",
            type="string",
            label="Language",
            inline="language",
            description="ISO 639-1 code of the spoken language.",
        ),
    ),
    outputs=(Port(id="output", type="string", label="Text", description="What was said."), DONE),
    default_input="audio",
    default_output="output",
    type_aliases=("transcription",),
    size=(260, 200),
    cache="opt-in",
)
