"""Voice over the network: WebRTC on a pinned aiortc, WebSocket helpers, admission.

`ports` says what a media connection is; `webrtc` is the one that aiortc carries. Nothing here knows the protocol that
is spoken over a connection: sound and text go in and out. Only this package imports aiortc, aioice and libopus.
"""
