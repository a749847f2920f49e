"""Items as clients write them: messages, function calls and their outputs, MCP items, references."""

from typing import Annotated, Any, ClassVar, Literal, cast

from pydantic import Discriminator, Field, Tag

from realtime.protocol.shapes import Json, Shape

__all__ = ["ClientItem", "ItemReference"]

ItemId = Annotated[str, Field(min_length=1, max_length=128)]
Status = Literal["completed", "incomplete", "in_progress"]


class InputText(Shape):
    """Something typed."""

    type: Literal["input_text"]
    text: str


class InputAudio(Shape):
    """Something said; `audio` is base64 in the session's input format."""

    type: Literal["input_audio"]
    audio: str | None = None
    transcript: str | None = None


class InputImage(Shape):
    """A picture, as a data URL."""

    type: Literal["input_image"]
    image_url: str
    detail: Literal["auto", "low", "high"] = "auto"


class OutputText(Shape):
    """Something the assistant has written, or said elsewhere. Its audio cannot be given."""

    type: Literal["output_text"]
    text: str


class _Item(Shape):
    id: ItemId | None = None
    object: Literal["realtime.item"] | None = None
    status: Status | None = None


class SystemMessage(_Item):
    """Instructions in mid-conversation."""

    type: Literal["message"]
    role: Literal["system"]
    content: Annotated[list[InputText], Field(min_length=1)]


class UserMessage(_Item):
    """What the user said, typed or showed."""

    type: Literal["message"]
    role: Literal["user"]
    content: Annotated[
        list[Annotated[InputText | InputAudio | InputImage, Field(discriminator="type")]], Field(min_length=1)
    ]


class AssistantMessage(_Item):
    """What the assistant said."""

    type: Literal["message"]
    role: Literal["assistant"]
    content: Annotated[list[OutputText], Field(min_length=1)]


class FunctionCall(_Item):
    """A call the assistant made."""

    type: Literal["function_call"]
    name: str
    arguments: str
    call_id: ItemId | None = None


class FunctionCallOutput(_Item):
    """What a call gave."""

    type: Literal["function_call_output"]
    call_id: ItemId
    output: str


class _McpItem(Shape):
    id: ItemId | None = None


class McpApprovalRequest(_McpItem):
    """The assistant wants to use a remote tool."""

    type: Literal["mcp_approval_request"]
    server_label: str
    name: str
    arguments: str


class McpApprovalResponse(_McpItem):
    """It may, or may not."""

    ABSENT: ClassVar[frozenset[str]] = frozenset({"reason"})
    type: Literal["mcp_approval_response"]
    approval_request_id: str
    approve: bool
    reason: str | None = None


class McpListTools(_McpItem):
    """The tools of a remote server."""

    type: Literal["mcp_list_tools"]
    server_label: str
    tools: list[dict[str, Any]]


class McpCall(_McpItem):
    """A remote tool was used."""

    ABSENT: ClassVar[frozenset[str]] = frozenset({"approval_request_id", "output", "error"})
    type: Literal["mcp_call"]
    server_label: str
    name: str
    arguments: str
    approval_request_id: str | None = None
    output: str | None = None
    error: dict[str, Any] | None = None


class ItemReference(Shape):
    """An item of the conversation, by id; only in the `input` of a response."""

    type: Literal["item_reference"]
    id: ItemId


def _role(value: Any) -> str | None:
    if isinstance(value, dict):
        role = cast("Json", value).get("role")
        return role if isinstance(role, str) else None
    return str(getattr(value, "role", ""))


Message = Annotated[
    Annotated[SystemMessage, Tag("system")]
    | Annotated[UserMessage, Tag("user")]
    | Annotated[AssistantMessage, Tag("assistant")],
    Discriminator(_role),
]
McpItem = McpApprovalRequest | McpApprovalResponse | McpListTools | McpCall


def _kind(value: Any) -> str | None:
    if isinstance(value, dict):
        kind = cast("Json", value).get("type")
        return kind if isinstance(kind, str) else None
    return str(getattr(value, "type", ""))


ClientItem = Annotated[
    Annotated[Message, Tag("message")]
    | Annotated[FunctionCall, Tag("function_call")]
    | Annotated[FunctionCallOutput, Tag("function_call_output")]
    | Annotated[McpApprovalRequest, Tag("mcp_approval_request")]
    | Annotated[McpApprovalResponse, Tag("mcp_approval_response")]
    | Annotated[McpListTools, Tag("mcp_list_tools")]
    | Annotated[McpCall, Tag("mcp_call")],
    Discriminator(_kind),
]
InputItem = Annotated[
    Annotated[Message, Tag("message")]
    | Annotated[FunctionCall, Tag("function_call")]
    | Annotated[FunctionCallOutput, Tag("function_call_output")]
    | Annotated[McpApprovalRequest, Tag("mcp_approval_request")]
    | Annotated[McpApprovalResponse, Tag("mcp_approval_response")]
    | Annotated[McpListTools, Tag("mcp_list_tools")]
    | Annotated[McpCall, Tag("mcp_call")]
    | Annotated[ItemReference, Tag("item_reference")],
    Discriminator(_kind),
]
