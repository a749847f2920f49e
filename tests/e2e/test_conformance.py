"""The protocol's own conformance scenarios; what is claimed and what is not: tests/conformance/README.md."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.doors import ROOT
from tests.e2e.nodejs import needs_node

SECONDS = 300
"""It takes about 15; the tool's own limits are shorter than this one."""


@needs_node
@pytest.mark.parametrize("mode", ["product", "fixture"])
def test_every_check_passes_but_those_in_the_baseline(mode: str) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "conformance" / "run.py", "--mode", mode],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 failed" in done.stdout
