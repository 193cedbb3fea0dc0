"""GCP v1's own: subunits, free spins, and a play of nothing. For the rest see test_adapters_softswiss.py."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wallet.v1.common_pb2 import Balances, Money
from wallet.v1.wallet_pb2 import ACTION_KIND_NOTE, ActionResult, PlayResponse

from adapters.faults import Rejected
from adapters.provider import Request
from adapters.providers import gcp


def read(path, members, **settings):
    provider = gcp.connect("p", (b"key",), msgspec.convert(settings, gcp.Settings))
    endpoint = next(each for each in provider.endpoints if each.path == path)
    body = members if isinstance(members, bytes) else json.dumps(members).encode()
    return endpoint.read(Request("POST", path, "", {"Content-Type": "application/json"}, body, 0.0))


def euro(units, nanos=0):
    return Money(currency_code="EUR", units=units, nanos=nanos)


PLAY = {"user_id": "u1", "currency": "EUR", "game": "acme:Book", "game_id": "g-1", "session_id": "tok"}


def acted(**change):
    return PLAY | {"actions": [{"action": "bet", "amount": 200, "action_id": "a-1"} | change]}


@pytest.mark.parametrize(
    ("currency", "exponents", "amount"),
    [
        ("EUR", {}, Money(currency_code="EUR", units=123, nanos=450_000_000)),
        ("JPY", {}, Money(currency_code="JPY", units=12_345)),
        ("KWD", {}, Money(currency_code="KWD", units=12, nanos=345_000_000)),
        ("IDR", {}, Money(currency_code="IDR", units=123, nanos=450_000_000)),
        ("IDR", {"IDR": 0}, Money(currency_code="IDR", units=12_345)),
        ("BTC", {"BTC": 8}, Money(currency_code="BTC", nanos=123_450)),
        ("ETH", {"ETH": 9}, Money(currency_code="ETH", nanos=12_345)),
    ],
)
def test_subunits_are_of_the_currency(currency, exponents, amount):
    call = read("/play", acted(amount=12_345) | {"currency": currency}, exponents=exponents)

    assert call.ask.actions[0].amount == amount


def test_a_currency_without_a_known_subunit_is_refused():
    with pytest.raises(Rejected, match="UNKNOWN_CURRENCY"):
        read("/play", acted() | {"currency": "BTC"})


def test_less_than_a_subunit_is_not_shown():
    balances = Balances(shown=euro(9, 999_999_999))
    reply = PlayResponse(results=[ActionResult()], balances_now=balances, display_digits=2)

    assert json.loads(read("/play", acted()).write(reply).body)["balance"] == 999


@pytest.mark.parametrize("amount", ["200", 2.0, 2.5, None, True, [2]])
def test_v1_takes_amounts_as_integers_only(amount):
    with pytest.raises(Rejected, match="INVALID_REQUEST"):
        read("/play", acted(amount=amount))


def test_jackpot_parts_are_kept_and_move_nothing():
    body = json.dumps(acted(jackpot_contribution=1)).replace('_contribution": 1', '_contribution": 0.0150').encode()
    (action,) = read("/play", body).ask.actions

    assert dict(action.info) == {"jackpot_contribution": "0.0150"}
    assert action.amount == euro(2)


def test_a_finished_play_of_nothing_closes_the_round():
    ask = read("/play", PLAY | {"finished": True}).ask

    assert (ask.actions[0].kind, ask.close_round, ask.round_id) == (ACTION_KIND_NOTE, True, "g-1")


def test_free_spins_may_be_those_granted_in_the_core():
    spins = {"issue_id": "u1:EUR:fs-1", "status": "played", "total_amount": 250}
    (own,) = read("/freespins", spins).ask.actions
    (granted,) = read("/freespins", spins, grants=True).ask.actions

    assert (own.free_rounds_id, granted.free_rounds_id) == ("", "fs-1")
    assert granted.amount == own.amount == euro(2, 500_000_000)


names = st.text(st.sampled_from("a:%3A|"), min_size=1, max_size=6)


@given(names, st.sampled_from(["EUR", "BTC"]), names.map(lambda text: text.replace(":", "-")))
def test_an_issue_id_bears_its_player_and_currency(player, currency, own):
    assert gcp.owner(gcp.issue_id(player, currency, own)) == (player, currency)
