"""A machine that has nothing but 127.0.0.1: a network namespace of its own, in a child process."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

_CHILD = """
import asyncio
from realtime.transports.webrtc import WebRtcConnection
from tests.realtime.transports.peers import collect, join

async def main():
    client, server = WebRtcConnection(), WebRtcConnection()
    await join(client, server)
    frames, _ = await asyncio.wait_for(collect(server, 0.2), 5)
    print(len(frames), "127.0.0.1" in server._peer.localDescription.sdp)
    await asyncio.gather(client.close(), server.close())

asyncio.run(main())
"""


def namespace() -> list[str] | None:
    """A command that runs another one with only the loopback interface; None where that is not allowed."""
    if sys.platform != "linux" or not shutil.which("unshare") or not shutil.which("ip"):
        return None
    for unshare in (["unshare", "-n"], ["unshare", "-rn"]):
        command = [*unshare, "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
        if subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0:
            return command
    return None


def test_a_loopback_only_machine_can_talk_to_itself() -> None:
    command = namespace()
    if command is None:
        pytest.skip("needs Linux, unshare, ip and the right to make a network namespace")
    ran = subprocess.run(
        [*command, sys.executable, "-c", _CHILD], capture_output=True, text=True, timeout=30, check=False
    )
    assert ran.stdout.split() == ["10", "True"], ran.stderr
