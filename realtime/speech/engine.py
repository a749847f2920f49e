"""A sentence through a run of a speaking program: text in by a pipe, sound out by a pipe or a nameless file."""

from __future__ import annotations

import asyncio
import struct
import tempfile
from dataclasses import dataclass
from typing import IO, Final, Protocol

from realtime.audio.pcm import RATE, SAMPLE_BYTES
from realtime.audio.resampling import resample
from realtime.speech.ports import fail

_ENVIRONMENT: Final = {"LC_ALL": "C.UTF-8"}
"""All that the program gets to know of ours: no keys."""
_SECONDS: Final = 20.0
_MOST_BYTES: Final = 22_050 * SAMPLE_BYTES * 180
_HEADER: Final = struct.Struct("<4sI")


@dataclass(frozen=True, slots=True)
class Job:
    """A program to run."""

    arguments: tuple[str, ...]
    """`{file}` among them stands for the path of a file for the sound; without it, it comes by standard output."""
    text: bytes
    pitch: float = 1.0
    """How much faster the sound is to be played than it says."""

    def __repr__(self) -> str:
        # What is spoken is nobody's business but the speaker's.
        return f"Job({self.arguments!r}, {len(self.text)} bytes of text)"


class Engine(Protocol):
    """Something that speaks."""

    label: str

    def job(self, text: str, voice: str, speed: float) -> Job | None:
        """What to run for one sentence; None when there is nothing to say in it."""
        ...


async def run(job: Job, label: str) -> bytes:
    """The sound of a job as 24 kHz mono PCM. Cancelled, it kills the program.

    Raises:
        SpeechError: `unavailable`, `crashed` or `timeout`.
    """
    if "{file}" not in job.arguments:
        return _pcm(await _output(job.arguments, job, label, None), job.pitch, label)
    with tempfile.TemporaryFile(prefix="autopilot-voice-") as file:
        path = f"/dev/fd/{file.fileno()}"
        arguments = tuple(path if part == "{file}" else part for part in job.arguments)
        await _output(arguments, job, label, file)
        file.seek(0)
        return _pcm(file.read(_MOST_BYTES), job.pitch, label)


async def _output(arguments: tuple[str, ...], job: Job, label: str, file: IO[bytes] | None) -> bytes:
    try:
        process = await asyncio.create_subprocess_exec(
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE if file is None else asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            pass_fds=() if file is None else (file.fileno(),),
            env=_ENVIRONMENT,
        )
    except OSError as error:
        fail("unavailable", f"{label} cannot be started: {error.strerror}")
    try:
        output, _ = await asyncio.wait_for(process.communicate(job.text), _SECONDS)
    except TimeoutError:
        fail("timeout", f"{label} took more than {_SECONDS:.0f} s for one sentence")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        fail("crashed", f"{label} ended with status {process.returncode}")
    return output or b""


def _pcm(wav: bytes, pitch: float, label: str) -> bytes:
    """The sound of a WAV file whose lengths may be wrong: who writes to a pipe does not know them."""
    rate, at = 0, 12
    if wav[:4] != b"RIFF" or wav[8:12] != b"WAVE":
        fail("crashed", f"{label} gave no sound")
    while at + _HEADER.size <= len(wav):
        name, length = _HEADER.unpack_from(wav, at)
        at += _HEADER.size
        if name == b"fmt ":
            (rate,) = struct.unpack_from("<I", wav, at + 4)
        elif name == b"data":
            length = min(length, len(wav) - at) // SAMPLE_BYTES * SAMPLE_BYTES
            return resample(wav[at : at + length], round(rate * pitch), RATE) if rate else b""
        at += length + length % 2
    return fail("crashed", f"{label} gave no sound")
