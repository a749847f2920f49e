"""The tools, one file a noun."""
