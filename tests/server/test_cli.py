"""The command line: answers on standard output, errors in one line on standard error, and the status to go with it."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import pytest

from graph.registry import VALID_NODE_TYPES
from server.cli import main
from server.demo import EXAMPLES
from server.version import VERSION
from tests.doors import SIX_NODES, autopilot

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., "Done"]

STORY = str(EXAMPLES / "story.avy.json")
VOICE = str(EXAMPLES / "voice.flow")


class Done:
    """A command that has run in this process."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status = status
        self.out = out
        self.err = err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command on a data directory of its own."""
    monkeypatch.setenv("AUTOPILOT_DATA_DIR", str(tmp_path / "data"))

    def run(*arguments: str | int | Path) -> Done:
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as left:
            status = left.code if isinstance(left.code, int) else 1
        out, err = capsys.readouterr()
        return Done(status, out, err)

    return run


def put(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_the_version_is_told(run: Run) -> None:
    assert run("--version").out == f"autopilot {VERSION}\n"


@pytest.mark.parametrize("arguments", [[], ["dance"], ["validate"], ["export"], ["serve", "--port", "eighty"]])
def test_bad_use_says_how_to_use_it_with_status_2(run: Run, arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.status == 2
    assert done.out == ""
    assert done.err.startswith("usage: autopilot")


@pytest.mark.parametrize("example", [STORY, VOICE])
def test_the_examples_are_valid(run: Run, example: str) -> None:
    done = run("validate", example)
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith(f"{example}: ok")


def test_validate_tells_programs_in_json(run: Run, tmp_path: Path) -> None:
    good = put(tmp_path / "six.flow", SIX_NODES)
    assert run("validate", "--json", good).json == {"file": str(good), "ok": True, "runnable": True, "problems": []}
    bad = put(tmp_path / "bad.flow", "a text-inptu\n")
    done = run("validate", "--json", good, bad)
    assert done.status == 1
    assert [report["ok"] for report in done.json] == [True, False]
    (problem,) = done.json[1]["problems"]
    assert (problem["code"], problem["hint"]) == ("unknown-node-type", "text-input")
    assert "line 1" in problem["message"]


def test_validate_checks_every_file_and_fails_if_one_does(run: Run, tmp_path: Path) -> None:
    bad = put(tmp_path / "bad.flow", "a text-input\na -> b\n")
    done = run("validate", bad, VOICE)
    assert done.status == 1
    assert f"{bad}: not ok" in done.out
    assert f"{VOICE}: ok" in done.out


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'{"nodes": [}', "not JSON: line 1, column 12: "),
        (b'{"nodes": [\n  {"id": "a",,}]}', "line 2, column 14"),
        (b'{"nodes": [', "not JSON: line 1, column 11: "),
        (b'{"nodes": [{"id": "a", "type": "comment", "position": {"x": NaN, "y": 0}}]}', "line 1, column 61"),
        (b'{"nodes": [{"id": "\\ud800"}]}', "not JSON: line 1, column 26: "),
        (b"caf\xe9 text-input", "not UTF-8 at byte 3"),
        (b"[" * 100_000, "not JSON: line 1, column "),
        (b"a -> ", "line 1, column "),
        (b"{}", ""),
        (b"[1]", ""),
        (b"\x00\x01\x02", "line 1, column 1"),
    ],
)
@pytest.mark.parametrize("command", ["validate", "import"])
def test_a_broken_file_is_answered_with_where_it_breaks(
    run: Run, tmp_path: Path, command: str, content: bytes, told: str
) -> None:
    done = run(command, put(tmp_path / "broken.json", content))
    assert done.status == 1
    assert told in done.out + done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("command", ["validate", "import"])
@pytest.mark.parametrize(("name", "why"), [("none.flow", "No such file or directory"), ("", "Is a directory")])
def test_a_file_that_cannot_be_read_is_an_error_in_one_line(
    run: Run, tmp_path: Path, command: str, name: str, why: str
) -> None:
    done = run(command, tmp_path / name)
    assert (done.status, done.out) == (1, "")
    assert done.err == f"autopilot: {tmp_path / name}: {why}\n"


def test_nodes_lists_every_type(run: Run) -> None:
    done = run("nodes")
    assert done.status == 0
    assert all(name in done.out for name in VALID_NODE_TYPES)
    assert [spec["type"] for spec in run("nodes", "--json").json] == list(VALID_NODE_TYPES)


def test_nodes_shows_some_in_full_and_knows_old_names(run: Run) -> None:
    assert [spec["type"] for spec in run("nodes", "--json", "switch", "magic").json] == ["switch", "ai-logic"]
    assert "separator" in run("nodes", "string-combine").out


def test_an_unknown_node_type_is_answered_with_the_nearest(run: Run) -> None:
    done = run("nodes", "swich")
    assert (done.status, done.out) == (1, "")
    assert done.err == "autopilot: unknown-node-type: there is no node type 'swich' (try switch)\n"


def test_what_is_imported_can_be_exported_and_imported_again(run: Run, tmp_path: Path) -> None:
    assert run("import", VOICE).out == "front-desk\n"
    done = run("export", "front-desk")
    assert (done.status, done.err) == (0, "")
    again = put(tmp_path / "again.json", done.out)
    assert run("import", again, "--name", "Copy").out == "copy\n"
    first, second = (run("export", flow_id).json for flow_id in ("front-desk", "copy"))
    assert (first["nodes"], first["edges"]) == (second["nodes"], second["edges"])
    assert run("export", "copy", "--format", "text").out.startswith('flow "Copy"')
    assert run("export", "copy", "--format", "mermaid").out.startswith("flowchart LR")


def test_import_tells_programs_what_it_did(run: Run) -> None:
    done = run("import", "--json", STORY)
    assert done.status == 0
    assert done.json["flowId"] == "picture-book"
    assert {note["code"] for note in done.json["problems"]} == {"import-note"}


def test_import_keeps_the_good_files_among_bad_ones(run: Run, tmp_path: Path) -> None:
    bad = put(tmp_path / "bad.flow", "a text-input\na -> b\n")
    done = run("import", bad, VOICE)
    assert done.status == 1
    assert done.out == "front-desk\n"
    assert f"{bad}: refused" in done.err
    assert "unknown-node" in done.err


def test_export_writes_a_file_or_into_a_directory_under_the_flows_name(run: Run, tmp_path: Path) -> None:
    run("import", VOICE)
    assert run("export", "front-desk", "-o", tmp_path / "own.json").out == f"{tmp_path / 'own.json'}\n"
    written = tmp_path / run("export", "front-desk", "--output", tmp_path).out.strip()
    assert written.parent == tmp_path
    assert written.name.endswith(".avy.json")
    assert written.read_text() == (tmp_path / "own.json").read_text()


def test_export_to_where_nothing_can_be_written_is_an_error_in_one_line(run: Run, tmp_path: Path) -> None:
    run("import", VOICE)
    target = tmp_path / "no" / "such" / "place.json"
    done = run("export", "front-desk", "-o", target)
    assert (done.status, done.out, done.err) == (1, "", f"autopilot: {target}: No such file or directory\n")


def test_export_of_an_unknown_flow_is_an_error_in_one_line(run: Run) -> None:
    done = run("export", "nowhere")
    assert (done.status, done.out) == (1, "")
    assert done.err == "autopilot: unknown-flow: there is no flow 'nowhere'\n"


def test_a_database_of_nonsense_is_an_error_in_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    put(tmp_path / "data" / "autopilot.db", b"nonsense" * 1000)
    done = run("export", "nowhere")
    assert (done.status, done.out) == (1, "")
    assert done.err == "autopilot: the database cannot be opened: file is not a database\n"


def test_an_address_beyond_loopback_without_a_token_is_refused(run: Run) -> None:
    done = run("serve", "--host", "0.0.0.0")
    assert done.status == 1
    assert done.err == "autopilot: AUTOPILOT_TOKEN must be set to listen on 0.0.0.0; 127.0.0.1 needs none\n"


def test_the_program_itself_reports_like_this(tmp_path: Path) -> None:
    done = autopilot("export", "nowhere", data_dir=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "autopilot: unknown-flow: there is no flow 'nowhere'\n"
    done = autopilot("nodes", data_dir=tmp_path, AUTOPILOT_PORT="eighty")
    assert done.returncode == 1
    assert done.stderr == "autopilot: AUTOPILOT_PORT must be a whole number from 0 to 65535, not 'eighty'\n"


def test_a_server_without_a_usable_database_says_so_in_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    put(tmp_path / "data" / "autopilot.db", b"nonsense" * 1000)
    done = run("serve", "--port", "0")
    assert (done.status, done.out) == (1, "")
    assert done.err == "autopilot: the database cannot be opened: file is not a database\n"


def test_a_port_that_is_taken_is_an_error_in_one_line(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("serve", "--port", port)
    assert (done.status, done.out) == (1, "")
    assert done.err == f"autopilot: cannot listen on 127.0.0.1 port {port}: Address already in use\n"
