"""The same use cases on PostgreSQL: a server of our own on a socket in a folder of our own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from graph.actions import parse_actions
from graph.errors import Refused
from server.composition import build_workspace
from server.settings import Settings
from server.storage.shapes import Edit, Revert

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator

    from server.workspace import Workspace

pytestmark = pytest.mark.anyio
_START_SECONDS: Final = 60


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


def _program(name: str) -> str | None:
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(installed[-1]) if installed else None)


@pytest.fixture(scope="module")
def url() -> Generator[str]:
    initdb, pg_ctl = _program("initdb"), _program("pg_ctl")
    if initdb is None or pg_ctl is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    # PostgreSQL refuses to run as root.
    owner = "postgres" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="autopilot-pg-") as folder:
        if owner:
            shutil.chown(folder, owner)
        data = f"{folder}/data"
        options = f"-k {folder} -c listen_addresses='' -c fsync=off"

        def run(*command: str) -> None:
            subprocess.run(
                command,
                check=True,
                user=owner,
                cwd=folder,
                timeout=_START_SECONDS,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )

        run(initdb, "-D", data, "-U", "autopilot", "--auth=trust", "--encoding=UTF8", "--locale=C")
        run(pg_ctl, "-D", data, "-o", options, "-l", f"{folder}/log", "-w", "start")
        try:
            yield f"postgresql+psycopg://autopilot@/postgres?host={folder}"
        finally:
            run(pg_ctl, "-D", data, "-m", "immediate", "stop")


@pytest.fixture
async def workspaces(url: str) -> AsyncGenerator[tuple[Workspace, Workspace]]:
    pair = build_workspace(Settings(database_url=url)), build_workspace(Settings(database_url=url))
    try:
        yield pair
    finally:
        for workspace in pair:
            await workspace.close()


def an_edit(flow_id: str, *actions: dict[str, Any], author: str = "ann", base_revision: int | None = None) -> Edit:
    return Edit(flow_id=flow_id, batch=parse_actions(list(actions)), author=author, base_revision=base_revision)


async def document(workspace: Workspace, flow_id: str) -> dict[str, Any]:
    return await workspace.read(flow_id, lambda stored: stored.flow.to_document())


async def test_two_processes_edit_one_flow(workspaces: tuple[Workspace, Workspace]) -> None:
    ann, bob = workspaces
    flow_id = (await ann.create(author="ann", name="Story", text="a text-input\nb preview-output\na -> b")).stored.id
    before = await document(bob, flow_id)

    await ann.edit(an_edit(flow_id, {"action": "configure", "nodeId": "a", "data": {"inputValue": "x"}}))
    mine = {"action": "configure", "nodeId": "b", "data": {"label": "B"}}
    rebased = await bob.edit(an_edit(flow_id, mine, author="bob", base_revision=1))
    assert rebased.rebased
    other = {"action": "configure", "nodeId": "a", "data": {"inputValue": "y"}}
    with pytest.raises(Refused) as refused:
        await bob.edit(an_edit(flow_id, other, author="bob", base_revision=1))
    assert [problem.code for problem in refused.value.problems] == ["revision-conflict"]
    assert await document(ann, flow_id) == await document(bob, flow_id)

    await ann.revert(Revert(flow_id=flow_id, author="ann", steps=2))
    assert await document(bob, flow_id) == before


async def test_what_one_process_does_the_other_hears(workspaces: tuple[Workspace, Workspace]) -> None:
    ann, bob = workspaces
    flow_id = (await ann.create(author="ann", name="Heard")).stored.id
    async with await bob.subscribe(flow_id) as subscription:
        await ann.edit(an_edit(flow_id, {"action": "addNode", "type": "comment"}))
        event = await subscription.next(10)

    assert event is not None
    assert getattr(event, "flow_id", None) == flow_id


async def test_lists_are_searched_and_deleted_flows_are_gone(workspaces: tuple[Workspace, Workspace]) -> None:
    ann, bob = workspaces
    flow_id = (await ann.create(author="ann", name="Find 100% of me")).stored.id
    assert [flow.id for flow in (await bob.list("100% OF")).flows] == [flow_id]

    await bob.delete(flow_id, author="bob")

    assert (await ann.list("100% OF")).flows == ()
    with pytest.raises(Refused, match="unknown-flow"):
        await document(ann, flow_id)
