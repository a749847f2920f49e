"""What holds whatever happens: valid events, events out of order, garbage, late reports, in any sequence."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime.protocol.transcript import Transcript
from tests.realtime.protocol.talking import Talk, encoded, message, pcm

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Event = dict[str, Any]
Step = tuple[str, Any]

JSON: SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10_000) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
CLIENT = (
    "session.update",
    "input_audio_buffer.append",
    "input_audio_buffer.commit",
    "input_audio_buffer.clear",
    "output_audio_buffer.clear",
    "conversation.item.create",
    "conversation.item.delete",
    "conversation.item.retrieve",
    "conversation.item.truncate",
    "response.create",
    "response.cancel",
)
KEYS = ("session", "item", "item_id", "audio", "response", "response_id", "content_index", "audio_end_ms", "event_id")
GARBAGE = st.fixed_dictionaries({"type": st.sampled_from(CLIENT) | JSON}, optional=dict.fromkeys(KEYS, JSON))
TURN_DETECTION = st.sampled_from(
    [
        None,
        {"type": "server_vad", "idle_timeout_ms": 5000},
        {"type": "server_vad", "interrupt_response": False},
        {"type": "server_vad", "create_response": False, "idle_timeout_ms": None},
        {"type": "semantic_vad", "eagerness": "high"},
    ]
)
SESSIONS = st.one_of(
    TURN_DETECTION.map(lambda mode: {"audio": {"input": {"turn_detection": mode}}}),
    st.sampled_from(["audio", "text"]).map(lambda modality: {"output_modalities": [modality]}),
    st.sampled_from([5, "inf"]).map(lambda most: {"max_output_tokens": most}),
    st.sampled_from([None, {"model": "whisper-1"}]).map(lambda model: {"audio": {"input": {"transcription": model}}}),
)
ANY_ID = st.integers(0, 40)
STEPS: SearchStrategy[Step] = st.one_of(
    st.tuples(st.just("listen"), st.tuples(st.integers(1, 40), st.booleans())),
    st.tuples(st.just("append"), st.integers(1, 200)),
    st.tuples(st.just("simple"), st.sampled_from(CLIENT[2:5])),
    st.tuples(st.just("update"), SESSIONS),
    st.tuples(st.just("create"), st.tuples(st.sampled_from(["user", "assistant"]), ANY_ID | st.just(-1) | st.none())),
    st.tuples(st.just("delete"), ANY_ID),
    st.tuples(st.just("retrieve"), ANY_ID),
    st.tuples(st.just("truncate"), st.tuples(ANY_ID, st.integers(0, 3000))),
    st.tuples(st.just("respond"), st.sampled_from(["auto", "none"])),
    st.tuples(st.just("cancel"), ANY_ID | st.none()),
    st.tuples(st.just("speak"), st.tuples(ANY_ID, st.integers(0, 3000), st.text(max_size=20))),
    st.tuples(st.just("write"), st.tuples(ANY_ID, st.text(max_size=20))),
    st.tuples(st.just("call"), st.tuples(ANY_ID, st.booleans())),
    st.tuples(st.just("done"), ANY_ID),
    st.tuples(st.just("fail"), ANY_ID),
    st.tuples(st.just("played"), st.tuples(ANY_ID, st.floats(-10, 5000))),
    st.tuples(st.just("drained"), ANY_ID),
    st.tuples(st.just("words"), st.tuples(ANY_ID, st.sampled_from(["delta", "completed", "failed"]))),
    st.tuples(st.just("hint"), st.booleans()),
    st.tuples(st.just("wait"), st.floats(-5, 40)),
    st.tuples(st.just("garbage"), GARBAGE),
)


class Chance(Talk):
    """A talk whose steps pick from whatever there has been."""

    def named(self, kind: str, number: int | None) -> str:
        """One of the responses or items so far, the later ones first; or none that there is."""
        names = dict.fromkeys(reversed(list(identifiers(self.all, kind))))
        return list(names)[number % len(names)] if names and number is not None else f"{kind}_none"

    def step(self, step: Step) -> None:
        name, value = step
        getattr(self, f"do_{name}")(value)

    def do_listen(self, value: tuple[int, bool]) -> None:
        self.listen(20 * value[0], voice=value[1])

    def do_append(self, ms: int) -> None:
        self.client("input_audio_buffer.append", audio=encoded(ms))

    def do_simple(self, kind: str) -> None:
        self.client(kind)

    def do_update(self, session: Event) -> None:
        self.update(**session)

    def do_create(self, value: tuple[str, int | None]) -> None:
        role, after = value
        place = {} if after is None else {"previous_item_id": "root" if after < 0 else self.named("item", after)}
        self.client("conversation.item.create", item=message("Hello.", role), **place)

    def do_delete(self, number: int) -> None:
        self.client("conversation.item.delete", item_id=self.named("item", number))

    def do_retrieve(self, number: int) -> None:
        self.client("conversation.item.retrieve", item_id=self.named("item", number))

    def do_truncate(self, value: tuple[int, int]) -> None:
        item_id = self.named("item", value[0])
        self.client("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=value[1])

    def do_respond(self, conversation: str) -> None:
        self.client("response.create", response={"conversation": conversation})

    def do_cancel(self, number: int | None) -> None:
        named = {} if number is None else {"response_id": self.named("resp", number)}
        self.client("response.cancel", **named)

    def do_speak(self, value: tuple[int, int, str]) -> None:
        number, ms, words = value
        response_id = self.named("resp", number)
        self.take(self.session.audio_chunk(response_id, pcm(ms % 100), ms, self.now, transcript=words))

    def do_write(self, value: tuple[int, str]) -> None:
        self.take(self.session.text_delta(self.named("resp", value[0]), value[1], self.now))

    def do_call(self, value: tuple[int, bool]) -> None:
        response_id = self.named("resp", value[0])
        self.take(self.session.function_call(response_id, "f", '{"a": 1}', self.now, more=value[1]))

    def do_done(self, number: int) -> None:
        self.take(self.session.generation_done(self.named("resp", number), self.now))

    def do_fail(self, number: int) -> None:
        self.take(self.session.generation_failed(self.named("resp", number), "no", self.now))

    def do_played(self, value: tuple[int, float]) -> None:
        self.take(self.session.played(self.named("resp", value[0]), value[1], self.now))

    def do_drained(self, number: int) -> None:
        self.take(self.session.playback_finished(self.named("resp", number), self.now))

    def do_words(self, value: tuple[int, str]) -> None:
        report = getattr(self.session, f"transcription_{value[1]}")
        self.take(report(self.named("item", value[0]), "words", self.now))

    def do_hint(self, complete: bool) -> None:  # noqa: FBT001 - drawn by chance
        self.take(self.session.turn_hint(complete=complete, now=self.now))

    def do_wait(self, seconds: float) -> None:
        self.take(self.session.tick(self.now + seconds))
        self.now += max(seconds, 0)

    def do_garbage(self, event: Any) -> None:
        self.take(self.session.receive(event, self.now))


def identifiers(events: list[Event], kind: str) -> list[str]:
    if kind == "resp":
        return [event["response"]["id"] for event in events if event["type"] == "response.created"]
    keys = {"conversation.item.added", "response.output_item.added"}
    announced = [event["item_id"] for event in events if event["type"] == "input_audio_buffer.speech_started"]
    return [*announced, *(event["item"]["id"] for event in events if event["type"] in keys)]


def ids_of(events: list[Event], kind: str, *keys: str) -> list[str]:
    found: list[Any] = []
    for event in events:
        if event["type"] == kind:
            value: Any = event
            for key in keys:
                value = value[key]
            found.append(value)
    return found


def check_responses(events: list[Event], *, over: bool) -> None:
    created = ids_of(events, "response.created", "response", "id")
    done = ids_of(events, "response.done", "response", "id")
    assert len(set(created)) == len(created)
    assert len(set(done)) == len(done)
    assert set(done) <= set(created)
    assert not over or set(done) == set(created)
    running: set[str] = set()
    for event in events:
        if event["type"] == "response.created" and event["response"]["conversation_id"]:
            assert not running, "two answers in the conversation at a time"
            running.add(event["response"]["id"])
        elif event["type"] == "response.done":
            running.discard(event["response"]["id"])


def check_parts(events: list[Event]) -> None:
    """Whatever a response opens it closes, in order, and before it is done."""
    open_item: dict[str, str] = {}
    for event in events:
        name, response_id = event["type"], event.get("response_id")
        if name == "response.output_item.added":
            assert response_id not in open_item
            open_item[event["response_id"]] = event["item"]["id"]
        elif name == "response.output_item.done":
            assert open_item.pop(event["response_id"]) == event["item"]["id"]
        elif name.startswith("response.") and response_id:
            assert open_item[response_id] == event["item_id"]
        elif name == "response.done":
            assert event["response"]["id"] not in open_item
    added = Counter(ids_of(events, "response.content_part.added", "item_id"))
    assert added == Counter(ids_of(events, "response.content_part.done", "item_id")) or open_item
    assert set(added.values()) <= {1}


def check_items(events: list[Event], *, over: bool) -> None:
    """Items are added once and done once, unless deleted; the chain of predecessors is one order of all of them."""
    order: list[str] = []
    done: Counter[str] = Counter()
    deleted: set[str] = set()
    for event in events:
        if event["type"] == "conversation.item.added":
            item_id, previous = event["item"]["id"], event["previous_item_id"]
            assert item_id not in order
            assert previous is None or previous in order
            order.insert(0 if previous is None else order.index(previous) + 1, item_id)
        elif event["type"] == "conversation.item.done":
            done[event["item"]["id"]] += 1
            assert event["item"]["id"] in order
        elif event["type"] == "conversation.item.deleted":
            order.remove(event["item_id"])
            deleted.add(event["item_id"])
    assert set(done.values()) <= {1}
    assert not over or set(order) <= set(done)


def check_time(events: list[Event]) -> None:
    marks = [
        int(event.get("audio_start_ms", event.get("audio_end_ms", 0)))
        for event in events
        if event["type"].startswith(("input_audio_buffer.speech", "input_audio_buffer.timeout"))
    ]
    assert marks == sorted(marks)


def check_playback(events: list[Event], *, over: bool) -> None:
    started = Counter(ids_of(events, "output_audio_buffer.started", "response_id"))
    stopped = Counter(ids_of(events, "output_audio_buffer.stopped", "response_id"))
    cleared = Counter(ids_of(events, "output_audio_buffer.cleared", "response_id"))
    assert set((stopped + cleared).values()) <= {1}
    assert set(started.values()) <= {1}
    assert set(stopped) <= set(started)
    assert not over or set(stopped + cleared) >= set(stopped)


def check_ids(events: list[Event]) -> None:
    names = [event["event_id"] for event in events]
    assert len(set(names)) == len(names)


def check_all(events: list[Event], *, over: bool) -> None:
    check_responses(events, over=over)
    check_parts(events)
    check_items(events, over=over)
    check_time(events)
    check_playback(events, over=over)
    check_ids(events)


@pytest.mark.parametrize("transport", ["websocket", "webrtc"])
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(steps=st.lists(STEPS, max_size=60), hears=st.booleans())
def test_nothing_raises_and_everything_that_begins_ends_once(transport: str, steps: list[Step], *, hears: bool) -> None:
    talk = Chance(transport=transport, answers_from_audio=hears, most_parallel=2)
    for step in steps:
        talk.step(step)
    check_all(talk.all, over=False)
    talk.take(talk.session.stop(talk.now))
    check_all(talk.all, over=True)
    assert talk.client("response.create") == []


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(GARBAGE | JSON | st.text(max_size=20) | st.binary(max_size=20), max_size=8))
def test_garbage_is_answered_by_errors_or_done_and_never_raises(messages: list[Any]) -> None:
    talk = Talk()
    for each in messages:
        talk.take(talk.session.receive(each, talk.now))
    check_all(talk.all, over=False)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=st.lists(STEPS, max_size=40), dropped=st.randoms(use_true_random=False))
def test_a_client_can_fold_any_talk_even_with_events_lost_doubled_and_swapped(steps: list[Step], dropped: Any) -> None:
    talk = Chance()
    for step in steps:
        talk.step(step)
    events = [event for event in talk.all for _ in range(dropped.choice([0, 1, 1, 1, 2]))]
    dropped.shuffle(events)
    transcript, cursor = Transcript(), 0
    for event in events:
        changed = transcript.apply(event, 1.0)
        assert (transcript.cursor > cursor) == changed
        cursor = transcript.cursor
    names = [entry.id for entry in transcript.entries]
    assert len(set(names)) == len(names)
    assert transcript.since(cursor).entries == ()
    transcript.end()
    assert all(entry.status != "partial" for entry in transcript.entries)
    assert transcript.text
    for event in transcript.replay():
        assert Talk().client(event["type"], item=event["item"])[0]["type"] in {"conversation.item.added", "error"}


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.dictionaries(st.sampled_from(["type", *KEYS, "previous_item_id", "delta"]), JSON, max_size=6), max_size=8
    )
)
def test_a_client_survives_any_garbage_of_a_provider(events: list[Event]) -> None:
    transcript = Transcript()
    for event in events:
        transcript.apply(event, 1.0)
    assert transcript.text
