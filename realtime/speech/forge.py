"""The recogniser's worker process, from the server's side: started when first needed, and again when it is gone."""

from __future__ import annotations

import asyncio
import socket
import sys
from contextlib import suppress
from typing import Final

from realtime.speech import worker
from realtime.speech.ports import fail

_START_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 3.0
_ENVIRONMENT: Final = {"LC_ALL": "C.UTF-8"}
"""All that the worker gets to know of ours: no keys."""


class Forge:
    """Makes connections to new children of one worker process."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._control: socket.socket | None = None
        self._starting = asyncio.Lock()
        self._starts = 0
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The worker, if one runs."""
        alive = self._process is not None and self._process.returncode is None
        return self._process.pid if alive and self._process is not None else None

    @property
    def restarts(self) -> int:
        """How often the worker was started after the first time."""
        return max(0, self._starts - 1)

    async def connect(self) -> socket.socket:
        """Our end of the line to a new child; the caller closes it.

        Raises:
            SpeechError: `unavailable`.
        """
        for _ in range(2):
            async with self._starting:
                if self._closed:
                    fail("unavailable", "the recogniser is closed")
                if self.pid is None or self._control is None:
                    await self._stop()
                    await self._start()
                ours = self._hand_over()
                if ours is not None:
                    return ours
                # It died just now.
                await self._stop()
        return fail("unavailable", "the recogniser's process does not stay up")

    async def aclose(self) -> None:
        """End the worker. Idempotent."""
        self._closed = True
        async with self._starting:
            await self._stop()

    def _hand_over(self) -> socket.socket | None:
        control = self._control
        if control is None:
            return None
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(control, [worker.JOB], [theirs.fileno()])
            except OSError:
                ours.close()
                return None
        ours.settimeout(0)
        return ours

    async def _start(self) -> None:
        ours, theirs = socket.socketpair()
        ours.settimeout(0)
        self._control = ours
        try:
            with theirs:
                # A script by its path, isolated: no working directory or environment decides what it imports.
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-I",
                    worker.__file__,
                    str(theirs.fileno()),
                    pass_fds=(theirs.fileno(),),
                    env=_ENVIRONMENT,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=asyncio.subprocess.DEVNULL,
                )
            self._starts += 1
            answer = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(ours, 1), _START_SECONDS)
        except (OSError, TimeoutError):
            answer = b""
        except asyncio.CancelledError:
            await self._stop()
            raise
        if answer != worker.READY:
            await self._refuse()

    async def _refuse(self) -> None:
        status = None if self._process is None else self._process.returncode
        if self._process is not None and status is None:
            with suppress(TimeoutError):
                status = await asyncio.wait_for(self._process.wait(), 1.0)
        await self._stop()
        if status == worker.NOT_INSTALLED:
            fail("unavailable", "pocketsphinx is not installed")
        fail("unavailable", "the recogniser's process did not start")

    async def _stop(self) -> None:
        process, self._process = self._process, None
        control, self._control = self._control, None
        if control is not None:
            control.close()
        if process is None:
            return
        # Without its control socket it ends by itself.
        try:
            await asyncio.wait_for(process.wait(), _STOP_SECONDS)
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
