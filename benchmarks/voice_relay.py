"""A UDP relay between two WebRTC peers that loses and delays datagrams, for machines whose kernel has no netem.

Each peer's description goes through the relay, which puts its own address in place of the peer's candidates: both then
talk to the relay and take it for the other.
"""

from __future__ import annotations

import asyncio
import random
import re
from dataclasses import dataclass
from typing import Any, cast

_CANDIDATE = re.compile(r"^a=candidate:\S+ 1 udp \d+ (\d+\.\d+\.\d+\.\d+) (\d+) typ host", re.IGNORECASE | re.MULTILINE)


@dataclass(slots=True)
class Weather:
    """What happens to datagrams on their way; may be changed at any time."""

    loss: float = 0.0
    """Share that is lost, 0 to 1."""
    delay: float = 0.0
    """Seconds for each."""
    jitter: float = 0.0
    """Up to so many seconds more, at random for each: they overtake each other."""
    cut: bool = False
    """Nothing passes any more."""


class Relay:
    """Two sockets: `near` stands for the offerer in the answerer's eyes, `far` the other way round."""

    def __init__(self, seed: int = 1) -> None:
        self.weather = Weather()
        self.passed = 0
        self.lost = 0
        self._random = random.Random(seed)  # noqa: S311 - losses are to be the same in every run
        self._addresses: dict[str, tuple[str, int]] = {}
        self._sockets: dict[str, asyncio.DatagramTransport] = {}

    async def offer(self, sdp: str) -> str:
        """The offer as the answerer gets it."""
        return await self._take(sdp, "near")

    async def answer(self, sdp: str) -> str:
        """The answer as the offerer gets it."""
        return await self._take(sdp, "far")

    def close(self) -> None:
        """Close both sockets."""
        for socket in self._sockets.values():
            socket.close()
        self._sockets.clear()

    async def _take(self, sdp: str, side: str) -> str:
        found = _CANDIDATE.search(sdp)
        if found is None:
            msg = "There is no IPv4 candidate to stand in for"
            raise ValueError(msg)
        self._addresses[side] = (found[1], int(found[2]))
        loop = asyncio.get_running_loop()
        socket, _ = await loop.create_datagram_endpoint(lambda: _Side(self, side), local_addr=(found[1], 0))
        self._sockets[side] = socket
        port = cast("tuple[str, int]", socket.get_extra_info("sockname"))[1]
        lines = [line for line in sdp.split("\r\n") if not line.startswith(("a=candidate", "a=end-of-candidates"))]
        candidate = f"a=candidate:1 1 udp 2130706431 {found[1]} {port} typ host"
        at = [number for number, line in enumerate(lines) if line.startswith("a=ice-ufrag")]
        for number in reversed(at):
            lines.insert(number, candidate)
        return "\r\n".join(lines)

    def forward(self, data: bytes, side: str) -> None:
        """Pass on what came for the peer that `side` stands for."""
        weather = self.weather
        if weather.cut or (weather.loss and self._random.random() < weather.loss):
            self.lost += 1
            return
        delay = weather.delay + (self._random.uniform(0, weather.jitter) if weather.jitter else 0.0)
        if delay:
            asyncio.get_running_loop().call_later(delay, self._send, data, side)
        else:
            self._send(data, side)

    def _send(self, data: bytes, side: str) -> None:
        through = self._sockets.get("far" if side == "near" else "near")
        if through is not None:
            self.passed += 1
            through.sendto(data, self._addresses[side])


class _Side(asyncio.DatagramProtocol):
    def __init__(self, relay: Relay, side: str) -> None:
        self._relay = relay
        self._side = side

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:  # noqa: ARG002 - asyncio's name
        self._relay.forward(data, self._side)
