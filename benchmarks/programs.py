"""The programs under test, ready to be started: ours, an empty server on the same SDK, n8n-mcp."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from benchmarks import n8n_flows
from benchmarks.stdio_client import StdioClient

HERE: Final = Path(__file__).resolve().parent
MODULES: Final = HERE / "node_modules"
MISSING: Final = "not installed: run `npm install` in benchmarks/"

_LOADS_SQLITE: Final = "new (require('better-sqlite3'))(':memory:').close()"
_NOWHERE: Final = "http://127.0.0.1:9"


def autopilot(data_dir: Path) -> StdioClient:
    """`autopilot mcp` as it is installed beside this Python."""
    command = Path(sys.executable).with_name("autopilot")
    return StdioClient([str(command), "mcp"], env={"AUTOPILOT_DATA_DIR": str(data_dir)})


def empty_server() -> StdioClient:
    """An `MCPServer` without tools."""
    return StdioClient([sys.executable, str(HERE / "empty_server.py")])


def n8n_mcp(home: Path, *, instance: bool = False) -> StdioClient:
    """n8n-mcp in a home of its own; with `instance` it offers its editing tools too, though no n8n answers."""
    env = n8n_flows.environment(home)
    if instance:
        env |= {"N8N_API_URL": _NOWHERE, "N8N_API_KEY": "none"}
    return StdioClient([_node(), str(n8n_flows.SERVER)], env=env, cwd=home)


def n8n_missing() -> str | None:
    """Why n8n-mcp cannot be measured, or None."""
    if not n8n_flows.SERVER.exists() or shutil.which("node") is None:
        return MISSING
    # Without its compiled SQLite the server works, but is another server: slower, and twice as large.
    check = subprocess.run([_node(), "-e", _LOADS_SQLITE], cwd=HERE, capture_output=True, timeout=60, check=False)
    return None if check.returncode == 0 else "its SQLite was built by another node: run `npm rebuild` in benchmarks/"


def _node() -> str:
    return shutil.which("node") or "node"
