"""`autopilot demo`: the main job through the real doors, told so that a person can follow.

Starts the HTTP server and a stdio server on a data directory of their own, connects an MCP client to
each, and works on flows through both. Any answer that is not the expected one ends the demo with status 1.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from mcp import Client
from mcp.client.stdio import StdioServerParameters, get_default_environment
from mcp_types import Implementation
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.syntax import Syntax

from server.version import VERSION

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from mcp_types import CallToolResult

EXAMPLES: Final = Path(__file__).parent / "examples"
_START_SECONDS: Final = 30
_ANSWER_SECONDS: Final = 20

SIX_NODES: Final = """\
topic text-input inputValue="a cat on the moon"
style text-input inputValue=noir
writer text-generation
editor text-generation systemPrompt="Cut this to three sentences."
draft preview-output
final preview-output
topic -> writer.prompt
style -> writer.system
writer -> editor.prompt -> final
writer -> draft
"""


class DemoFailedError(Exception):
    """A step did not end as it should."""


class Story:
    """Tells what happens, step by step."""

    def __init__(self) -> None:
        self.console = Console(highlight=False)
        self._step = 0

    def step(self, title: str) -> None:
        self._step += 1
        self.console.print(f"\n[bold cyan]{self._step}. {escape(title)}[/]")

    def call(self, tool: str, arguments: dict[str, Any]) -> None:
        shown = {key: value for key, value in arguments.items() if key not in ("text", "document")}
        line = f"   [dim]{tool} {escape(json.dumps(shown, ensure_ascii=False))}[/]"
        self.console.print(line, overflow="ellipsis", no_wrap=True)

    def code(self, text: str, language: str = "text") -> None:
        self.console.print(Syntax(text.rstrip(), language, background_color="default", word_wrap=True, padding=(0, 3)))

    def say(self, text: str) -> None:
        self.console.print(Padding(text, (0, 0, 0, 3)))


class Hand:
    """One assistant: a client, and the story that it is part of."""

    def __init__(self, client: Client, story: Story) -> None:
        self._client = client
        self._story = story

    async def do(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool that must succeed; the structured answer."""
        result = await self._call(tool, arguments)
        if result.is_error:
            message = f"{tool} was refused: {_text(result)}"
            raise DemoFailedError(message)
        return result.structured_content or {}

    async def refused(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool that must be refused; the first problem."""
        result = await self._call(tool, arguments)
        if not result.is_error:
            message = f"{tool} should have been refused, but answered {_text(result)}"
            raise DemoFailedError(message)
        problem: dict[str, Any] = json.loads(_text(result))["problems"][0]
        hint = f"  [green]→ {escape(str(problem['hint']))}[/]" if "hint" in problem else ""
        self._story.say(f"[red]✗ {problem['code']}[/] {escape(problem['message'])}{hint}")
        return problem

    async def _call(self, tool: str, arguments: dict[str, Any]) -> CallToolResult:
        self._story.call(tool, arguments)
        async with asyncio.timeout(_ANSWER_SECONDS):
            return await self._client.call_tool(tool, arguments)


def _text(result: CallToolResult) -> str:
    return "".join(block.text for block in result.content if block.type == "text")


async def demo() -> int:
    """Run it. The result is the exit status."""
    story = Story()
    failed = False
    try:
        # The clean-up may meet a server that is still closing its files.
        with tempfile.TemporaryDirectory(prefix="autopilot-demo-", ignore_cleanup_errors=True) as folder:
            await _play(story, Path(folder))
    except* (DemoFailedError, TimeoutError, OSError) as failures:
        reason = _first(failures)
        story.console.print(f"\n[bold red]The demo failed:[/] {escape(str(reason) or type(reason).__name__)}")
        failed = True
    if failed:
        return 1
    _farewell(story)
    return 0


def _first(group: BaseExceptionGroup[Any]) -> BaseException:
    """The failure that a client's task groups have wrapped."""
    inner: BaseException = group.exceptions[0]
    return _first(cast("BaseExceptionGroup[Any]", inner)) if isinstance(inner, BaseExceptionGroup) else inner


async def _play(story: Story, folder: Path) -> None:
    story.console.rule("[bold]Composer Autopilot")
    program = [sys.executable, "-m", "server.cli"]
    env = {"AUTOPILOT_DATA_DIR": str(folder / "data")}
    stdio = StdioServerParameters(command=program[0], args=[*program[1:], "mcp"], env=env)
    async with (
        _serving(program, env) as url,
        Client(stdio, client_info=Implementation(name="near", version=VERSION)) as near,
        Client(url, client_info=Implementation(name="far", version=VERSION)) as far,
    ):
        story.step("Two assistants connect: one over stdio, one over HTTP")
        tools = (await near.list_tools()).tools
        story.say(f"[green]✓[/] {len(tools)} tools over stdio (protocol {near.protocol_version}), the same at {url}")
        one, two = Hand(near, story), Hand(far, story)
        flow_id = await _build(story, one)
        await _edit(story, one, two, flow_id)
        await _refuse(story, one, flow_id)
        await _undo(story, one, flow_id)
        await _files(story, two, folder)


async def _build(story: Story, hand: Hand) -> str:
    story.step("A six-node flow from text, in one call")
    story.code(SIX_NODES)
    created = await hand.do("createFlow", name="Moon cat", text=SIX_NODES)
    checked = await hand.do("validateFlow", flowId=created["flowId"])
    _expect(checked["ok"] and checked["runnable"] and not checked["problems"], "the new flow has problems")
    story.say(f"[green]✓[/] {created['flowId']} at revision {created['revision']}: no problems, can run")
    return created["flowId"]


async def _edit(story: Story, one: Hand, two: Hand, flow_id: str) -> None:
    story.step("Both edit it; every answer says what changed")
    first = await one.do(
        "edit",
        flowId=flow_id,
        actions=[
            {"action": "insertBetween", "edgeId": "final.string", "type": "string-combine", "id": "signed"},
            {"action": "addNode", "type": "text-input", "id": "byline", "data": {"inputValue": "by the moon cat"}},
            {"action": "connect", "source": "byline", "target": "signed", "targetHandle": "input2"},
        ],
        reason="sign the story",
    )
    story.say(f"[green]✓[/] revision {first['revision']}: {escape('  '.join(first['changes']))}")
    second = await two.do("configure", flowId=flow_id, nodeId="writer", data={"verbosity": "low"}, baseRevision=1)
    _expect(second.get("rebased") is True, "an edit on an older revision was not rebased")
    story.say(f"[green]✓[/] revision {second['revision']}, made on revision 1 and rebased: {second['changes'][0]}")
    seen = await one.do("getFlow", flowId=flow_id)
    _expect("verbosity=low" in seen["text"], "an edit made over HTTP is not seen over stdio")
    story.code(seen["text"])


async def _refuse(story: Story, hand: Hand, flow_id: str) -> None:
    story.step("Three edits that would break the flow are refused before anything lands")
    await hand.refused("connect", flowId=flow_id, source="byline", target="editor", targetHandle="promt")
    await hand.refused("configure", flowId=flow_id, nodeId="writer", data={"verbosity": "lowest"})
    await hand.refused("connect", flowId=flow_id, source="editor", target="writer", targetHandle="prompt", replace=True)
    story.say("Nothing changed. Two people in one field are told, too:")
    await hand.do("configure", flowId=flow_id, nodeId="topic", data={"inputValue": "a dog on Mars"})
    conflict = await hand.refused(
        "configure", flowId=flow_id, nodeId="topic", data={"inputValue": "a fish in Rome"}, baseRevision=3
    )
    _expect(conflict["code"] == "revision-conflict", "a conflicting edit was not called a conflict")


async def _undo(story: Story, hand: Hand, flow_id: str) -> None:
    story.step("Undo takes it all back, one commit at a time")
    undone = await hand.do("undo", flowId=flow_id, steps=3)
    story.say(f"[green]✓[/] revision {undone['revision']}: {escape('  '.join(undone['changes']))}")
    seen = await hand.do("getFlow", flowId=flow_id)
    _expect(seen["text"] == f'flow "Moon cat"\n{_plain(SIX_NODES)}', "undo did not restore the flow")
    story.say("[green]✓[/] the flow is again what it was, word for word")


def _plain(text: str) -> str:
    """The text as the server writes it: a chain becomes an edge a line, in the order of the edges."""
    return text.replace("writer -> editor.prompt -> final\n", "writer -> editor.prompt\neditor -> final\n")


async def _files(story: Story, hand: Hand, folder: Path) -> None:
    story.step("A Composer file with old names and missing handles comes in, and goes out clean")
    document = json.loads((EXAMPLES / "story.avy.json").read_text(encoding="utf-8"))
    created = await hand.do("createFlow", name=document["metadata"]["name"], document=document)
    for note in created["problems"]:
        story.say(f"[yellow]•[/] {escape(note['message'])}")
    report = await hand.do("validateFlow", flowId=created["flowId"])
    for problem in report["problems"]:
        hint = f"  [green]→ {escape(problem.get('hint', ''))}[/]"
        story.say(f"[yellow]! {problem['code']}[/] {escape(problem['message'])}{hint}")
    fixes = [problem["fix"] for problem in report["problems"] if "fix" in problem]
    await hand.do("edit", flowId=created["flowId"], actions=fixes)
    exported = await hand.do("getFlow", flowId=created["flowId"], format="json")
    path = folder / "picture-book.avy.json"
    path.write_text(json.dumps(exported["document"]), encoding="utf-8")
    again = await hand.do("createFlow", name="Again", document=json.loads(path.read_text(encoding="utf-8")))
    checked = await hand.do("validateFlow", flowId=again["flowId"])
    mended = [note for note in again["problems"] if "kept" not in note["message"]]
    _expect(not mended and not checked["problems"], "the exported file does not come back clean")
    story.say(f"[green]✓[/] exported {path.name} ({path.stat().st_size} bytes) and read again: nothing left to mend")


def _expect(truth: object, otherwise: str) -> None:
    if not truth:
        raise DemoFailedError(otherwise)


@asynccontextmanager
async def _serving(program: list[str], env: dict[str, str]) -> AsyncGenerator[str]:
    """The HTTP server in a process of its own; its MCP address."""
    process = await asyncio.create_subprocess_exec(
        *program,
        "serve",
        "--port",
        "0",
        stdout=asyncio.subprocess.PIPE,
        # Not the whole environment: a token set there would shut our own client out.
        env=get_default_environment() | env,
    )
    try:
        if process.stdout is None:
            message = "the server has no standard output"
            raise DemoFailedError(message)
        async with asyncio.timeout(_START_SECONDS):
            line = (await process.stdout.readline()).decode()
        address = next((word for word in line.split() if word.startswith("http://")), None)
        if address is None:
            message = f"the server did not start: {line}"
            raise DemoFailedError(message)
        yield f"{address}/mcp"
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(_START_SECONDS):
            await process.wait()


def _farewell(story: Story) -> None:
    command = Path(sys.executable).with_name("autopilot")
    story.console.rule("[bold]Connect your own assistant")
    story.say(f"Claude Code:  [bold]claude mcp add autopilot -- {command} mcp[/]")
    story.say('Claude Desktop, Cursor: put this under "mcpServers"')
    story.code(json.dumps({"autopilot": {"command": str(command), "args": ["mcp"]}}, indent=2), "json")
    story.say(f"HTTP:  [bold]{command} serve[/], then http://127.0.0.1:8000/mcp")
    story.say("More clients, and what each tool does: README.md")
