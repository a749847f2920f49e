"""A minimal, strict MCP client over standard input and output, for benchmarks.

It talks to any server, ours or another, in the same bare way (one JSON-RPC message a line, protocol 2025-11-25), so
that what is measured is the server and not a client library. Anything a server writes that is not the protocol is an
error. Every wait has a deadline. Processor time (by the kernel's clock of each process, in nanoseconds) and memory are
those of the process and its children; both need Linux.

    with StdioClient(["node", "server.js"]) as client:
        print(client.cold_start.wall_ms, client.rss_kib())
        call = client.call_tool("search", {"query": "x"})
        print(call.wall_ms, call.cpu_ms, call.received_bytes)
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self, cast

from benchmarks.processes import cpu_seconds, rss_kib

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

PROTOCOL: Final = "2025-11-25"
PASSED_ON: Final = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TMPDIR", "TZ")
"""What a server is given of this process's environment: keys and settings of whoever runs this would change figures."""

METHOD_NOT_FOUND: Final = -32601

Message = dict[str, Any]


class ProtocolError(RuntimeError):
    """The server wrote something that the protocol does not allow, or nothing in time."""


class RequestError(RuntimeError):
    """The server answered a request with a JSON-RPC error."""


@dataclass(frozen=True)
class Call:
    """One request: what came back and what it cost.

    What the server does after its answer is not in `cpu_ms`: take `cpu_seconds` before and after many calls for that.
    """

    result: Message
    wall_ms: float
    cpu_ms: float
    sent_bytes: int
    received_bytes: int

    @property
    def failed(self) -> bool:
        """Whether a tool reported an error of its own."""
        return bool(self.result.get("isError"))

    @property
    def text(self) -> str:
        """All text blocks of a tool's answer."""
        return "".join(str(block["text"]) for block in self.result.get("content", []) if block.get("type") == "text")


