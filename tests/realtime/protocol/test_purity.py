"""The core knows no clock, no chance, no I/O: it runs the same way twice, and anywhere."""

from __future__ import annotations

import ast
from pathlib import Path

import realtime.protocol
from tests.realtime.protocol.talking import Talk

ROOM = Path(str(realtime.protocol.__file__)).parent
ALLOWED = {
    "__future__",
    "base64",
    "binascii",
    "collections",
    "dataclasses",
    "functools",
    "json",
    "math",
    "pydantic",
    "pydantic_core",
    "realtime",
    "types",
    "typing",
}


def imported(path: Path) -> set[str]:
    """The top-level packages that a module names, the project's own by their full names."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def test_nothing_is_imported_that_has_a_clock_or_a_socket() -> None:
    for path in ROOM.glob("*.py"):
        for name in imported(path):
            assert name.split(".")[0] in ALLOWED, f"{path.name} imports {name}"
            assert not name.startswith("realtime.") or name.startswith("realtime.protocol"), f"{path.name}: {name}"


def test_modules_stay_small() -> None:
    for path in ROOM.glob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 300, path.name


def test_the_same_talk_runs_the_same_way_twice() -> None:
    def talk() -> Talk:
        talk = Talk(transport="webrtc")
        talk.turn()
        talk.transcribed()
        talk.speak()
        talk.played(500)
        talk.done()
        talk.turn()
        return talk

    assert talk().effects == talk().effects
