"""Places in flows: of new nodes, of arranged ones, in frames and out of them."""

from __future__ import annotations

import time
from itertools import combinations
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from graph.changes import inverse
from graph.edits.replay import replay
from graph.formats.document import read_document
from graph.geometry import Box
from tests.graph.chance import Chance, seeds
from tests.graph.making import NOW, edit, flow_of, refusal, written

if TYPE_CHECKING:
    from graph.flow import Flow

ARRANGE = {"action": "arrange"}


def add(type_name: str = "text-input", **more: Any) -> dict[str, Any]:
    return {"action": "addNode", "type": type_name, **more}


def connect(source: str, target: str, **more: Any) -> dict[str, Any]:
    return {"action": "connect", "source": source, "target": target, **more}


def place(flow: Flow, node_id: str) -> tuple[float, float]:
    return flow.absolute(flow.nodes[node_id])


def overlaps(flow: Flow) -> list[tuple[str, str]]:
    boxes = {node_id: flow.box(node_id) for node_id in flow.nodes if node_id not in flow.children}
    return [pair for pair in combinations(boxes, 2) if boxes[pair[0]].overlaps(boxes[pair[1]])]


def strangers(flow: Flow) -> list[tuple[str, str]]:
    """Pairs of a frame and what it covers without enclosing it, and other nodes that overlap."""
    found: list[tuple[str, str]] = []
    for one, other in combinations(flow.nodes, 2):
        related = one in holders(flow, other) or other in holders(flow, one)
        if not related and flow.box(one).overlaps(flow.box(other)):
            found.append((one, other))
    return found


def holders(flow: Flow, node_id: str) -> list[str]:
    parent = flow.nodes[node_id].parent_id
    return [parent, *holders(flow, parent)] if parent else []


def encloses(flow: Flow, frame: str, node_id: str) -> bool:
    outer, inner = flow.box(frame), flow.box(node_id)
    return outer.x <= inner.x and outer.y <= inner.y and inner.right <= outer.right and inner.bottom <= outer.bottom


def test_a_new_node_goes_right_of_what_feeds_it() -> None:
    flow = flow_of("a text-input @100,50")
    edit(flow, add("text-to-speech", id="b"), connect("a", "b"))
    assert place(flow, "b") == (460, 50)


def test_a_new_node_goes_right_of_the_newest_when_nothing_feeds_it() -> None:
    flow = flow_of("a text-input @0,0\nb text-input @1000,70")
    edit(flow, add(id="c"))
    assert place(flow, "c") == (1360, 70)


def test_a_refused_batch_does_not_change_where_the_next_node_goes() -> None:
    flow, same = (flow_of("a text-input @0,0\nb text-input @1000,70") for _ in range(2))
    refusal(flow, {"action": "removeNode", "nodeId": "a"}, add(id="x"), add(id="x"))
    for each in (flow, same):
        edit(each, add(id="c"))
    assert written(flow) == written(same)


def test_a_new_node_is_recorded_with_the_place_that_it_got() -> None:
    flow = flow_of("a text-input @0,0")
    (change,) = edit(flow, add(id="b"))
    assert change.after["position"] == {"x": 360, "y": 0}


def test_a_node_whose_place_is_given_stays_there_even_over_others() -> None:
    flow = flow_of("a text-input @0,0")
    edit(flow, add(id="b", position={"x": 1, "y": 1}))
    assert place(flow, "b") == (1, 1)


def test_a_moved_node_in_the_same_batch_is_where_it_was_put() -> None:
    flow = flow_of("a text-input @0,0")
    edit(flow, add(id="b"), {"action": "moveNode", "nodeId": "b", "position": {"x": 7, "y": 8}})
    assert place(flow, "b") == (7, 8)


def test_arrange_after_new_nodes_places_them_once() -> None:
    flow = flow_of("")
    edit(flow, add(id="a"), add("text-to-speech", id="b"), connect("a", "b"), ARRANGE)
    assert (place(flow, "a"), place(flow, "b")) == ((0, 0), (360, 0))


def test_a_node_in_a_frame_goes_inside_it_and_the_frame_grows() -> None:
    flow = flow_of("f comment @1000,1000")
    before = written(flow)
    changes = edit(flow, add(id="a", parentId="f"), add(id="b", parentId="f"))
    assert encloses(flow, "f", "a")
    assert encloses(flow, "f", "b")
    assert place(flow, "f") == (1000, 1000)
    assert overlaps(flow) == []
    replay(flow, inverse(changes))
    assert written(flow) == before


def test_a_frame_in_a_frame_grows_with_it() -> None:
    flow = flow_of("f comment @0,0\ng comment in f @40,60")
    edit(flow, add("text-generation", id="a", parentId="g"))
    assert encloses(flow, "g", "a")
    assert encloses(flow, "f", "g")


