"""Flows to measure with: one of six nodes that others were given too, one of fifteen, and large ones."""

from __future__ import annotations

from typing import Any, Final

Node = dict[str, Any]
Edge = dict[str, Any]

SIX_NODES: Final = """\
topic text-input inputValue="a cat on the moon"
style text-input inputValue="warm, three sentences"
writer text-generation
editor text-generation systemPrompt="Tighten the text."
draft preview-output
final preview-output
topic -> writer
style -> writer.system
writer -> editor -> final
writer -> draft"""
"""Two inputs, two models one after the other, and a preview of each: what the peers' figures were taken with."""

SIX_ACTIONS: Final[list[dict[str, Any]]] = [
    {"addNode": {"type": "text-input", "id": "topic", "data": {"inputValue": "a cat on the moon"}}},
    {"addNode": {"type": "text-input", "id": "style", "data": {"inputValue": "warm, three sentences"}}},
    {"addNode": {"type": "text-generation", "id": "writer"}},
    {"addNode": {"type": "text-generation", "id": "editor", "data": {"systemPrompt": "Tighten the text."}}},
    {"addNode": {"type": "preview-output", "id": "draft"}},
    {"addNode": {"type": "preview-output", "id": "final"}},
    {"connect": {"source": "topic", "target": "writer", "targetHandle": "prompt"}},
    {"connect": {"source": "style", "target": "writer", "targetHandle": "system"}},
    {"connect": {"source": "writer", "target": "editor", "targetHandle": "prompt"}},
    {"connect": {"source": "writer", "target": "draft"}},
    {"connect": {"source": "editor", "target": "final"}},
]
"""The same by actions, in their short form."""

FIFTEEN_NODES: Final = """\
topic text-input inputValue="a lighthouse in a storm"
audience text-input inputValue="children of eight"
question audio-input source=microphone
transcript audio-transcription language=en
brief string-combine separator=" / "
outline text-generation systemPrompt="Five short points." provider=openai
writer text-generation systemPrompt="Write the story from the points." provider=openai model=gpt-5.2
editor text-generation systemPrompt="Shorten by a third."
count ai-logic transformPrompt="Count the words in input1."
painter image-generation style="Hand-drawn watercolour" aspectRatio="16:9"
narrator text-to-speech voice=marin instructions="Calm and warm."
story preview-output
picture preview-output
words preview-output
speakers audio-output volume=0.8
question -> transcript -> brief.input3
topic -> brief.input1
audience -> brief.input2
brief -> outline -> writer -> editor -> story
editor -> count.input1 -> words
writer -> painter -> picture.image
editor -> narrator -> speakers"""
"""A flow of the size that half of all edited ones have."""

_PROMPTS: Final = (
    "You are a careful assistant. Answer in three sentences and name your sources.",
    "Rewrite what you are given for readers who know nothing of the subject. Keep every figure.",
    "Summarise the text as five points, each shorter than fifteen words.",
)
_MODEL: Final = {"provider": "openai", "model": "gpt-5.2"}
_COLUMN, _ROW = 360, 460

_BLOCK: Final[tuple[tuple[str, str, Node], ...]] = (
    ("topic", "text-input", {"inputValue": "A lighthouse in a storm, seen from a small boat"}),
    ("style", "text-input", {"inputValue": "Plain words, no more than three sentences"}),
    ("writer", "text-generation", {"systemPrompt": _PROMPTS[0], "verbosity": "low", **_MODEL}),
    ("editor", "text-generation", {"systemPrompt": _PROMPTS[1], **_MODEL}),
    ("logic", "ai-logic", {"transformPrompt": "Keep the sentences of input1 that input2 asks for."}),
    ("join", "string-combine", {"separator": "\n\n"}),
    ("painter", "image-generation", {"provider": "openai", "model": "gpt-image-1", "size": "1024x1024"}),
    ("voice", "text-to-speech", {"voice": "marin", "speed": 1.1}),
    ("page", "react-component", {"stylePreset": "robust", **_MODEL}),
    ("show", "preview-output", {}),
)
_BLOCK_EDGES: Final = (
    ("style", "output", "writer", "system"),
    ("writer", "output", "editor", "prompt"),
    ("style", "output", "editor", "system"),
    ("topic", "output", "logic", "transform"),
    ("topic", "output", "join", "input4"),
    ("editor", "output", "logic", "input1"),
    ("style", "output", "logic", "input2"),
    ("writer", "output", "join", "input1"),
    ("editor", "output", "join", "input2"),
    ("logic", "output", "join", "input3"),
    ("editor", "output", "painter", "prompt"),
    ("style", "output", "painter", "style"),
    ("join", "output", "voice", "text"),
    ("join", "output", "page", "prompt"),
    ("style", "output", "page", "system"),
    ("logic", "output", "show", "string"),
    ("painter", "output", "show", "image"),
    ("voice", "output", "show", "audio"),
    ("page", "output", "show", "code"),
)
_DATA_TYPES: Final = {"painter": "image", "voice": "audio", "page": "response"}

MIX: Final = "per 10 nodes 2 inputs, 2 language models, image, speech, page, logic, combine, preview and 20 edges"


def document(size: int) -> dict[str, Any]:
    """A valid flow of `size` nodes (a multiple of ten) in one connected piece, as a Composer file has it."""
    blocks = range(size // len(_BLOCK))
    nodes = [node for block in blocks for node in _nodes(block)]
    edges = [edge for block in blocks for edge in _edges(block)]
    return {"metadata": {"name": f"Flow of {size}", "schemaVersion": 1}, "nodes": nodes, "edges": edges}


def _nodes(block: int) -> list[Node]:
    return [
        {
            "id": f"{name}-{block}",
            "type": kind,
            "position": {"x": index % 5 * _COLUMN, "y": (2 * block + index // 5) * _ROW},
            "data": {"label": f"{name.capitalize()} {block}", **data},
        }
        for index, (name, kind, data) in enumerate(_BLOCK)
    ]


def _edges(block: int) -> list[Edge]:
    # Each block writes about what the one before it joined.
    first = (f"join-{block - 1}" if block else "topic-0", "output", f"writer-{block}", "prompt")
    rest = [(f"{a}-{block}", out, f"{b}-{block}", into) for a, out, b, into in _BLOCK_EDGES]
    return [
        {
            "id": f"{target}.{into}",
            "source": source,
            "sourceHandle": out,
            "target": target,
            "targetHandle": into,
            "data": {"dataType": _DATA_TYPES.get(source.partition("-")[0], "string")},
        }
        for source, out, target, into in [first, *rest]
    ]
