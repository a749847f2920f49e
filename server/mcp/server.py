"""The MCP server: wires the protocol's methods to what answers them.

Imports nothing that costs time: a client waits for the answer to `initialize` and for nothing else,
so node types, storage and tools are loaded behind it (`Door`).
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final

import mcp_types as types
from mcp.server.lowlevel import NotificationOptions, Server
from mcp.server.subscriptions import ListenHandler
from mcp.shared.exceptions import MCPError

from graph.errors import GraphError
from server.author import author_name
from server.errors import ServerError
from server.mcp.stdio import stdio_messages
from server.mcp.subscriptions import Announcements
from server.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mcp.server.context import ServerRequestContext

    from server.mcp.toolbox import Toolbox

    Context = ServerRequestContext[Any, Any]

logger = logging.getLogger(__name__)

INSTRUCTIONS: Final = (
    "Visual AI flows: typed nodes joined by edges. Build with createFlow text or one edit; read with getFlow."
    " Every edit is checked and lands whole or not at all; its answer lists what changed and what is still missing,"
    " so nothing need be read again. A refusal names code, path and hint: correct that and resend."
)


class Door:
    """What stands behind the protocol, loaded at the first need and once."""

    def __init__(self, load: Callable[[], Awaitable[Toolbox]]) -> None:
        self._load = load
        self._loading: asyncio.Task[Toolbox] | None = None

    async def open(self) -> Toolbox:
        """The toolbox; several callers wait for the same loading.

        Raises:
            MCPError: it cannot be loaded; the message says why where that is the user's to mend.
        """
        try:
            return await asyncio.shield(self.begin())
        except (GraphError, ServerError) as error:
            logger.error("%s", error)  # noqa: TRY400 - the message says it all
            raise MCPError(code=types.INTERNAL_ERROR, message=str(error)) from error
        except Exception as error:
            logger.exception("the tools could not be loaded")
            raise MCPError(code=types.INTERNAL_ERROR, message="the server could not start; see its log") from error

    def begin(self) -> asyncio.Task[Toolbox]:
        """Start loading, if nobody has, and do not wait."""
        if self._loading is None or (self._loading.done() and self._loading.exception()):
            self._loading = asyncio.ensure_future(self._load())
        return self._loading

    async def close(self) -> None:
        """Close what was loaded. Idempotent."""
        loading, self._loading = self._loading, None
        if loading is not None:
            try:
                toolbox = await loading
            except Exception:  # noqa: BLE001 - whoever waited for it has been told
                return
            await toolbox.close()


class Handlers:
    """The protocol's methods, answered by what stands behind the door."""

    def __init__(self, door: Door, *, stdio: bool) -> None:
        self._door = door
        self._stdio = stdio
        self.announcements = Announcements(door.open)
        self._listen = ListenHandler(self.announcements)

    async def list_tools(self, _: Context, __: object) -> types.ListToolsResult:
        return types.ListToolsResult(tools=(await self._door.open()).definitions())

    async def call_tool(self, ctx: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        return await (await self._door.open()).call(params.name, params.arguments or {}, author=_author(ctx))

    async def list_resources(
        self, _: Context, params: types.PaginatedRequestParams | None
    ) -> types.ListResourcesResult:
        return await (await self._door.open()).resources.list(params.cursor if params else None)

    async def list_templates(self, _: Context, __: object) -> types.ListResourceTemplatesResult:
        return types.ListResourceTemplatesResult(resource_templates=(await self._door.open()).resources.templates())

    async def read_resource(self, _: Context, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        return await (await self._door.open()).resources.read(str(params.uri))

    async def list_prompts(self, _: Context, __: object) -> types.ListPromptsResult:
        return types.ListPromptsResult(prompts=(await self._door.open()).prompts.list())

    async def get_prompt(self, _: Context, params: types.GetPromptRequestParams) -> types.GetPromptResult:
        return await (await self._door.open()).prompts.get(params.name, params.arguments or {})

    async def complete(self, _: Context, params: types.CompleteRequestParams) -> types.CompleteResult:
        return await (await self._door.open()).complete(params)

    async def listen(
        self, ctx: Context, params: types.SubscriptionsListenRequestParams
    ) -> types.SubscriptionsListenResult:
        await self.announcements.ready()
        return await self._listen(ctx, params)

    async def subscribe(self, ctx: Context, params: types.SubscribeRequestParams) -> types.EmptyResult:
        await self.announcements.ready()
        self.announcements.add(str(params.uri), ctx.session)
        return types.EmptyResult()

    async def unsubscribe(self, _: Context, params: types.UnsubscribeRequestParams) -> types.EmptyResult:
        self.announcements.remove(str(params.uri))
        return types.EmptyResult()

    async def initialized(self, ctx: Context, __: types.NotificationParams) -> None:
        self._door.begin()
        if self._stdio:
            self.announcements.greet(ctx.session)


def build_server(door: Door, *, stdio: bool) -> Server[Any]:
    """A server for both protocol eras.

    Args:
        door: leads to the tools.
        stdio: the one connection is kept open, so that clients of the handshake era can subscribe too.
    """
    handlers = Handlers(door, stdio=stdio)
    server: Server[Any] = Server(
        "composer-autopilot",
        version=VERSION,
        title="Composer Autopilot",
        instructions=INSTRUCTIONS,
        on_list_tools=handlers.list_tools,
        on_call_tool=handlers.call_tool,
        on_list_resources=handlers.list_resources,
        on_list_resource_templates=handlers.list_templates,
        on_read_resource=handlers.read_resource,
        on_list_prompts=handlers.list_prompts,
        on_get_prompt=handlers.get_prompt,
        on_completion=handlers.complete,
        on_subscriptions_listen=handlers.listen,
        # Without a lasting connection there is nowhere to send what was subscribed to.
        on_subscribe_resource=handlers.subscribe if stdio else None,
        on_unsubscribe_resource=handlers.unsubscribe if stdio else None,
    )
    server.add_notification_handler("notifications/initialized", types.NotificationParams, handlers.initialized)
    return server


async def serve_stdio(door: Door) -> None:
    """Serve one client over standard input and output until it leaves."""
    server = build_server(door, stdio=True)
    options = server.create_initialization_options(NotificationOptions(resources_changed=True))
    try:
        async with stdio_messages() as (messages, answers):
            await server.run(messages, answers, options)
    finally:
        await door.close()


def _author(ctx: Context) -> str:
    """Whose edit it is: the client's name for itself.

    A client of the handshake era says it once and over HTTP nothing remembers it: there its headers tell.
    """
    params = ctx.session.client_params
    name = params.client_info.name if params and params.client_info else ""
    headers = getattr(ctx.request, "headers", None)
    if not name and headers is not None:
        name = headers.get("x-author") or headers.get("user-agent", "").partition("/")[0]
    return author_name(name, "mcp")
