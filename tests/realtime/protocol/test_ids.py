"""Identifiers."""

from __future__ import annotations

import re

import pytest

from realtime.protocol.ids import call_id_of, created_at
from tests.realtime.protocol.talking import UNIX, ids

BASE62 = "[0-9A-Za-z]"


@pytest.mark.parametrize("kind", ["event", "item", "resp", "conv", "sess"])
def test_an_identifier_has_the_recorded_form_and_tells_its_second(kind: str) -> None:
    made = ids().mint(kind, UNIX)  # type: ignore[arg-type]
    assert re.fullmatch(f"{kind}_{BASE62}{{21}}", made)
    assert made.split("_")[1][:5] == "E6U0w", "recorded at this second"
    assert created_at(made) == UNIX


def test_the_other_identifiers_have_their_recorded_forms() -> None:
    source = ids()
    assert re.fullmatch(f"call_{BASE62}{{16}}", source.call())
    assert re.fullmatch("event_[0-9a-f]{16}", source.buffer_event())
    assert re.fullmatch("ek_[0-9a-f]{32}", source.secret())
    session = source.rtc_session(UNIX)
    assert re.fullmatch(f"sess_u0_{BASE62}{{21}}", session)
    assert call_id_of(session) == session.replace("sess_", "rtc_")
    with pytest.raises(ValueError, match="not a session over WebRTC"):
        call_id_of("sess_1")


def test_ten_thousand_identifiers_of_a_second_differ() -> None:
    source = ids()
    assert len({source.mint("item", UNIX) for _ in range(10_000)}) == 10_000
