"""A power cut at any moment loses nothing that was acknowledged."""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING

from sqlalchemy import text

from graph.models import default_models
from graph.validation import Setting
from server.settings import Settings
from server.storage.database import open_database
from server.storage.flows import FlowStore
from tests.doors import Stdio

if TYPE_CHECKING:
    from pathlib import Path

KILLS = 15
LEAST_KILLS = 5
SECONDS = 12.0
"""After so long, fewer kills have to do."""


def edit_until_killed(client: Stdio, prefix: str, after: float) -> dict[str, int]:
    """Stream in edits, some large, and cut the power after a while. Acknowledged node ids with their revisions."""
    acknowledged: dict[str, int] = {}
    killer = threading.Timer(after, client.process.kill)
    killer.start()
    try:
        for number in range(10_000):
            node_id = f"{prefix}-{number}"
            value = "x" * (20_000 if number % 5 == 0 else 10)
            result = client.call("addNode", flowId="story", type="text-input", id=node_id, data={"inputValue": value})
            acknowledged[node_id] = result["structuredContent"]["revision"]
    except (ConnectionError, BrokenPipeError):
        pass
    killer.join()
    return acknowledged


def test_a_server_that_is_killed_keeps_every_edit_it_acknowledged(tmp_path: Path) -> None:
    moments = random.Random(20261120)  # noqa: S311 - when to kill is no secret
    began = time.monotonic()
    acknowledged: dict[str, int] = {}
    kills = 0
    with Stdio(tmp_path) as client:
        client.call("createFlow", name="Story")
    while kills < KILLS and (kills < LEAST_KILLS or time.monotonic() - began < SECONDS):
        with Stdio(tmp_path) as client:
            document = client.call("getFlow", flowId="story", format="json")["structuredContent"]["document"]
            found = {node["id"] for node in document["nodes"]}
            assert set(acknowledged) <= found
            # The edit under way at the moment of a kill may have landed, no other.
            assert len(found) <= len(acknowledged) + kills
            acknowledged |= edit_until_killed(client, f"k{kills}", moments.uniform(0.0, 0.15))
            kills += 1

    engine = open_database(Settings(data_dir=tmp_path).resolved_database_url())
    with engine.begin() as connection:
        assert connection.execute(text("PRAGMA integrity_check")).scalars().all() == ["ok"]
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
    store = FlowStore(engine, str, Setting(default_models()))
    commits = store.history("story", 0, 100_000)
    assert [commit.revision for commit in commits] == list(range(1, store.get("story").revision + 1))
    landed = {change.id: commit.revision for commit in commits for change in commit.changes if change.kind == "node"}
    assert acknowledged.items() <= landed.items()
    assert set(landed) == set(store.get("story").flow.nodes)
    store.close()
    print(f"{kills} kills, {len(acknowledged)} edits acknowledged, {len(landed)} landed")  # noqa: T201
    assert len(acknowledged) > kills
