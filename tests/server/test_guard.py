"""Who is let in over HTTP, and with how much: the guard around an app that answers everything."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from server.http.guard import Guard
from server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import Message, Receive, Scope, Send

pytestmark = pytest.mark.anyio


@dataclass
class Answer:
    """What came back, and how many bytes the app behind the guard had read by then."""

    status: int = 0
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict[str, str])
    reached: bool = False

    @property
    def error(self) -> str:
        return json.loads(self.body)["error"]


async def ask(
    settings: Settings,
    headers: dict[str, str],
    *,
    path: str = "/api/flows",
    body: Sequence[bytes] = (b"",),
    encoding: str = "utf-8",
) -> Answer:
    """One request through the guard, its body in pieces as a network brings them."""
    answer = Answer()
    pieces = iter(body)

    async def app(_: Scope, receive: Receive, send: Send) -> None:
        answer.reached = True
        more = True
        while more:
            more = (await receive())["more_body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"in"})

    async def receive() -> Message:
        piece = next(pieces)
        return {"type": "http.request", "body": piece, "more_body": piece is not body[-1]}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {key.decode(): value.decode() for key, value in message["headers"]}
        else:
            answer.body += message["body"]

    raw = [(key.encode(), value.encode(encoding)) for key, value in headers.items()]
    scope: dict[str, Any] = {"type": "http", "method": "POST", "path": path, "headers": raw}
    await Guard(app, settings)(scope, receive, send)
    return answer


LOOPBACK = Settings()


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "LOCALHOST:1", "[::1]:8000", "[::1]"])
async def test_loopback_names_are_let_in(host: str) -> None:
    assert (await ask(LOOPBACK, {"host": host})).status == 200


@pytest.mark.parametrize(
    "host", ["", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8000", "[::2]", "10.0.0.1", "[::1"]
)
async def test_other_names_are_misdirected(host: str) -> None:
    answer = await ask(LOOPBACK, {"host": host})
    assert (answer.status, answer.reached) == (421, False)
    assert "AUTOPILOT_ALLOWED_HOSTS" in answer.error


async def test_a_request_without_a_host_is_misdirected() -> None:
    assert (await ask(LOOPBACK, {})).status == 421


@pytest.mark.parametrize("name", ["flows.example.com", "Flows.Example.Com"])
async def test_an_allowed_name_is_let_in_however_it_is_written(name: str) -> None:
    settings = Settings(allowed_hosts=(name,))
    answer = await ask(settings, {"host": "flows.example.COM:443", "origin": "https://FLOWS.example.com"})
    assert answer.status == 200


async def test_an_address_of_ip_version_6_is_a_name_of_its_server() -> None:
    settings = Settings(host="fd00::7", token="hush")
    answer = await ask(settings, {"host": "[fd00::7]:8000", "authorization": "Bearer hush"})
    assert answer.status == 200


@pytest.mark.parametrize("origin", ["http://localhost:5173", "http://127.0.0.1:8000", "http://[::1]:8000"])
async def test_pages_of_this_machine_are_let_in(origin: str) -> None:
    assert (await ask(LOOPBACK, {"host": "127.0.0.1", "origin": origin})).status == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "", "http://127.0.0.1.evil.example", "http://[::1", "file://"]
)
async def test_other_pages_are_shut_out(origin: str) -> None:
    answer = await ask(LOOPBACK, {"host": "127.0.0.1", "origin": origin})
    assert (answer.status, answer.reached) == (403, False)


GUARDED = Settings(token="hush-é")


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
@pytest.mark.parametrize("sent", ["Bearer hush-é", "bearer hush-é", "BEARER  hush-é "])
async def test_the_token_lets_in(sent: str, encoding: str) -> None:
    answer = await ask(GUARDED, {"host": "localhost", "authorization": sent}, encoding=encoding)
    assert answer.status == 200


@pytest.mark.parametrize("sent", ["", "hush-é", "Bearer", "Bearer ", "Bearer hush", "Bearer hush-é2", "Basic hush-é"])
async def test_anything_else_does_not(sent: str) -> None:
    answer = await ask(GUARDED, {"host": "localhost", "authorization": sent})
    assert (answer.status, answer.reached) == (401, False)
    assert answer.headers["www-authenticate"] == "Bearer"
    assert b"hush" not in answer.body


@pytest.mark.parametrize("path", ["/healthz/", "/healthz/../api/flows", "/mcp", "/api/openapi.json", "/"])
async def test_no_path_but_health_is_open(path: str) -> None:
    assert (await ask(GUARDED, {"host": "localhost"}, path=path)).status == 401


async def test_health_is_open_but_only_by_a_known_name() -> None:
    assert (await ask(GUARDED, {"host": "localhost"}, path="/healthz")).status == 200
    assert (await ask(GUARDED, {"host": "evil.example"}, path="/healthz")).status == 421


SMALL = Settings(max_body=1000)


async def test_a_body_that_fits_exactly_is_let_in() -> None:
    assert (await ask(SMALL, {"host": "localhost", "content-length": "1000"}, body=[b"x" * 1000])).status == 200


async def test_a_body_that_says_it_is_too_large_is_not_read() -> None:
    answer = await ask(SMALL, {"host": "localhost", "content-length": "1001"}, body=[b"x" * 1001])
    assert (answer.status, answer.reached) == (413, False)
    assert answer.error == "a request may have 1000 bytes; set AUTOPILOT_MAX_BODY_MB"


@pytest.mark.parametrize("length", [{}, {"content-length": "10"}, {"content-length": "ten"}, {"content-length": "-5"}])
async def test_a_body_that_grows_too_large_is_stopped_whatever_it_said(length: dict[str, str]) -> None:
    pieces = [b"x" * 400, b"y" * 400, b"z" * 400, b"never read"]
    assert (await ask(SMALL, {"host": "localhost", **length}, body=pieces)).status == 413
