"""What every node type must be, and what Composer's tables say of each."""

from __future__ import annotations

import re
from typing import Any

import pytest

from graph.registry import NODE_SPECS

SPECS = list(NODE_SPECS.values())
every_type = pytest.mark.parametrize("name", NODE_SPECS)

# Composer's registry: inputs (* required), outputs, keys that only a run writes.
COMPOSER: dict[str, tuple[str, str, set[str]]] = {
    "text-input": ("", "output:string", set()),
    "image-input": ("", "output:image", {"uploadedImage"}),
    "audio-input": ("", "output:audio done:pulse", {"isRecording", "awaitingInput"}),
    "text-generation": (
        "prompt*:string system:string image:image",
        "output:string done:pulse",
        {"imageInput", "executionReasoning"},
    ),
    "image-generation": ("prompt:string style:string image:image", "output:image done:pulse", {"imageInput"}),
    "ai-logic": ("transform:string input1:string input2:string", "output:string done:pulse", set()),
    "react-component": ("prompt*:string system:string", "output:response done:pulse", set()),
    "threejs-scene": (
        "prompt*:string system:string scene:string options:string",
        "output:three done:pulse",
        set(),
    ),
    "threejs-options": ("camera:string light:string mouse:string", "output:string done:pulse", set()),
    "audio-transcription": ("audio*:audio language:string", "output:string done:pulse", set()),
    "realtime-conversation": (
        "instructions:string audio-in:audio",
        "transcript:string audio-out:audio done:pulse",
        {"sessionStatus", "transcript", "elapsedSeconds", "audioOutStreamId", "resolvedInstructions"},
    ),
    "string-combine": ("input1:string input2:string input3:string input4:string", "output:string done:pulse", set()),
    "switch": ("flip:pulse turnOn:pulse turnOff:pulse", "output:boolean", set()),
    "preview-output": (
        "string:string image:image audio:audio code:response three:three",
        "",
        {"stringOutput", "imageOutput", "audioOutput", "codeOutput", "threeOutput"},
    ),
    "comment": ("", "", set()),
}

# Composer's data of a dropped node, and the values it knows for each field.
COMPOSER_DATA: dict[str, list[dict[str, Any]]] = {
    "text-input": [{"label": "Input Text", "inputValue": ""}],
    "image-input": [{"label": "Input Image"}],
    "audio-input": [{"label": "Audio Input"}],
    "text-generation": [
        {
            "label": "AI Text",
            "provider": "google",
            "model": "gemini-3-flash-preview",
            "googleThinkingConfig": {"thinkingLevel": "low"},
            "googleSafetyPreset": "default",
        },
        *({"label": "x", "verbosity": verbosity} for verbosity in ("low", "medium", "high")),
        *({"label": "x", "googleSafetyPreset": preset} for preset in ("default", "strict", "relaxed", "none")),
        {"label": "x", "userPrompt": "a", "systemPrompt": "b", "thinking": True, "googleStructuredOutputs": True},
        {"label": "x", "cacheable": True, "provider": "anthropic", "model": "claude-sonnet-4-5"},
        {"label": "x", "googleThinkingConfig": {"thinkingBudget": 128, "includeThoughts": True}},
    ],
    "image-generation": [
        {"label": "AI Image", "prompt": "", "provider": "google", "model": "x", "aspectRatio": "1:1"},
        *({"label": "x", "outputFormat": value} for value in ("webp", "png", "jpeg")),
        *({"label": "x", "size": value} for value in ("1024x1024", "1024x1792", "1792x1024")),
        *({"label": "x", "quality": value} for value in ("auto", "low", "medium", "high")),
        *({"label": "x", "partialImages": value} for value in range(4)),
        *({"label": "x", "aspectRatio": value} for value in ("1:1", "3:4", "4:3", "9:16", "16:9")),
        *({"label": "x", "aspectRatio": value} for value in ("2:3", "3:2", "4:5", "5:4", "21:9")),
        {"label": "x", "style": "a", "cacheable": True, "provider": "openai"},
    ],
    "ai-logic": [
        {"label": "AI Logic", "transformPrompt": "", "codeExpanded": False},
        {"label": "x", "generatedCode": "return 1", "codeExplanation": "one", "cacheable": True, "evalExpanded": True},
    ],
    "react-component": [
        {"label": "x", "userPrompt": "", "provider": "anthropic", "model": "x", "stylePreset": "simple"},
        *({"label": "x", "stylePreset": value, "systemPrompt": ""} for value in ("none", "robust")),
    ],
    "threejs-scene": [
        {"label": "3D Scene", "userPrompt": "", "provider": "anthropic", "model": "x"},
        {"label": "x", "systemPrompt": "", "sceneInfo": "", "cacheable": True},
    ],
    "threejs-options": [{"label": "3D Options", "cameraText": "", "lightText": "", "mouseText": ""}],
    "audio-transcription": [
        *({"label": "x", "model": model} for model in ("gpt-4o-transcribe", "gpt-4o-mini-transcribe")),
        {"label": "x", "language": "de", "cacheable": True},
    ],
    "realtime-conversation": [
        *(
            {"label": "x", "voice": voice, "vadMode": "semantic_vad", "instructions": "Be kind."}
            for voice in ("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar")
        ),
        *({"label": "x", "voice": "marin", "vadMode": mode} for mode in ("server_vad", "disabled")),
    ],
    "string-combine": [{"label": "String Combine", "separator": ""}],
    "switch": [{"label": "Switch", "isOn": False}],
    "preview-output": [{"label": "Preview Output"}],
    "comment": [
        {"label": "Comment", "description": "", "color": color, "userEdited": True}
        for color in ("gray", "blue", "green", "yellow", "purple", "pink", "orange")
    ],
}


