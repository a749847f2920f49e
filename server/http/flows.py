"""REST for flows: what a canvas and programs need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import StreamingResponse  # noqa: TC002 - FastAPI reads it
from pydantic import ConfigDict, Field

from graph.actions import parse_actions
from graph.catalog import describe, json_schema
from graph.formats.document import write_document
from graph.formats.flowtext import write_flow_text
from graph.formats.mermaid import write_mermaid
from graph.registry import NODE_SPECS
from server import wire
from server.author import MOST_LETTERS, author_name
from server.http.stream import event_stream
from server.storage.shapes import Edit, Revert
from server.workspace import Workspace

if TYPE_CHECKING:
    from server.storage.flows import Stored


def _workspace(request: Request) -> Workspace:
    return request.app.state.workspace


def _author(x_author: Annotated[str | None, Header(max_length=MOST_LETTERS)] = None) -> str:
    # Headers arrive as Latin-1; a name is sent as UTF-8 by whoever has one that needs it.
    name = (x_author or "").encode("latin-1", "replace").decode("utf-8", "replace")
    return author_name(name, "http")


UsesWorkspace = Annotated[Workspace, Depends(_workspace)]
Author = Annotated[str, Depends(_author)]


class Body(wire.Wire):
    """What a request carries. Unknown members are refused, not dropped."""

    # Built at once: FastAPI looks into the schema while it declares routes.
    model_config = ConfigDict(extra="forbid", defer_build=False)


class NewFlow(Body):
    """A flow to be made: empty, from flow text, or from a document."""

    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    text: str | None = None
    document: dict[str, Any] | None = None


class Actions(Body):
    """A batch of actions."""

    actions: list[Any]
    base_revision: int | None = None
    dry_run: bool = False
    reason: Annotated[str, Field(max_length=500)] | None = None


class UndoRequest(Body):
    """Which commits to take back or bring back."""

    steps: Annotated[int, Field(ge=1, le=1000)] = 1
    author: Annotated[str, Field(max_length=300)] | None = None
    revision: int | None = None
    redo: bool = False


class FlowState(wire.Wire):
    """A flow with its document."""

    flow_id: str
    revision: int
    document: dict[str, Any]


router = APIRouter(prefix="/api", tags=["flows"])


@router.get("/node-types", summary="Node types with fields, ports and JSON Schema of data")
async def node_types() -> list[dict[str, Any]]:
    return [{**describe(spec), "dataSchema": json_schema(spec)} for spec in NODE_SPECS.values()]


@router.get("/flows", summary="Flows, the last changed first", response_model_exclude_none=True)
async def list_flows(
    workspace: UsesWorkspace, query: Annotated[str | None, Query(max_length=300)] = None
) -> wire.FlowList:
    return wire.listed(await workspace.list(query))


@router.post("/flows", status_code=201, summary="Make a flow", response_model_exclude_none=True)
async def create_flow(body: NewFlow, workspace: UsesWorkspace, author: Author) -> wire.FlowCreated:
    created = await workspace.create(author=author, name=body.name, text=body.text, document=body.document)
    return wire.created(created)


@router.get("/flows/{flow_id}", summary="A flow", response_model_exclude_none=True)
async def get_flow(
    flow_id: str,
    workspace: UsesWorkspace,
    format: Annotated[str, Query(pattern="^(json|text|mermaid)$")] = "json",  # noqa: A002 - the public name
) -> wire.FlowView:
    def view(stored: Stored) -> wire.FlowView:
        return wire.FlowView(
            flow_id=stored.id,
            revision=stored.revision,
            document=write_document(stored.flow) if format == "json" else None,
            text=write_flow_text(stored.flow) if format == "text" else None,
            mermaid=write_mermaid(stored.flow) if format == "mermaid" else None,
        )

    return await workspace.read(flow_id, view)


@router.delete("/flows/{flow_id}", summary="Delete a flow")
async def delete_flow(flow_id: str, workspace: UsesWorkspace, author: Author) -> wire.FlowDeleted:
    await workspace.delete(flow_id, author=author)
    return wire.FlowDeleted(flow_id=flow_id, deleted=True)


@router.post("/flows/{flow_id}/actions", summary="Edit a flow, all or nothing", response_model_exclude_none=True)
async def act(flow_id: str, body: Actions, workspace: UsesWorkspace, author: Author) -> wire.EditResult:
    edit = Edit(
        flow_id=flow_id,
        batch=parse_actions(body.actions),
        author=author,
        reason=body.reason,
        base_revision=body.base_revision,
        dry_run=body.dry_run,
    )
    return wire.edit_result(await workspace.edit(edit), dry_run=body.dry_run)


@router.post("/flows/{flow_id}/undo", summary="Undo or redo", response_model_exclude_none=True)
async def undo(flow_id: str, body: UndoRequest, workspace: UsesWorkspace, author: Author) -> wire.EditResult:
    request = Revert(
        flow_id=flow_id,
        author=author,
        of_author=body.author,
        steps=body.steps,
        revision=body.revision,
        redo=body.redo,
    )
    return wire.edit_result(await workspace.revert(request))


@router.get("/flows/{flow_id}/problems", summary="Every problem of a flow", response_model_exclude_none=True)
async def problems(flow_id: str, workspace: UsesWorkspace) -> wire.Validation:
    return wire.validation(await workspace.validate(flow_id))


@router.get("/flows/{flow_id}/events", summary="Commits as server-sent events")
async def events(
    flow_id: str,
    workspace: UsesWorkspace,
    after: Annotated[int | None, Query(ge=0)] = None,
    last_event_id: Annotated[str | None, Header()] = None,
) -> StreamingResponse:
    place = _place(last_event_id)
    return await event_stream(workspace, flow_id, after if place is None else place)


def _place(last_event_id: str | None) -> int | None:
    """The revision that a reader names; None for what is none, and for more digits than any has."""
    text = last_event_id or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None  # noqa: PLR2004
