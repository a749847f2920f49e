"""The ways in that tests use: real processes and real clients, every wait of theirs bounded."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from mcp.client.stdio import StdioServerParameters, get_default_environment

if TYPE_CHECKING:
    from collections.abc import Generator

ROOT: Final = Path(__file__).parent.parent
PROGRAM: Final = (sys.executable, "-m", "server.cli")
PATIENCE: Final = 20.0
"""Seconds after which a test stops waiting. Nothing should come near it."""

SIX_NODES: Final = """\
topic text-input inputValue="a cat on the moon"
style text-input inputValue=noir
writer text-generation
editor text-generation systemPrompt="Cut this to three sentences."
draft preview-output
final preview-output
topic -> writer.prompt
style -> writer.system
writer -> editor.prompt
writer -> draft
editor -> final
"""

Message = dict[str, Any]


def environment(data_dir: Path, **more: str) -> dict[str, str]:
    """An environment with nothing in it but what a program needs."""
    return get_default_environment() | {"AUTOPILOT_DATA_DIR": str(data_dir)} | more


def autopilot(*arguments: str, data_dir: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [*PROGRAM, *arguments],
        env=environment(data_dir, **env),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def stdio_parameters(data_dir: Path) -> StdioServerParameters:
    """How the Python client starts `autopilot mcp`."""
    env = {"AUTOPILOT_DATA_DIR": str(data_dir)}
    return StdioServerParameters(command=PROGRAM[0], args=[*PROGRAM[1:], "mcp"], env=env, cwd=ROOT)


@dataclass(frozen=True)
class Serving:
    """`autopilot serve` in a process of its own."""

    process: subprocess.Popen[str]
    url: str

    @property
    def mcp(self) -> str:
        return f"{self.url}/mcp"

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])


@contextmanager
def serving(data_dir: Path, *arguments: str, **env: str) -> Generator[Serving]:
    """The HTTP server, on a free port unless `arguments` name one."""
    process = subprocess.Popen(
        [*PROGRAM, "serve", "--port", "0", *arguments],
        env=environment(data_dir, **env),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        # Ends at the latest when the process does.
        line = process.stdout.readline()
        url = next((word for word in line.split() if word.startswith("http://")), None)
        assert url is not None, f"no address in {line!r}"
        yield Serving(process, url)
    finally:
        process.terminate()
        process.wait(PATIENCE)
        process.stdout.close()


class Stdio:
    """A bare client of `autopilot mcp`: a message a line, so that a test can also send what no client would."""

    def __init__(self, data_dir: Path, *, name: str = "bare") -> None:
        self.process = subprocess.Popen(
            [*PROGRAM, "mcp"],
            env=environment(data_dir),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.notifications: list[Message] = []
        self._answers: dict[int, Message] = {}
        self._ids = count(1)
        self._lines: queue.Queue[bytes] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        client = {"name": name, "version": "1"}
        self.send({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": _hello(client)})
        self.server: Message = self.receive_answer()["result"]
        self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(b"")

    def send(self, message: Message) -> None:
        self.send_line(json.dumps(message).encode())

    def send_line(self, line: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def receive(self) -> Message:
        """The next message.

        Raises:
            ConnectionError: the server has left.
        """
        line = self._lines.get(timeout=PATIENCE)
        if not line.endswith(b"\n"):
            raise ConnectionError
        return json.loads(line)

    def receive_answer(self) -> Message:
        """The next answer, also one to nobody in particular; notifications on the way are kept."""
        while "method" in (message := self.receive()):
            self.notifications.append(message)
        return message

    def updated(self) -> str:
        """The URI of the next resource that is said to have changed."""
        while True:
            message = self.notifications.pop(0) if self.notifications else self.receive()
            if message["method"] == "notifications/resources/updated":
                return message["params"]["uri"]

    def begin(self, method: str, **params: Any) -> int:
        """Send a request and do not wait."""
        number = next(self._ids)
        self.send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        return number

    def answer(self, number: int) -> Message:
        """The answer to a request, whatever else arrives before it."""
        while number not in self._answers:
            message = self.receive_answer()
            self._answers[message["id"]] = message
        return self._answers.pop(number)

    def request(self, method: str, **params: Any) -> Message:
        return self.answer(self.begin(method, **params))

    def call(self, tool: str, **arguments: Any) -> Message:
        """A tool's result: `content`, `structuredContent`, `isError`."""
        return self.request("tools/call", name=tool, arguments=arguments)["result"]

    def kill(self) -> None:
        """End it as a power cut would: no signal that it could handle."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        self.process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _hello(client: Message) -> Message:
    return {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client}