def test_a_new_frame_and_what_is_new_in_it_are_placed_together() -> None:
    flow = flow_of("x text-input @0,0")
    edit(
        flow,
        add("text-to-speech", id="b", parentId=None),
        add("comment", id="f"),
        add(id="a", parentId="f"),
        add("text-generation", id="c", parentId="f"),
        connect("a", "c", targetHandle="prompt"),
    )
    assert encloses(flow, "f", "a")
    assert encloses(flow, "f", "c")
    assert place(flow, "c")[0] > place(flow, "a")[0]
    assert overlaps(flow) == []


def test_a_new_node_lies_over_no_frame_that_it_does_not_belong_to() -> None:
    flow = flow_of('f comment $style={"width":2000,"height":900} @0,0\na text-input in f @40,60')
    edit(flow, add("text-to-speech", id="b"), connect("a", "b"))
    assert strangers(flow) == []
    assert place(flow, "b") == (2080, 0)


def test_a_new_node_lies_over_no_empty_comment() -> None:
    flow = flow_of("empty comment @0,0")
    edit(flow, add(id="a", position={"x": 2000, "y": 0}), add("text-to-speech", id="b"), connect("a", "b"))
    assert overlaps(flow) == []


def test_what_lies_in_a_frame_moves_with_it_out_of_the_way_of_others() -> None:
    flow = flow_of("f comment @0,0\na text-input in f @40,60")
    edit(flow, {"action": "moveNode", "nodeId": "f", "position": {"x": 1000, "y": 0}})
    edit(
        flow, add("text-input", id="b", position={"x": 640, "y": 60}), add("text-to-speech", id="c"), connect("b", "c")
    )
    assert overlaps(flow) == []


def test_a_node_of_another_size_after_its_type_changed_is_not_overlapped() -> None:
    flow = flow_of("a text-input @0,0\nb switch @360,0")
    edit(flow, add("text-to-speech", id="c"), connect("a", "c"))
    edit(flow, {"action": "replaceNode", "nodeId": "b", "type": "realtime-conversation"})
    assert flow.boxes.get("b") == flow.box("b")


GUARDED = """\
c comment "Frame"
a text-input in c
b text-generation in c
d preview-output
a -> b.prompt
b -> d
"""


def test_a_frame_does_not_grow_over_its_neighbour() -> None:
    flow = flow_of(GUARDED)
    neighbour = place(flow, "d")
    edit(flow, add("text-generation", id="e", parentId="c"), connect("b", "e", targetHandle="prompt"))
    assert strangers(flow) == []
    assert encloses(flow, "c", "e")
    assert place(flow, "d") == neighbour


def test_a_frame_grows_to_the_right_where_the_way_down_is_barred() -> None:
    flow = flow_of("f comment @0,0\na text-input in f @10,0\nbelow text-input @0,350")
    edit(flow, add(id="b", parentId="f"))
    assert strangers(flow) == []
    assert encloses(flow, "f", "b")
    assert place(flow, "b")[0] > place(flow, "a")[0]


def test_a_node_for_a_frame_that_is_hemmed_in_goes_to_free_canvas_below_it() -> None:
    flow = flow_of(
        "f comment @0,0\na text-input in f @10,0\nbelow text-input @0,210\nright text-input @310,0\n"
        "corner text-input @310,210"
    )
    edit(flow, add(id="b", parentId="f"))
    assert strangers(flow) == []
    assert flow.box("f").bottom == 200
    assert place(flow, "b")[1] > 400
    edit(flow, *[add(parentId="f") for _ in range(10)])
    assert strangers(flow) == []


def test_free_room_in_a_frame_is_used_before_it_grows() -> None:
    flow = flow_of('f comment $style={"width":1000,"height":500} @0,0\na text-input in f @660,60')
    edit(flow, add(id="b", parentId="f"))
    assert flow.box("f").width == 1000
    assert place(flow, "b") == (40, 60)


def test_a_frame_in_a_frame_does_not_grow_where_the_outer_one_cannot() -> None:
    flow = flow_of(
        'f comment $style={"width":400,"height":320} @0,0\ng comment in f @40,60\na text-input in g @40,60\n'
        "right text-generation @420,0"
    )
    for number in range(8):
        edit(flow, add(id=f"n{number}", parentId="g"))
    assert strangers(flow) == []
    assert place(flow, "right") == (420, 0)
    assert encloses(flow, "f", "g")


def test_a_frame_keeps_whole_figures_and_grows_to_whole_figures() -> None:
    flow = flow_of('f comment $style={"width":720,"height":300} @0,0\na text-input in f @40,60')
    edit(flow, *[add(parentId="f") for _ in range(3)])
    assert {type(flow.nodes["f"].members["style"][side]) for side in ("width", "height")} == {int}
    assert all(isinstance(node.x, int) and isinstance(node.y, int) for node in flow.nodes.values())


