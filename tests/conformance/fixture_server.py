"""An MCP server that holds everything the protocol conformance scenarios ask for by name.

The product's own tools say nothing about images, audio, sampling and so on, so most scenarios cannot be run against
them. This server can be: it goes through the product's own app factory, so what is tested is how the product serves
MCP (mount, middleware, transport flags). `build` makes the server; run as a program it serves itself, for trying:

    python tests/conformance/fixture_server.py 3901 [--stateless]
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import socket
import struct
import tempfile
import wave
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import uvicorn
from mcp.server import MCPServer, ServerRequestContext
from mcp.server.mcpserver import (
    AcceptedElicitation,
    Audio,
    Context,
    Elicit,
    ElicitationResult,
    Image,
    Resolve,
    Sample,
    UserMessage,
)
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.prompts import Prompt
from mcp.server.mcpserver.tools import Tool
from mcp_types import (
    Completion,
    CompletionArgument,
    CompletionContext,
    CreateMessageRequest,
    CreateMessageRequestParams,
    CreateMessageResult,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    EmbeddedResource,
    EmptyResult,
    InputRequest,
    InputRequiredResult,
    ListRootsRequest,
    PromptReference,
    ResourceTemplateReference,
    SamplingMessage,
    SetLevelRequestParams,
    SubscribeRequestParams,
    TextContent,
    TextResourceContents,
    UnsubscribeRequestParams,
)
from pydantic import BaseModel, Field

from server.composition import build_workspace
from server.http.app import build_app
from server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

STEP_SECONDS: Final = 0.05
"""Between two notifications of one call: long enough for a client to see that they arrive one by one."""

SCHEMA_2020_12: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        },
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}
"""Every JSON Schema keyword that a server must hand on untouched."""


def pixel_png() -> bytes:
    """A valid PNG of one red pixel."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    scanline = b"\x00\xff\x00\x00"
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(scanline)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def silence_wav() -> bytes:
    """A valid WAV of ten silent milliseconds."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(160))
    return buffer.getvalue()


def embedded(uri: str, mime_type: str, text: str) -> EmbeddedResource:
    """A text resource that travels inside the answer."""
    return EmbeddedResource(resource=TextResourceContents(uri=uri, mime_type=mime_type, text=text))


# Tools: kinds of content


def test_simple_text() -> str:
    """Answers with one text."""
    return "This is a simple text response for testing."


def test_image_content() -> Image:
    """Answers with one picture."""
    return Image(data=pixel_png(), format="png")


def test_audio_content() -> Audio:
    """Answers with one sound."""
    return Audio(data=silence_wav(), format="wav")


def test_embedded_resource() -> EmbeddedResource:
    """Answers with a resource inside the result."""
    return embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")


def test_multiple_content_types() -> list[str | Image | EmbeddedResource]:
    """Answers with a text, a picture and a resource."""
    record = json.dumps({"test": "data", "value": 123})
    return [
        "Multiple content types test:",
        Image(data=pixel_png(), format="png"),
        embedded("test://mixed-content-resource", "application/json", record),
    ]


def test_error_handling() -> str:
    """Always fails."""
    raise ToolError("This tool intentionally returns an error for testing")


def json_schema_2020_12_tool(name: str = "", phone: str = "", email: str = "") -> str:
    """Shows whether its input schema reaches clients with every keyword."""
    return f"{name} {phone or email}".strip()


def test_header_parameter(region: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})]) -> str:
    """Takes an argument that HTTP clients repeat in a header."""
    return f"region={region}"


# Tools: notifications while a call runs


async def test_tool_with_logging(ctx: Context[Any, Any]) -> str:
    """Logs three times while it runs."""
    for number, line in enumerate(("Tool execution started", "Tool processing data", "Tool execution completed")):
        await asyncio.sleep(STEP_SECONDS if number else 0)
        await ctx.info(line)  # pyright: ignore[reportDeprecated] - 2025-11-25 still has logging
    return "Logged three messages."


async def test_logging_tool(ctx: Context[Any, Any]) -> str:
    """Logs once: nothing of it may reach a 2026-07-28 client that asked for no log level."""
    await ctx.info("A message nobody asked for")  # pyright: ignore[reportDeprecated]
    return "Logged one message."


async def test_tool_with_progress(ctx: Context[Any, Any]) -> str:
    """Reports progress at 0, 50 and 100 percent."""
    for percent in (0, 50, 100):
        await asyncio.sleep(STEP_SECONDS if percent else 0)
        await ctx.report_progress(percent, 100)
    return "Reported three times."


async def test_reconnection(ctx: Context[Any, Any]) -> str:
    """Closes its own event stream before it answers; without an event store that does nothing."""
    await ctx.close_sse_stream()
    await asyncio.sleep(4 * STEP_SECONDS)
    return "Finished after the stream was closed."


async def test_trigger_tool_change(ctx: Context[Any, Any]) -> str:
    """Tells listeners to read the tool list again."""
    await ctx.notify_tools_changed()
    return "Announced."


async def test_trigger_prompt_change(ctx: Context[Any, Any]) -> str:
    """Tells listeners to read the prompt list again."""
    await ctx.notify_prompts_changed()
    return "Announced."


# Tools: questions to the client in the middle of a call; the library picks the wire form of the protocol in use


class Contact(BaseModel):
    """What `test_elicitation` asks for."""

    username: str = Field(description="User's response")
    email: str = Field(description="User's email address")


class Defaults(BaseModel):
    """A question with a default for each primitive type."""

    name: str = "John Doe"
    age: int = 30
    score: float = 95.5
    status: Literal["active", "inactive", "pending"] = "active"
    verified: bool = True


Option = Literal["option1", "option2", "option3"]


def titled(keyword: str, noun: str) -> dict[str, Any]:
    """Three choices with titles, under the keyword that JSON Schema wants in this place."""
    ordinals = ("First", "Second", "Third")
    choices = [{"const": f"value{n}", "title": f"{ordinal} {noun}"} for n, ordinal in enumerate(ordinals, 1)]
    return {keyword: choices}


class Choices(BaseModel):
    """A question with each of the five ways to offer choices; the camelCase names are the scenario's."""

    untitledSingle: Option
    titledSingle: str = Field(json_schema_extra=titled("oneOf", "Option"))
    legacyEnum: str = Field(
        json_schema_extra={"enum": ["opt1", "opt2", "opt3"], "enumNames": ["Option One", "Option Two", "Option Three"]},
    )
    untitledMulti: list[Option]
    titledMulti: list[str] = Field(json_schema_extra={"items": titled("anyOf", "Choice")})


