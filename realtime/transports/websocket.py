"""Parts for realtime protocols on WebSockets: a bounded queue for slow consumers, and PCM as base64 in JSON.

Knows no WebSocket library: what sends is handed in (`send_text` of Starlette and FastAPI, `send` of `websockets`).
"""

from __future__ import annotations

import asyncio
import binascii
import json
import logging
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from realtime.transports.errors import ConnectionEnded, InvalidAudio, SlowConsumer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

_log = logging.getLogger(__name__)

_MAX_BYTES = 8 * 1024 * 1024
_MAX_TEXTS = 10_000
_STALL_S = 20.0
_SAMPLE = 2


class BoundedSender:
    """Sends texts in order from one task, so that whoever has something to say never waits for the peer.

    When the peer does not keep up (too many bytes or texts wait, or one text takes too long), sending ends and
    `on_slow` is called once: the owner then closes the socket. Events are never left out.
    """

    def __init__(
        self,
        send: Callable[[str], Awaitable[None]],
        on_slow: Callable[[], None],
        *,
        max_bytes: int = _MAX_BYTES,
        max_texts: int = _MAX_TEXTS,
        stall_s: float = _STALL_S,
    ) -> None:
        self._send = send
        self._on_slow = on_slow
        self._max_bytes = max_bytes
        self._max_texts = max_texts
        self._stall = stall_s
        self._texts: deque[str] = deque()
        self._wake = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._ended = False
        self._task = asyncio.create_task(self._pump(), name="websocket sender")
        self.waiting_bytes = 0
        """UTF-8 bytes that are not handed to the socket yet; a text beyond ASCII counts as its characters."""

    def put(self, text: str) -> None:
        """Queue a text. Raises `SlowConsumer` when too much waits, `ConnectionEnded` after the end."""
        if self._ended:
            msg = "The connection has ended"
            raise ConnectionEnded(msg)
        if self._texts and (self.waiting_bytes + len(text) > self._max_bytes or len(self._texts) >= self._max_texts):
            msg = f"{self.waiting_bytes} bytes in {len(self._texts)} texts wait for the peer, which does not read them"
            self._give_up()
            raise SlowConsumer(msg)
        self._texts.append(text)
        self.waiting_bytes += len(text)
        self._empty.clear()
        self._wake.set()

    async def drained(self) -> None:
        """Wait until all that was queued is with the socket, or sending has ended."""
        await self._empty.wait()

    async def close(self) -> None:
        """Stop; what waits is dropped. Harmless when done twice."""
        self._end()
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _pump(self) -> None:
        while not self._ended:
            while self._texts:
                text = self._texts[0]
                if not await self._sent(text):
                    return
                if self._texts:  # not cleared meanwhile
                    self._texts.popleft()
                self.waiting_bytes -= len(text)
            self._empty.set()
            self._wake.clear()
            await self._wake.wait()

    async def _sent(self, text: str) -> bool:
        try:
            await asyncio.wait_for(self._send(text), self._stall)
        except TimeoutError:
            self._give_up()
            return False
        except Exception as error:  # noqa: BLE001 - each library has its own ways to say that the peer is gone
            _log.debug("the peer is gone: %s", type(error).__name__)
            self._end()
            return False
        return True

    def _give_up(self) -> None:
        if not self._ended:
            self._end()
            self._on_slow()

    def _end(self) -> None:
        self._ended = True
        self._texts.clear()
        self._empty.set()


def encode_pcm(pcm: bytes) -> str:
    """PCM as base64."""
    return binascii.b2a_base64(pcm, newline=False).decode("ascii")


def decode_pcm(text: str, *, max_bytes: int = 15 * 1024 * 1024) -> bytes:
    """PCM from base64. Raises `InvalidAudio` for what is no base64, half a sample, or more than `max_bytes`."""
    if len(text) > -(-max_bytes // 3) * 4:
        msg = f"The audio is larger than {max_bytes} bytes"
        raise InvalidAudio(msg)
    try:
        pcm = binascii.a2b_base64(text, strict_mode=True)
    except ValueError as error:
        msg = "The audio is not valid base64"
        raise InvalidAudio(msg) from error
    if len(pcm) % _SAMPLE:
        msg = f"The audio has {len(pcm)} bytes, which are no whole number of 16-bit samples"
        raise InvalidAudio(msg)
    return pcm


class AudioEventWriter:
    """Writes many events that differ in their audio (and a few short fields) only, without running it through JSON.

    >>> writer = AudioEventWriter({"type": "response.output_audio.delta", "item_id": "item_1"}, "delta")
    >>> writer.write(b"ab", event_id="event_1")
    '{"type":"response.output_audio.delta","item_id":"item_1","event_id":"event_1","delta":"YWI="}'
    """

    def __init__(self, event: Mapping[str, Any], audio_field: str) -> None:
        fixed = json.dumps(dict(event), separators=(",", ":"))
        self._start = fixed[:-1] + ("," if event else "")
        self._field = f"{json.dumps(audio_field)}:"

    def write(self, pcm: bytes, **fields: str | int) -> str:
        """The event with this sound. `fields` are added as they are."""
        extra = "".join(f"{json.dumps(name)}:{json.dumps(value)}," for name, value in fields.items())
        return f'{self._start}{extra}{self._field}"{encode_pcm(pcm)}"}}'