@every_type
def test_the_summary_is_one_sentence(name: str) -> None:
    assert re.fullmatch(r"[A-Z].*[^.]\.", NODE_SPECS[name].summary)


@every_type
def test_every_field_and_port_is_described_in_a_sentence(name: str) -> None:
    spec = NODE_SPECS[name]
    texts = [info.description for info in spec.fields.values()]
    texts += [port.description for port in (*spec.inputs, *spec.outputs)]
    assert all(text and text.endswith(".") for text in texts)
    assert all(port.label for port in (*spec.inputs, *spec.outputs))


@every_type
def test_a_new_node_holds_its_label_and_what_is_required_and_nothing_else(name: str) -> None:
    spec = NODE_SPECS[name]
    assert set(spec.defaults) == set(spec.required_fields)
    assert spec.required_fields[0] == "label"
    spec.data.model_validate(dict(spec.defaults))


@every_type
def test_the_example_is_valid_and_shows_more_than_the_label_where_there_is_more(name: str) -> None:
    spec = NODE_SPECS[name]
    spec.data.model_validate(dict(spec.example))
    assert len(spec.example) > 1 or len(spec.fields) == 1


@every_type
def test_what_stands_in_for_an_edge_is_a_text_field(name: str) -> None:
    spec = NODE_SPECS[name]
    for port in spec.inputs:
        if port.inline is not None:
            assert port.type == "string"
            spec.data.model_validate({**spec.defaults, port.inline: "a text"})


@every_type
def test_ids_of_ports_can_be_handles_and_parts_of_an_edge_id(name: str) -> None:
    spec = NODE_SPECS[name]
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", port.id) for port in (*spec.inputs, *spec.outputs))


@every_type
def test_usual_handles_are_named(name: str) -> None:
    spec = NODE_SPECS[name]
    assert spec.default_output == (spec.outputs[0].id if spec.outputs else None)
    usual = {"ai-logic": "input1", "preview-output": "string", "realtime-conversation": "instructions"}
    if name in usual:
        assert spec.default_input == usual[name]


@pytest.mark.parametrize("name", COMPOSER)
def test_ports_are_composers(name: str) -> None:
    inputs, outputs, runtime = COMPOSER[name]
    spec = NODE_SPECS[name]
    assert [f"{p.id}{'*' if p.required else ''}:{p.type}" for p in spec.inputs] == inputs.split()
    assert [f"{p.id}:{p.type}" for p in spec.outputs] == outputs.split()
    assert runtime <= spec.runtime


@pytest.mark.parametrize(("name", "data"), [(name, data) for name, rows in COMPOSER_DATA.items() for data in rows])
def test_data_that_composer_writes_is_valid(name: str, data: dict[str, Any]) -> None:
    NODE_SPECS[name].data.model_validate(data)


def test_composer_has_fifteen_types_and_two_are_ours() -> None:
    assert set(NODE_SPECS) - set(COMPOSER) == {"text-to-speech", "audio-output"}
    assert set(COMPOSER) == set(COMPOSER_DATA)


def test_only_annotations_have_no_ports() -> None:
    assert [spec.type for spec in SPECS if not spec.inputs and not spec.outputs] == ["comment"]
    assert [spec.type for spec in SPECS if spec.annotation] == ["comment"]
