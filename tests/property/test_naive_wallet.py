"""Long random lives, step by step against a second wallet that was written without reading the first."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.property.lives import CALM, EVERY_PROFILE, life
from tests.support.domain import PLAYER, Books, deposit
from tests.support.naive_wallet import NaiveWallet
from wallet_core.domain.commands import CreatePlayer
from wallet_core.domain.rounds import Round


@pytest.mark.parametrize("name", EVERY_PROFILE)
@settings(CALM, max_examples=10)
@given(data=st.data())
def test_the_wallet_and_the_naive_wallet_live_the_same_life(name, data):
    profile = EVERY_PROFILE[name]
    books, naive, ids = Books(cash="20"), NaiveWallet(), {}
    naive.do(CreatePlayer(PLAYER, "operator", "brand", ("EUR",)))
    naive.do(deposit("20", key="first"))
    for command in data.draw(life(profile)):
        decision = books.do(command)
        said = naive.do(command, books.at)
        assert _heard(decision) == (said.reason, said.outcomes, said.replayed), command
        assert _found(books, profile) == _expected(naive, profile), command
        for result in decision.results:
            assert ids.setdefault((type(command), result.external_key), result.transaction_id) == result.transaction_id
    books.assert_sound()


def _heard(decision):
    reason = decision.refusal.reason if decision.refusal else None
    outcomes = [] if reason else [result.outcome for result in decision.results]
    return reason, outcomes, decision.replayed


def _found(books, profile):
    held = books.held()
    shown = held.cash - held.debt if profile.overdraw.name == "NEGATIVE" else held.cash
    rounds = [row for row in books.rows.values() if isinstance(row, Round)]
    return (held.cash, held.debt, shown), {row.round_id: _sums(row.state.name, row) for row in rounds}


def _expected(naive, profile):
    rounds = {key[2]: _sums(game.state, game) for key, game in naive.rounds.items()}
    return naive.balances(PLAYER, "EUR", profile), rounds


def _sums(state, row):
    return state, row.staked, row.in_play, row.refunded
