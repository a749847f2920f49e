"""`autopilot demo`: the main job, told step by step."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.doors import autopilot

if TYPE_CHECKING:
    from pathlib import Path

STEPS = (
    "Two assistants connect: one over stdio, one over HTTP",
    "A six-node flow from text, in one call",
    "Both edit it; every answer says what changed",
    "Three edits that would break the flow are refused before anything lands",
    "Undo takes it all back, one commit at a time",
    "A Composer file with old names and missing handles comes in, and goes out clean",
)


def test_the_demo_tells_every_step_and_how_to_connect_ones_own_assistant(tmp_path: Path) -> None:
    # A token set for other servers must not shut the demo's own clients out.
    done = autopilot("demo", data_dir=tmp_path / "untouched", AUTOPILOT_TOKEN="hush", COLUMNS="200")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert re.findall(r"^\d\. (.+?)\s*$", done.stdout, re.MULTILINE) == list(STEPS)
    for code, hint in (("unknown-target-handle", "prompt"), ("invalid-value", "low"), ("cycle", None)):
        (line,) = [line for line in done.stdout.splitlines() if f"✗ {code}" in line]
        assert hint is None or line.rstrip().endswith(f"→ {hint}")
    assert "claude mcp add autopilot -- " in done.stdout
    assert '"mcpServers"' in done.stdout
    assert not (tmp_path / "untouched").exists()