def ask_contact(message: str) -> Elicit[Contact]:
    """The question of `test_elicitation`."""
    return Elicit(message, Contact)


def ask_defaults() -> Elicit[Defaults]:
    """The question of `test_elicitation_sep1034_defaults`."""
    return Elicit("Check these values", Defaults)


def ask_choices() -> Elicit[Choices]:
    """The question of `test_elicitation_sep1330_enums`."""
    return Elicit("Choose one or more of each", Choices)


def sample(prompt: str) -> Sample:
    """The question of `test_sampling`."""
    return Sample([SamplingMessage(role="user", content=TextContent(text=prompt))], max_tokens=100)


def sample_anything() -> Sample:
    """A question that needs a client which declares sampling."""
    return sample("Say something")


def told(outcome: ElicitationResult[Any]) -> str:
    """What the client answered, in words."""
    content = outcome.data.model_dump_json() if isinstance(outcome, AcceptedElicitation) else "{}"
    return f"action={outcome.action}, content={content}"


def said(result: CreateMessageResult) -> str:
    """The text that the client's model produced."""
    return result.content.text if isinstance(result.content, TextContent) else f"({result.content.type})"


async def test_elicitation(message: str, answer: Annotated[ElicitationResult[Contact], Resolve(ask_contact)]) -> str:
    """Asks the user for a name and an address."""
    return f"User response: {told(answer)}"


