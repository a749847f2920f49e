"""Several processes on one data directory: nothing acknowledged is lost, and each hears of the others."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from statistics import median
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest

from tests.doors import PATIENCE, SIX_NODES, Stdio

if TYPE_CHECKING:
    from collections.abc import Iterator

EDITS = 60
ANNOUNCED_WITHIN = 1.0
"""Seconds. The goal is 0.2; a busy machine must not fail the test."""


@dataclass
class Told:
    """What one client was told of its edits."""

    landed: dict[str, int] = field(default_factory=dict[str, int])
    """Node id → revision."""
    refused: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """Node id → codes of the problems."""


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stdio, Stdio]]:
    data = tmp_path_factory.mktemp("data")
    with Stdio(data) as one, Stdio(data) as two:
        # Both have loaded their tools, or one would be done before the other begins.
        for client in (one, two):
            client.call("listFlows")
        yield one, two


@pytest.fixture
def flow(pair: tuple[Stdio, Stdio]) -> str:
    """A new flow that both processes may edit."""
    return pair[0].call("createFlow", name="Story", text=SIX_NODES)["structuredContent"]["flowId"]


def document(client: Stdio, flow: str) -> tuple[int, dict[str, Any]]:
    answer = client.call("getFlow", flowId=flow, format="json")["structuredContent"]
    return answer["revision"], answer["document"]


def add_nodes(client: Stdio, flow: str, own: str, start: Barrier) -> Told:
    """Add nodes, one edit always under way; every third id is one that the other client uses, too."""
    told = Told()
    start.wait(PATIENCE)
    for number in range(EDITS):
        node_id = f"shared-{number}" if number % 3 == 0 else f"{own}-{number}"
        result = client.call("addNode", flowId=flow, type="text-input", id=node_id, baseRevision=1)
        if result.get("isError"):
            told.refused[node_id] = [each["code"] for each in json.loads(result["content"][0]["text"])["problems"]]
        else:
            told.landed[node_id] = result["structuredContent"]["revision"]
    return told


def test_two_processes_lose_nothing_that_was_acknowledged(pair: tuple[Stdio, Stdio], flow: str) -> None:
    one, two = pair
    start = Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        ours, theirs = pool.map(add_nodes, pair, (flow, flow), ("one", "two"), (start, start), timeout=PATIENCE)
    revision, found = document(one, flow)
    assert document(two, flow) == (revision, found)

    landed = {**ours.landed, **theirs.landed}
    assert len(landed) == len(ours.landed) + len(theirs.landed)
    assert {node["id"] for node in found["nodes"][6:]} == set(landed)
    assert sorted(landed.values()) == list(range(2, revision + 1))

    refused = [*ours.refused.items(), *theirs.refused.items()]
    assert len(landed) + len(refused) == 2 * EDITS
    assert all(node_id.startswith("shared-") and codes for node_id, codes in refused)
    assert {code for _, codes in refused for code in codes} <= {"duplicate-node-id", "revision-conflict"}


def test_two_processes_in_one_field_are_told_of_each_other(pair: tuple[Stdio, Stdio], flow: str) -> None:
    one, two = pair
    values: list[str] = []
    for number in range(10):
        revision, _ = document(two, flow)
        for client, name in ((one, "one"), (two, "two")):
            value = f"{name} {number}"
            result = client.call(
                "configure", flowId=flow, nodeId="topic", data={"inputValue": value}, baseRevision=revision
            )
            if client is one:
                assert not result.get("isError")
                values.append(value)
            else:
                (problem,) = json.loads(result["content"][0]["text"])["problems"]
                assert problem["code"] == "revision-conflict"
                assert f"'two {number}' (yours), 'one {number}'" in problem["message"]
    assert document(two, flow)[1]["nodes"][0]["data"]["inputValue"] == values[-1]
    assert one.call("undo", flowId=flow, steps=10)["structuredContent"]["applied"]
    assert document(two, flow)[1]["nodes"][0]["data"]["inputValue"] == "a cat on the moon"


def test_what_one_process_does_is_announced_by_the_other(pair: tuple[Stdio, Stdio], flow: str) -> None:
    one, two = pair
    two.request("resources/subscribe", uri=f"flow://{flow}")
    waited: list[float] = []
    for _ in range(10):
        one.call("addNode", flowId=flow, type="comment")
        acknowledged = time.perf_counter()
        uri = two.updated()
        waited.append(time.perf_counter() - acknowledged)
        assert uri == f"flow://{flow}"
    print(f"announced after {median(waited) * 1000:.0f} ms (median), {max(waited) * 1000:.0f} ms (most)")  # noqa: T201
    assert max(waited) < ANNOUNCED_WITHIN
