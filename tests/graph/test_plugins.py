"""Node types that other distributions bring."""

from __future__ import annotations

import sys
from dataclasses import replace
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

import graph.nodes
from graph.errors import RegistryError
from graph.ports import Port
from graph.registry import ENTRY_POINT_GROUP, NODE_SPECS, discover
from graph.spec import NodeData, NodeSpec

if TYPE_CHECKING:
    from collections.abc import Iterator


class ShoutData(NodeData):
    """Data of a plug-in's node."""

    volume: int = 11


SHOUT = NodeSpec(
    type="shout",
    label="Shout",
    category="Logic",
    summary="Says it louder.",
    data=ShoutData,
    defaults={"label": "Shout"},
    example={"label": "Shout", "volume": 12},
    inputs=(Port(id="text", type="string", label="Text"),),
    outputs=(Port(id="output", type="string", label="Text"),),
)


@pytest.fixture
def shouting() -> Iterator[ModuleType]:
    """An installed package."""
    module = ModuleType("shouting")
    sys.modules["shouting"] = module
    yield module
    del sys.modules["shouting"]


def plugin(value: str = "shouting:SPEC", name: str = "shout") -> EntryPoint:
    return EntryPoint(name, value, ENTRY_POINT_GROUP)


def found(*plugins: EntryPoint) -> dict[str, NodeSpec]:
    return discover(graph.nodes, plugins)


def test_an_installed_type_joins_the_built_in_ones(shouting: Any) -> None:
    shouting.SPEC = SHOUT
    specs = found(plugin())
    assert specs["shout"] is SHOUT
    assert set(specs) == {*NODE_SPECS, "shout"}
    assert list(specs).index("shout") < list(specs).index("preview-output")


def test_installed_types_are_looked_up_by_their_group(shouting: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shouting.SPEC = SHOUT
    asked: list[str] = []

    def entry_points(*, group: str) -> list[EntryPoint]:
        asked.append(group)
        return [plugin()]

    monkeypatch.setattr("graph.registry.entry_points", entry_points)
    assert "shout" in discover()
    assert asked == ["composer_autopilot.nodes"]


@pytest.mark.parametrize(
    ("spec", "value", "fault"),
    [
        (SHOUT, "nowhere:SPEC", "cannot be loaded"),
        (SHOUT, "shouting:NOTHING", "cannot be loaded"),
        (5, "shouting:SPEC", "must name a NodeSpec, not int"),
        (NODE_SPECS["switch"], "shouting:SPEC", "node type 'switch' is already taken by"),
        (replace(SHOUT, defaults={}), "shouting:SPEC", "defaults is not valid data"),
        (replace(SHOUT, type="Shout it"), "shouting:SPEC", "lower-case words"),
    ],
)
def test_a_broken_plug_in_stops_the_program_and_is_named(shouting: Any, spec: Any, value: str, fault: str) -> None:
    shouting.SPEC = spec
    with pytest.raises(RegistryError) as caught:
        found(plugin(value))
    assert str(caught.value).startswith(f"plug-in 'shout' ({value}): ")
    assert fault in str(caught.value)


def test_plug_ins_are_found_in_the_same_order_however_they_are_installed(shouting: Any) -> None:
    shouting.SPEC = SHOUT
    shouting.LOUD = replace(SHOUT, type="loud")
    both = (plugin(), plugin("shouting:LOUD", "loud"))
    assert list(found(*both)) == list(found(*reversed(both)))