async def test_elicitation_sep1034_defaults(
    answer: Annotated[ElicitationResult[Defaults], Resolve(ask_defaults)],
) -> str:
    """Asks a question that offers defaults."""
    return f"Elicitation completed: {told(answer)}"


async def test_elicitation_sep1330_enums(answer: Annotated[ElicitationResult[Choices], Resolve(ask_choices)]) -> str:
    """Asks a question that offers choices."""
    return f"Elicitation completed: {told(answer)}"


async def test_streaming_elicitation(answer: Annotated[ElicitationResult[Defaults], Resolve(ask_defaults)]) -> str:
    """Asks without a request of its own on the response stream."""
    return f"Elicitation completed: {told(answer)}"


async def test_sampling(prompt: str, answer: Annotated[CreateMessageResult, Resolve(sample)]) -> str:
    """Lets the client's model answer the prompt."""
    return f"LLM response: {said(answer)}"


async def test_missing_capability(answer: Annotated[CreateMessageResult, Resolve(sample_anything)]) -> str:
    """Needs sampling: refused for a client that does not declare it."""
    return f"LLM response: {said(answer)}"


# Tools: results that ask for input first (2026-07-28), written out as the scenarios name their keys


def form(message: str, field: str, kind: Literal["string", "boolean"]) -> ElicitRequest:
    """A form with one required field."""
    schema: dict[str, Any] = {"type": "object", "properties": {field: {"type": kind}}, "required": [field]}
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


def completion_of(text: str, max_tokens: int) -> CreateMessageRequest:
    """A request for the client's model."""
    message = SamplingMessage(role="user", content=TextContent(text=text))
    return CreateMessageRequest(params=CreateMessageRequestParams(messages=[message], max_tokens=max_tokens))


def asking(requests: dict[str, InputRequest], state: str | None = None) -> InputRequiredResult:
    """The result that says: answer these, then call again."""
    return InputRequiredResult(input_requests=requests, request_state=state)


def answered(ctx: Context[Any, Any], *keys: str) -> bool:
    """Whether the client answered all of these."""
    return set(keys) <= set(ctx.input_responses or {})


def field_of(ctx: Context[Any, Any], key: str, field: str) -> object:
    """One field of a form that the client filled in; None when it was declined."""
    response = (ctx.input_responses or {}).get(key)
    content = response.content if isinstance(response, ElicitResult) else None
    return None if content is None else content.get(field)


async def test_input_required_result_elicitation(ctx: Context[Any, Any]) -> str | InputRequiredResult:
    """Greets the user, whose name it asks for."""
    if not answered(ctx, "user_name"):
        return asking({"user_name": form("What is your name?", "name", "string")})
    return f"Hello, {field_of(ctx, 'user_name', 'name')}!"


async def test_input_required_result_sampling(ctx: Context[Any, Any]) -> str | InputRequiredResult:
    """Repeats what the client's model said."""
    if not answered(ctx, "capital_question"):
        return asking({"capital_question": completion_of("What is the capital of France?", 100)})
    response = (ctx.input_responses or {})["capital_question"]
    return said(response) if isinstance(response, CreateMessageResult) else "No text."


async def test_input_required_result_list_roots(ctx: Context[Any, Any]) -> str | InputRequiredResult:
    """Repeats the client's roots."""
    if not answered(ctx, "client_roots"):
        return asking({"client_roots": ListRootsRequest()})
    return (ctx.input_responses or {})["client_roots"].model_dump_json()


async def test_input_required_result_request_state(ctx: Context[Any, Any]) -> str | InputRequiredResult:
    """Gets its own state back along with the answer."""
    if not answered(ctx, "confirm"):
        return asking({"confirm": form("Please confirm", "ok", "boolean")}, "waiting")
    return "state-ok" if ctx.request_state == "waiting" else "state-lost"


