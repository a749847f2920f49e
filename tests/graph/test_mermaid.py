"""Flows as Mermaid draws them."""

from __future__ import annotations

from graph.formats.mermaid import write_mermaid
from tests.graph.making import flow_of


def test_a_flow_is_a_chart_from_left_to_right() -> None:
    text = 'a text-input "Topic"\nb text-generation\nc preview-output\nd comment "Why"\na -> b.prompt\nb -> c'
    assert write_mermaid(flow_of(text)) == (
        "flowchart LR\n"
        '  n0(["Topic<br/><small>text-input</small>"])\n'
        '  n1["B<br/><small>text-generation</small>"]\n'
        '  n2[["C<br/><small>preview-output</small>"]]\n'
        '  n3@{ shape: comment, label: "Why<br/><small>comment</small>" }\n'
        "  n0 -->|prompt| n1\n"
        "  n1 -->|string| n2\n"
    )


def test_no_label_can_break_out_of_its_box() -> None:
    chart = write_mermaid(flow_of('a text-input "\\"] --> <b>#`☂`"'))
    assert chart.splitlines()[1] == (
        '  n0(["#34;#93; --#62; #60;b#62;#35;#96;#9730;#96;<br/><small>text-input</small>"])'
    )


def test_a_long_label_is_cut() -> None:
    chart = write_mermaid(flow_of(f'a text-input "{"x" * 100}"'))
    assert f'"{"x" * 59}…<br/>' in chart


def test_ids_that_mermaid_reserves_do_no_harm() -> None:
    assert "end" not in write_mermaid(flow_of('end text-input "A"\n"☂ -->" switch "B"'))


def test_a_flow_without_nodes_is_an_empty_chart() -> None:
    assert write_mermaid(flow_of("")) == "flowchart LR\n"


def test_a_comment_around_other_nodes_is_a_subgraph() -> None:
    flow = flow_of('f comment "Both: one"\ng comment "Inner" in f\na text-input in g\nb comment\na2 switch in f')
    assert write_mermaid(flow).splitlines() == [
        "flowchart LR",
        '  subgraph n0["Both: one"]',
        '    subgraph n1["Inner"]',
        '      n2(["A<br/><small>text-input</small>"])',
        "    end",
        '    n4["A2<br/><small>switch</small>"]',
        "  end",
        '  n3@{ shape: comment, label: "B<br/><small>comment</small>" }',
    ]
