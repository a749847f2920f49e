"""Discovery of node types in a folder, and the tables derived from them."""

from __future__ import annotations

import json
import sys
from importlib import import_module, invalidate_caches
from itertools import count
from typing import TYPE_CHECKING

import pytest

from benchmarks.tokenizer import count as tokens
from graph.errors import RegistryError
from graph.registry import (
    NODE_INPUT_HANDLES,
    NODE_PORT_SCHEMAS,
    NODE_REQUIRED_FIELDS,
    NODE_SPECS,
    TYPE_ALIASES,
    VALID_NODE_TYPES,
    discover,
    find_spec,
    unknown_type,
)

if TYPE_CHECKING:
    from pathlib import Path

_numbers = count()
_DECLARED = {
    "type": "'my-node'",
    "label": "'Mine'",
    "category": "'Logic'",
    "summary": "'Mine.'",
    "data": "Data",
    "defaults": "{'label': 'Mine'}",
    "example": "{'label': 'Mine'}",
}


def source(**changes: str) -> str:
    """A node type file, with something else in some places."""
    fields = ", ".join(f"{key}={value}" for key, value in (_DECLARED | changes).items())
    imports = "from graph.ports import Port\nfrom graph.spec import NodeData, NodeSpec\n"
    return f"{imports}class Data(NodeData):\n    note: str = ''\nSPEC = NodeSpec({fields})\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of node types."""
    package = tmp_path / f"folder_{next(_numbers)}"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    return package


def found(folder: Path) -> list[str]:
    invalidate_caches()
    return list(discover(import_module(folder.name), []))


def test_all_seventeen_types_are_found_in_the_order_of_the_palette() -> None:
    assert VALID_NODE_TYPES == (
        "audio-input",
        "image-input",
        "text-input",
        "audio-transcription",
        "image-generation",
        "react-component",
        "realtime-conversation",
        "text-generation",
        "text-to-speech",
        "threejs-scene",
        "ai-logic",
        "string-combine",
        "switch",
        "threejs-options",
        "audio-output",
        "preview-output",
        "comment",
    )


def test_required_fields_are_the_label_and_what_realtime_needs() -> None:
    assert {name: fields for name, fields in NODE_REQUIRED_FIELDS.items() if fields != ("label",)} == {
        "realtime-conversation": ("label", "voice", "vadMode")
    }


def test_the_tables_tell_what_the_specs_tell() -> None:
    assert NODE_INPUT_HANDLES["text-generation"] == ("prompt", "system", "image")
    assert NODE_PORT_SCHEMAS["audio-output"] == {"inputs": NODE_SPECS["audio-output"].inputs, "outputs": ()}
    assert set(NODE_REQUIRED_FIELDS) == set(NODE_INPUT_HANDLES) == set(NODE_PORT_SCHEMAS) == set(VALID_NODE_TYPES)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("input", "text-input"),
        ("output", "preview-output"),
        ("prompt", "text-generation"),
        ("image", "image-generation"),
        ("magic", "ai-logic"),
        ("transcription", "audio-transcription"),
    ],
)
def test_old_names_of_types_are_known(old: str, new: str) -> None:
    assert TYPE_ALIASES[old] == new
    assert find_spec(old) is NODE_SPECS[new]


def test_a_type_that_nobody_declared_is_unknown() -> None:
    assert find_spec("text") is None


def test_a_file_in_the_folder_is_a_type(folder: Path) -> None:
    (folder / "my_node.py").write_text(source())
    assert found(folder) == ["my-node"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("import nothing_like_this", "cannot be imported"),
        ("SPEC = (", "cannot be imported"),
        ("", "must define SPEC"),
        ("SPEC = 5", "must define SPEC"),
        (source(type="'other'"), "the file must be other.py"),
        (source(type="'My node'"), "the file must be My node.py"),
        (source(category="'Misc'"), "category 'Misc'"),
        (source(defaults="{}"), "defaults is not valid data"),
        (source(defaults="{'label': 'x', 'note': 'y'}"), "defaults must hold the required fields"),
        (source(example="{'label': 'x', 'nte': 'y'}"), "example is not valid data"),
        (source(inputs="(Port(id='a', type='string', label='A'),) * 2"), "two input ports share an id"),
        (source(outputs="(Port(id='a.b', type='string', label='A'),)"), "'a.b' is not a handle id"),
        (source(outputs="(Port(id='a', type='text', label='A'),)"), "has type 'text'"),
        (source(inputs="(Port(id='a', type='string', label='A', inline='nte'),)"), "inline field 'nte'"),
        (source(default_input="'a'"), "default_input 'a' is not a port"),
        (source(output_aliases="{'x': 'a'}"), "output_aliases 'a' is not a port"),
        (source(field_aliases="{'x': 'a'}"), "field_aliases 'a' is not a field"),
        (source(runtime="frozenset({'note'})"), "cannot be both"),
        (source(type_aliases="('my-node',)"), "already taken"),
        (source(data="NodeSpec"), "data must be a subclass of NodeData"),
    ],
)
def test_a_broken_file_stops_the_program_and_is_named(folder: Path, text: str, fault: str) -> None:
    (folder / "my_node.py").write_text(text)
    with pytest.raises(RegistryError) as caught:
        found(folder)
    assert f"{folder}/my_node.py" in str(caught.value)
    assert fault in str(caught.value)


def test_two_files_that_claim_one_name_are_both_named(folder: Path) -> None:
    (folder / "my_node.py").write_text(source())
    (folder / "your_node.py").write_text(source(type="'your-node'", type_aliases="('my-node',)"))
    with pytest.raises(RegistryError, match=r"your_node\.py: node type 'my-node' is already taken by .*my_node\.py"):
        found(folder)


def test_an_unknown_type_is_told_the_one_that_was_meant_by_its_present_name() -> None:
    assert unknown_type("txt-inptu", "/type").hint == "text-input"
    assert unknown_type("transcriptoin", "/type").hint == "audio-transcription"
    assert unknown_type("output", "").hint == "preview-output"


def test_a_type_like_no_other_is_told_a_few_in_few_tokens() -> None:
    for name in ("llm", 5, None):
        hint = unknown_type(name, "/type").hint or ""
        assert hint.endswith(" … (listNodeTypes)")
        assert hint.count(", ") == 3
        assert not set(hint.split(", ")) & set(TYPE_ALIASES)
    problem = unknown_type("llm", "/type").to_wire()
    del problem["severity"]
    answer = {"applied": False, "revision": 1, "problems": [problem]}
    text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
    assert tokens(text) < 60
