"""Flows on disk and in memory: edits become commits, or leave no trace."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, select, update

from graph.actions import parse_actions
from graph.errors import Refused
from graph.formats.document import write_document
from graph.formats.flowtext import write_flow_text
from graph.formats.flowtext_in import read_flow_text
from graph.models import default_models
from graph.validation import Setting
from server.storage import log
from server.storage.database import open_database
from server.storage.flows import FlowStore
from server.storage.schema import commits, heads, snapshots
from server.storage.shapes import Edit, Landed, Listing, Revert
from tests.doors import SIX_NODES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from graph.problems import Problem

AddNode = dict[str, Any]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{tmp_path}/autopilot.db")
    yield engine
    engine.dispose()


@pytest.fixture
def now() -> Callable[[], str]:
    """A clock that moves on a second whenever it is looked at."""
    seconds = count()
    return lambda: f"2026-11-20T10:{(second := next(seconds)) // 60:02}:{second % 60:02}.000Z"


@pytest.fixture
def store(engine: Engine, now: Callable[[], str]) -> FlowStore:
    return FlowStore(engine, now, Setting(default_models()))


@pytest.fixture
def other(engine: Engine, now: Callable[[], str]) -> FlowStore:
    """A store that has seen nothing yet: what it reads is what is on disk."""
    return FlowStore(engine, now, Setting(default_models()))


def create(store: FlowStore, name: str = "Story", text: str = SIX_NODES) -> str:
    flow = read_flow_text(text, now="2026-11-20T09:00:00.000Z", name=name).flow
    return store.create(flow, author="ann").id


def edit(store: FlowStore, *actions: dict[str, Any], author: str = "ann", **more: Any) -> Landed:
    return store.edit(Edit(flow_id="story", batch=parse_actions(list(actions)), author=author, **more))


def add(node_id: str) -> AddNode:
    return {"action": "addNode", "type": "text-input", "id": node_id}


def topic(value: str) -> dict[str, Any]:
    return {"action": "configure", "nodeId": "topic", "data": {"inputValue": value}}


def refusal(work: Callable[[], object]) -> Problem:
    with pytest.raises(Refused) as caught:
        work()
    return caught.value.problems[0]


def frozen(store: FlowStore) -> tuple[int, str]:
    """The flow to the last byte, with its revision. What number the next node gets is nobody's business."""
    stored = store.get("story")
    return stored.revision, log.freeze(stored.flow).rpartition(',"nextSeq":')[0]


def test_a_new_flow_is_revision_one_and_read_back_as_it_was(store: FlowStore, other: FlowStore) -> None:
    assert create(store) == "story"
    assert frozen(store) == frozen(other)
    stored = other.get("story")
    assert stored.revision == 1
    assert write_flow_text(stored.flow) == f'flow "Story"\n{SIX_NODES}'


def test_an_id_comes_from_the_name_and_is_never_given_twice(store: FlowStore) -> None:
    assert [create(store, "Moon Cat!") for _ in range(2)] == ["moon-cat", "moon-cat-2"]
    store.delete("moon-cat-2", author="ann")
    store.delete("moon-cat", author="ann")
    assert create(store, "moon cat") == "moon-cat-3"


@pytest.mark.parametrize(("name", "flow_id"), [("!!!", "flow"), ("n" * 200, "n" * 40), ("Größe_1", None)])
def test_any_name_makes_a_usable_id(store: FlowStore, name: str, flow_id: str | None) -> None:
    made = create(store, name)
    assert made == (flow_id or made)
    assert made.isascii()
    assert 0 < len(made) <= 40


def test_flows_are_listed_the_last_changed_first(store: FlowStore) -> None:
    create(store)
    create(store, "Other")
    assert [flow.id for flow in store.list().flows] == ["other", "story"]
    edit(store, add("n1"))
    assert [(flow.id, flow.name, flow.revision) for flow in store.list().flows] == [
        ("story", "Story", 2),
        ("other", "Other", 1),
    ]


