"""Slow consumers and PCM in JSON; against a real socket of `websockets` and a FastAPI app too."""

from __future__ import annotations

import asyncio
import base64
import json
import time

import pytest
from fastapi import FastAPI, WebSocket
from fastapi.testclient import TestClient
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from realtime.transports.errors import ConnectionEnded, InvalidAudio, SlowConsumer
from realtime.transports.websocket import AudioEventWriter, BoundedSender, decode_pcm, encode_pcm

PCM = bytes(range(256)) * 4


def test_sound_survives_base64() -> None:
    assert decode_pcm(encode_pcm(PCM)) == PCM
    assert encode_pcm(PCM) == base64.b64encode(PCM).decode()
    assert decode_pcm("") == b""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("****", "base64"),
        ("AAA", "base64"),
        ("AAAA AAAA", "base64"),
        ("AAAA\n", "base64"),
        ("ÄÖÜ=", "base64"),
        ("YQ==", "1 bytes"),
        ("AAAA" * 20, "larger than 30"),
    ],
)
def test_sound_that_is_none_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidAudio, match=reason):
        decode_pcm(text, max_bytes=30)


def test_an_audio_event_is_what_json_would_have_written() -> None:
    event = {"type": "response.output_audio.delta", "item_id": 'it"em', "output_index": 0}
    text = AudioEventWriter(event, "delta").write(PCM, event_id="e1", n=2)
    assert json.loads(text) == {**event, "event_id": "e1", "n": 2, "delta": base64.b64encode(PCM).decode()}
    assert json.loads(AudioEventWriter({}, "audio").write(b"")) == {"audio": ""}


@pytest.mark.anyio
async def test_a_slow_consumer_is_given_up_and_memory_stays_bounded() -> None:
    gone = asyncio.Event()
    never = asyncio.Event()

    async def send(_: str) -> None:
        await never.wait()

    sender = BoundedSender(send, gone.set, max_bytes=10_000)
    for _ in range(10):
        sender.put("x" * 1_000)
        await asyncio.sleep(0)
    with pytest.raises(SlowConsumer, match="10000 bytes in 10 texts wait for the peer"):
        sender.put("x" * 1_000)
    assert gone.is_set()
    with pytest.raises(ConnectionEnded):
        sender.put("more")
    await sender.close()
    await sender.close()


@pytest.mark.anyio
async def test_one_text_that_takes_too_long_is_enough() -> None:
    gone = asyncio.Event()
    sender = BoundedSender(lambda _: asyncio.Event().wait(), gone.set, stall_s=0.05)  # type: ignore[arg-type]
    sender.put("x")
    await asyncio.wait_for(gone.wait(), 1)
    await sender.close()


@pytest.mark.anyio
async def test_a_socket_that_is_gone_ends_the_sender_quietly() -> None:
    async def send(_: str) -> None:
        raise OSError

    sender = BoundedSender(send, lambda: None)
    sender.put("x")
    await asyncio.sleep(0)
    await sender.drained()
    with pytest.raises(ConnectionEnded):
        sender.put("y")
    await sender.close()


@pytest.mark.anyio
async def test_websockets_a_peer_that_stops_reading_is_cut_off() -> None:
    outcome: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def handler(socket: ServerConnection) -> None:
        sender = BoundedSender(socket.send, lambda: None, max_bytes=1_000_000)
        sent = 0
        try:
            while sent < 1_000:
                sender.put("x" * 100_000)
                sent += 1
                await asyncio.sleep(0.001)
        except SlowConsumer:
            outcome.set_result(sent)
        finally:
            await sender.close()
            socket.transport.abort()

    async with serve(handler, "127.0.0.1", 0, compression=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        client = await connect(f"ws://127.0.0.1:{port}", compression=None, max_queue=1)
        began = time.monotonic()
        # The kernel and the library take some megabytes; then nothing moves.
        assert await asyncio.wait_for(outcome, 10) < 200
        assert time.monotonic() - began < 10
        client.transport.abort()


def test_fastapi_texts_arrive_in_order() -> None:
    app = FastAPI()

    @app.websocket("/")
    async def endpoint(socket: WebSocket) -> None:
        await socket.accept()
        sender = BoundedSender(socket.send_text, lambda: None)
        for number in range(50):
            sender.put(str(number))
        await sender.drained()
        await sender.close()
        await socket.close()

    assert endpoint
    with TestClient(app).websocket_connect("/") as client:
        assert [client.receive_text() for _ in range(50)] == [str(number) for number in range(50)]
