"""A flow's commits as server-sent events.

Each event's id is its revision, so a browser that reconnects says where it was and misses nothing:
`hello {flowId, revision}` once, then `commit` with the commit, or `resync {revision}` when the reader
is too far behind to be told step by step, or `deleted`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fastapi.responses import StreamingResponse

from server.events import Lagged
from server.wire import compact

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from graph.history import Commit
    from server.events import Subscription
    from server.workspace import Workspace

KEEP_ALIVE_SECONDS: Final = 15
MOST_REPLAYED: Final = 500
"""Commits that a returning reader is told one by one."""


async def event_stream(workspace: Workspace, flow_id: str, after: int | None) -> StreamingResponse:
    """The response that tells of every commit after revision `after`, or from now on.

    Raises:
        Refused: `unknown-flow`.
    """
    # Listening begins before the log is read, so that nothing falls between.
    subscription = await workspace.subscribe(flow_id)
    try:
        revision = await workspace.read(flow_id, lambda stored: stored.revision)
    except BaseException:
        subscription.close()
        raise
    body = _events(workspace, subscription, flow_id, revision if after is None else after, revision)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(body, media_type="text/event-stream", headers=headers)


async def _events(
    workspace: Workspace, subscription: Subscription, flow_id: str, told: int, revision: int
) -> AsyncIterator[str]:
    async with subscription:
        yield _event("hello", {"flowId": flow_id, "revision": revision}, min(told, revision))
        if told < revision:
            missed = await workspace.history(flow_id, told, MOST_REPLAYED + 1)
            # How a flow began is not in its log: whoever has seen nothing of it must read it.
            too_many = told < 1 or len(missed) > MOST_REPLAYED
            if too_many:
                yield _event("resync", {"revision": revision}, revision)
            for commit in () if too_many else missed:
                yield _commit(commit)
                revision = max(revision, commit.revision)
        told = revision
        while True:
            event = await subscription.next(KEEP_ALIVE_SECONDS)
            if event is None:
                yield ": still here\n\n"
            elif isinstance(event, Lagged):
                told = await workspace.read(flow_id, lambda stored: stored.revision)
                yield _event("resync", {"revision": told}, told)
            elif event.commit.revision > told:
                told = event.commit.revision
                yield _commit(event.commit)
                if event.commit.kind == "delete":
                    return


def _commit(commit: Commit) -> str:
    return _event("deleted" if commit.kind == "delete" else "commit", commit.to_wire(), commit.revision)


def _event(name: str, data: object, revision: int) -> str:
    return f"event: {name}\nid: {revision}\ndata: {compact(data)}\n\n"
