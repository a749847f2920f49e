"""Where nodes go: arranging a whole flow, and finding places for new nodes in it.

What a comment encloses is laid out inside it, then moves with it as one block.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any, Final, cast

from graph.arrange import arrange
from graph.changes import Change, field_of, with_field
from graph.flow import size_of
from graph.geometry import COLUMN_GAP, ROW_GAP, Box, BoxIndex, clip_size
from graph.placement import NewBox, place, slide

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

    from graph.flow import Flow, Node

MAX_FRAMES: Final = 32
"""Frames may lie inside each other so deep."""
_PADDING: Final = 40
_HEADER: Final = 60
"""px at the top of a frame that its title needs."""

_MOST_COLUMNS: Final = 16
"""Columns of a frame in which a place is looked for."""

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


def place_new(flow: Flow, new: Iterable[str]) -> list[Change]:
    """Move the nodes `new`, whose positions mean nothing yet, to free places beside their neighbours.

    Frames grow to hold what is new in them. Returns those changes of size, which are made already.
    """
    unplaced = dict.fromkeys(new)
    sizes = _Sizes(flow)
    for node_id in list(unplaced):
        flow.boxes.remove(node_id)
        _forget_inside(flow, node_id)
    # What is new in a new frame decides how large that is, so it comes first and from the inside out.
    for frame in sorted(unplaced, key=lambda frame: frame_depth(flow, frame), reverse=True):
        _fill(flow, frame, unplaced, sizes)
    # A frame has its place before what lies inside it.
    by_frame: dict[str | None, list[str]] = {}
    for node_id in unplaced:
        by_frame.setdefault(_frame(flow, node_id), []).append(node_id)
    for frame in sorted(by_frame, key=lambda frame: len(_frames_around(flow, frame))):
        room = _Room(flow, frame, sizes) if frame is not None else None
        left, top = flow.absolute(flow.nodes[frame]) if frame is not None else (0, 0)
        boxes = [_new_box(flow, node_id, frame) for node_id in by_frame[frame]]
        anchor = _anchor(flow, frame, unplaced)
        places = place(boxes, flow.boxes, anchor=anchor, settle=room.settle if room else None)
        for node_id, (x, y) in places.items():
            del unplaced[node_id]
            _put(flow, node_id, x - left, y - top)
            flow.reindex(node_id)
            _forget_inside(flow, node_id, unplaced)
        if room is not None:
            room.close()
    return sizes.changes()


def _put(flow: Flow, node_id: str, x: float, y: float) -> None:
    flow.put_node(with_field(flow.nodes[node_id], "position", {"x": _whole(x), "y": _whole(y)}))


def _forget_inside(flow: Flow, frame: str, those: Container[str] | None = None) -> None:
    """Clear the canvas of `those` nodes in a frame, of all of them without `those`: their places mean nothing yet."""
    waiting = list(flow.children.get(frame, ()))
    for node_id in waiting:
        waiting.extend(flow.children.get(node_id, ()))
        if those is None or node_id in those:
            flow.boxes.remove(node_id)


def _fill(flow: Flow, frame: str, unplaced: dict[str, None], sizes: _Sizes) -> None:
    """Place what is new in a frame that is new itself, and make the frame as large as that needs."""
    inside = [flow.nodes[child] for child in flow.children.get(frame, ())]
    members = [child.id for child in inside if child.id in unplaced]
    if not members:
        return
    index = BoxIndex()
    for child in inside:
        if child.id not in unplaced:
            index.add(child.id, Box(child.x, child.y, *size_of(child)))
    inner = Box(_PADDING, _HEADER, 0, 0)
    boxes = [_new_box(flow, node_id, frame) for node_id in members]
    anchor = Box(_PADDING - COLUMN_GAP, _HEADER, 0, 0)
    places = place(boxes, index, anchor=anchor, settle=lambda box: slide(_from(box, inner), index))
    for node_id, (x, y) in places.items():
        del unplaced[node_id]
        _put(flow, node_id, x, y)
        flow.boxes.remove(node_id)
        _forget_inside(flow, node_id)
    sizes.set(frame, _extent(flow, frame, _PADDING))
    flow.boxes.remove(frame)


def _from(box: Box, corner: Box) -> Box:
    """The box, moved so that it begins neither left of the corner nor above it."""
    return Box(max(box.x, ceil(corner.x)), max(box.y, ceil(corner.y)), box.width, box.height)


class _Sizes:
    """Sizes of frames that have been changed, each with the one before."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._before: dict[tuple[str, str], Any] = {}

    def set(self, frame: str, size: tuple[float, float]) -> None:
        node = self._flow.nodes[frame]
        if size == size_of(node):
            return
        for _, field, value in _resize(node, size):
            self._before.setdefault((frame, field), field_of(node, field))
            self._flow.put_node(with_field(self._flow.nodes[frame], field, value))

    def changes(self) -> list[Change]:
        """What was done, a change a field."""
        return [
            Change(kind="node", id=frame, field=field, before=before, after=field_of(self._flow.nodes[frame], field))
            for (frame, field), before in self._before.items()
        ]


