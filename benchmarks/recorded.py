"""What other programs needed when they were measured once, on the same kind of machine: not part of any run here.

Tokens are o200k_base. n8n-mcp 2.87.0 with a stand-in for the n8n it edits; Langflow 1.13 with its MCP server lfx-mcp;
Composer's own Autopilot at its commit of 2026-01-03.
"""

from __future__ import annotations

from typing import Final

N8N, LANGFLOW, COMPOSER = "n8n-mcp", "Langflow", "Composer"

DEFINITIONS: Final = {"n8n-mcp, 28 tools": 11_409, "Langflow, 33 tools": 5_966, "Excalidraw, 26 tools": 2_877}
"""With annotations, which make them about a sixth larger than what a run counts."""

SIX_NODES_WRITTEN: Final = {N8N: 1_106, LANGFLOW: 194, COMPOSER: 855}
"""Tokens that the model writes for the six-node flow."""

SIX_NODES_TOTAL: Final = {N8N: 18_586, LANGFLOW: 8_224, COMPOSER: 7_400}
"""All tokens of that: knowing the tools and node types, writing, answers."""

SIX_NODES_READ: Final = {"n8n-mcp structure": 658, "n8n-mcp full": 1_085, LANGFLOW: 690}

EDITS: Final[dict[str, dict[str, tuple[int, int]]]] = {
    "configure": {N8N: (39, 108), LANGFLOW: (54, 27)},
    "insert between": {N8N: (128, 108), LANGFLOW: (305, 150)},
    "move": {N8N: (34, 108)},
    "rename": {N8N: (34, 108)},
    "remove": {N8N: (41, 108), LANGFLOW: (126, 61)},
}
"""Request and answer of one edit of the six-node flow."""

EDIT_GOALS: Final = {
    "configure": (40, 20),
    "insert between": (60, 25),
    "move": (25, 15),
    "rename": (20, 15),
    "remove": (25, 20),
}

TWO_WRITERS: Final = "n8n-mcp kept 12 of 20 acknowledged edits, Langflow 13 of 20"
FAULTS_CAUGHT: Final = "Composer 4 of 18 probed, Langflow 8 of 13, n8n-mcp's edit path 2 of 4"
VALIDATION_CPU: Final = "n8n-mcp 2,865 ms*, Composer, which checks less, 0.44 ms*; * recorded earlier"
EDIT_WALL: Final = "Langflow 45-60 ms"
"""p50 of one edit over stdio, flows of a few nodes."""


def beside(values: dict[str, int]) -> str:
    """Figures of others in one line."""
    return ", ".join(f"{name} {value:,}" for name, value in values.items())
