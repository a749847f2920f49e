"""Flow text: what it looks like, what else is understood, and what is said of the rest."""

from __future__ import annotations

from typing import Any

import pytest

from graph.formats.document import read_document
from graph.formats.flowtext import write_flow_text
from graph.formats.flowtext_in import read_flow_text
from tests.graph.making import LATER, NOW, STORY, flow_of, refused_text, written


def data(text: str) -> Any:
    return flow_of(text).nodes["a"].to_wire()["data"]


def edges(text: str) -> list[str]:
    return [str(edge) for edge in flow_of(text).ordered_edges()]


def test_a_flow_is_written_as_it_is_best_read() -> None:
    assert write_flow_text(flow_of(STORY)) == STORY


def test_reading_what_a_model_writes_gives_nothing_to_complain_of() -> None:
    assert read_flow_text(STORY, now=NOW).notes == ()


def test_the_full_form_gives_the_document_back_exactly() -> None:
    flow = flow_of(STORY)
    text = write_flow_text(flow, full=True)
    assert text.splitlines()[:2] == [
        f'flow "Story" $createdAt="{NOW}" $updatedAt="{NOW}"',
        'topic text-input inputValue="A lighthouse" @0,100',
    ]
    assert written(read_flow_text(text, now=LATER).flow) == written(flow)


def test_the_name_of_a_flow_may_be_given_from_outside() -> None:
    assert read_flow_text('flow "A"', now=NOW, name="B").flow.name == "B"
    assert read_flow_text("", now=NOW).flow.name == "Untitled"


@pytest.mark.parametrize("description", ["What it does.", "", 'two\n"lines"'])
def test_the_description_follows_the_name(description: str) -> None:
    raw: dict[str, Any] = {"metadata": {"name": "A", "description": description}, "nodes": [], "edges": []}
    flow = read_document(raw, now=NOW).flow
    assert read_flow_text(write_flow_text(flow, full=True), now=NOW).flow.meta == flow.meta


@pytest.mark.parametrize(
    "line",
    [
        "a switch",
        "  a\tswitch  ",
        "a: switch",
        '"a" "switch"',
        "a switch # a comment",
        'a switch "A"',
        "\n# only a comment\n\na switch\r\n",
        "a switch isOn=null",
    ],
)
def test_a_node_may_be_written_in_many_ways(line: str) -> None:
    assert data(line) == {"label": "A"}


@pytest.mark.parametrize(
    ("written_value", "value"),
    [
        ("word", "word"),
        ("two-words", "two-words"),
        ('"two words"', "two words"),
        ('"a\\nb \\u00e9"', "a\nb é"),
        ("https://example.com/a?b=c#d", "https://example.com/a?b=c#d"),
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
        ("007", "007"),
        ('"5"', "5"),
        ('""', ""),
    ],
)
def test_a_text_may_go_without_quotes_where_it_is_no_other_value(written_value: str, value: str) -> None:
    assert data(f"a text-input inputValue={written_value}") == {"label": "A", "inputValue": value}


@pytest.mark.parametrize(
    "value", ["5", "true", "null", "-1", "NaN", "Infinity", "-Infinity", "e5", "a b", "#", "", "☂", "\x00"]
)
def test_every_text_comes_back_as_the_text_it_was(value: str) -> None:
    flow = flow_of("a text-input")
    raw = flow.to_document()
    raw["nodes"][0]["data"]["inputValue"] = value
    flow = read_document(raw, now=NOW).flow
    assert written(flow_of(write_flow_text(flow, full=True))) == written(flow)


def test_figures_truths_and_objects_are_what_json_says() -> None:
    assert data("a image-generation partialImages=2 cacheable=true")["partialImages"] == 2
    text = 'a text-generation googleThinkingConfig={"thinkingLevel": "low"} !note=[1, {"x": null}]'
    assert data(text)["googleThinkingConfig"] == {"thinkingLevel": "low"}
    assert data(text)["note"] == [1, {"x": None}]


def test_another_word_for_a_field_means_the_field() -> None:
    assert data('a comment title="Hello"') == {"label": "Hello"}


