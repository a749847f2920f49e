"""The command line. Imports nothing dear until a command needs it: `autopilot mcp` is waited for."""

from __future__ import annotations

import argparse
import asyncio
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from server.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from server.settings import Settings

_INTERRUPTED: Final = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command. Errors go to standard error in one line; the status says whether it worked."""
    options = _parser().parse_args(argv)
    try:
        return _run(options)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has left, as `head` does.
        sys.stderr.close()
        return 0
    except Exception as error:
        if not _is_ours(error):
            raise
        print(f"autopilot: {error}", file=sys.stderr)  # noqa: T201 - the command line's voice
        return 1


def _is_ours(error: Exception) -> bool:
    """Whether the error's message is meant for the person who typed the command."""
    from graph.errors import GraphError  # noqa: PLC0415 - only on the way out
    from server.errors import ServerError  # noqa: PLC0415

    return isinstance(error, (GraphError, ServerError))


def _run(options: argparse.Namespace) -> int:
    if options.command == "mcp":
        return _mcp(options)
    from server import commands  # noqa: PLC0415 - not needed by `mcp`

    return commands.run(options, _settings(options))


def _mcp(options: argparse.Namespace) -> int:
    from server.mcp.server import Door, serve_stdio  # noqa: PLC0415 - heavy, and the only command that waits for it

    settings = _settings(options)

    async def load() -> object:
        from server.mcp.loading import load_toolbox  # noqa: PLC0415 - behind the door

        return await load_toolbox(settings)

    asyncio.run(serve_stdio(Door(load)))  # pyright: ignore[reportArgumentType]
    return 0


def _settings(options: argparse.Namespace) -> Settings:
    from server.settings import read_settings  # noqa: PLC0415

    settings = read_settings()
    given = {name: getattr(options, name, None) for name in ("data_dir", "host", "port")}
    return replace(settings, **{name: value for name, value in given.items() if value is not None})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="autopilot", description="Edit visual AI flows over MCP.")
    parser.add_argument("--version", action="version", version=f"autopilot {VERSION}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    mcp = commands.add_parser("mcp", help="serve one MCP client over standard input and output")
    _data_dir(mcp)

    serve = commands.add_parser("serve", help="serve MCP and HTTP")
    serve.add_argument("--host", help="address to listen on (default 127.0.0.1; another one needs AUTOPILOT_TOKEN)")
    serve.add_argument("--port", type=_port, help="port to listen on (default 8000)")
    _data_dir(serve)

    commands.add_parser("demo", help="build, break, undo, import and export a flow through the real server")

    validate = commands.add_parser("validate", help="check flow files; status 1 when one has an error")
    validate.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a flow document or flow text")
    _json(validate)

    nodes = commands.add_parser("nodes", help="list node types, or show some in full")
    nodes.add_argument("types", nargs="*", metavar="TYPE")
    _json(nodes)

    load = commands.add_parser("import", help="import flow files")
    load.add_argument("files", nargs="+", type=Path, metavar="FILE")
    load.add_argument("--name", help="name of the flow instead of the file's own")
    _json(load)
    _data_dir(load)

    export = commands.add_parser("export", help="export a flow")
    export.add_argument("flow", metavar="FLOW_ID")
    export.add_argument("--output", "-o", type=Path, help="file to write (default: standard output)")
    export.add_argument("--format", choices=("json", "text", "mermaid"), default="json")
    _data_dir(export)
    return parser


def _data_dir(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data-dir", type=Path, help="where everything is kept (default: AUTOPILOT_DATA_DIR)")


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON for programs")


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:  # noqa: PLR2004 - the highest port
        message = f"{text!r} is not a port number"
        raise argparse.ArgumentTypeError(message)
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
