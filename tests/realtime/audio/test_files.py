"""Sound files: what goes in comes out, and what is none is refused."""

from __future__ import annotations

import asyncio
import io
import os
from typing import TYPE_CHECKING

import pytest

from realtime.audio.errors import AudioError
from realtime.audio.files import SoundWriter, ogg_bytes, read_sound, wav_bytes
from realtime.audio.pcm import RATE, duration_ms, samples
from tests.realtime.audio.tones import amplitude, tone

if TYPE_CHECKING:
    from pathlib import Path


def code_of(data: bytes | Path, **bounds: float) -> str:
    with pytest.raises(AudioError) as caught:
        read_sound(data, **bounds)  # pyright: ignore[reportArgumentType]
    return caught.value.code


def test_a_wav_file_comes_back_bit_for_bit() -> None:
    sound = tone(440, 1_234)
    assert read_sound(wav_bytes(sound)) == sound


def test_an_opus_file_comes_back_as_long_and_as_high() -> None:
    sound = tone(440, 1_230)
    data = ogg_bytes(sound)
    assert data[:4] == b"OggS"
    assert len(data) < len(sound) / 5
    again = read_sound(data)
    assert duration_ms(again) == pytest.approx(1_230, abs=25)
    assert amplitude(again[4_800:43_200], 440) == pytest.approx(12_000, rel=0.1)


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000])
def test_files_of_other_rates_and_in_stereo_become_24_khz_mono(rate: int) -> None:
    mono = samples(tone(500, 600, rate=rate))
    stereo = mono.repeat(2).tobytes()
    sound = read_sound(wav_bytes(stereo, rate=rate, channels=2))
    assert duration_ms(sound) == pytest.approx(600, abs=1)
    assert amplitude(sound, 500) == pytest.approx(12_000, rel=0.05)


def test_a_file_is_read_from_its_path(tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    path.write_bytes(wav_bytes(tone(440, 50)))
    assert duration_ms(read_sound(path)) == 50
    assert code_of(path, max_bytes=100) == "too-large"


def test_what_is_no_sound_is_refused_with_a_reason() -> None:
    assert code_of(b"") == "empty"
    assert code_of(b"garbage " * 1_000) == "not-audio"
    assert code_of(os.urandom(5_000)) == "not-audio"
    assert code_of(wav_bytes(tone(440, 100))[:30]) == "not-audio"
    assert code_of(wav_bytes(b"")) in {"empty", "not-audio"}


def test_bounds_hold_in_bytes_and_in_seconds() -> None:
    data = ogg_bytes(tone(440, 3_000))
    assert code_of(data, max_bytes=1_000) == "too-large"
    assert code_of(data, max_seconds=2.5) == "too-long"
    assert read_sound(data, max_seconds=3.2)


@pytest.mark.parametrize(
    "playlist",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile://{path}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile {path}\n",
    ],
)
def test_a_playlist_does_not_open_the_files_it_names(playlist: str, tmp_path: Path) -> None:
    path = tmp_path / "secret.wav"
    path.write_bytes(wav_bytes(tone(440, 100)))
    assert code_of(playlist.format(path=path).encode()) == "not-audio"


def test_a_damaged_file_gives_what_is_whole_or_a_reason() -> None:
    whole = ogg_bytes(tone(440, 2_000))
    for cut in range(50, len(whole), len(whole) // 9):
        try:
            assert duration_ms(read_sound(whole[:cut])) <= 2_020
        except AudioError as error:
            assert error.code in {"not-audio", "empty"}  # noqa: PT017


def test_a_writer_can_be_closed_twice_and_leaves_its_target_open() -> None:
    target = io.BytesIO()
    with SoundWriter(target, "wav") as writer:
        writer.write(tone(440, 20))
        writer.close()
    assert not target.closed
    assert duration_ms(read_sound(target.getvalue())) == 20


def test_opus_says_which_rates_it_has_not() -> None:
    with pytest.raises(ValueError, match="22050"):
        ogg_bytes(tone(440, 20, rate=22_050), rate=22_050)


@pytest.mark.anyio
async def test_reading_in_a_thread_leaves_the_event_loop_alone() -> None:
    data = ogg_bytes(tone(440, 20_000))
    loop = asyncio.get_running_loop()
    turns = 0
    reading = loop.run_in_executor(None, read_sound, data)
    while not reading.done():
        turns += 1
        await asyncio.sleep(0)
    assert len(await reading) == pytest.approx(RATE * 2 * 20, rel=0.01)
    assert turns > 20
