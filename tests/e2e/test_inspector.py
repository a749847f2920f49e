"""The MCP inspector, another implementation of a client, drives the server over both transports."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.doors import PATIENCE, PROGRAM, ROOT, SIX_NODES, environment, serving
from tests.e2e.nodejs import NODE, TOOLS, needs_node

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = needs_node

TOOL_REFUSED = 5
"""The inspector's exit status when a tool answers with an error."""


class Inspector:
    """Runs the inspector against one server, a process for every question."""

    def __init__(self, server: list[str], env: dict[str, str]) -> None:
        self._server = server
        self._env = env

    def ask(self, *question: str, status: int = 0) -> Any:
        command = [NODE, TOOLS / ".bin" / "mcp-inspector", "--cli", *self._server, *question, "--format", "json"]
        done = subprocess.run(
            command, env=self._env, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert done.returncode == status, done.stdout + done.stderr
        return json.loads(done.stdout)["result"]

    def call(self, tool: str, *, status: int = 0, **arguments: Any) -> Any:
        text = json.dumps(arguments)
        return self.ask("--method", "tools/call", "--tool-name", tool, "--tool-args-json", text, status=status)


@pytest.fixture(scope="module", params=["stdio-legacy", "http-modern"])
def inspector(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inspector]:
    transport, _, era = str(request.param).partition("-")
    data: Path = tmp_path_factory.mktemp("data")
    env = environment(data)
    if transport == "stdio":
        given = ["-e", f"AUTOPILOT_DATA_DIR={data}", "--protocol-era", era, *PROGRAM, "mcp"]
        yield Inspector(given, env)
        return
    with serving(data) as server:
        yield Inspector(["--transport", "http", "--server-url", server.mcp, "--protocol-era", era], env)


def test_the_inspector_builds_reads_and_is_refused(inspector: Inspector) -> None:
    tools = inspector.ask("--method", "tools/list", "--strict")["tools"]
    assert len(tools) == 12
    created = inspector.call("createFlow", name="Story", text=SIX_NODES)
    assert created["structuredContent"] == {"flowId": "story", "revision": 1, "problems": []}
    refused = inspector.call("addNode", flowId="story", type="text-inptu", status=TOOL_REFUSED)
    assert refused["structuredContent"]["problems"][0]["hint"] == "text-input"
    (contents,) = inspector.ask("--method", "resources/read", "--uri", "flow://story")["contents"]
    assert contents["text"] == f'flow "Story"\n{SIX_NODES}'