def test_new_nodes_of_new_frames_in_each_other_are_placed_from_the_inside_out() -> None:
    flow = flow_of("x text-input @0,0\ny text-input @360,0")
    before = written(flow)
    changes = edit(
        flow,
        add("comment", id="f"),
        add("comment", id="g", parentId="f"),
        *[add(id=f"n{number}", parentId="g") for number in range(6)],
        add(id="m", parentId="f"),
        add(id="z"),
    )
    assert strangers(flow) == []
    assert all(encloses(flow, "g", f"n{number}") for number in range(6))
    assert encloses(flow, "f", "g")
    assert encloses(flow, "f", "m")
    assert {node_id: flow.boxes.get(node_id) for node_id in flow.nodes} == {n: flow.box(n) for n in flow.nodes}
    replay(flow, inverse(changes))
    assert written(flow) == before


@settings(max_examples=25)
@given(st.lists(seeds, min_size=50, max_size=50), seeds)
def test_fifty_inserts_into_frames_beside_others_cover_nobody_and_move_nobody(rolls: list[int], first: int) -> None:
    chance = Chance(first)
    flow = flow_of(GUARDED)
    for number in range(chance.randrange(12)):
        x, y = chance.randrange(8) * 450 - 900, chance.randrange(-6, 6) * 450
        near = Box(x, y, 280, 400)
        if not any(near.overlaps(flow.box(node_id)) for node_id in flow.nodes):
            edit(flow, add(id=f"s{number}", position={"x": x, "y": y}))
    for number, seed in enumerate(rolls):
        chance = Chance(seed)
        frames = [node.id for node in flow.nodes.values() if node.spec.annotation]
        where = {"parentId": chance.choice(frames)} if chance.often(0.8) else {}
        kind = chance.choice(["text-generation", "text-input", "string-combine", "comment"])
        actions = [add(kind, id=f"e{number}", **where)]
        if kind == "text-generation":
            source = chance.choice([n.id for n in flow.nodes.values() if n.spec.type == "text-generation"])
            actions.append(connect(source, f"e{number}", sourceHandle="output", targetHandle="prompt"))
        before = {node_id: flow.absolute(node) for node_id, node in flow.nodes.items()}
        edit(flow, *actions)
        assert {node_id: flow.absolute(flow.nodes[node_id]) for node_id in before} == before
    assert strangers(flow) == []


def test_arrange_lays_frames_out_from_the_inside_and_fits_their_size() -> None:
    flow = flow_of(
        "x text-input @5,5\nf comment @1,1\ng comment in f @1,1\na text-generation in g @9,9\n"
        "b text-generation in g @9,9\nc preview-output in f @0,0\nx -> a.prompt -> b.prompt\nb -> c"
    )
    before = written(flow)
    changes = edit(flow, ARRANGE)
    assert overlaps(flow) == []
    assert encloses(flow, "g", "a")
    assert encloses(flow, "g", "b")
    assert encloses(flow, "f", "g")
    assert encloses(flow, "f", "c")
    assert place(flow, "x")[0] < place(flow, "a")[0] < place(flow, "b")[0] < place(flow, "c")[0]
    assert edit(flow, ARRANGE) == []
    replay(flow, inverse(changes))
    assert written(flow) == before


def test_arrange_updates_every_size_that_a_file_gives_a_frame() -> None:
    frame = {"id": "f", "type": "comment", "position": {"x": 0, "y": 0}, "data": {"label": "F"}}
    sizes = {"width": 1, "height": 1, "measured": {"width": 1, "height": 1}, "style": {"width": 1, "height": 1, "z": 5}}
    inside = {"id": "a", "type": "text-input", "position": {"x": 0, "y": 0}, "data": {"label": "A"}, "parentId": "f"}
    flow = read_document({"nodes": [{**frame, **sizes}, inside], "edges": []}, now=NOW).flow
    edit(flow, ARRANGE)
    size = {"width": 360, "height": 300}
    assert flow.nodes["f"].members == {**size, "measured": size, "style": {**size, "z": 5}}


def test_many_frames_are_arranged_in_a_moment() -> None:
    lines = [
        f"f{n} comment @0,0\na{n} text-input in f{n} @0,0\nb{n} text-to-speech in f{n} @0,0\na{n} -> b{n}"
        for n in range(1000)
    ]
    flow = flow_of("\n".join(lines))
    start = time.process_time()
    edit(flow, ARRANGE)
    assert time.process_time() - start < 5
    assert overlaps(flow_of("\n".join(lines[:20]))) != []


def test_an_edit_costs_no_more_in_a_large_flow() -> None:
    """Counted in places that are looked at, because clocks differ."""
    flow = flow_of("\n".join(f"n{n} text-input @{n % 100 * 400},{n // 100 * 300}" for n in range(3000)))
    asked = 0
    hits = flow.boxes.hits

    def counting(*args: Any) -> list[str]:
        nonlocal asked
        asked += 1
        return hits(*args)

    flow.boxes.hits = counting  # pyright: ignore[reportAttributeAccessIssue] - a spy
    edit(flow, add("text-to-speech", id="x"), connect("n5", "x"))
    assert 0 < asked < 40
