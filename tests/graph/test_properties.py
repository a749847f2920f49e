"""What holds for every flow and every edit."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from graph.actions import parse_actions
from graph.changes import inverse
from graph.edits.apply import apply
from graph.edits.replay import replay
from graph.errors import Refused
from graph.formats.document import read_document, write_document
from graph.formats.flowtext import write_flow_text
from graph.formats.flowtext_in import read_flow_text
from graph.formats.mermaid import write_mermaid
from graph.history import Commit, Entry, redoable, stamp, undoable
from graph.validation import validate
from tests.graph.making import LATER, NOW, batch_of, copied, documents, replayed, stored, written

if TYPE_CHECKING:
    from graph.changes import Change
    from graph.flow import Flow

seeds = st.lists(st.integers(0, 2**32), min_size=1, max_size=10)


@settings(max_examples=1000)
@given(documents())
def test_a_valid_document_has_no_errors_and_comes_back_from_every_form(document: dict[str, Any]) -> None:
    imported = read_document(json.loads(json.dumps(document)), now=NOW)
    flow = imported.flow
    assert [problem for problem in validate(flow).problems if problem.severity == "error"] == []
    again = json.loads(json.dumps(write_document(flow)))
    assert written(read_document(again, now=LATER).flow) == written(flow)
    assert written(read_flow_text(write_flow_text(flow, full=True), now=LATER).flow) == written(flow)
    short = read_flow_text(write_flow_text(flow), now=NOW)
    assert meaning(short.flow) == meaning(flow)
    assert all("unknown field kept" in note.message for note in short.notes)
    assert write_mermaid(flow).count("\n") == 1 + len(flow.nodes) + len(flow.edges)


def meaning(flow: Flow) -> Any:
    """All but places, looks and the ids of edges."""
    nodes = [replace(node, x=0, y=0, seq=0, members={}) for node in flow.ordered_nodes()]
    return flow.name, nodes, [(str(edge), edge.data_type) for edge in flow.ordered_edges()]


@settings(max_examples=150)
@given(documents(), seeds)
def test_undo_takes_a_flow_back_byte_for_byte_and_redo_forth_again(document: dict[str, Any], rolls: list[int]) -> None:
    flow = read_document(document, now=NOW).flow
    states = [written(flow)]
    log: list[list[Change]] = []
    for number, seed in enumerate(rolls):
        changes = tried(flow, seed)
        if changes:
            stamp(flow, changes, f"2026-02-{number + 1:02}T00:00:00Z")
            states.append(written(flow))
            log.append(stored(changes))
    for changes, state in zip(reversed(log), reversed(states[:-1]), strict=True):
        undone = replay(flow, inverse(changes))
        assert len(undone) == len(changes)
        assert written(flow) == state
    for changes, state in zip(log, states[1:], strict=True):
        replay(flow, changes)
        assert written(flow) == state


def tried(flow: Flow, seed: int) -> list[Change]:
    """The changes of a batch; a refused one must leave no trace."""
    before, seq = written(flow), flow.next_seq
    try:
        return apply(flow, parse_actions(batch_of(seed, flow)))
    except Refused as refused:
        json.dumps([problem.to_wire() for problem in refused.problems])
        assert (written(flow), flow.next_seq) == (before, seq)
        return []


@settings(max_examples=150)
@given(documents(), seeds)
def test_every_applied_batch_leaves_a_sound_flow_and_a_log_that_tells_all_of_it(
    document: dict[str, Any], rolls: list[int]
) -> None:
    flow = read_document(document, now=NOW).flow
    other = copied(flow)
    for seed in rolls:
        _ = flow.boxes
        changes = stored(tried(flow, seed))
        assert written(replayed(other, changes)) == written(flow)
        assert indexes(flow) == indexes(copied(flow)) == indexes(other)
        assert [problem for problem in validate(flow).problems if problem.severity == "error"] == []
        assert written(read_document(flow.to_document(), now=NOW).flow) == written(flow)


def indexes(flow: Flow) -> Any:
    """What a flow keeps for speed, without the orders that mean nothing."""
    return (
        flow.inputs,
        {node_id: set(edges) for node_id, edges in flow.outputs.items()},
        {node_id: set(children) for node_id, children in flow.children.items()},
        {node_id: flow.boxes.get(node_id) for node_id in flow.nodes},
        flow.newest(()),
    )


@settings(max_examples=60)
@given(documents(), seeds)
def test_nothing_that_has_a_place_moves_unless_it_is_asked_to(document: dict[str, Any], rolls: list[int]) -> None:
    flow = read_document(document, now=NOW).flow
    for seed in rolls:
        batch = batch_of(seed, flow)
        before = places(flow)
        try:
            apply(flow, parse_actions(batch))
        except Refused:
            continue
        if not any(action.get("action") in ("moveNode", "arrange") for action in batch):
            after = places(flow)
            assert {node_id: after[node_id] for node_id in before if node_id in after} == {
                node_id: place for node_id, place in before.items() if node_id in after
            }


def places(flow: Flow) -> dict[str, tuple[float, float]]:
    return {node_id: (round(x, 6), round(y, 6)) for node_id, node in flow.nodes.items() for x, y in [flow.absolute(node)]}


@settings(max_examples=20)
@given(st.lists(st.integers(0, 2**32), min_size=50, max_size=50))
def test_fifty_inserts_overlap_nothing(rolls: list[int]) -> None:
    flow = read_document({"nodes": [], "edges": []}, now=NOW).flow
    for seed in rolls:
        batch = [action for action in batch_of(seed, flow) if action.get("action") in ("addNode", "insertBetween", "connect")]
        for action in batch:
            action.pop("position", None)
            tried_actions(flow, [action])
    frames = set(flow.children)
    boxes = {node_id: flow.box(node_id) for node_id in flow.nodes if node_id not in frames}
    assert [(a, b) for a, b in combinations(boxes, 2) if boxes[a].overlaps(boxes[b])] == []


def tried_actions(flow: Flow, actions: list[Any]) -> list[Change]:
    try:
        return apply(flow, parse_actions(actions))
    except Refused:
        return []


@settings(max_examples=100)
@given(documents(most=5), st.lists(st.tuples(st.sampled_from(["ann", "bob"]), st.integers(0, 2**32)), max_size=12))
def test_undo_of_one_author_takes_back_only_what_is_hers(
    document: dict[str, Any], rolls: list[tuple[str, int]]
) -> None:
    flow = read_document(document, now=NOW).flow
    log: list[Commit] = []
    for author, seed in rolls:
        changes = tried(flow, seed)
        if changes:
            log.append(Commit(revision=len(log) + 2, author=author, at=NOW, changes=tuple(stored(changes))))
    commits = {commit.revision: commit for commit in log}
    done: list[Entry] = list(log)
    for revision in undoable(done, "ann"):
        assert commits[revision].author == "ann"
        others = slots_of(commit for commit in log if commit.author == "bob")
        before, held = written(flow), values(flow, others)
        try:
            undone = replay(flow, inverse(commits[revision].changes))
        except Refused as refused:
            assert {problem.code for problem in refused.problems} == {"revision-conflict"}
            assert written(flow) == before
            continue
        done.append(Entry(revision=len(done) + 2, author="ann", kind="undo", reverts=(revision,)))
        assert [problem for problem in validate(flow).problems if problem.severity == "error"] == []
        mine = {slot for change in commits[revision].changes for slot in change.slots()}
        assert {slot: value for slot, value in values(flow, others).items() if slot not in mine} == {
            slot: value for slot, value in held.items() if slot not in mine
        }
        assert indexes(flow) == indexes(copied(flow))
        replay(flow, inverse(undone))
        assert written(flow) == before
        replay(flow, undone)
    assert set(redoable(done, "ann")) <= {entry.revision for entry in log if entry.author == "ann"}


def slots_of(commits: Any) -> set[tuple[str, ...]]:
    return {slot for commit in commits for change in commit.changes for slot in change.slots()}


def values(flow: Flow, slots: set[tuple[str, ...]]) -> dict[tuple[str, ...], Any]:
    """What stands in slots of fields and edges."""
    found: dict[tuple[str, ...], Any] = {}
    for slot in slots:
        match slot:
            case ("node", node_id, field) if node_id in flow.nodes and field.startswith("data/"):
                found[slot] = {**flow.nodes[node_id].data, **flow.nodes[node_id].extras}.get(field[5:])
            case ("edge", edge_id):
                found[slot] = flow.edges.get(edge_id)
            case _:
                pass
    return found
