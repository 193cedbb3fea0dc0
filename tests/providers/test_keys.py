"""Keys of idempotency, of every adapter: nobody's transaction is ever taken for another one by accident."""

from functools import cache
from itertools import combinations

import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st
from wallet.v1.wallet_pb2 import PlayRequest

from adapters.conformance.dialect import Seat
from adapters.faults import Rejected
from adapters.provider import Call
from tests.providers.conftest import DIALECTS
from tests.providers.door import connected, heard, move

# What our keys are made of, and what might be taken for it.
PIECES = ("tx:", "bet:", "win:", "void:", "void:tx:", "void:bet:", "settle:", "p:", ":", "%3A", "|", "/", "1", "a", "-")
hexes = st.uuids().map(lambda each: each.hex)
odd = st.lists(st.sampled_from(PIECES), min_size=1, max_size=4).map("".join)
ids = st.lists(hexes, min_size=5, max_size=5, unique=True) | st.lists(hexes | odd, min_size=5, max_size=5, unique=True)
players = st.lists(hexes | odd, min_size=2, max_size=2, unique=True)

each = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
some = settings(max_examples=25)


@cache
def speaker(name):
    (dialect,) = [dialect for dialect in DIALECTS if dialect.name == name]
    return connected(dialect)[0]


def asked(dialect, said):
    """The plays an adapter asks of the core for a move; none where the dialect cannot say it or the adapter takes it
    for no request.
    """
    try:
        found = heard(dialect, getattr(dialect, said.kind)(said), speaker(dialect.name))
    except (Rejected, ValueError):
        return []
    asks = found.ask if isinstance(found, Call) else []
    return [ask for ask in (asks if isinstance(asks, list) else [asks]) if isinstance(ask, PlayRequest)]


def keys(dialect, said):
    return {action.external_key for ask in asked(dialect, said) for action in ask.actions}


def spoken(dialect, seat, names):
    """A bet, another bet's win, a third one's rollback, and a prize: five ids, and none of them twice."""
    first, second, third, fourth, fifth = names
    bets = {name: move("bet", seat, id=name, round=f"{n}" * 32) for n, name in enumerate((first, second, third), 1)}
    yield bets[first]
    yield move("win", seat, id=fourth, of=bets[second], round=bets[second].round)
    yield move("rollback", seat, id=fifth, of=bets[third], round=bets[third].round)


@each
@some
@given(names=ids, player=players)
def test_what_has_no_id_in_common_has_no_key_in_common(dialect, names, player):
    found = [keys(dialect, said) for said in spoken(dialect, Seat(player[0], "t" * 40), names)]
    event(f"{sum(map(bool, found))} understood")

    for one, other in combinations(found, 2):
        assert not one & other


@each
@some
@given(name=hexes | odd, own=hexes | odd, player=players)
def test_a_rollback_has_not_the_key_of_its_bet_and_refers_to_it(dialect, name, own, player):
    assume(name != own)
    seat = Seat(player[0], "t" * 40)
    bet = move("bet", seat, id=name)
    undone = move("rollback", seat, id=own, of=bet, round=bet.round)
    staked = keys(dialect, bet)
    assume(staked)
    asks = asked(dialect, undone)
    assume(asks)

    assert not staked & {action.external_key for ask in asks for action in ask.actions}
    referred = {reference for ask in asks for action in ask.actions for reference in action.references}
    # A request may leave keys of its own beside its bet's.
    assert dialect.key(bet) in staked & referred


@each
@some
@given(names=ids, player=players)
def test_two_players_never_ask_for_the_same(dialect, names, player):
    """A rollback that names nobody but the transaction is whoever's that is."""
    first, second = (
        list(spoken(dialect, Seat(name, f"{number}" * 40), names)) for number, name in enumerate(player, 1)
    )
    for one, other in zip(first, second, strict=True):
        for ask, another in zip(asked(dialect, one), asked(dialect, other), strict=False):
            assert ask.provider_id == another.provider_id == dialect.name
            if not (ask.original_key and another.original_key):
                assert (ask.player_id, ask.session_token) != (another.player_id, another.session_token)


@each
def test_what_a_kit_says_is_understood(dialect):
    """Else the properties above would hold of nothing."""
    names = [f"{number:032x}" for number in range(5)]

    assert all(keys(dialect, said) for said in spoken(dialect, Seat("p-1", "t" * 40), names))
