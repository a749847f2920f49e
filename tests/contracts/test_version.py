"""One version, wherever it stands."""

from __future__ import annotations

import tomllib
from importlib.metadata import version

from server.version import VERSION
from tests.doors import ROOT


def test_the_version_is_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == VERSION
    assert version(project["name"]) == VERSION
