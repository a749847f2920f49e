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
from tests.graph.chance import batch_of, batches, documents, seeds
from tests.graph.making import LATER, NOW, copied, replayed, stored, written

if TYPE_CHECKING:
    from graph.changes import Change
    from graph.flow import Flow


@settings(max_examples=1000)
@given(documents(least=3, most=14))
def test_a_valid_document_has_no_errors_and_comes_back_from_every_form(document: dict[str, Any]) -> None:
    imported = read_document(json.loads(json.dumps(document)), now=NOW)
    flow = imported.flow
    assert [problem for problem in validate(flow).problems if problem.severity == "error"] == []
    assert written(read_document(json.loads(written(flow)), now=LATER).flow) == written(flow)
    assert write_document(read_document(write_document(flow), now=LATER).flow) == write_document(flow)
    assert written(read_flow_text(write_flow_text(flow, full=True), now=LATER).flow) == written(flow)
    short = read_flow_text(write_flow_text(flow), now=NOW)
    assert meaning(short.flow) == meaning(flow)
    assert all("unknown field kept" in note.message for note in short.notes)
    assert write_mermaid(flow).count("\n") == 1 + len(flow.nodes) + len(flow.children) + len(flow.edges)


def meaning(flow: Flow) -> Any:
    """All but places, looks and the ids of edges."""
    nodes = [replace(node, x=0, y=0, seq=0, members={}) for node in flow.ordered_nodes()]
    return flow.name, nodes, [(str(edge), edge.data_type) for edge in flow.ordered_edges()]


@settings(max_examples=150)
@given(documents(least=4), batches)
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
@given(documents(least=4), batches)
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
@given(documents(least=4), batches)
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
            assert {key: after[key] for key in before if key in after} == {
                key: place for key, place in before.items() if key in after
            }


def places(flow: Flow) -> dict[tuple[str, int], tuple[float, float]]:
    """Where each node is; one that is removed and another one under its id are two."""
    corners = {(node.id, node.seq): flow.absolute(node) for node in flow.nodes.values()}
    return {key: (round(x, 6), round(y, 6)) for key, (x, y) in corners.items()}


@settings(max_examples=20)
@given(st.lists(seeds, min_size=50, max_size=50))
def test_fifty_inserts_overlap_nothing(rolls: list[int]) -> None:
    flow = read_document({"nodes": [], "edges": []}, now=NOW).flow
    for seed in rolls:
        batch = [
            action for action in batch_of(seed, flow) if action.get("action") in ("addNode", "insertBetween", "connect")
        ]
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
@given(documents(least=3, most=6), st.lists(st.tuples(st.sampled_from(["ann", "bob"]), seeds), max_size=12))
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
        undone = taken_back(flow, commits[revision])
        if undone is None:
            assert written(flow) == before
            continue
        done.append(Entry(revision=len(done) + 2, author="ann", kind="undo", reverts=(revision,)))
        assert [problem for problem in validate(flow).problems if problem.severity == "error"] == []
        mine = slots_of([commits[revision]])
        assert without(mine, values(flow, others)) == without(mine, held)
        assert indexes(flow) == indexes(copied(flow))
        replay(flow, inverse(undone))
        assert written(flow) == before
        replay(flow, undone)
    assert set(redoable(done, "ann")) <= {entry.revision for entry in log if entry.author == "ann"}


def taken_back(flow: Flow, commit: Commit) -> list[Change] | None:
    """The changes of an undo, None where others are in its way."""
    try:
        return replay(flow, inverse(commit.changes))
    except Refused as refused:
        codes = {problem.code for problem in refused.problems}
    assert codes == {"revision-conflict"}
    return None


def slots_of(commits: Any) -> set[tuple[str, ...]]:
    return {slot for commit in commits for change in commit.changes for slot in change.slots()}


def without(slots: set[tuple[str, ...]], found: dict[tuple[str, ...], Any]) -> dict[tuple[str, ...], Any]:
    """What does not stand in the slots, nor in nodes that these are about as a whole."""
    return {slot: value for slot, value in found.items() if slot not in slots and slot[:2] not in slots}


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
