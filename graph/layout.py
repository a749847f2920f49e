"""Where nodes go: arranging a whole flow, and finding places for new nodes in it.

What a comment encloses is laid out inside it, then moves with it as one block.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from graph.arrange import arrange
from graph.changes import with_field
from graph.flow import size_of
from graph.geometry import COLUMN_GAP, Box, clip_size
from graph.placement import NewBox, place

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from graph.flow import Flow, Node

MAX_FRAMES: Final = 32
"""Frames may lie inside each other so deep."""
_PADDING: Final = 40
_HEADER: Final = 60
"""px at the top of a frame that its title needs."""

Setting = tuple[str, str, Any]
"""Node id, field of `graph.changes.Change`, value."""


def arranged(flow: Flow) -> list[Setting]:
    """The fields to set for a left-to-right layout without overlaps."""
    inside: dict[str | None, list[str]] = {None: []}
    sizes: dict[str, tuple[float, float]] = {}
    for node in flow.ordered_nodes():
        inside.setdefault(_frame(flow, node.id), []).append(node.id)
        width, height = size_of(node)
        sizes[node.id] = clip_size(width), clip_size(height)
    edges = _edges_by_frame(flow)
    settings: list[Setting] = []
    for frame in sorted(inside, key=lambda frame: len(_frames_around(flow, frame)), reverse=True):
        places = arrange({child: sizes[child] for child in inside[frame]}, edges.get(frame, []))
        left, top = (_PADDING, _HEADER) if frame is not None else (0, 0)
        settings += [(child, "position", {"x": x + left, "y": y + top}) for child, (x, y) in places.items()]
        if frame is not None:
            right = max(x + sizes[child][0] for child, (x, _) in places.items())
            bottom = max(y + sizes[child][1] for child, (_, y) in places.items())
            sizes[frame] = (left + right + _PADDING, top + bottom + _PADDING)
            settings += _resize(flow.nodes[frame], sizes[frame])
    return settings


def apply_arrangement(flow: Flow) -> None:
    """Arrange a flow that nobody has seen yet."""
    for node_id, field, value in arranged(flow):
        flow.put_node(with_field(flow.nodes[node_id], field, value))


def place_new(flow: Flow, new: Iterable[str]) -> None:
    """Move the nodes `new`, whose positions mean nothing yet, to free places beside their neighbours."""
    unplaced = dict.fromkeys(new)
    by_frame: dict[str | None, list[str]] = {}
    for node_id in unplaced:
        flow.boxes.remove(node_id)
        by_frame.setdefault(_frame(flow, node_id), []).append(node_id)
    # A frame has its place before what lies inside it.
    for frame in sorted(by_frame, key=lambda frame: len(_frames_around(flow, frame))):
        members = by_frame[frame]
        left, top = flow.absolute(flow.nodes[frame]) if frame is not None else (0, 0)
        boxes = [_new_box(flow, node_id, frame) for node_id in members]
        for node_id, (x, y) in place(boxes, flow.boxes, anchor=_anchor(flow, frame, unplaced)).items():
            del unplaced[node_id]
            flow.put_node(with_field(flow.nodes[node_id], "position", {"x": x - left, "y": y - top}))
            flow.reindex(node_id)
            _forget_inside(flow, node_id, unplaced)


def _forget_inside(flow: Flow, frame: str, unplaced: Container[str]) -> None:
    """Clear the canvas of what lies in a frame that has its place now and has no place itself yet."""
    waiting = list(flow.children.get(frame, ()))
    for node_id in waiting:
        waiting.extend(flow.children.get(node_id, ()))
        if node_id in unplaced:
            flow.boxes.remove(node_id)


def grown(flow: Flow, new: Iterable[str]) -> Iterator[Setting]:
    """The sizes that frames need to hold the nodes `new` as well, innermost frames first."""
    frames = dict.fromkeys(frame for node_id in new for frame in _frames_around(flow, _frame(flow, node_id)))
    for frame in sorted(frames, key=lambda frame: len(_frames_around(flow, frame)), reverse=True):
        node = flow.nodes[frame]
        if node.spec.annotation:
            size = _extent(flow, frame, _PADDING)
            if size != size_of(node):
                yield from _resize(node, size)


def frame_depth(flow: Flow, frame: str) -> int:
    """How many frames a node directly inside `frame` lies in."""
    return len(_frames_around(flow, frame))


def _extent(flow: Flow, node_id: str, margin: float = 0) -> tuple[float, float]:
    """The size that a node needs for what it encloses and a margin around that, at least its own."""
    width, height = size_of(flow.nodes[node_id])
    for child_id in flow.children.get(node_id, ()):
        child = flow.nodes[child_id]
        child_width, child_height = size_of(child)
        width, height = max(width, child.x + child_width + margin), max(height, child.y + child_height + margin)
    return width, height


def _new_box(flow: Flow, node_id: str, frame: str | None) -> NewBox:
    width, height = _extent(flow, node_id)
    sources = (flow.edges[edge_id].source for edge_id in flow.inputs[node_id].values())
    targets = (flow.edges[edge_id].target for edge_id in flow.outputs[node_id])
    return NewBox(
        id=node_id,
        width=width,
        height=height,
        sources=tuple(other for other in sources if _frame(flow, other) == frame or frame is None),
        targets=tuple(other for other in targets if _frame(flow, other) == frame or frame is None),
    )


def _anchor(flow: Flow, frame: str | None, unplaced: Container[str]) -> Box | None:
    """What a node without neighbours goes right of: the newest node, or the newest one inside the same frame."""
    if frame is None:
        newest = flow.newest(unplaced)
        return flow.box(newest) if newest else None
    placed = [flow.nodes[child] for child in flow.children[frame] if child not in unplaced]
    if placed:
        return flow.box(max(placed, key=lambda child: child.seq).id)
    x, y = flow.absolute(flow.nodes[frame])
    return Box(x + _PADDING - COLUMN_GAP, y + _HEADER, 0, 0)


def _frame(flow: Flow, node_id: str) -> str | None:
    parent = flow.nodes[node_id].parent_id
    return parent if parent in flow.nodes else None


def _frames_around(flow: Flow, frame: str | None) -> list[str]:
    """`frame` and those that it lies in, from the inside out."""
    around: list[str] = []
    while frame is not None and len(around) <= MAX_FRAMES:
        around.append(frame)
        frame = _frame(flow, frame)
    return around


def _edges_by_frame(flow: Flow) -> dict[str | None, list[tuple[str, str]]]:
    """Each edge where it can be seen: in the innermost frame around both of its ends, between what holds them there."""
    edges: dict[str | None, list[tuple[str, str]]] = {}
    for edge in flow.ordered_edges():
        holders: dict[str | None, str] = {
            _frame(flow, node_id): node_id for node_id in _frames_around(flow, edge.source)
        }
        for node_id in _frames_around(flow, edge.target):
            frame = _frame(flow, node_id)
            if frame in holders:
                if holders[frame] != node_id:
                    edges.setdefault(frame, []).append((holders[frame], node_id))
                break
    return edges


def _resize(frame: Node, size: tuple[float, float]) -> Iterator[Setting]:
    width, height = size
    style: Any = frame.members.get("style")
    kept = cast("dict[str, Any]", style) if isinstance(style, dict) else {"zIndex": -1}
    yield frame.id, "members/style", {**kept, "width": width, "height": height}
    for key, value in (("width", width), ("height", height)):
        if key in frame.members:
            yield frame.id, f"members/{key}", value
    if "measured" in frame.members:
        yield frame.id, "members/measured", {"width": width, "height": height}
