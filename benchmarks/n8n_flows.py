"""Build n8n workflows of any size that n8n-mcp's `validate_workflow` finds valid; say how to start n8n-mcp.

A workflow is one trigger and a chain of three common node types in turn, so that the time per node is an average over
light types (Code, Edit Fields) and a heavy one (HTTP Request). As a program it prints one workflow as JSON:

    python benchmarks/n8n_flows.py 100
"""

from __future__ import annotations

import argparse
import json
import uuid
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

SERVER: Final = Path(__file__).resolve().parent / "node_modules" / "n8n-mcp" / "dist" / "mcp" / "stdio-wrapper.js"
"""Start it with the same Node that ran `npm install`: another one cannot load the compiled SQLite, and the server then
quietly uses a slower one that holds twice the memory."""

SIZES: Final = (10, 100, 1000)
PER_ROW: Final = 20
STEP_X, STEP_Y = 220, 160

Node = dict[str, Any]


def http_request(number: int) -> Node:
    """Fetch something, with the failure handling that n8n-mcp would otherwise suggest once for every such node."""
    parameters: Node = {"method": "GET", "url": f"https://example.com/items/{number}", "options": {}}
    retry = {"onError": "continueRegularOutput", "retryOnFail": True, "alwaysOutputData": True}
    return {"type": "n8n-nodes-base.httpRequest", "typeVersion": 4.2, "parameters": parameters, **retry}


def edit_fields(number: int) -> Node:
    """Set one field."""
    field = {"id": identifier(f"field {number}"), "name": "step", "value": str(number), "type": "string"}
    return {
        "type": "n8n-nodes-base.set",
        "typeVersion": 3.4,
        "parameters": {"assignments": {"assignments": [field]}, "options": {}},
    }


def code(number: int) -> Node:
    """Run one line of JavaScript."""
    source = f"return $input.all().map((item) => ({{ json: {{ ...item.json, code: {number} }} }}));"
    return {
        "type": "n8n-nodes-base.code",
        "typeVersion": 2,
        "parameters": {"jsCode": source},
        "onError": "continueRegularOutput",
    }


def environment(home: Path) -> dict[str, str]:
    """Give n8n-mcp a home of its own, keep its log off the wire, and switch off what it would send away."""
    return {
        "HOME": str(home),
        "MCP_MODE": "stdio",
        "LOG_LEVEL": "error",
        "DISABLE_CONSOLE_OUTPUT": "true",
        "N8N_MCP_TELEMETRY_DISABLED": "true",
    }


KINDS: Final = (http_request, edit_fields, code)


def identifier(seed: str) -> str:
    """Make the same UUID from the same words, so that a workflow is the same every time."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, seed))


def node(number: int) -> Node:
    """Build the node at this place in the chain; the first one is the trigger."""
    trigger: Node = {"type": "n8n-nodes-base.manualTrigger", "typeVersion": 1, "parameters": {}}
    body = KINDS[number % len(KINDS)](number) if number else trigger
    position = [number % PER_ROW * STEP_X, number // PER_ROW * STEP_Y]
    return {"id": identifier(f"node {number}"), "name": f"Node {number}", "position": position, **body}


def build(size: int) -> dict[str, Any]:
    """Build a workflow of `size` nodes in one chain."""
    nodes = [node(number) for number in range(size)]
    links = {a["name"]: {"main": [[{"node": b["name"], "type": "main", "index": 0}]]} for a, b in pairwise(nodes)}
    return {"name": f"chain of {size}", "nodes": nodes, "connections": links, "settings": {"executionOrder": "v1"}}


def main() -> None:
    """Print the workflow that was asked for."""
    parser = argparse.ArgumentParser(description="Print an n8n workflow as JSON.")
    parser.add_argument("size", type=int, help="number of nodes, such as 10, 100 or 1000")
    print(json.dumps(build(parser.parse_args().size), ensure_ascii=False))


if __name__ == "__main__":
    main()
