"""Who is there and who is gone."""

from __future__ import annotations

from realtime.transports.liveness import TICK_S, Liveness, Verdict


def watch(seconds: float, signs: list[float], *, answers: bool = False) -> float | None:
    """When a peer that gives signs of life at some times is taken for gone."""
    liveness, now = Liveness(0.0), 0.0
    while now < seconds:
        now += TICK_S
        verdict = liveness.look(sum(sign <= now for sign in signs), now)
        if verdict is Verdict.GONE:
            return now
        if verdict is Verdict.ASK:
            now += 0.0 if answers else 0.5
            liveness.asked(now, answered=answers)
    return None


def test_a_peer_that_sends_stays() -> None:
    assert watch(60, [n * 0.5 for n in range(120)]) is None


def test_a_silent_peer_that_answers_stays() -> None:
    assert watch(60, [], answers=True) is None


def test_a_peer_that_vanishes_is_noticed_within_five_seconds() -> None:
    gone = watch(60, [n * 0.02 for n in range(500)])
    assert gone is not None
    assert gone - 10 <= 4.9


def test_a_loop_that_stood_still_does_not_blame_the_peer() -> None:
    liveness = Liveness(0.0)
    assert liveness.look(1, TICK_S) is Verdict.FINE
    assert liveness.look(1, 20.0) is Verdict.FINE
    assert liveness.look(1, 22.0) is not Verdict.GONE
