"""Flows and edits for tests."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from graph.actions import parse_actions
from graph.changes import Change, apply_change, edge_from_record, edge_record, node_from_record, node_record
from graph.edits.apply import apply
from graph.errors import Refused
from graph.flow import Flow
from graph.formats.document import read_document
from graph.formats.flowtext_in import read_flow_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graph.problems import Problem

NOW = "2026-01-02T03:04:05Z"
LATER = "2026-01-02T03:04:06Z"

STORY = """\
flow "Story"
topic text-input inputValue="A lighthouse"
style text-input inputValue=Gothic
writer text-generation systemPrompt="Write a story."
editor text-generation systemPrompt="Shorten it."
draft preview-output
final preview-output
topic -> writer.prompt
style -> writer.system
writer -> editor.prompt
writer -> draft
editor -> final
"""


def flow_of(text: str = STORY) -> Flow:
    """The flow that a text describes."""
    return read_flow_text(text, now=NOW).flow


def edit(flow: Flow, *actions: Any) -> list[Change]:
    """Carry out actions that must be fine."""
    return apply(flow, parse_actions(list(actions)))


def refusal(flow: Flow, *actions: Any) -> list[dict[str, Any]]:
    """The problems of actions that must be refused, the flow being left as it was."""
    before = written(flow)
    with pytest.raises(Refused) as caught:
        edit(flow, *actions)
    assert written(flow) == before
    return wires(caught.value.problems)


def refused_document(raw: Any) -> list[dict[str, Any]]:
    """The problems of a document that must be refused."""
    with pytest.raises(Refused) as caught:
        read_document(raw, now=NOW)
    return wires(caught.value.problems)


def refused_text(text: str) -> list[dict[str, Any]]:
    """The problems of a flow text that must be refused."""
    with pytest.raises(Refused) as caught:
        read_flow_text(text, now=NOW)
    return wires(caught.value.problems)


def wires(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """Problems as they are sent, proved to be JSON."""
    sent = [problem.to_wire() for problem in problems]
    json.dumps(sent, allow_nan=False).encode("utf-8")
    assert sent
    assert all("\n" not in problem["message"] for problem in sent)
    return sent


def written(flow: Flow) -> str:
    """The document, byte for byte."""
    return json.dumps(flow.to_document(), ensure_ascii=False, allow_nan=False)


def stored(changes: Iterable[Change]) -> list[Change]:
    """Changes as another process reads them from the log."""
    return [Change.from_wire(wire) for wire in json.loads(json.dumps([change.to_wire() for change in changes]))]


def copied(flow: Flow) -> Flow:
    """The same flow in another process."""
    other = Flow(json.loads(json.dumps(flow.meta)))
    other.members = json.loads(json.dumps(flow.members))
    for node in flow.ordered_nodes():
        other.put_node(node_from_record(json.loads(json.dumps(node_record(node)))))
    for edge in flow.ordered_edges():
        other.put_edge(edge_from_record(json.loads(json.dumps(edge_record(edge)))))
    other.next_seq = flow.next_seq
    return other


def replayed(flow: Flow, changes: Iterable[Change]) -> Flow:
    """The flow after changes that are trusted."""
    for change in changes:
        apply_change(flow, change)
    return flow
