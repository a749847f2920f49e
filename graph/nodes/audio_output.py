"""Plays audio."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from graph.ports import Port
from graph.spec import NodeData, NodeSpec


class AudioOutputData(NodeData):
    """Data of an `audio-output` node."""

    volume: Annotated[float, Field(ge=0.0, le=1.0)] = Field(
        default=1.0, description="How loud to play, from 0 (silent) to 1 (full)."
    )


SPEC = NodeSpec(
    type="audio-output",
    label="Audio Output",
    category="Output",
    summary="Plays audio through the speakers.",
    data=AudioOutputData,
    defaults={"label": "Audio Output"},
    example={"label": "Speakers", "volume": 0.8},
    inputs=(Port(id="audio", type="audio", label="Audio", required=True, description="The audio to play."),),
    default_input="audio",
    input_aliases={"input": "audio", "audio-in": "audio"},
    size=(280, 160),
    shows_output=True,
)
