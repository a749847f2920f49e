"""Answers as they stand on the wire, the same for MCP tools and HTTP."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from graph.diff import summarize
from graph.problems import Code  # noqa: TC001 - pydantic reads it

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graph.problems import Problem
    from graph.validation import Report
    from server.storage.shapes import Landed, Listing
    from server.workspace import Created


class Wire(BaseModel):
    """camelCase outside, snake_case inside."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, validate_by_alias=True, defer_build=True)

    def to_wire(self) -> dict[str, Any]:
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class ProblemWire(Wire):
    """One thing that is wrong, where it is, and what would be right."""

    code: Code
    severity: Literal["error", "warning"]
    path: str = Field(description="JSON Pointer into the request or the document.")
    message: str
    hint: str | None = Field(default=None, description="The nearest valid value, or the valid values.")
    fix: dict[str, Any] | None = Field(default=None, description="An action ready to be sent.")
    node_id: str | None = None
    edge_id: str | None = None


class EditResult(Wire):
    """What an edit did, so that nothing need be read again."""

    flow_id: str
    revision: int
    applied: bool
    changes: list[str] = Field(description="+added -removed ~changed >moved")
    problems: list[ProblemWire]
    rebased: bool | None = Field(default=None, description="Others had edited since baseRevision; both edits stand.")
    reverted: list[int] | None = Field(default=None, description="Revisions that were undone or redone.")
    dry_run: bool | None = None


class FlowCreated(Wire):
    """A new flow."""

    flow_id: str
    revision: int
    problems: list[ProblemWire]


class FlowListed(Wire):
    """A flow in a list."""

    flow_id: str
    name: str
    revision: int
    updated_at: str


class FlowList(Wire):
    """Flows, the last changed first."""

    flows: list[FlowListed]
    total: int | None = Field(default=None, description="How many there are, when not all are here.")


class FlowView(Wire):
    """A flow in the form that was asked for."""

    flow_id: str
    revision: int
    text: str | None = None
    document: dict[str, Any] | None = None
    mermaid: str | None = None


class FlowDeleted(Wire):
    """A flow that is gone."""

    flow_id: str
    deleted: bool


class Validation(Wire):
    """The verdict on a flow."""

    ok: bool
    runnable: bool
    problems: list[ProblemWire]


class NodeTypes(Wire):
    """Node types: all in brief, or some in full."""

    text: str | None = None
    types: list[dict[str, Any]] | None = None


def problems_to_wire(problems: Iterable[Problem]) -> list[ProblemWire]:
    """Problems in their wire form."""
    return [ProblemWire.model_validate(problem.to_wire()) for problem in problems]


def edit_result(landed: Landed, *, dry_run: bool = False) -> EditResult:
    """The answer to an edit that was carried out."""
    lines = summarize(landed.changes)
    added = {change.id for change in landed.changes if change.kind == "node" and change.before is None}
    # A node that was just added is naturally not connected yet.
    told = [p for p in landed.warnings if not (p.code == "unconnected-node" and p.node_id in added)]
    return EditResult(
        flow_id=landed.stored.id,
        revision=landed.stored.revision,
        applied=not dry_run,
        changes=lines,
        problems=problems_to_wire(told),
        rebased=landed.rebased or None,
        reverted=[commit.revision for commit in landed.reverted] or None,
        dry_run=dry_run or None,
    )


def refused_result(flow_id: str, revision: int, problems: Iterable[Problem]) -> EditResult:
    """The answer to an edit that was refused."""
    wire = problems_to_wire(problems)
    return EditResult(flow_id=flow_id, revision=revision, applied=False, changes=[], problems=wire)


def created(flow: Created) -> FlowCreated:
    """The answer to a new flow, with what was done to read it."""
    return FlowCreated(flow_id=flow.stored.id, revision=flow.stored.revision, problems=problems_to_wire(flow.notes))


def listed(listing: Listing) -> FlowList:
    """The answer to a question for flows."""
    flows = [
        FlowListed(flow_id=flow.id, name=flow.name, revision=flow.revision, updated_at=flow.updated_at)
        for flow in listing.flows
    ]
    return FlowList(flows=flows, total=listing.total if listing.total > len(flows) else None)


def validation(report: Report) -> Validation:
    """The answer to a validation."""
    return Validation(ok=report.ok, runnable=report.runnable, problems=problems_to_wire(report.problems))


def compact(value: Any) -> str:
    """JSON without a wasted character: every one costs an assistant."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
