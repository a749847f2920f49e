"""Speaks its standard input through the library of the wheel `espeakng-loader`, as WAV on standard output.

Run as a script: `espeak_worker.py VOICE PITCH WORDS_A_MINUTE`.
"""

from __future__ import annotations

import ctypes
import struct
import sys
from typing import Any, BinaryIO, Final

_SYNCHRONOUS: Final = 2
"""Sound comes to the callback, before the call returns; in the mode called retrieval none came (1.52.0)."""
_NO_EXIT: Final = 0x8000
_RATE: Final = 1
_PITCH: Final = 3
_UTF8: Final = 1
_UNKNOWN_LENGTH: Final = 0x7FFFF000


def main(voice: str, pitch: int, words: int, text: bytes, out: BinaryIO) -> int:
    """Speak `text`; the exit status."""
    import espeakng_loader  # noqa: PLC0415 - told apart from other failures

    loader: Any = espeakng_loader
    library: Any = ctypes.CDLL(loader.get_library_path())
    rate = library.espeak_Initialize(_SYNCHRONOUS, 0, loader.get_data_path().encode(), _NO_EXIT)
    if rate <= 0:
        return 1
    out.write(_header(rate))
    callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)

    def take(samples: Any, count: int, _: Any) -> int:
        if samples and count > 0:
            out.write(ctypes.string_at(samples, count * 2))
        return 0

    taker = callback(take)
    library.espeak_SetSynthCallback(taker)
    # A variant (`+f2`) that is missing falls back to the plain voice.
    if library.espeak_SetVoiceByName(voice.encode()) and library.espeak_SetVoiceByName(
        voice.partition("+")[0].encode()
    ):
        return 1
    library.espeak_SetParameter(_RATE, words, 0)
    library.espeak_SetParameter(_PITCH, pitch, 0)
    data = ctypes.create_string_buffer(text)
    failed = library.espeak_Synth(data, ctypes.c_size_t(len(data)), 0, 0, 0, _UTF8, None, None)
    failed = library.espeak_Synchronize() or failed
    out.flush()
    return 1 if failed else 0


def _header(rate: int) -> bytes:
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16)
    return b"RIFF" + struct.pack("<I", _UNKNOWN_LENGTH) + b"WAVE" + form + b"data" + struct.pack("<I", _UNKNOWN_LENGTH)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.stdin.buffer.read(), sys.stdout.buffer))
