"""Holds a spoken conversation with a realtime model."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from graph.ports import DONE, Port
from graph.spec import NodeData, NodeSpec, Text


class RealtimeConversationData(NodeData):
    """Data of a `realtime-conversation` node."""

    instructions: Text = Field(default="", description="Instructions used when nothing is connected to `instructions`.")
    voice: Literal["alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar"] = Field(
        description="Voice of the model."
    )
    vad_mode: Literal["semantic_vad", "server_vad", "disabled"] = Field(
        description="How the end of a turn is heard: by meaning, by silence, or not at all (push to talk)."
    )


SPEC = NodeSpec(
    type="realtime-conversation",
    label="Realtime Audio",
    category="AI",
    summary="Holds a spoken conversation with a realtime model and gives its transcript and its audio.",
    data=RealtimeConversationData,
    defaults={"label": "Realtime Audio", "voice": "marin", "vadMode": "semantic_vad"},
    example={
        "label": "Interviewer",
        "instructions": "Ask one short question at a time.",
        "voice": "marin",
        "vadMode": "semantic_vad",
    },
    inputs=(
        Port(
            id="instructions",
            type="string",
            label="Instructions",
            inline="instructions",
            description="How the model behaves.",
        ),
        Port(id="audio-in", type="audio", label="Audio In", description="Speech to the model."),
    ),
    outputs=(
        Port(id="transcript", type="string", label="Transcript", description="What was said, one line per turn."),
        Port(id="audio-out", type="audio", label="Audio Out", description="What the model said, as audio."),
        DONE,
    ),
    default_input="instructions",
    default_output="transcript",
    type_aliases=("realtime",),
    output_aliases={"output": "transcript"},
    runtime=frozenset({"sessionStatus", "transcript", "elapsedSeconds", "audioOutStreamId", "resolvedInstructions"}),
    size=(360, 420),
    standalone=True,
)
