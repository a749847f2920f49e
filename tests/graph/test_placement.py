"""Where new nodes go."""

from __future__ import annotations

from itertools import combinations
from math import inf, nan

from hypothesis import given
from hypothesis import strategies as st

from graph.geometry import Box, BoxIndex
from graph.placement import NewBox, dependency_order, place

GAP = 40
NODE = (300, 200)
FIGURES = [0.0, 17.5, -1.0, 1e7, -1e9, 1e300, -1e300, inf, -inf, nan]

ids = st.sampled_from([f"n{number}" for number in range(12)])
coordinates = st.integers(-1500, 1500) | st.floats(-1500, 1500)
sizes = st.integers(0, 900) | st.floats(0, 900)
old_boxes = st.dictionaries(ids, st.builds(Box, coordinates, coordinates, sizes, sizes))
neighbours = st.lists(ids, max_size=3).map(tuple)
new_boxes = st.lists(
    st.builds(NewBox, ids, sizes, sizes, neighbours, neighbours), unique_by=lambda node: node.id, max_size=12
)
garbage = st.sampled_from(FIGURES)
garbage_boxes = st.builds(Box, garbage, garbage, garbage, garbage)
garbage_nodes = st.lists(
    st.builds(NewBox, ids, garbage, garbage, neighbours, neighbours), unique_by=lambda node: node.id, max_size=12
)


def indexed(boxes: dict[str, Box]) -> BoxIndex:
    index = BoxIndex()
    for id_, box in boxes.items():
        index.add(id_, box)
    return index


def node(id_: str, *, after: tuple[str, ...] = (), before: tuple[str, ...] = ()) -> NewBox:
    return NewBox(id_, *NODE, sources=after, targets=before)


def test_the_first_node_goes_to_the_origin() -> None:
    assert place([node("a")], BoxIndex(), anchor=None) == {"a": (0, 0)}


def test_a_node_without_neighbours_goes_right_of_the_last_one() -> None:
    last = Box(100, 50, *NODE)
    assert place([node("b")], indexed({"a": last}), anchor=last) == {"b": (480, 50)}


def test_a_node_goes_right_of_its_rightmost_source_at_their_mean_top() -> None:
    index = indexed({"a": Box(0, 0, *NODE), "b": Box(100, 600, *NODE)})
    assert place([node("c", after=("a", "b"))], index, anchor=None) == {"c": (480, 300)}


def test_a_source_with_two_edges_counts_once() -> None:
    index = indexed({"a": Box(0, 0, *NODE), "b": Box(0, 600, *NODE)})
    assert place([node("c", after=("a", "a", "a", "b"))], index, anchor=None) == {"c": (380, 300)}


def test_a_node_that_only_feeds_goes_left_of_its_leftmost_target() -> None:
    index = indexed({"a": Box(0, 0, *NODE), "b": Box(500, 600, *NODE)})
    assert place([node("c", before=("a", "b"))], index, anchor=None) == {"c": (-380, 300)}


def test_a_node_between_others_goes_right_of_its_source() -> None:
    index = indexed({"a": Box(0, 0, *NODE), "b": Box(1000, 0, *NODE)})
    assert place([node("c", after=("a",), before=("b",))], index, anchor=None) == {"c": (380, 0)}


def test_a_node_slides_down_below_what_is_in_its_way() -> None:
    index = indexed({"a": Box(0, 0, *NODE), "b": Box(380, 0, *NODE)})
    assert place([node("c", after=("a",))], index, anchor=None) == {"c": (380, 240)}


def test_a_new_chain_runs_to_the_right_whatever_the_order_of_its_nodes() -> None:
    chain = [node("c", after=("b",)), node("b", after=("a",)), node("a")]
    assert place(chain, BoxIndex(), anchor=None) == {"a": (0, 0), "b": (380, 0), "c": (760, 0)}


