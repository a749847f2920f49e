"""What a flow is: ports, node types, the document, edits, checks, layout and file formats.

Knows only the standard library and pydantic. Nothing here does I/O, reads a clock or draws
a random number: time and names come in as arguments.
"""
