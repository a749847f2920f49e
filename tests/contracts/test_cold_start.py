"""What a client waits for at the start of `autopilot mcp`, and what it does not."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

from tests.doors import PATIENCE, ROOT

DEAR: Final = (
    "sqlalchemy",
    "alembic",
    "fastapi",
    "rich",
    "graph.registry",
    "graph.flow",
    "server.storage",
    "platformdirs",
)

PROGRAM: Final = f"""
import sys
import server.cli
import server.mcp.server
print(*[name for name in {DEAR!r} if name in sys.modules])
"""


def test_the_answer_to_initialize_waits_for_nothing_dear() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    assert done.stdout.split() == []