def test_a_new_chain_into_an_old_node_is_built_to_its_left() -> None:
    old = Box(0, 0, *NODE)
    chain = [node("a", before=("b",)), node("b", after=("a",), before=("old",))]
    assert place(chain, indexed({"old": old}), anchor=old) == {"b": (-380, 0), "a": (-760, 0)}


def test_an_id_that_has_a_place_keeps_it() -> None:
    index = indexed({"a": Box(7, 7, *NODE)})
    assert place([node("a")], index, anchor=None) == {}
    assert index.get("a") == Box(7, 7, *NODE)


def test_a_garbage_neighbour_or_anchor_is_no_guide() -> None:
    lost = Box(1e300, nan, *NODE)
    assert place([node("b", after=("a",))], indexed({"a": lost}), anchor=lost) == {"b": (0, 0)}


def test_a_large_fan_out_is_stacked_without_gaps() -> None:
    index = indexed({"source": Box(0, 0, *NODE)})
    for number in range(2000):
        place([node(f"n{number}", after=("source",))], index, anchor=None)
    stacked = [box for number in range(2000) if (box := index.get(f"n{number}"))]
    assert sorted((box.x, box.y) for box in stacked) == [(380, 240 * row) for row in range(2000)]


def test_the_work_for_a_large_fan_out_stays_logarithmic() -> None:
    class Counting(BoxIndex):
        asked = 0

        def hits(self, box: Box, gap: float) -> list[str]:
            self.asked += 1
            return super().hits(box, gap)

    index = Counting()
    index.add("source", Box(0, 0, *NODE))
    for number in range(3000):
        index.add(f"n{number}", Box(380, 240 * number, *NODE))
    place([node("last", after=("source",))], index, anchor=None)
    assert index.asked < 60


@given(old_boxes, new_boxes)
def test_new_nodes_overlap_nothing_and_old_ones_stay(old: dict[str, Box], new: list[NewBox]) -> None:
    index = indexed(old)
    placed = place(new, index, anchor=next(reversed(old.values()), None))
    assert set(placed) == {added.id for added in new} - set(old)
    assert all(index.get(id_) == box for id_, box in old.items())
    size = {added.id: (added.width, added.height) for added in new}
    boxes = {id_: Box(*corner, *size[id_]) for id_, corner in placed.items()}
    assert not any(one.overlaps(other, GAP) for one, other in combinations(boxes.values(), 2))
    assert not any(one.overlaps(other, GAP) for one in boxes.values() for other in old.values())
    assert all(isinstance(figure, int) for corner in placed.values() for figure in corner)


@given(old_boxes, new_boxes)
def test_the_same_nodes_get_the_same_places(old: dict[str, Box], new: list[NewBox]) -> None:
    assert place(new, indexed(old), anchor=None) == place(new, indexed(old), anchor=None)


@given(st.dictionaries(ids, garbage_boxes), garbage_nodes, st.none() | garbage_boxes)
def test_garbage_gets_places_on_the_canvas(old: dict[str, Box], new: list[NewBox], anchor: Box | None) -> None:
    index = indexed(old)
    placed = place(new, index, anchor=anchor)
    assert set(placed) == {added.id for added in new} - set(old)
    assert all(abs(x) < 1e11 and abs(y) < 1e11 for x, y in placed.values())
    boxes = [box for id_ in placed if (box := index.get(id_))]
    assert not any(one.overlaps(other, GAP) for one, other in combinations(boxes, 2))


@given(st.lists(st.lists(st.integers(0, 19), max_size=4), min_size=20, max_size=20))
def test_dependency_order_holds_every_vertex_once_and_sources_first(after: list[list[int]]) -> None:
    order = dependency_order(after)
    assert sorted(order) == list(range(20))
    forward = [[other for other in targets if other > vertex] for vertex, targets in enumerate(after)]
    rank = {vertex: position for position, vertex in enumerate(dependency_order(forward))}
    assert all(rank[vertex] < rank[other] for vertex, targets in enumerate(forward) for other in targets)
