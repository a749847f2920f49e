"""The doors: MCP tools, HTTP, the command line, storage; the only package that reads the environment."""