class _Room:
    """Where a new node goes in a frame that has its place, so that the frame never covers what is not in it.

    First free room in the frame as it is. Else the frame grows: to where the neighbours want the
    node, or down, or to the right, provided that neither it nor a frame around it meets anything
    outside. Where it is hemmed in, the node goes to the first free canvas below the frame, which stays
    as it is: a node outside its frame can be moved by hand, one under a stranger cannot be seen.
    """

    def __init__(self, flow: Flow, frame: str, sizes: _Sizes) -> None:
        self._flow = flow
        self._sizes = sizes
        self._frames = _frames_around(flow, frame)
        # What encloses a node is not in its way.
        for around in self._frames:
            flow.boxes.remove(around)

    def close(self) -> None:
        """Put the frames back on the canvas."""
        for around in self._frames:
            self._flow.boxes.add(around, self._flow.box(around))

    def settle(self, wish: Box) -> Box:
        """The place that the node gets; the frames around it have grown for it."""
        spots = {slide(spot, self._flow.boxes): None for spot in self._spots(wish)}
        needs = {spot: self._needs(spot) for spot in spots}
        for spot in sorted(spots, key=lambda spot: bool(needs[spot])):
            if all(self._may_grow(name, larger) for name, larger in needs[spot].items()):
                self._grow(needs[spot])
                return spot
        frame = self._flow.box(self._frames[0])
        return slide(Box(wish.x, ceil(frame.bottom) + ROW_GAP, wish.width, wish.height), self._flow.boxes)

    def _spots(self, wish: Box) -> Iterator[Box]:
        """Where to look, each from there on down: at the wish, in columns across the frame, right of all."""
        frame = self._flow.box(self._frames[0])
        corner = Box(frame.x + _PADDING, frame.y + _HEADER, 0, 0)
        yield _from(wish, corner)
        step = wish.width + COLUMN_GAP
        columns = int(max(0, frame.width - 2 * _PADDING - wish.width) // step)
        for column in range(min(columns, _MOST_COLUMNS) + 1):
            yield _from(Box(ceil(corner.x) + column * step, frame.y, wish.width, wish.height), corner)
        yield _from(Box(ceil(frame.right) - _PADDING + COLUMN_GAP, frame.y, wish.width, wish.height), corner)

    def _needs(self, spot: Box) -> dict[str, Box]:
        """The frames that must grow for a node at `spot`, with their new boxes."""
        needs: dict[str, Box] = {}
        inner = spot
        for name in self._frames:
            frame = self._flow.box(name)
            right, bottom = max(frame.right, inner.right + _PADDING), max(frame.bottom, inner.bottom + _PADDING)
            if (right, bottom) == (frame.right, frame.bottom):
                break
            inner = needs[name] = Box(frame.x, frame.y, right - frame.x, bottom - frame.y)
        return needs

    def _may_grow(self, name: str, larger: Box) -> bool:
        """Whether a frame that becomes `larger` meets nothing outside that it does not meet already."""
        frame = self._flow.box(name)
        strips = (
            Box(frame.right, frame.y, larger.right - frame.right, larger.height),
            Box(frame.x, frame.bottom, larger.width, larger.bottom - frame.bottom),
        )
        for strip in (strip for strip in strips if strip.width > 0 and strip.height > 0):
            for other in self._flow.boxes.hits(strip, ROW_GAP):
                box = self._flow.box(other)
                met = any(strip.overlaps(box, gap) and not frame.overlaps(box, gap) for gap in (0, ROW_GAP))
                if met and name not in _frames_around(self._flow, other):
                    return False
        return True

    def _grow(self, grown: Mapping[str, Box]) -> None:
        for name, box in grown.items():
            self._sizes.set(name, (box.width, box.height))
            self._flow.boxes.remove(name)


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
    sources = (_holder(flow, flow.edges[edge_id].source, frame) for edge_id in flow.inputs[node_id].values())
    targets = (_holder(flow, flow.edges[edge_id].target, frame) for edge_id in flow.outputs[node_id])
    return NewBox(
        id=node_id,
        width=width,
        height=height,
        sources=tuple(other for other in sources if other not in (None, node_id)),
        targets=tuple(other for other in targets if other not in (None, node_id)),
    )


def _holder(flow: Flow, node_id: str, frame: str | None) -> str | None:
    """What of the things directly inside `frame`, or on the canvas, is the node or encloses it."""
    return next((around for around in _frames_around(flow, node_id) if _frame(flow, around) == frame), None)


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


def _whole(value: float) -> float:
    """Whole figures without a fraction, as documents have them."""
    return int(value) if float(value).is_integer() else value


def _resize(frame: Node, size: tuple[float, float]) -> Iterator[Setting]:
    width, height = (_whole(side) for side in size)
    style: Any = frame.members.get("style")
    kept = cast("dict[str, Any]", style) if isinstance(style, dict) else {"zIndex": -1}
    yield frame.id, "members/style", {**kept, "width": width, "height": height}
    for key, value in (("width", width), ("height", height)):
        if key in frame.members:
            yield frame.id, f"members/{key}", value
    if "measured" in frame.members:
        yield frame.id, "members/measured", {"width": width, "height": height}
