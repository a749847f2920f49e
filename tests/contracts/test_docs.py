"""What the documents say is so."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from graph.formats.flowtext import write_flow_text
from graph.formats.flowtext_in import read_flow_text
from graph.validation import validate
from server.cli import main
from server.composition import build_workspace
from server.http.flows import router
from server.mcp.toolbox import TOOLS
from server.reference import DOCS, pages
from server.settings import Settings
from tests.doors import ROOT

if TYPE_CHECKING:
    from pathlib import Path

README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """The part of the README under a heading."""
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def commands(capsys: pytest.CaptureFixture[str]) -> set[str]:
    with pytest.raises(SystemExit):
        main(["--help"])
    return set(re.findall(r"^    ([a-z]+) ", capsys.readouterr().out, re.MULTILINE))


@pytest.mark.parametrize("name", pages())
def test_the_generated_pages_are_fresh(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == pages()[name], "run `make docs`"


def test_the_readme_has_every_tool_and_no_other() -> None:
    rows = [line.split("|")[1] for line in section("What an assistant can do").splitlines() if line.startswith("| `")]
    assert set(re.findall(r"`(\w+)`", " ".join(rows))) | {"redo"} == {*TOOLS, "redo"}


def test_the_readme_has_every_command_and_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert set(re.findall(r"^autopilot ([a-z]+)", section("Command line"), re.MULTILINE)) == commands(capsys)


def test_the_readme_has_every_setting_and_no_other() -> None:
    source = (ROOT / "server" / "settings.py").read_text(encoding="utf-8")
    known = set(re.findall(r"AUTOPILOT_[A-Z_]+", source))
    assert set(re.findall(r"`(AUTOPILOT_[A-Z_]+)`", section("Settings"))) == known


def test_the_readme_has_every_route_and_no_other() -> None:
    told = set(re.findall(r"`(?:(?:GET|POST|DELETE) )?(/api/(?!openapi)[^`]*)`", section("HTTP")))
    served = {str(getattr(route, "path", "")).replace("{flow_id}", "{id}") for route in router.routes}
    assert told == served


def test_the_readme_has_every_target_it_names() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z]+)", README, re.MULTILINE)) <= targets


def test_every_link_and_file_that_the_documents_name_exists() -> None:
    for text in (README, ARCHITECTURE):
        for target in re.findall(r"\]\((?!http)([^)#]+)", text):
            assert (ROOT / target).exists(), target


def test_every_test_file_that_holds_an_invariant_exists() -> None:
    named: list[Path] = []
    for row in ARCHITECTURE.partition("## Invariants")[2].splitlines():
        folder = ROOT / "tests"
        for name in re.findall(r"`((?:tests/)?[\w/]*(?:test_\w+\.py|/))`", row):
            path = ROOT / name if name.startswith("tests/") else folder / name
            folder = path.parent if path.suffix else path
            named.append(path)
    assert len(named) > 10
    assert [str(path.relative_to(ROOT)) for path in named if not path.exists()] == []


def test_every_module_that_the_map_of_rooms_names_exists() -> None:
    rows = re.findall(r"^\| `(\w[\w/]*/[\w.]*)`", ARCHITECTURE, re.MULTILINE)
    assert len(rows) > 8
    assert [name for name in rows if not (ROOT / name).exists()] == []


def test_the_example_of_flow_text_is_flow_text() -> None:
    page = (DOCS / "flow-text.md").read_text(encoding="utf-8")
    example = page.partition("```\n")[2].partition("```")[0]
    flow = read_flow_text(example, now="2026-11-20T10:00:00.000Z").flow
    assert not validate(flow).problems
    assert write_flow_text(flow) == example


@pytest.mark.anyio
async def test_the_answers_in_the_readme_are_the_answers(tmp_path: Path) -> None:
    from server.mcp.toolbox import Toolbox

    toolbox = Toolbox(build_workspace(Settings(data_dir=tmp_path)))
    text = "topic text-input\nwriter text-generation\nfinal preview-output\nwriter -> final\n"
    told = re.findall(r"```json\n(.+)\n```", section("What an assistant can do"))
    try:
        await toolbox.call("createFlow", {"name": "Story", "text": text}, author="test")
        for label in ("One", "Two"):
            await toolbox.call(
                "configure", {"flowId": "story", "nodeId": "topic", "data": {"label": label}}, author="test"
            )
        arguments = {"flowId": "story", "source": "topic", "target": "writer", "targetHandle": "prompt"}
        answers = [
            await toolbox.call("connect", {**arguments, "targetHandle": handle}, author="test")
            for handle in ("prompt", "promt")
        ]
    finally:
        await toolbox.close()
    assert [block.text for answer in answers for block in answer.content if block.type == "text"] == told
