"""Finds the Node tools that some tests drive; they come from `npm install` in tests/conformance."""

from __future__ import annotations

import subprocess
from typing import Final

import pytest

from tests.doors import ROOT

TOOLS: Final = ROOT / "tests" / "conformance" / "node_modules"
NODE: Final = TOOLS / ".bin" / "node"
LEAST_MAJOR: Final = 22


def why_not() -> str | None:
    """Why the tools cannot be used; None when they can."""
    if not NODE.exists():
        return "npm packages are missing: run `make tests/conformance/node_modules/.stamp`"
    version = subprocess.run(
        [NODE, "--version"], capture_output=True, text=True, timeout=10, check=False
    ).stdout.strip()
    if not version.startswith("v") or int(version[1:].partition(".")[0]) < LEAST_MAJOR:
        return f"node {LEAST_MAJOR} or newer is needed, found {version or 'none that runs'}"
    return None


_REASON: Final = why_not()
needs_node: Final = pytest.mark.skipif(_REASON is not None, reason=_REASON or "")