async def test_input_required_result_tampered_state(ctx: Context[Any, Any]) -> str | InputRequiredResult:
    """Never runs with a state that someone changed: the library refuses it before."""
    if not answered(ctx, "confirm"):
        return asking({"confirm": form("Please confirm", "ok", "boolean")}, "sealed")
    return f"state={ctx.request_state}"


async def test_input_required_result_multiple_inputs(ctx: Context[Any, Any]) -> str | InputRequiredResult:
    """Asks the user, the client's model and the client itself at once."""
    requests: dict[str, InputRequest] = {
        "user_name": form("What is your name?", "name", "string"),
        "greeting": completion_of("Generate a greeting", 50),
        "client_roots": ListRootsRequest(),
    }
    return f"Got {len(requests)} answers." if answered(ctx, *requests) else asking(requests, "three-questions")


async def test_input_required_result_multi_round(ctx: Context[Any, Any]) -> str | InputRequiredResult:
    """Asks two questions, one after the other."""
    if ctx.request_state is None or not answered(ctx, "step1" if ctx.request_state == "round-1" else "step2"):
        return asking({"step1": form("Step 1: What is your name?", "name", "string")}, "round-1")
    if ctx.request_state == "round-1":
        name = field_of(ctx, "step1", "name")
        question = form("Step 2: What is your favorite color?", "color", "string")
        return asking({"step2": question}, f"round-2 {name}")
    return f"{ctx.request_state.removeprefix('round-2 ')} likes {field_of(ctx, 'step2', 'color')}."


async def test_input_required_result_capabilities(ctx: Context[Any, Any]) -> str | InputRequiredResult:
    """Asks only in the ways that the client says it can be asked."""
    able = ctx.client_capabilities
    requests: dict[str, InputRequest] = {}
    if able is not None and able.elicitation is not None:
        requests["user_name"] = form("What is your name?", "name", "string")
    if able is not None and able.sampling is not None:
        requests["greeting"] = completion_of("Generate a greeting", 50)
    return asking(requests) if requests and not answered(ctx, *requests) else "Nothing to ask."


# Prompts


def test_simple_prompt() -> str:
    """One message."""
    return "This is a simple prompt for testing."


def test_prompt_with_arguments(arg1: str, arg2: str) -> str:
    """One message made of two arguments."""
    return f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"


def test_prompt_with_embedded_resource(resourceUri: str) -> list[UserMessage]:
    """A resource, and what to do with it."""
    resource = embedded(resourceUri, "text/plain", "Embedded resource content for testing.")
    return [UserMessage(resource), UserMessage("Please process the embedded resource above.")]


def test_prompt_with_image() -> list[UserMessage]:
    """A picture, and what to do with it."""
    return [UserMessage(Image(data=pixel_png(), format="png")), UserMessage("Please analyze the image above.")]


def test_input_required_result_prompt(ctx: Context[Any, Any]) -> str | InputRequiredResult:
    """One message, for which it asks the user first."""
    if not answered(ctx, "user_context"):
        return asking({"user_context": form("What context should the prompt use?", "context", "string")})
    return f"Use this context: {field_of(ctx, 'user_context', 'context')}"


# Resources


def static_text() -> str:
    """A text that never changes."""
    return "This is the content of the static text resource."


def static_binary() -> bytes:
    """A picture that never changes."""
    return pixel_png()


def watched_resource() -> str:
    """A text that clients may subscribe to."""
    return "Nothing has happened yet."


def template_data(id: str) -> str:
    """The record with this id."""
    return json.dumps({"id": id, "templateTest": True, "data": f"Data for ID: {id}"})


# Putting it together

