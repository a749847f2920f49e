"""Whatever comes in: a flow, or a refusal. Never another error, never a hang."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from graph.actions import ACTIONS, parse_action, parse_actions
from graph.edits.apply import apply
from graph.errors import Refused
from graph.formats.document import read_document
from graph.formats.flowtext import write_flow_text
from graph.formats.flowtext_in import read_flow_text
from graph.registry import NODE_SPECS
from graph.validation import validate
from tests.graph.chance import Chance, batch_of, document_of, documents, seeds
from tests.graph.making import NOW, flow_of, wires, written

if TYPE_CHECKING:
    from graph.flow import Flow

_KEYS = (
    "nodes edges id type data position x source target metadata flow label parentId sourceHandle targetHandle action "
    "node edge nodeId edgeId nodeIds position_x addEdge removeEdge output prompt $seq style measured a b"
)
_words = st.sampled_from([*_KEYS.split(), *NODE_SPECS, *ACTIONS])
_scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), _words, st.text(), st.just("\ud800"), st.just(10**400)
)
anything = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_words | st.text(max_size=3), inner, max_size=5),
    max_leaves=15,
)
_rows = st.dictionaries(st.sampled_from(["id", "type", "data", "position"]), anything)
almost_documents = st.fixed_dictionaries(
    {"nodes": st.lists(_rows)}, optional={"edges": anything, "metadata": anything, "flow": anything}
)


def sound(flow: Flow) -> None:
    """What was accepted must be fit to be kept and sent."""
    assert validate(flow).ok
    written(flow).encode("utf-8")


@settings(max_examples=120)
@given(anything | almost_documents)
def test_any_json_is_a_document_or_refused(raw: Any) -> None:
    try:
        sound(read_document(raw, now=NOW).flow)
    except Refused as refused:
        wires(refused.problems)


@settings(max_examples=120)
@given(documents(least=2, most=6), seeds, anything)
def test_a_document_with_something_else_somewhere_is_read_or_refused(
    document: dict[str, Any], seed: int, odd: Any
) -> None:
    mutate(Chance(seed), document, odd)
    try:
        sound(read_document(document, now=NOW).flow)
    except Refused as refused:
        wires(refused.problems)


def mutate(random: Chance, value: Any, odd: Any) -> None:
    """Put something else in a place inside, or take something out."""
    held, key = value, None
    while isinstance(held, dict | list) and held and (key is None or random.often(0.85)):
        value = cast("Any", held)
        key = random.choice([*value] if isinstance(held, dict) else [*range(len(value))])
        held = value[key]
    if random.often(0.2):
        del value[key]
    elif random.often(0.2) and isinstance(value, list):
        cast("list[Any]", value).append(held)
    else:
        value[key] = odd


@settings(max_examples=120)
@given(st.text() | st.text('ab \n\t"\\#->.:!$@={}[],0e', max_size=60))
def test_any_text_is_a_flow_or_refused(text: str) -> None:
    try:
        sound(read_flow_text(text, now=NOW).flow)
    except Refused as refused:
        wires(refused.problems)


@settings(max_examples=120)
@given(
    seeds,
    seeds,
    st.text(max_size=4) | st.sampled_from(['"', "\\", "->", "=", "@1,2 ", "@007,1 ", "$id=1 ", "\n", "NaN"]),
)
def test_a_flow_text_with_something_else_somewhere_is_read_or_refused(seed: int, place: int, odd: str) -> None:
    text = write_flow_text(read_document(document_of(seed, 5), now=NOW).flow, full=bool(place % 2))
    start = place % len(text)
    end = start + Chance(place).choice([0, 0, 1, 5, 40])
    try:
        sound(read_flow_text(text[:start] + odd + text[end:], now=NOW).flow)
    except Refused as refused:
        wires(refused.problems)


@settings(max_examples=120)
@given(anything | st.lists(anything) | st.lists(st.dictionaries(_words, anything)))
def test_any_json_is_a_batch_or_refused(raw: Any) -> None:
    flow = flow_of()
    before = written(flow)
    try:
        apply(flow, parse_actions(raw))
        sound(flow)
    except Refused as refused:
        wires(refused.problems)
        assert written(flow) == before


@settings(max_examples=120)
@given(st.sampled_from([*ACTIONS]), st.dictionaries(_words, anything))
def test_any_arguments_are_an_action_or_refused(name: str, arguments: dict[str, Any]) -> None:
    flow = flow_of()
    try:
        apply(flow, parse_action(name, arguments))
        sound(flow)
    except Refused as refused:
        wires(refused.problems)


@settings(max_examples=120)
@given(documents(least=3), seeds, anything)
def test_a_batch_with_something_else_somewhere_is_done_or_refused(
    document: dict[str, Any], seed: int, odd: Any
) -> None:
    flow = read_document(document, now=NOW).flow
    batch = batch_of(seed, flow)
    mutate(Chance(seed), batch, odd)
    before = written(flow)
    try:
        apply(flow, parse_actions(batch))
        sound(flow)
    except Refused as refused:
        wires(refused.problems)
        assert written(flow) == before
