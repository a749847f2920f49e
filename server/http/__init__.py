"""The HTTP doors: REST with events, MCP, health."""