TOOLS: Final[tuple[Callable[..., Any], ...]] = (
    test_simple_text,
    test_image_content,
    test_audio_content,
    test_embedded_resource,
    test_multiple_content_types,
    test_error_handling,
    test_header_parameter,
    test_tool_with_logging,
    test_logging_tool,
    test_tool_with_progress,
    test_reconnection,
    test_trigger_tool_change,
    test_trigger_prompt_change,
    test_elicitation,
    test_elicitation_sep1034_defaults,
    test_elicitation_sep1330_enums,
    test_streaming_elicitation,
    test_sampling,
    test_missing_capability,
    test_input_required_result_elicitation,
    test_input_required_result_sampling,
    test_input_required_result_list_roots,
    test_input_required_result_request_state,
    test_input_required_result_tampered_state,
    test_input_required_result_multiple_inputs,
    test_input_required_result_multi_round,
    test_input_required_result_capabilities,
)
PROMPTS: Final[tuple[Callable[..., Any], ...]] = (
    test_simple_prompt,
    test_prompt_with_arguments,
    test_prompt_with_embedded_resource,
    test_prompt_with_image,
    test_input_required_result_prompt,
)
RESOURCES: Final[tuple[tuple[str, str, Callable[..., Any]], ...]] = (
    ("test://static-text", "text/plain", static_text),
    ("test://static-binary", "image/png", static_binary),
    ("test://watched-resource", "text/plain", watched_resource),
    ("test://template/{id}/data", "application/json", template_data),
)


def schema_tool() -> Tool:
    """The tool whose schema pydantic could not have written."""
    tool = Tool.from_function(json_schema_2020_12_tool, structured_output=False)
    tool.parameters = SCHEMA_2020_12
    return tool


async def complete(
    ref: PromptReference | ResourceTemplateReference,
    argument: CompletionArgument,
    context: CompletionContext | None,
) -> Completion:
    """Completes any argument of any prompt from the same three words."""
    values = [word for word in ("testing", "tested", "tests") if word.startswith(argument.value)]
    return Completion(values=values, total=len(values), has_more=False)


def add_legacy_methods(server: MCPServer[Any]) -> None:
    """Serve the three methods of 2025-11-25 that the library leaves to its low-level tier.

    They say nothing about the product, which does not advertise them.
    """
    watched: set[str] = set()

    async def subscribe(_: ServerRequestContext[Any, Any], params: SubscribeRequestParams) -> EmptyResult:
        watched.add(params.uri)
        return EmptyResult()

    async def unsubscribe(_: ServerRequestContext[Any, Any], params: UnsubscribeRequestParams) -> EmptyResult:
        watched.discard(params.uri)
        return EmptyResult()

    async def set_level(_: ServerRequestContext[Any, Any], params: SetLevelRequestParams) -> EmptyResult:
        return EmptyResult()

    lowlevel = server._lowlevel_server  # pyright: ignore[reportPrivateUsage] - mcp 2.3 has no public way
    lowlevel.add_request_handler("resources/subscribe", SubscribeRequestParams, subscribe)
    lowlevel.add_request_handler("resources/unsubscribe", UnsubscribeRequestParams, unsubscribe)
    lowlevel.add_request_handler("logging/setLevel", SetLevelRequestParams, set_level)


def build() -> MCPServer[Any]:
    """A new server with every fixture on it."""
    server: MCPServer[Any] = MCPServer(
        "conformance-fixture", version="1.0.0", tools=[schema_tool()], log_level="WARNING"
    )
    for function in TOOLS:
        server.add_tool(function, structured_output=False)
    for function in PROMPTS:
        server.add_prompt(Prompt.from_function(function))
    for uri, mime_type, function in RESOURCES:
        server.resource(uri, description=function.__doc__, mime_type=mime_type)(function)
    server.completion()(complete)
    add_legacy_methods(server)
    return server


async def serve(port: int, *, stateless: bool) -> None:
    """Serve on loopback, through the product's own app factory, until stopped."""
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", port)) as listener:
        settings = Settings(data_dir=Path(folder))
        app = build_app(settings, build_workspace(settings), build(), stateless=stateless)
        print(f"Conformance fixture on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2, ws="none")
        await uvicorn.Server(config).serve(sockets=[listener])


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description="Serve the conformance fixture on 127.0.0.1.")
    parser.add_argument("port", type=int, help="0 for any that is free")
    parser.add_argument("--stateless", action="store_true", help="keep no sessions, as the product does")
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.port, stateless=arguments.stateless))


if __name__ == "__main__":
    main()