def test_flows_are_found_by_parts_of_name_and_id(store: FlowStore) -> None:
    create(store)
    create(store, "100% Moon_cat")
    assert [flow.id for flow in store.list("MOON").flows] == ["100-moon-cat"]
    assert [flow.id for flow in store.list("story").flows] == ["story"]
    assert [flow.id for flow in store.list("0%").flows] == ["100-moon-cat"]
    assert [flow.name for flow in store.list("n_c").flows] == ["100% Moon_cat"]
    assert store.list("%") == store.list("0%")
    assert store.list("nothing of the kind") == Listing((), 0)


def test_a_long_list_is_read_in_pages(store: FlowStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.storage.flows.MOST_LISTED", 5)
    for _ in range(7):
        create(store, "Many", "")
    first, second = store.list("many"), store.list("many", 5)
    assert [(len(page.flows), page.total) for page in (first, second)] == [(5, 7), (2, 7)]
    assert len({flow.id for flow in (*first.flows, *second.flows)}) == 7


def test_a_renamed_flow_is_listed_by_its_new_name_until_that_is_undone(store: FlowStore) -> None:
    create(store)
    edit(store, {"action": "setFlow", "name": "Tale"})
    assert [(flow.id, flow.name) for flow in store.list("tale").flows] == [("story", "Tale")]
    store.revert(Revert(flow_id="story", author="ann"))
    assert [flow.name for flow in store.list().flows] == ["Story"]


def test_a_deleted_flow_is_gone_for_every_store_and_its_log_says_so(store: FlowStore, other: FlowStore) -> None:
    create(store)
    create(store, "Other")
    other.get("story")
    store.delete("story", author="ann")
    for gone in (store, other):
        problem = refusal(lambda gone=gone: gone.get("story"))
        assert (problem.code, problem.path) == ("unknown-flow", "/flowId")
        assert refusal(lambda gone=gone: edit(gone, add("n1"))).code == "unknown-flow"
        assert refusal(lambda gone=gone: gone.delete("story", author="ann")).code == "unknown-flow"
        assert refusal(lambda gone=gone: gone.history("story", 0, 10)).code == "unknown-flow"
    _, rows = store.feed(0)
    assert [(flow_id, commit.kind) for flow_id, commit in rows] == [
        ("story", "create"),
        ("other", "create"),
        ("story", "delete"),
    ]


def test_an_unknown_flow_is_answered_with_the_nearest(store: FlowStore) -> None:
    create(store)
    assert refusal(lambda: store.get("stroy")).hint == "story"


def test_an_edit_is_a_commit_with_author_time_and_reason(store: FlowStore, other: FlowStore) -> None:
    create(store)
    landed = edit(store, add("n1"), topic("a dog"), reason="because")
    assert (landed.stored.revision, landed.rebased) == (2, False)
    (commit,) = other.history("story", 1, 10)
    assert (commit.revision, commit.author, commit.kind, commit.reason) == (2, "ann", "edit", "because")
    *changes, stamped = commit.changes
    assert (tuple(changes), stamped.field) == (landed.changes, "updatedAt")
    assert frozen(store) == frozen(other)
    document = write_document(other.get("story").flow)
    assert document["metadata"]["updatedAt"] == commit.at


def test_what_another_store_commits_is_seen_at_the_next_use(store: FlowStore, other: FlowStore) -> None:
    create(store)
    for number in range(3):
        edit(store, add(f"a{number}"))
        edit(other, add(f"b{number}"))
    assert frozen(store) == frozen(other)
    assert [node.id for node in store.get("story").flow.ordered_nodes()][6:] == ["a0", "b0", "a1", "b1", "a2", "b2"]


@pytest.mark.parametrize("action", [add("topic"), topic("x") | {"nodeId": "tpoic"}, {"action": "dance"}])
def test_a_refused_batch_leaves_no_trace(store: FlowStore, other: FlowStore, action: dict[str, Any]) -> None:
    create(store)
    before = frozen(store)
    refusal(lambda: edit(store, add("n1"), topic("a dog"), action))
    assert frozen(store) == before == frozen(other)
    assert edit(store, add("n1")).stored.revision == 2


def test_a_dry_run_says_what_would_change_and_leaves_no_trace(store: FlowStore, other: FlowStore) -> None:
    create(store)
    before = frozen(store)
    landed = edit(store, add("n1"), topic("a dog"), dry_run=True)
    assert {change.id for change in landed.changes} == {"n1", "topic"}
    assert frozen(store) == before == frozen(other)
    assert store.feed(0)[1][1:] == []


def test_an_edit_that_changes_nothing_is_no_commit(store: FlowStore) -> None:
    create(store)
    assert edit(store, topic("a cat on the moon")).stored.revision == 1
    assert len(store.history("story", 0, 10)) == 1


def test_a_stale_edit_of_something_else_is_rebased(store: FlowStore, other: FlowStore) -> None:
    create(store)
    edit(store, topic("a dog"))
    landed = edit(other, add("n1"), author="bob", base_revision=1)
    assert (landed.stored.revision, landed.rebased) == (3, True)
    assert edit(store, add("n2"), base_revision=3).rebased is False
    assert frozen(store) == frozen(other)


def test_a_stale_edit_of_the_same_field_is_a_conflict_that_names_both_values(
    store: FlowStore, other: FlowStore
) -> None:
    create(store)
    edit(store, topic("a dog"))
    before = frozen(store)
    problem = refusal(lambda: edit(other, add("n1"), topic("a fish"), author="bob", base_revision=1))
    assert (problem.code, problem.path, problem.hint) == ("revision-conflict", "/baseRevision", "'a dog'")
    assert problem.message == "topic.inputValue: 'a fish' (yours), 'a dog' (revision 2 by ann)"
    assert frozen(store) == before == frozen(other)
    assert edit(other, topic("a dog"), add("n1"), base_revision=1).rebased


def test_a_stale_edit_of_a_removed_node_is_a_conflict(store: FlowStore) -> None:
    create(store)
    edit(store, {"action": "removeNode", "nodeId": "topic"})
    problem = refusal(lambda: edit(store, topic("a fish"), base_revision=1))
    assert (problem.code, problem.message) == ("revision-conflict", "topic was removed in revision 2 by ann")


@pytest.mark.parametrize("base", [0, -1, 3, 10**9])
def test_a_base_revision_that_never_was_is_refused(store: FlowStore, base: int) -> None:
    create(store)
    edit(store, add("n1"))
    problem = refusal(lambda: edit(store, add("n2"), base_revision=base))
    assert (problem.code, problem.path, problem.hint) == ("invalid-value", "/baseRevision", "2")


def test_undo_and_redo_are_commits_that_go_back_and_forth(store: FlowStore, other: FlowStore) -> None:
    create(store)
    original = write_document(store.get("story").flow)
    edit(store, add("n1"))
    edit(store, topic("a dog"))
    changed = write_document(store.get("story").flow)
    undone = store.revert(Revert(flow_id="story", author="bob", steps=2))
    assert (undone.stored.revision, [commit.revision for commit in undone.reverted]) == (4, [3, 2])
    assert write_document(other.get("story").flow) == original
    other.revert(Revert(flow_id="story", author="bob", steps=2, redo=True))
    assert write_document(store.get("story").flow) == changed
    kinds = [(commit.kind, commit.reverts) for commit in store.history("story", 3, 10)]
    assert kinds == [("undo", (3, 2)), ("redo", (2, 3))]


def test_undo_of_more_than_there_is_undoes_all_and_then_nothing(store: FlowStore) -> None:
    create(store)
    original = write_document(store.get("story").flow)
    for number in range(3):
        edit(store, add(f"n{number}"))
    store.revert(Revert(flow_id="story", author="ann", steps=1000))
    assert write_document(store.get("story").flow) == original
    problem = refusal(lambda: store.revert(Revert(flow_id="story", author="ann")))
    assert (problem.code, problem.message) == ("invalid-value", "there is nothing to undo")


def test_undo_can_be_limited_to_one_author(store: FlowStore) -> None:
    create(store)
    edit(store, add("n1"), author="ann")
    edit(store, add("n2"), author="bob")
    store.revert(Revert(flow_id="story", author="bob", of_author="ann"))
    assert {"n1", "n2"} & set(store.get("story").flow.nodes) == {"n2"}
    problem = refusal(lambda: store.revert(Revert(flow_id="story", author="bob", of_author="eve")))
    assert problem.message == "there is nothing by 'eve' to undo"


def test_undo_of_what_others_built_upon_is_refused_and_leaves_no_trace(store: FlowStore, other: FlowStore) -> None:
    create(store)
    edit(store, topic("a dog"), author="ann")
    edit(store, topic("a fish"), author="bob")
    before = frozen(store)
    problem = refusal(lambda: store.revert(Revert(flow_id="story", author="ann", of_author="ann")))
    assert problem.code == "revision-conflict"
    assert "a fish" in problem.message
    assert frozen(store) == before == frozen(other)


def test_a_snapshot_is_written_when_the_log_has_grown_dear(engine: Engine, store: FlowStore, other: FlowStore) -> None:
    create(store)

    def kept() -> list[int]:
        with engine.begin() as connection:
            return list(connection.execute(select(snapshots.c.revision).order_by(snapshots.c.revision)).scalars())

    edit(store, topic("a" * 60_000))
    store.snapshot_if_due("story")
    assert kept() == [1]
    for number, revision in ((1, 3), (2, 5)):
        edit(store, topic(f"{number}" * 120_000))
        edit(other, topic(f"{number}" * 110_000))
        store.snapshot_if_due("story")
        other.snapshot_if_due("story")
        assert kept() == [1, revision + 1]
    with engine.begin() as connection:
        assert connection.execute(select(heads.c.unsaved)).scalar_one() == 0
    assert frozen(other) == frozen(store)
    edit(other, add("n1"))
    assert frozen(FlowStore(engine, str, Setting(default_models()))) == frozen(store)


def test_flows_beyond_what_memory_may_hold_are_dropped_and_read_again(
    store: FlowStore, other: FlowStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.storage.flows._MOST_NODES_IN_MEMORY", 15)
    create(store)
    edit(store, add("n1"))
    held = store.get("story").flow
    create(store, "Two")
    assert store.get("story").flow is held
    store.get("two")
    create(store, "Three")
    assert store.get("story").flow is not held
    edit(store, add("n2"))
    assert frozen(store) == frozen(other)


@pytest.mark.parametrize("statement", ["INSERT INTO commits", "UPDATE heads", "COMMIT"])
def test_a_commit_that_fails_leaves_memory_as_the_disk_is(
    engine: Engine, store: FlowStore, other: FlowStore, statement: str
) -> None:
    create(store)
    edit(store, topic("a dog"))
    before = frozen(store)

    def fail(*_: object) -> None:
        message = "disk full"
        raise OSError(message)

    def fail_at(_: object, __: object, text: str, *___: object) -> None:
        if text.startswith(statement):
            fail()

    hook = ("commit", fail) if statement == "COMMIT" else ("before_cursor_execute", fail_at)
    event.listen(engine, *hook)
    for work in (
        lambda: edit(store, add("n1"), topic("a fish"), {"action": "removeNode", "nodeId": "writer"}),
        lambda: store.revert(Revert(flow_id="story", author="ann")),
    ):
        with pytest.raises(OSError, match="disk full"):
            work()
    event.remove(engine, *hook)
    assert frozen(store) == before == frozen(other)
    assert edit(store, add("n1")).stored.revision == 3
    assert frozen(store) == frozen(other)


def test_a_log_that_this_release_cannot_read_is_not_half_applied(
    engine: Engine, store: FlowStore, other: FlowStore
) -> None:
    create(store)
    edit(other, add("n1"), topic("a dog"))
    with engine.begin() as connection:
        intact = connection.execute(select(commits.c.changes).where(commits.c.revision == 2)).scalar_one()
        broken = intact.replace('"kind":"flow"', '"kind":"moon","strange":1')
        connection.execute(update(commits).where(commits.c.revision == 2).values(changes=broken))
    with pytest.raises(TypeError):
        store.get("story")
    with engine.begin() as connection:
        connection.execute(update(commits).where(commits.c.revision == 2).values(changes=intact))
    assert frozen(store) == frozen(other)
