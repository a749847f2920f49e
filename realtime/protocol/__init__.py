"""The realtime protocol without I/O: events in, events and actions out, time and sound handed in.

`session.py` is the server's side, `transcript.py` what a client makes of a provider's events. Neither knows a
socket, a clock or a codec: whoever owns those (a WebSocket, a WebRTC call, a test) drives these and carries the effects
out.
"""
