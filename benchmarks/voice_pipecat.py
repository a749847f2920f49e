"""pipecat's SmallWebRTC transport doing the same agent work as the other kinds of `voice_server`.

Runs with the Python of a venv of its own that has `pipecat-ai[webrtc]`; this project does not depend on it.
"""
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownParameterType=false, reportUnknownArgumentType=false, reportUntypedBaseClass=false
# pyright: reportMissingParameterType=false
# It is not installed where types are checked.

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from loguru import logger
from pipecat.frames.frames import InputAudioRawFrame, OutputAudioRawFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.transports.base_transport import TransportParams
from pipecat.transports.smallwebrtc.connection import SmallWebRTCConnection
from pipecat.transports.smallwebrtc.transport import SmallWebRTCTransport
from pipecat.workers.runner import WorkerRunner

from benchmarks.voice_server import FRAME_BYTES, RATE, SPEECH, Heard

logger.remove()


class _Consumer(FrameProcessor):
    """Takes the PCM; what is not sound goes on."""

    def __init__(self, heard: Heard) -> None:
        super().__init__()
        self._heard = heard

    async def process_frame(self, frame, direction) -> None:  # noqa: ANN001 - pipecat's types are not there
        await super().process_frame(frame, direction)
        if isinstance(frame, InputAudioRawFrame):
            for at in range(0, len(frame.audio), FRAME_BYTES):
                self._heard.take(frame.audio[at : at + FRAME_BYTES])
        else:
            await self.push_frame(frame, direction)


class Pipecat:
    """One peer."""

    def __init__(self) -> None:
        self.heard = Heard()
        self._connection = SmallWebRTCConnection()
        self._tasks: list[asyncio.Task[None]] = []
        self._worker: Any = None
        self._runner = WorkerRunner(handle_sigint=False)

    async def answer(self, offer: str) -> str:
        """Take an offer."""
        await self._connection.initialize(sdp=offer, type="offer")
        parameters = TransportParams(
            audio_in_enabled=True, audio_out_enabled=True, audio_in_sample_rate=RATE, audio_out_sample_rate=RATE
        )
        transport = SmallWebRTCTransport(webrtc_connection=self._connection, params=parameters)
        pipeline = Pipeline([transport.input(), _Consumer(self.heard), transport.output()])
        self._worker = PipelineWorker(
            pipeline, params=PipelineParams(), idle_timeout_secs=None, enable_rtvi=False, enable_turn_tracking=False
        )
        self._connection.add_event_handler("app-message", self._echo)
        self._tasks = [asyncio.create_task(self._run()), asyncio.create_task(self._speak())]
        return self._connection.get_answer()["sdp"]

    async def close(self) -> None:
        """End it."""
        await self._runner.cancel()
        await self._connection.disconnect()
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks, timeout=3)

    async def _run(self) -> None:
        await self._runner.add_workers(self._worker)
        await self._runner.run()

    async def _speak(self) -> None:
        with suppress(asyncio.CancelledError):
            while True:
                await self._worker.queue_frame(OutputAudioRawFrame(SPEECH, RATE, 1))
                await asyncio.sleep(len(SPEECH) / 2 / RATE)

    async def _echo(self, _connection, message) -> None:  # noqa: ANN001 - pipecat's types are not there
        self._connection.send_app_message(message)
