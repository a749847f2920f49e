"""News of commits: in order, from every process, to every listener, and no task left behind."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from anyio.lowlevel import checkpoint

from graph.actions import parse_actions
from graph.history import Commit
from server.composition import build_workspace
from server.events import MOST_WAITING, SURE_SECONDS, Committed, Feed, Lagged
from server.settings import Settings
from server.storage.shapes import Edit

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from server.events import Subscription
    from server.workspace import Workspace

pytestmark = pytest.mark.anyio

SOON = 5.0


@asynccontextmanager
async def opened(data_dir: Path) -> AsyncGenerator[Workspace]:
    workspace = build_workspace(Settings(data_dir=data_dir))
    try:
        yield workspace
    finally:
        await workspace.close()


async def add(workspace: Workspace, flow_id: str, node_id: str) -> None:
    batch = parse_actions([{"action": "addNode", "type": "text-input", "id": node_id}])
    await workspace.edit(Edit(flow_id=flow_id, batch=batch, author="test"))


async def hear(subscription: Subscription, number: int) -> list[tuple[str, int, str]]:
    """The next commits: flow, revision, kind."""
    heard: list[tuple[str, int, str]] = []
    while len(heard) < number:
        event = await subscription.next(SOON)
        assert isinstance(event, Committed), f"after {heard}: {event}"
        heard.append((event.flow_id, event.commit.revision, event.commit.kind))
    return heard


def feed_tasks() -> list[asyncio.Task[object]]:
    return [task for task in asyncio.all_tasks() if task.get_name() == "commit feed"]


async def test_own_commits_are_heard_in_order(tmp_path: Path) -> None:
    async with opened(tmp_path) as workspace, await workspace.subscribe() as subscription:
        await workspace.create(author="test", name="One")
        await add(workspace, "one", "a")
        await add(workspace, "one", "b")
        await workspace.delete("one", author="test")
        assert await hear(subscription, 4) == [
            ("one", 1, "create"),
            ("one", 2, "edit"),
            ("one", 3, "edit"),
            ("one", 4, "delete"),
        ]


async def test_commits_of_another_process_are_heard_in_order(tmp_path: Path) -> None:
    async with opened(tmp_path) as here, opened(tmp_path) as there, await here.subscribe() as subscription:
        await there.create(author="test", name="One")
        await here.create(author="test", name="Two")
        await add(there, "one", "a")
        await add(here, "two", "a")
        heard = await hear(subscription, 4)
        assert heard == [("one", 1, "create"), ("two", 1, "create"), ("one", 2, "edit"), ("two", 2, "edit")]


async def test_a_listener_of_one_flow_hears_of_no_other(tmp_path: Path) -> None:
    async with opened(tmp_path) as workspace:
        await workspace.create(author="test", name="One")
        await workspace.create(author="test", name="Two")
        async with await workspace.subscribe("two") as subscription:
            await add(workspace, "one", "a")
            await add(workspace, "two", "a")
            assert await hear(subscription, 1) == [("two", 2, "edit")]


async def test_what_landed_before_is_not_news(tmp_path: Path) -> None:
    async with opened(tmp_path) as workspace:
        await workspace.create(author="test", name="One")
        async with await workspace.subscribe() as subscription:
            await add(workspace, "one", "a")
            assert await hear(subscription, 1) == [("one", 2, "edit")]


class Log:
    """A log that can be held back, to make two things happen in one turn of the event loop."""

    def __init__(self) -> None:
        self.commits: list[Commit] = []
        self.open = asyncio.Event()
        self.open.set()

    def add(self, number: int) -> None:
        last = len(self.commits)
        self.commits += [Commit(revision=last + 1 + n, author="test", at="") for n in range(number)]

    async def fetch(self, after: int | None) -> tuple[int, list[tuple[str, Commit]]]:
        end = len(self.commits)
        await self.open.wait()
        if after is None:
            return end, []
        page = self.commits[after : after + 500]
        return after + len(page), [("one", commit) for commit in page]

    def feed(self) -> Feed:
        return Feed(self.fetch, lambda: len(self.commits))


async def test_the_later_of_two_first_listeners_costs_the_earlier_nothing() -> None:
    log = Log()
    feed = log.feed()
    log.open.clear()
    first, second = asyncio.ensure_future(feed.subscribe()), asyncio.ensure_future(feed.subscribe())
    await checkpoint()
    log.add(1)
    third = asyncio.ensure_future(feed.subscribe())
    await checkpoint()
    log.open.set()
    assert await hear(await first, 1) == [("one", 1, "edit")]
    await asyncio.gather(second, third)
    assert len(feed_tasks()) == 1
    await feed.close()


async def test_more_commits_than_one_look_brings_are_heard_without_a_pause() -> None:
    log = Log()
    feed = log.feed()
    async with await feed.subscribe() as subscription, asyncio.timeout(SURE_SECONDS / 2):
        for _ in range(3):
            log.add(900)
            assert len(await hear(subscription, 900)) == 900
    await feed.close()


async def test_a_listener_that_does_not_listen_is_told_to_read_again() -> None:
    log = Log()
    feed = log.feed()
    slow, quick = await feed.subscribe(), await feed.subscribe()
    for _ in range(3):
        log.add(MOST_WAITING // 2)
        await hear(quick, MOST_WAITING // 2)
    assert isinstance(await slow.next(SOON), Lagged)
    heard = await hear(slow, MOST_WAITING // 2 - 1)
    assert heard[-1] == ("one", 3 * MOST_WAITING // 2, "edit")
    log.add(1)
    assert await hear(slow, 1) == [("one", 3 * MOST_WAITING // 2 + 1, "edit")]
    await feed.close()


async def test_a_log_that_cannot_be_read_for_a_moment_is_read_again(caplog: pytest.LogCaptureFixture) -> None:
    log = Log()
    failed = asyncio.Event()

    async def fetch(after: int | None) -> tuple[int, list[tuple[str, Commit]]]:
        if after is not None and not failed.is_set():
            failed.set()
            raise OSError
        return await log.fetch(after)

    feed = Feed(fetch, lambda: len(log.commits))
    async with await feed.subscribe() as subscription:
        await asyncio.wait_for(failed.wait(), SOON)
        log.add(1)
        assert await hear(subscription, 1) == [("one", 1, "edit")]
    assert "the commit feed could not be read" in caplog.text
    await feed.close()


async def test_waiting_in_vain_ends_with_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as workspace, await workspace.subscribe() as subscription:
        assert await subscription.next(0.01) is None


async def test_the_feed_is_watched_only_while_somebody_listens(tmp_path: Path) -> None:
    async with opened(tmp_path) as workspace:
        assert feed_tasks() == []
        first, second = await workspace.subscribe(), await workspace.subscribe()
        assert len(feed_tasks()) == 1
        first.close()
        first.close()
        assert len(feed_tasks()) == 1
        (watching,) = feed_tasks()
        second.close()
        second.close()
        await asyncio.wait([watching], timeout=SOON)
        assert watching.cancelled()
        async with await workspace.subscribe() as again:
            await workspace.create(author="test", name="One")
            assert await hear(again, 1) == [("one", 1, "create")]


async def test_closing_the_workspace_ends_the_feed_and_may_be_repeated(tmp_path: Path) -> None:
    async with opened(tmp_path) as workspace:
        await workspace.subscribe()
        await workspace.close()
        assert feed_tasks() == []
        await workspace.close()
