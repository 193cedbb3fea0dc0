"""Play requests: whatever a message holds, it is a command or refused."""

from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st
from wallet.v1.common_pb2 import Money
from wallet.v1.wallet_pb2 import (
    ACTION_KIND_AMEND,
    ACTION_KIND_BET,
    ACTION_KIND_NOTE,
    ACTION_KIND_ROLLBACK,
    ACTION_KIND_WIN,
    Action,
    Category,
    CloseRoundRequest,
    PlayRequest,
)

from tests.fuzz.doors import taken
from tests.fuzz.messages import edges, messages, mostly, parsed, texts
from tests.fuzz.mutations import damaged
from tests.fuzz.seeds import exploring
from wallet_core.domain.commands import Play
from wallet_core.domain.money import CURRENCIES

keys = mostly(
    st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="~"), min_size=1, max_size=255), texts, 20
)
units = mostly(st.integers(0, 10**6), edges | st.integers(-(2**63), 2**63 - 1), 4)
nanos = mostly(st.integers(0, 99).map(lambda number: number * 10**7), st.integers(-(10**9), 10**9), 4)


categories = mostly(st.sampled_from(Category.values()), st.integers(-(2**31), 2**31 - 1), 10)
moments = st.builds(Timestamp, seconds=mostly(st.integers(0, 2 * 10**9), edges | st.integers(-(2**63), 2**63 - 1), 3))


def prices(code):
    return st.builds(Money, currency_code=st.just(code), units=units, nanos=nanos)


def actions(code):
    """Actions of each kind, with what their kind needs."""
    price, one = prices(code), st.lists(keys, min_size=1, max_size=1)
    made = {"external_key": keys, "info": st.dictionaries(keys, keys, max_size=2), "category": categories}
    return st.one_of(
        st.builds(Action, kind=st.just(ACTION_KIND_BET), amount=price, minimum_balance=st.none() | price, **made),
        st.builds(Action, kind=st.just(ACTION_KIND_WIN), amount=price, references=st.lists(keys, max_size=3), **made),
        st.builds(Action, kind=st.just(ACTION_KIND_ROLLBACK), amount=st.none() | price, references=one, **made),
        st.builds(Action, kind=st.just(ACTION_KIND_AMEND), amount=price, references=one, **made),
        st.builds(Action, kind=st.just(ACTION_KIND_NOTE), amount=st.none() | price, **made),
    )


@st.composite
def near(draw):
    """A request that is right, as a rule, but for what its amounts may be."""
    code = draw(st.sampled_from(sorted(CURRENCIES)))
    return PlayRequest(
        provider_id=draw(st.sampled_from(("thrillgate", "generic_seamless"))),
        player_id=draw(st.sampled_from(("", "p-1"))),
        session_token=draw(st.just("") | keys),
        currency_code=draw(st.sampled_from((code, ""))),
        round_id=draw(keys),
        close_round=draw(st.booleans()),
        batch_id=draw(st.just("") | keys),
        occurred_at=draw(st.none() | moments),
        actions=draw(st.lists(actions(code), min_size=1, max_size=4)),
    )


@exploring(200)
@given(messages(PlayRequest))
def test_any_message_is_a_play_or_refused(request):
    assert isinstance(taken(request), Play | None)


@exploring(300)
@given(near())
def test_one_that_is_but_for_its_amounts_right_is_an_exact_play_or_refused(request):
    assert isinstance(taken(request), Play | None)


@exploring(100)
@given(messages(CloseRoundRequest))
def test_any_closing_is_a_play_or_refused(request):
    assert isinstance(taken(request), Play | None)


@exploring(200)
@given(near().map(lambda request: request.SerializeToString()).flatmap(damaged) | st.binary())
def test_any_bytes_are_no_message_or_a_play_or_refused(raw):
    request = parsed(PlayRequest, raw)

    assert request is None or isinstance(taken(request), Play | None)
