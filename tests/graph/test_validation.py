"""What is said of whole flows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from graph.flow import Edge, Flow
from graph.models import ModelTable, default_models
from graph.validation import Setting, node_warnings, validate
from tests.graph.making import STORY, edit, flow_of

SETTING = Setting(default_models())


def said(text: str, setting: Setting = SETTING) -> list[tuple[str, str]]:
    return [(problem.code, problem.path) for problem in validate(flow_of(text), setting).problems]


def test_a_whole_flow_is_fine_and_can_run() -> None:
    report = validate(flow_of(STORY))
    assert (report.problems, report.ok, report.runnable) == ((), True, True)


def test_an_empty_flow_is_fine_but_cannot_run() -> None:
    report = validate(flow_of(""))
    assert (report.problems, report.ok, report.runnable) == ((), True, False)
    assert not validate(flow_of("a comment")).runnable


def test_a_required_input_that_is_missing_keeps_the_flow_from_running_but_is_no_error() -> None:
    flow = flow_of("a text-generation\nb preview-output\na -> b")
    report = validate(flow)
    (problem,) = report.problems
    assert (problem.code, problem.path, problem.hint) == (
        "required-input-missing",
        "/nodes/0",
        "connect prompt or set userPrompt",
    )
    assert (report.ok, report.runnable) == (True, False)


@pytest.mark.parametrize("value", ['"Write."', '"\\n x"'])
def test_a_required_input_may_be_given_inline(value: str) -> None:
    assert said(f"a text-generation userPrompt={value}\nb preview-output\na -> b") == []


def test_a_blank_inline_text_does_not_count() -> None:
    assert said('a text-generation userPrompt=" \\n"\nb preview-output\na -> b') == [
        ("required-input-missing", "/nodes/0")
    ]


def test_a_node_without_edges_is_told_unless_it_works_alone() -> None:
    assert said("a preview-output\nb text-input\nc comment\nd realtime-conversation") == [
        ("unconnected-node", "/nodes/0"),
        ("unconnected-node", "/nodes/1"),
    ]


def test_a_flow_that_shows_nothing_is_told() -> None:
    assert said("a text-input\nb text-generation\na -> b.prompt") == [("no-output", "/nodes")]
    assert said("a text-input\nb text-to-speech\nc audio-output\na -> b -> c") == []


MODEL = "x text-input\na text-generation {}\nb preview-output\nx -> a.prompt\na -> b"


@pytest.mark.parametrize(
    ("fields", "code", "hint"),
    [
        ("provider=openai model=gpt-5.22", "unknown-model", "gpt-5.2"),
        ("model=nothing-like-it", "unknown-model", None),
        ("provider=google model=gpt-5.2", "unknown-model", None),
        ("provider=openai model=gpt-5-mini", "deprecated-model", "gpt-5.2"),
        ("model=gemini-3-pro-preview", "deprecated-model", "gemini-3-flash-preview"),
    ],
)
def test_a_model_that_is_unknown_or_goes_away_is_told_with_a_better_one(
    fields: str, code: str, hint: str | None
) -> None:
    flow = flow_of(MODEL.format(fields))
    (problem,) = validate(flow).problems
    assert (problem.code, problem.path, problem.hint) == (code, "/nodes/1/data/model", hint)
    if hint:
        assert problem.fix
        edit(flow, problem.fix)
        assert flow.nodes["a"].data["model"] == hint


@pytest.mark.parametrize(
    "fields", ["", "provider=openai", "model=gpt-5.2", "provider=openai model=gpt-5.2", "provider=compatible model=any"]
)
def test_a_model_that_is_known_or_nobodys_business_is_not_told(fields: str) -> None:
    assert said(MODEL.format(fields)) == []


def test_a_provider_without_a_key_is_told_where_there_are_keys() -> None:
    text = MODEL.format("provider=anthropic")
    assert said(text, Setting(default_models(), credentials={"openai"})) == [
        ("missing-credential", "/nodes/1/data/provider")
    ]
    assert said(text, Setting(default_models(), credentials={"anthropic"})) == []
    assert not validate(flow_of(text), Setting(default_models(), credentials=())).runnable


def test_the_table_of_models_is_the_callers() -> None:
    assert said(MODEL.format("provider=openai model=gpt-5.2"), Setting(ModelTable({"openai": {}}))) == [
        ("unknown-model", "/nodes/1/data/model")
    ]


def test_what_is_said_of_one_node_is_what_is_said_of_it_among_all() -> None:
    flow = flow_of("x text-input\na text-generation provider=openai model=gpt-6\nb preview-output\nc switch\na -> b")
    for node_id in flow.nodes:
        assert node_warnings(flow, node_id, SETTING) == [p for p in validate(flow).problems if p.node_id == node_id]
    assert node_warnings(flow, "ghost", SETTING) == []


def damaged(**changes: Any) -> Flow:
    """A flow with an edge that no edit lets in."""
    flow = flow_of("a text-input\nb text-generation\nc image-input\na -> b.prompt")
    flow.drop_edge("b.prompt")
    edge = Edge(
        id="e", source="a", source_handle="output", target="b", target_handle="prompt", data_type="string", seq=9
    )
    flow.put_edge(replace(edge, **changes))
    return flow


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"source_handle": "x"}, "unknown-source-handle", "/edges/0/sourceHandle"),
        ({"target_handle": "x"}, "unknown-target-handle", "/edges/0/targetHandle"),
        ({"source": "c"}, "type-mismatch", "/edges/0"),
        ({"source": "b"}, "cycle", "/edges"),
    ],
)
def test_a_damaged_flow_is_told(changes: dict[str, str], code: str, path: str) -> None:
    errors = [problem for problem in validate(damaged(**changes)).problems if problem.severity == "error"]
    assert [(problem.code, problem.path) for problem in errors] == [(code, path)]


def test_damaged_data_is_told() -> None:
    flow = flow_of("a switch")
    flow.put_node(replace(flow.nodes["a"], data={"label": "", "isOn": 5}))
    report = validate(flow)
    assert not report.ok
    assert [p.path for p in report.problems if p.severity == "error"] == ["/nodes/0/data/label", "/nodes/0/data/isOn"]
