"""Nothing in the program is longer than a reader can hold."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

import pytest

from tests.doors import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGES: Final = ("autopilot", "graph", "prompts", "realtime", "server")
MOST_LINES_OF_MODULE: Final = 400
MOST_LINES_OF_FUNCTION: Final = 60


def modules() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def test_there_are_modules_to_measure() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in modules()} == set(PACKAGES)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_fits_a_reader(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES_OF_MODULE
    assert {name: lines for name, lines in functions(path) if lines > MOST_LINES_OF_FUNCTION} == {}
