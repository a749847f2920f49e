"""Standard input and output, where lines that are no message are answered, too.

The SDK drops such lines, and a client that sent one would wait for its answer until it gives up.
"""

from __future__ import annotations

import json
import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import anyio
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from mcp_types import INVALID_REQUEST, PARSE_ERROR, ErrorData, JSONRPCError
from pydantic import ValidationError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from anyio.streams.memory import MemoryObjectReceiveStream
    from mcp.shared._stream_protocols import WriteStream

    Messages = MemoryObjectReceiveStream[SessionMessage | Exception]
    Answers = WriteStream[SessionMessage]

_ID: Final = re.compile(r'\s*\{[^{\[]*?"id"\s*:\s*(\d{1,15}|"[^"\\]{0,100}")')
"""The id of a request whose end is missing or cannot be read."""


@asynccontextmanager
async def stdio_messages() -> AsyncGenerator[tuple[Messages, Answers]]:
    """What arrives, one message at a time, and where answers go."""
    async with stdio_server() as (lines, answers):
        arrived, messages = anyio.create_memory_object_stream[SessionMessage | Exception]()

        async def sort() -> None:
            async with arrived:
                async for item in lines:
                    if not isinstance(item, ValidationError):
                        await arrived.send(item)
                    elif (answer := _unreadable(item)) is not None:
                        await answers.send(SessionMessage(answer))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(sort)
            yield messages, answers
            tasks.cancel_scope.cancel()


def _unreadable(error: ValidationError) -> JSONRPCError | None:
    """The answer to a line that is no message; None for an empty line, which is nothing at all."""
    faults = error.errors(include_url=False, include_context=False)
    if faults[0]["type"] != "json_invalid":
        # Each kind of message has its own complaint, most about the whole.
        ids = [_id_of(fault["input"]) for fault in faults]
        found = next((request_id for request_id in ids if request_id is not None), None)
        return _error(found, INVALID_REQUEST, "not a JSON-RPC message")
    line = str(faults[0]["input"])
    return _error(_id_in(line), PARSE_ERROR, faults[0]["msg"]) if line.strip() else None


def _error(request_id: int | str | None, code: int, message: str) -> JSONRPCError:
    return JSONRPCError(jsonrpc="2.0", id=request_id, error=ErrorData(code=code, message=message))


def _id_in(line: str) -> int | str | None:
    try:
        return _id_of(json.loads(line))
    except (ValueError, RecursionError):
        match = _ID.match(line)
        return json.loads(match[1]) if match else None


def _id_of(message: Any) -> int | str | None:
    found = message.get("id") if isinstance(message, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    return found if isinstance(found, (int, str)) and not isinstance(found, bool) else None
