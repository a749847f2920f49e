"""Recorded traffic of the real services, where it is at hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

Event = dict[str, Any]
FOLDER = Path(__file__).parents[4] / "shared" / "data" / "realtime-traces"
TALKS = (
    "azure_ws--text_in_audio_out_turn",
    "openai_ws--audio_in_server_vad_turn",
    "openai_ws--message_history_seeding",
    "openai_ws--text_in_audio_out_turn",
    "openai_ws--tool_call_round",
    "openai_ws_sideband--webrtc_sideband_text_turn",
)
"""Those that the protocol core can be held against; xAI's differ from the protocol."""


def interactions(name: str) -> list[Event]:
    """What was recorded, or a skip that says why."""
    yaml = pytest.importorskip("yaml", reason="pyyaml is not installed")
    path = FOLDER / f"{name}.yaml"
    if not path.exists():
        pytest.skip(f"the recording {path} is not here")
    return yaml.safe_load(path.read_text(encoding="utf-8"))["interactions"]


def messages(name: str, direction: str) -> list[Event]:
    """The events that were `sent` or `received`."""
    return [step["data"] for step in interactions(name) if step["direction"] == direction]