def test_places_frames_and_members_are_read() -> None:
    flow = flow_of(
        'f comment @1,-2.5e1 $style={"width":5}\nin switch in f\n"in" switch in "f" @0,0'.replace(
            "in switch in f\n", ""
        )
    )
    assert (flow.nodes["f"].x, flow.nodes["f"].y) == (1, -25)
    assert flow.nodes["f"].members == {"style": {"width": 5}}
    assert flow.nodes["in"].parent_id == "f"


def test_edges_name_only_what_does_not_go_without_saying() -> None:
    nodes = "a text-generation\nb text-generation\nc preview-output\nd switch\n"
    assert edges(nodes + "a -> b.prompt") == ["a.output>b.prompt"]
    assert edges(nodes + "a.output -> c") == ["a.output>c.string"]
    assert edges(nodes + "a.done->d.flip") == ["a.done>d.flip"]
    assert edges(nodes + "a → b.system > c") == ["a.output>b.system", "b.output>c.string"]
    assert edges(nodes + 'a -> "b"."prompt" as "my edge" $type="colored" !k=1') == ["a.output>b.prompt"]


def test_edges_may_come_before_their_nodes() -> None:
    assert edges("a -> b\na text-input\nb text-to-speech") == ["a.output>b.text"]


def test_old_names_are_read_and_told() -> None:
    imported = read_flow_text("a input\nb output\na -> b.input", now=NOW)
    assert [str(edge) for edge in imported.flow.edges.values()] == ["a.output>b.string"]
    assert len(imported.notes) == 2


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("a", "syntax-error", "line 1, column 2: expected a node type, but the line ends"),
        ("a switch\n\n  b ->", "syntax-error", "line 3, column 7: expected a node id, but the line ends"),
        ("a switch x", "syntax-error", "line 1, column 11: expected = behind 'x', but the line ends"),
        ("a switch isOn=", "syntax-error", "line 1, column 15: expected a value behind =, but the line ends"),
        ("a switch isOn=[1", "syntax-error", "line 1, column 15: not JSON: Expecting ',' delimiter, found '[1'"),
        ('a switch "A', "syntax-error", "line 1, column 10: expected key=value, @x,y or in <id>, found '\"A'"),
        ('a switch "\\x"', "syntax-error", "line 1, column 10: this string is not closed or holds a bad escape"),
        ('a switch isOn="x"y', "syntax-error", "line 1, column 18: expected a space behind the value, found 'y'"),
        ("a switch @1", "syntax-error", "line 1, column 10: expected key=value, @x,y or in <id>, found '@1'"),
        ("a switch @007,1", "syntax-error", "line 1, column 10: expected key=value, @x,y or in <id>"),
        ("a switch in ", "syntax-error", "line 1, column 13: expected the id of the enclosing node"),
        ("a switch $id=5", "syntax-error", "line 1, column 10: id has its own place in the line, found '$id=5'"),
        ("a -> b $source=5", "syntax-error", "line 1, column 8: source has its own place in the line"),
        ("a -> b c", "syntax-error", "line 1, column 8: expected ->, as <edge id> or the end of the line, found 'c'"),
        ("a -> b as", "syntax-error", "line 1, column 10: expected an edge id, but the line ends"),
        ("a -> b -> c as e", "syntax-error", "line 1, column 17: an id belongs to a line with one edge"),
        ("a.x b", "syntax-error", "line 1, column 5: expected ->, found 'b'"),
        ('flow "A" "B" "C"', "syntax-error", "line 1, column 14: expected the end of the line, found '\"C\"'"),
        ("☂ switch", "syntax-error", "line 1, column 1: expected a node id, found '☂ switch'"),
        ("a swich", "unknown-node-type", "line 1, column 3: there is no node type 'swich'"),
        ("a switch isOff=true", "unknown-field", "line 1, column 10: 'isOff' is not a field of switch"),
        ("a switch isOn=maybe", "invalid-value", "line 1: isOn cannot be 'maybe': should be a valid boolean"),
        ("a switch\na switch", "duplicate-node-id", "line 2: two nodes are called 'a'"),
        ("a switch\n\na -> b", "unknown-node", "line 3: there is no node 'b'"),
        ("a text-input\nb string-combine\na -> b", "ambiguous-handle", "line 3: several inputs of 'b' fit"),
        ("a text-to-speech\nb text-generation\na -> b", "type-mismatch", "line 3: b (text-generation) takes no audio"),
        ("a switch in f", "unknown-node", "line 1: 'a' lies in 'f', which does not exist"),
        ("a text-generation\nb text-generation\na -> b.prompt\nb -> a.prompt", "cycle", "these feed each other"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, code: str, message: str) -> None:
    problem = refused_text(text)[0]
    assert (problem["code"], problem["path"]) == (code, "/text")
    assert problem["message"].startswith(message)


