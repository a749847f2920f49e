"""Keeps a state that pulses turn on and off."""

from __future__ import annotations

from pydantic import Field

from graph.ports import Port
from graph.spec import NodeData, NodeSpec


class SwitchData(NodeData):
    """Data of a `switch` node."""

    is_on: bool = Field(default=False, description="The state before the first pulse.")


SPEC = NodeSpec(
    type="switch",
    label="Switch",
    category="Logic",
    summary="Keeps an on/off state that pulses change; it does not route anything.",
    data=SwitchData,
    defaults={"label": "Switch"},
    example={"label": "Finished", "isOn": False},
    inputs=(
        Port(id="flip", type="pulse", label="Flip", description="Changes the state to its opposite."),
        Port(id="turnOn", type="pulse", label="Turn On", description="Turns the switch on; wins over `flip`."),
        Port(id="turnOff", type="pulse", label="Turn Off", description="Turns the switch off; wins over the others."),
    ),
    outputs=(Port(id="output", type="boolean", label="State", description="Whether the switch is on."),),
    default_output="output",
    size=(200, 180),
)
