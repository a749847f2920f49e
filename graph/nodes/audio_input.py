"""Gives a recording, from the microphone or from a file."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from graph.ports import DONE, Port
from graph.spec import NodeData, NodeSpec, Text


class AudioInputData(NodeData):
    """Data of an `audio-input` node."""

    source: Literal["microphone", "file"] = Field(default="microphone", description="Where the audio comes from.")
    file: Text = Field(default="", description="Path or URL of the recording when `source` is `file`.")


SPEC = NodeSpec(
    type="audio-input",
    label="Audio Input",
    category="Inputs",
    summary="Gives audio from the microphone or from a file to the nodes after it.",
    data=AudioInputData,
    defaults={"label": "Audio Input"},
    example={"label": "Question", "source": "microphone"},
    outputs=(Port(id="output", type="audio", label="Audio", description="The recording."), DONE),
    default_output="output",
    output_aliases={"audio": "output"},
    runtime=frozenset({"audioBuffer", "audioMimeType", "recordingDuration", "isRecording", "awaitingInput"}),
    recordings=frozenset({"audioBuffer", "audioMimeType", "recordingDuration"}),
    size=(280, 180),
)