def test_every_line_that_is_wrong_is_told_at_once() -> None:
    problems = refused_text("a swich\nb switch x\nc switch isOff=true isOn=1\nd ->")
    assert [problem["code"] for problem in problems] == [
        "unknown-node-type",
        "syntax-error",
        "unknown-field",
        "syntax-error",
    ]
    assert [problem["message"].split(":")[0] for problem in problems] == [
        "line 1, column 3",
        "line 2, column 11",
        "line 3, column 10",
        "line 4, column 5",
    ]
    assert problems[0]["hint"] == "switch"
    assert problems[2]["hint"] == "isOn"


def test_a_document_that_is_no_flow_text_at_all_is_refused_before_long() -> None:
    assert len(refused_text("☂\n" * 10_000)) == 50


def test_a_bare_word_in_a_text_field_is_that_text() -> None:
    flow = flow_of(
        "a text-input inputValue=42\nb text-input inputValue=true label=1e5\nc realtime-conversation voice=marin"
    )
    assert flow.nodes["a"].data["inputValue"] == "42"
    assert flow.nodes["b"].data == {"label": "1e5", "inputValue": "true"}
    assert written(flow_of(write_flow_text(flow, full=True))) == written(flow)
    flow = flow_of("a text-generation cacheable=true userPrompt=null model=4 verbosity=low")
    assert flow.nodes["a"].data == {"label": "A", "cacheable": True, "model": "4", "verbosity": "low"}
    assert flow_of("a text-generation !note=42").nodes["a"].extras == {"note": 42}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("flow Story", "line 1, column 6: put the name of the flow in quotes, as in flow \"Story\", found 'Story'"),
        ("flow", 'line 1, column 5: put the name of the flow in quotes, as in flow "Story", but the line ends'),
        ('flow "A"\n flow "B"', "line 2, column 2: the flow has its name already, found 'flow \"B\"'"),
        ('flow "A" $x=1 $x=2', "line 1, column 15: x stands here twice, found '$x=2'"),
        ("a switch @1,2 @3,4", "line 1, column 15: position stands here twice, found '@3,4'"),
        ("a text-input inputValue=x inputValue=y", "line 1, column 27: inputValue stands here twice, found"),
        ('a text-input "A" label=B', "line 1, column 18: label stands here twice, found 'label=B'"),
        ("a comment label=A title=B", "line 1, column 19: label stands here twice, found 'title=B'"),
        ("a switch !x=1 !x=1", "line 1, column 15: x stands here twice, found '!x=1'"),
        ("a switch in f in g", "line 1, column 15: parentId stands here twice, found 'in g'"),
        ("a -> b as x as y", "line 1, column 13: id stands here twice, found 'as y'"),
        ("a -> b $x=1 $x=1", "line 1, column 13: x stands here twice, found '$x=1'"),
    ],
)
def test_what_is_said_twice_or_without_quotes_is_told_with_its_place(text: str, message: str) -> None:
    (problem,) = refused_text(text)
    assert problem["code"] == "syntax-error"
    assert problem["message"].startswith(message)


def test_a_node_may_be_called_flow() -> None:
    assert list(flow_of("flow text-input\nb text-to-speech\nflow -> b").nodes) == ["flow", "b"]
