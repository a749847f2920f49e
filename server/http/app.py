"""The HTTP application: guard, REST, MCP and health on one ASGI app."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Protocol

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from mcp.server.transport_security import TransportSecuritySettings
from starlette.exceptions import HTTPException

from graph.errors import GraphError, Refused
from graph.problems import Problem, clip, pointer
from server.errors import ServerError, http_status
from server.http import flows
from server.http.guard import Guard
from server.version import VERSION

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
    from starlette.applications import Starlette
    from starlette.types import ASGIApp

    from server.settings import Settings
    from server.workspace import Workspace

logger = logging.getLogger(__name__)


class McpServer(Protocol):
    """What this app needs of an MCP server; both of the SDK's classes have it."""

    def streamable_http_app(
        self,
        *,
        stateless_http: bool,
        max_request_body_size: int,
        transport_security: TransportSecuritySettings | None,
    ) -> Starlette: ...

    @property
    def session_manager(self) -> StreamableHTTPSessionManager: ...


def build_app(settings: Settings, workspace: Workspace, mcp_server: McpServer, *, stateless: bool = True) -> ASGIApp:
    """The app. Starting it opens the workspace; stopping it closes everything.

    MCP is served `stateless`, so that a restart loses no session; only conformance fixtures need them.
    """
    mcp_app = mcp_server.streamable_http_app(
        stateless_http=stateless,
        max_request_body_size=settings.max_body,
        # The guard has checked Host and Origin for every path.
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        await workspace.open()
        try:
            async with mcp_server.session_manager.run():
                yield
        finally:
            await workspace.close()

    app = FastAPI(
        title="Composer Autopilot",
        version=VERSION,
        lifespan=lifespan,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.workspace = workspace
    app.include_router(flows.router)
    app.add_api_route("/healthz", _health, methods=["GET"], tags=["health"], summary="Whether the server is ready")
    app.add_api_route("/", _welcome, methods=["GET"], include_in_schema=False)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(GraphError, _server_error)
    app.add_exception_handler(ServerError, _server_error)
    app.add_exception_handler(RequestValidationError, _malformed)
    # Its route and not the app: mounted at `/mcp` it would answer with a redirect that clients do not follow, mounted
    # at the root it would swallow every unknown path. The guard stands before it here as before the rest.
    app.router.routes.extend(mcp_app.routes)
    return Guard(app, settings)


async def _health(request: Request) -> dict[str, str]:
    workspace: Workspace = request.app.state.workspace
    async with asyncio.timeout(5):
        await workspace.open()
    return {"status": "ok", "version": VERSION}


async def _refused(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, Refused):
        return await _server_error(request, error)
    body: dict[str, Any] = {"applied": False, "problems": [problem.to_wire() for problem in error.problems]}
    flow_id = request.path_params.get("flow_id")
    workspace: Workspace = request.app.state.workspace
    with suppress(Refused):
        # What the caller needs to ask again; an unknown flow has none.
        body["revision"] = await workspace.read(str(flow_id), lambda stored: stored.revision) if flow_id else None
    return JSONResponse({k: v for k, v in body.items() if v is not None}, status_code=http_status(error))


async def _server_error(_: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"error": str(error)}, status_code=503)


async def _malformed(_: Request, error: Exception) -> JSONResponse:
    faults = error.errors() if isinstance(error, RequestValidationError) else ()
    body = error.body if isinstance(error, RequestValidationError) else None
    problems = [_problem(fault, body) for fault in faults]
    return JSONResponse({"applied": False, "problems": [problem.to_wire() for problem in problems]}, status_code=422)


def _problem(fault: dict[str, Any], body: Any) -> Problem:
    place, *loc = fault["loc"]
    if fault["type"] == "json_invalid":
        reason = fault.get("ctx", {}).get("error", "unreadable").removesuffix(" at")
        where = f"line {body.count(chr(10), 0, loc[0]) + 1}: " if isinstance(body, str) and loc else ""
        return Problem(code="syntax-error", path="", message=f"not JSON: {where}{reason} at character {loc[0]}")
    name = ".".join(str(part) for part in loc) or str(place)
    if fault["type"] == "missing":
        return Problem(code="missing-field", path=pointer(*loc), message=f"{name} is required")
    if fault["type"] == "extra_forbidden":
        return Problem(code="unknown-field", path=pointer(*loc), message=f"there is no member {clip(name)}")
    wanted = str(fault["msg"]).removeprefix("Input ")
    message = f"{name} cannot be {clip(fault.get('input'))}: {wanted}"
    return Problem(code="invalid-value", path=pointer(*loc), message=message)


async def _http_error(_: Request, error: Exception) -> JSONResponse:
    known = isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail if known else "error"}, status_code=error.status_code if known else 500)


async def _welcome() -> PlainTextResponse:
    return PlainTextResponse(
        f"Composer Autopilot {VERSION}. MCP clients connect to /mcp; programs use /api, described in"
        " /api/openapi.json. How to connect an assistant: README.md\n"
    )