@dataclass
class StdioClient:
    """One server process and the conversation with it. Use it as a context manager."""

    command: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    """Added to the few variables that are passed on."""
    cwd: Path | None = None
    timeout: float = 60.0
    """Seconds that any one request may take."""

    server: Message = field(init=False, default_factory=dict[str, Any])
    """The server's answer to `initialize`."""
    notifications: list[Message] = field(init=False, default_factory=list[Message])

    def __enter__(self) -> Self:
        """Start the process and shake hands."""
        self._errors = tempfile.TemporaryFile()
        self._last_id = 0
        self._buffer = bytearray()
        self._outgoing = bytearray()
        self._received = 0
        self._started = time.perf_counter()
        self._process = subprocess.Popen(
            list(self.command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            bufsize=0,
            cwd=self.cwd,
            env={**_environment(), **self.env},
        )
        try:
            self._open_pipes()
            self.cold_start = self._shake_hands(self._started)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the process."""
        self.close()

    def request(self, method: str, params: Message | None = None) -> Call:
        """Send one request and wait for its answer."""
        self._last_id += 1
        message: Message = {"jsonrpc": "2.0", "id": self._last_id, "method": method}
        if params is not None:
            message["params"] = params
        cpu, received, started = self.cpu_seconds(), self._received, time.perf_counter()
        sent = self._send(message)
        result = self._answer(self._last_id, started + self.timeout)
        wall = time.perf_counter() - started
        spent = self.cpu_seconds() - cpu
        return Call(result, wall * 1000, spent * 1000, sent, self._received - received)

    def call_tool(self, name: str, arguments: Message | None = None) -> Call:
        """Call a tool. A tool's own error is a result like any other; see `Call.failed`."""
        return self.request("tools/call", {"name": name, "arguments": arguments or {}})

    def notify(self, method: str, params: Message | None = None) -> None:
        """Send a notification."""
        self._send({"jsonrpc": "2.0", "method": method} | ({} if params is None else {"params": params}))
        self._pump(time.perf_counter() + self.timeout, until_sent=True)

    def cpu_seconds(self) -> float:
        """Processor time, user and system, that the server has used since it started."""
        return cpu_seconds(self._process.pid)

    def age_ms(self) -> float:
        """Time since just before the process existed."""
        return (time.perf_counter() - self._started) * 1000

    def rss_kib(self) -> int:
        """Memory the server holds now."""
        return rss_kib(self._process.pid)

    def close(self) -> None:
        """End the server: first by closing its input, as the protocol says, then by force."""
        for stop in (self._hang_up, self._process.terminate, self._process.kill):
            stop()
            try:
                self._process.wait(timeout=3)
                break
            except subprocess.TimeoutExpired:
                continue
        for pipe in (self._process.stdin, self._process.stdout, self._errors):
            if pipe is not None:
                pipe.close()

    def _open_pipes(self) -> None:
        """Make both pipes non-blocking: a large request must not wait for a server that is writing too."""
        if self._process.stdin is None or self._process.stdout is None:
            raise self._wrong("has no pipes", "")
        self._input, self._output = self._process.stdin.fileno(), self._process.stdout.fileno()
        for descriptor in (self._input, self._output):
            os.set_blocking(descriptor, False)

    def _shake_hands(self, started: float) -> Call:
        """Initialize, and measure the cold start: from before the process existed to its first answer."""
        client = {"name": "benchmark", "version": "1.0.0"}
        hello = self.request("initialize", {"protocolVersion": PROTOCOL, "capabilities": {}, "clientInfo": client})
        wall, cpu = time.perf_counter() - started, self.cpu_seconds()
        self.server = hello.result
        if not isinstance(self.server.get("protocolVersion"), str):
            raise self._wrong("initialize without a protocolVersion", hello.result)
        self.notify("notifications/initialized")
        return Call(hello.result, wall * 1000, cpu * 1000, hello.sent_bytes, hello.received_bytes)

    def _hang_up(self) -> None:
        """Close the server's input, which asks it to end."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    def _send(self, message: Message) -> int:
        """Queue one line; `_pump` writes it. Return its size."""
        line = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        self._outgoing += line
        return len(line)

    def _answer(self, request_id: int, deadline: float) -> Message:
        """Read until the answer to this request; take note of notifications, answer the server's own requests."""
        while True:
            message = self._read(deadline)
            if "method" in message:
                self._receive(message)
                continue
            if message.get("id") != request_id or ("result" in message) == ("error" in message):
                raise self._wrong(f"no proper answer to request {request_id}", message)
            if "error" in message:
                raise RequestError(json.dumps(message["error"]))
            return message["result"]

    def _receive(self, message: Message) -> None:
        """Deal with a message the server sent on its own account."""
        if "id" not in message:
            self.notifications.append(message)
        elif message["method"] == "ping":
            self._send({"jsonrpc": "2.0", "id": message["id"], "result": {}})
        else:
            error = {"code": METHOD_NOT_FOUND, "message": "not offered"}
            self._send({"jsonrpc": "2.0", "id": message["id"], "error": error})

    def _read(self, deadline: float) -> Message:
        """Take the next line, which must be one JSON-RPC message."""
        while (end := self._buffer.find(b"\n")) < 0:
            self._pump(deadline)
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        try:
            message: object = json.loads(line)
        except ValueError:
            raise self._wrong("not JSON", line[:500]) from None
        if not isinstance(message, dict) or cast("Message", message).get("jsonrpc") != "2.0":
            raise self._wrong("not a JSON-RPC 2.0 message", line[:500])
        return cast("Message", message)

    def _pump(self, deadline: float, *, until_sent: bool = False) -> None:
        """Move bytes both ways until something was read, or, if so asked, until all was written."""
        self._write()
        while self._outgoing or not until_sent:
            writing = [self._input] if self._outgoing else []
            readable, writable, _ = select.select([self._output], writing, [], max(0.0, deadline - time.perf_counter()))
            if writable:
                self._write()
            if readable:
                self._take()
            if readable and not until_sent:
                return
            if not readable and not writable:
                raise self._wrong("silent for too long", f"{self.timeout} s")

    def _write(self) -> None:
        """Write as much of the queue as fits."""
        if not self._outgoing:
            return
        try:
            del self._outgoing[: os.write(self._input, self._outgoing)]
        except BlockingIOError:
            return
        except BrokenPipeError:
            raise self._wrong("stopped reading", f"exit code {self._process.poll()}") from None

    def _take(self) -> None:
        """Read what is there."""
        chunk = os.read(self._output, 1 << 20)
        if not chunk:
            raise self._wrong("stopped writing", f"exit code {self._process.poll()}")
        self._received += len(chunk)
        self._buffer += chunk

    def _wrong(self, what: str, detail: object) -> ProtocolError:
        """Build an error that shows what the server last said on its error stream."""
        self._errors.seek(0)
        tail = self._errors.read()[-2000:].decode(errors="replace")
        return ProtocolError(f"{self.command[0]}: {what}: {detail!r}\n{tail}")


def _environment() -> dict[str, str]:
    """Enough of this process's environment to start a program."""
    mine = os.environ  # noqa: TID251 - passed on, not read
    return {name: mine[name] for name in PASSED_ON if name in mine}
