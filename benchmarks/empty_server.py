"""An MCP server that offers nothing: what `autopilot mcp` is compared with, on the same SDK."""

from mcp.server import MCPServer

MCPServer("empty").run()
