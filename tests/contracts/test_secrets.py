"""What must not be told: tokens, passwords, and where this was written."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Final

import httpx2
import pytest

from server.errors import StorageError
from server.settings import Settings
from server.storage.database import open_database
from tests.doors import PATIENCE, PROGRAM, ROOT, environment

if TYPE_CHECKING:
    from pathlib import Path

SECRET: Final = "s3cr3t-of-the-house"

PRIVATE: Final = {
    "somebody's home": re.compile(rb"/(?:root|home/\w+|Users/\w+|work)/|[A-Z]:\\Users\\"),
    "a registry": re.compile(
        rb"https?://[\w.:@-]*(?:registry|artifactory|nexus|devpi|pythonhosted|pypi)[\w.-]*"
        rb"|--(?:extra-)?index-url|^\s*registry\s*=",
        re.MULTILINE,
    ),
    "a key": re.compile(
        rb"\b(?:sk-[A-Za-z0-9_-]{20,}|ghp_[A-Za-z0-9]{30,}|AKIA[A-Z0-9]{16})\b|BEGIN [A-Z ]*PRIVATE KEY"
    ),
}


def test_settings_do_not_show_their_secrets() -> None:
    settings = Settings(token=SECRET, database_url=f"postgresql://user:{SECRET}@db/flows")
    assert SECRET not in f"{settings} {settings!r} {[settings]}"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:{}@127.0.0.1:1/flows",
        "postgresql://user:{}@127.0.0.1:port/flows",
        "postgresql://user:{}/half@127.0.0.1:1/flows",
        "nonsense://user:{}@127.0.0.1/flows",
        "{}",
        "://{}",
    ],
)
def test_a_database_that_cannot_be_opened_keeps_its_password(url: str) -> None:
    with pytest.raises(StorageError) as caught:
        open_database(url.format(SECRET))
    assert SECRET not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_server_tells_nobody_its_token(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*PROGRAM, "serve", "--port", "0"],
        env=environment(tmp_path, AUTOPILOT_TOKEN=SECRET),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        url = next(word for word in first.split() if word.startswith("http://"))
        answers: list[str] = []
        for token in (SECRET, SECRET + "x", "wrong"):
            headers = {"Authorization": f"Bearer {token}"}
            with httpx2.Client(base_url=url, headers=headers, timeout=PATIENCE) as http:
                for path in ("/api/flows/nowhere", "/api/openapi.json", "/healthz", "/mcp"):
                    answer = http.post(path, content=b"{") if path == "/mcp" else http.get(path)
                    answers.append(f"{answer.text} {dict(answer.headers)}")
        process.terminate()
        out, errors = process.communicate(timeout=PATIENCE)
    assert SECRET not in first + out + errors + "".join(answers)


def tracked() -> list[Path]:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(
        [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
    )
    return [path for name in listed.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]


@pytest.mark.parametrize("kind", PRIVATE)
def test_no_file_tells_where_or_by_whom_it_was_written(kind: str) -> None:
    found = {str(path.relative_to(ROOT)): PRIVATE[kind].findall(path.read_bytes())[:3] for path in tracked()}
    assert {name: matches for name, matches in found.items() if matches} == {}
