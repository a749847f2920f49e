"""Who may come in: Host and Origin, the bearer token, the size of what they bring.

Plain ASGI: a middleware that wraps responses would buffer or delay event streams.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers
from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from server.settings import Settings

OPEN_PATHS: Final = frozenset({"/healthz"})
"""Paths that tell nothing and so need no token."""
LOOPBACK_NAMES: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
MCP_PATH: Final = "/mcp"
"""Where errors are JSON-RPC."""
_INVALID_REQUEST: Final = -32600
_BEARER: Final = "bearer "


class Guard:
    """Turns away requests by their head, and bodies that outgrow the limit as they arrive."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._token = settings.token
        self._max_body = settings.max_body
        self._names = LOOPBACK_NAMES | {_name(host) for host in (settings.host, *settings.allowed_hosts)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope["path"], headers)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        await self._guarded(scope, receive, send)

    def _refusal(self, path: str, headers: Headers) -> JSONResponse | None:
        if _host(headers.get("host", "")) not in self._names:
            return _error(421, "this server is not known by that name; set AUTOPILOT_ALLOWED_HOSTS")
        origin = headers.get("origin")
        if origin is not None and _host(origin.partition("://")[2]) not in self._names:
            return _error(403, "requests from this origin are not accepted; set AUTOPILOT_ALLOWED_HOSTS")
        if self._token is not None and path not in OPEN_PATHS and not self._knows(headers.get("authorization", "")):
            response = _error(401, "send the token as `Authorization: Bearer …`")
            response.headers["WWW-Authenticate"] = "Bearer"
            return response
        length = headers.get("content-length", "")
        if length.isascii() and length.isdigit() and int(length) > self._max_body:
            return self._too_large(path)
        return None

    def _knows(self, authorization: str) -> bool:
        if self._token is None or not authorization.lower().startswith(_BEARER):
            return False
        # Headers are read as Latin-1, whatever was meant: a token with other letters may have been sent as UTF-8.
        sent = authorization[len(_BEARER) :].strip().encode("latin-1", "replace")
        as_utf8 = hmac.compare_digest(sent, self._token.encode())
        return hmac.compare_digest(sent, self._token.encode("latin-1", "replace")) or as_utf8

    async def _guarded(self, scope: Scope, receive: Receive, send: Send) -> None:
        received = 0
        answered = refused = False

        async def counted() -> Message:
            nonlocal received, refused
            message = await receive()
            received += len(message.get("body", b""))
            if received <= self._max_body:
                return message
            if not answered and not refused:
                refused = True
                await self._too_large(scope["path"])(scope, receive, send)
            # An exception would do as well, if the app let it through.
            return {"type": "http.disconnect"}

        async def watched(message: Message) -> None:
            nonlocal answered
            answered = True
            if not refused:
                await send(message)

        try:
            await self._app(scope, counted, watched)
        except Exception:
            # The app's complaint that the rest of the request is missing.
            if not refused:
                raise

    def _too_large(self, path: str) -> JSONResponse:
        message = f"a request may have {self._max_body} bytes; set AUTOPILOT_MAX_BODY_MB"
        if path != MCP_PATH:
            return _error(413, message)
        body = {"jsonrpc": "2.0", "id": None, "error": {"code": _INVALID_REQUEST, "message": message}}
        return JSONResponse(body, status_code=413)


def _name(host: str) -> str:
    """A configured host as it stands in a header: in small letters, an IPv6 address in brackets."""
    return f"[{host.lower()}]" if host.count(":") > 1 and not host.startswith("[") else host.lower()


def _host(netloc: str) -> str:
    """The name in `name:port`, brackets of an IPv6 address kept."""
    name = netloc.lower()
    return name[: name.find("]") + 1] if name.startswith("[") else name.partition(":")[0]


def _error(status: int, message: str) -> JSONResponse:
    return JSONResponse({"error": message}, status_code=status)
