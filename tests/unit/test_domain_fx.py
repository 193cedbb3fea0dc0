"""FX through `decide`: rates, quotes and conversions (rulebook 10), with the golden cases of chapter 28."""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.support.domain import PLAYER, START, TICK, Books, amount_of, answer, bet, deposit, person, play, units
from wallet_core.domain.actors import Actor
from wallet_core.domain.commands import CreatePlayer, PostJournal, SetStatus
from wallet_core.domain.decision import Outcome, Reason
from wallet_core.domain.entries import Entry
from wallet_core.domain.fx import Conversions, Quote, Side, State, price, refundable
from wallet_core.domain.fx_commands import CancelQuote, ExecuteQuote, OpenQuote, ReverseQuote
from wallet_core.domain.fx_terms import DAY, SECOND, FxTerms, Source, in_force
from wallet_core.domain.layers import Setting
from wallet_core.domain.money import CURRENCIES, INT64_MAX
from wallet_core.domain.policies import Policies
from wallet_core.domain.policy_keys import Layer
from wallet_core.domain.publications import Publication
from wallet_core.domain.rate_commands import PublishRates
from wallet_core.domain.rates import Rates, Table, apart, client_rate, gains, rate_of, text_of
from wallet_core.domain.subwallets import Transfer

GOLDEN = json.loads(Path(__file__).with_name("golden.json").read_text(encoding="utf-8"))
CASES = {case["id"]: (case["given"], case["expect"]) for case in GOLDEN}

TERMS = FxTerms(sources=(Source("push"), Source("other")))
ECB = (("EUR", "BRL", "5.8123"), ("EUR", "USD", "1.0564"), ("EUR", "JPY", "163.2"), ("EUR", "BTC", "0.0000104"))
WALLETS = ("EUR", "BRL", "USD", "JPY", "BTC", "PTS")


class Desk:
    """Books with a player of several wallets, and the words to convert between them."""

    def __init__(self, cash="1000", terms=TERMS, pairs=ECB):
        self.books = Books(players=())
        self.terms = terms
        self.places = {}
        self.requests = 0
        self.books.do(CreatePlayer(PLAYER, "operator", "brand", WALLETS))
        self.books.do(deposit(cash))
        if pairs:
            assert answer(self.publish(pairs)) is Outcome.NOOP

    @property
    def now(self):
        return self.books.at

    def publish(self, pairs=ECB, source="push", age=0, **more):
        as_of = self.now - age
        command = PublishRates("", source, as_of, pairs, tuple(self.places.items()), self.terms)
        decision = self.books.do(replace(command, **more))
        if decision.refusal is None:
            self.places[source] = more.get("as_of", as_of)
        return decision

    def quote(self, amount="100", source="EUR", target="BRL", side=Side.SELL, quote_id="q1", **more):
        asked = units(amount, source if side is Side.SELL else target)
        command = OpenQuote(PLAYER, quote_id, source, target, side, asked, tuple(self.places.items()), self.terms)
        return self.books.do(replace(command, **more))

    def found(self, quote_id="q1"):
        return self.books.rows[Quote, PLAYER, quote_id]

    def _request(self):
        self.requests += 1
        return f"x{self.requests}"

    def execute(self, quote_id="q1", request_id="", **more):
        quote = self.books.rows.get((Quote, PLAYER, quote_id))
        currency, amount = (quote.source, quote.given) if quote else ("EUR", 1)
        command = ExecuteQuote(PLAYER, quote_id, request_id or self._request(), currency, amount, self.terms)
        return self.books.do(replace(command, **more))

    def cancel(self, quote_id="q1"):
        return self.books.do(CancelQuote(PLAYER, quote_id, self._request()))

    def reverse(self, quote_id="q1", actor="ann", approver="bob"):
        return self.books.do(
            ReverseQuote(PLAYER, quote_id, self._request(), "mistake", person(actor), person(approver))
        )

    def convert(self, amount="100", source="EUR", target="BRL", quote_id="q1", side=Side.SELL):
        asked = answer(self.quote(amount, source, target, side, quote_id))
        return answer(self.execute(quote_id)) if asked is Outcome.NOOP else asked

    def cash(self, currency="EUR"):
        return amount_of(self.books.held(currency=currency).cash, currency)


@pytest.fixture
def desk():
    return Desk()


def minor(amount):
    """Minor units of a currency with two display digits, from ledger units."""
    assert amount % 10_000 == 0
    return amount // 10_000


def test_gc_fx_01_a_quote_and_w_5_its_conversion(desk):
    given, expect = CASES["GC-FX-01"]
    assert answer(desk.quote(given["source"])) is Outcome.NOOP
    quote = desk.found()
    assert (text_of(quote.mid), quote.margin_bps) == (given["mid"], given["margin_bps"])
    assert {
        "client_rate": text_of(quote.client),
        "credit": amount_of(quote.credited),
        "mid_value": amount_of(quote.mid_value),
        "margin": amount_of(quote.margin),
    } == {name: expect[name] for name in ("client_rate", "credit", "mid_value", "margin")}

    done = desk.execute()
    head = done.results[0]
    assert [list(line) for line in desk.books.journal(head.transaction_id)] == expect["lines"]
    assert desk.found().transaction_id == head.transaction_id
    desk.books.assert_sound()
    assert (desk.cash(), desk.cash("BRL")) == ("900.00", "572.51")


def test_gc_fx_03_a_round_trip_never_gains():
    given, expect = CASES["GC-FX-03"]
    table = Table([("EUR", "BRL", given["mid"])])
    back = price(
        "BRL", "EUR", Side.SELL, units(given["source"]), mid=table.mid("BRL", "EUR"), margin=given["margin_bps"]
    )
    assert amount_of(back.credited) == expect["credit"]
    assert back.credited < units(given["less_than"])


@pytest.mark.parametrize("index", [0, 1])
def test_gc_fx_05_the_time_is_half_open(index):
    given, expect = CASES["GC-FX-05"]
    desk = Desk(terms=replace(TERMS, ttl=given["ttl"] * SECOND))
    desk.quote()
    after = int(float(given["accepted_after"][index]) * SECOND)
    desk.books.at = desk.found().created_at + after - TICK
    done = answer(desk.execute())
    assert desk.books.at == desk.found().created_at + after
    assert (done is Outcome.APPLIED) is expect["accepted"][index]
    assert expect["accepted"][index] or done is Reason.QUOTE_EXPIRED
    assert desk.found().state_at(desk.now) is (State.USED if expect["accepted"][index] else State.EXPIRED)


def test_gc_fx_06_a_refund_uses_the_stored_quote(desk):
    given, expect = CASES["GC-FX-06"]
    assert desk.convert(given["deposit"]) is Outcome.APPLIED
    quote = desk.found()
    assert amount_of(quote.credited) == given["credited"]
    assert amount_of(refundable(quote, units(given["left"]))) == expect["refundable"]
    assert refundable(quote, quote.credited) == refundable(quote, 2 * quote.credited) == quote.given
    assert refundable(quote, 0) == 0


# What one of `source` brings: (source, target, side, asked, given, credited), at ECB and 150 bp.
PRICES = [
    ("EUR", "JPY", Side.SELL, "10.00", "10.00", "1607"),  # 160.752 a euro, cut off to whole yen
    ("JPY", "EUR", Side.SELL, "1000", "1000", "6.03"),  # 0.006035 (6 decimals)
    ("EUR", "BTC", Side.SELL, "100.00", "100.00", "0.00102440"),  # 10 decimals for crypto
    ("BTC", "EUR", Side.SELL, "0.01", "0.01000000", "947.11"),
    ("BRL", "USD", Side.SELL, "100.00", "100.00", "17.90"),  # by way of the euro
    ("EUR", "BRL", Side.BUY, "572.51", "100.00", "572.51"),  # R-FX-07: rounded up
    ("EUR", "BRL", Side.BUY, "572.52", "100.01", "572.52"),
    ("EUR", "JPY", Side.BUY, "1", "0.01", "1"),
]


@pytest.mark.parametrize("case", PRICES, ids=lambda case: f"{case[0]}-{case[1]}-{case[2].name}-{case[3]}")
def test_what_is_given_and_credited(desk, case):
    source, target, side, asked, given, credited = case
    assert answer(desk.quote(asked, source, target, side)) is Outcome.NOOP
    quote = desk.found()
    assert (amount_of(quote.given, source), amount_of(quote.credited, target)) == (given, credited)
    assert quote.margin >= 0
    assert (quote.rate_source, quote.rate_at) == ("push", desk.places["push"])


def test_the_mid_value_is_rounded_half_to_even():
    for mid, value in (("0.125", "0.12"), ("0.135", "0.14"), ("0.1251", "0.13")):
        assert amount_of(price("EUR", "BRL", Side.SELL, units("1"), mid=rate_of(mid), margin=1_000).mid_value) == value


def test_the_client_rate_is_cut_off():
    assert text_of(client_rate(rate_of("5.8123"), 150, "EUR", "BRL")) == "5.725115"
    assert text_of(client_rate(rate_of("0.00001234567"), 0, "EUR", "BRL")) == "0.000012"
    assert text_of(client_rate(rate_of("0.00001234567"), 0, "EUR", "BTC")) == "0.0000123456"


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"amount": "1", "source": "JPY", "target": "EUR"}, Reason.BELOW_MINIMUM),  # R-FX-08
        ({"amount": "0"}, Reason.INVALID_AMOUNT),
        ({"amount": "-1"}, Reason.INVALID_AMOUNT),
        ({"amount": "0.001"}, Reason.INVALID_PRECISION),
        ({"source": "EUR", "target": "EUR"}, Reason.INVALID_REQUEST),
        ({"target": "CHF"}, Reason.WRONG_CURRENCY),  # the target wallet must be one the player has
        ({"source": "CHF"}, Reason.WRONG_CURRENCY),
        ({"target": "PTS"}, Reason.INVALID_REQUEST),  # R-CUR-04
        ({"amount": "9000000000000", "target": "JPY"}, Reason.INVALID_AMOUNT),
    ],
)
def test_what_cannot_be_quoted_is_refused(desk, asked, reason):
    rows = dict(desk.books.rows)
    assert answer(desk.quote(**asked)) is reason
    assert desk.books.rows == rows


def test_a_quote_is_opened_once(desk):
    desk.quote()
    first = desk.found()
    desk.publish((("EUR", "BRL", "5.82"),), age=-1)
    again = desk.quote()
    assert again.replayed
    assert desk.found() == first
    assert answer(desk.quote("101")) is Reason.CONFLICT


def test_a_quote_is_used_once(desk):
    desk.quote()
    done = desk.execute(request_id="x")
    assert answer(done) is Outcome.APPLIED
    assert desk.execute(request_id="x").replayed
    assert answer(desk.execute(request_id="y")) is Reason.QUOTE_USED
    assert answer(desk.cancel()) is Reason.QUOTE_USED
    assert (desk.cash(), desk.cash("BRL")) == ("900.00", "572.51")


def test_two_executions_in_one_batch(desk):
    desk.quote()
    commands = [ExecuteQuote(PLAYER, "q1", key, "EUR", units("100"), TERMS) for key in "ab"]
    assert [answer(each) for each in desk.books.do_batch(commands)] == [Outcome.APPLIED, Reason.QUOTE_USED]
    desk.books.assert_sound()


def test_a_quote_is_for_its_player_and_its_amount(desk):
    desk.books.do(CreatePlayer("bob", "operator", "brand", WALLETS))
    desk.books.do(deposit("1000", player="bob"))
    desk.quote()
    assert answer(desk.execute(player_id="bob")) is Reason.QUOTE_NOT_FOUND
    assert answer(desk.execute(amount=units("99"))) is Reason.INVALID_REQUEST
    assert answer(desk.execute(currency="USD")) is Reason.INVALID_REQUEST
    assert answer(desk.execute("q2")) is Reason.QUOTE_NOT_FOUND
    assert desk.found().state is State.OPEN


def test_a_cancelled_quote_is_over(desk):
    desk.quote()
    assert answer(desk.cancel()) is Outcome.NOOP
    assert desk.found().state is State.CANCELLED
    assert answer(desk.execute()) is Reason.QUOTE_USED
    assert desk.cash() == "1000.00"


def test_an_expired_quote_is_not_cancelled(desk):
    desk.quote()
    desk.books.wait(TERMS.ttl)
    assert answer(desk.cancel()) is Reason.QUOTE_EXPIRED


def test_only_cash_is_converted(desk):
    """R-FX-14: what is in play, held or owed stays."""
    desk.books.do(play(bet("b1", "950")))
    desk.quote()
    rows = len(desk.books.lines)
    assert answer(desk.execute(request_id="x")) is Reason.INSUFFICIENT_FUNDS
    assert desk.found().state is State.OPEN
    desk.books.do(deposit("100", key="d2"))
    assert answer(desk.execute(request_id="x")) is Reason.INSUFFICIENT_FUNDS, "a refused id stays refused"
    assert answer(desk.execute(request_id="y")) is Outcome.APPLIED
    assert len(desk.books.lines) > rows
    desk.books.assert_sound()


def test_cash_of_a_product_is_not_converted(desk):
    desk.books.do(Transfer(PLAYER, "t1", "EUR", units("950"), "CASH", "CASH:SPORTS"))
    assert desk.convert("50.01") is Reason.INSUFFICIENT_FUNDS
    assert desk.convert("50.00", quote_id="q2") is Outcome.APPLIED


def test_what_a_wallet_cannot_hold_is_not_credited(desk):
    full = INT64_MAX // CURRENCIES["BRL"].unit
    desk.books.do(deposit(str(full - 500), currency="BRL", key="d2"))
    assert desk.convert() is Reason.INVALID_AMOUNT
    desk.books.assert_sound()


def test_what_is_owed_does_not_flee_into_another_currency(desk):
    lines = (("EUR", Entry("DEBT", -units("950"))), ("EUR", Entry("ADJUSTMENTS", units("950"))))
    desk.books.do(PostJournal(PLAYER, lines, "owed", "ann", "j1"))
    assert desk.convert("50.01") is Reason.INSUFFICIENT_FUNDS
    assert desk.convert("50.00", quote_id="q2") is Outcome.APPLIED


def test_a_blocked_player_converts_nothing(desk):
    desk.quote()
    desk.books.do(SetStatus(PLAYER, blocked=True, reason="r", actor="a", request_id="s"))
    assert answer(desk.quote(quote_id="q2")) is Reason.PLAYER_BLOCKED
    assert answer(desk.execute()) is Reason.PLAYER_BLOCKED


def test_a_conversion_is_reversed_by_two(desk):
    assert answer(desk.reverse()) is Reason.QUOTE_NOT_FOUND
    desk.quote()
    assert answer(desk.reverse()) is Reason.REFERENCE_MISMATCH
    desk.execute()
    assert answer(desk.reverse(approver="Ann ")) is Reason.INVALID_REQUEST
    alone = ReverseQuote(PLAYER, "q1", "alone", "mistake", Actor("ann", "ops"), Actor("bob", "ops"))
    refused = desk.books.do(alone).refusal
    assert refused.reason is Reason.INVALID_REQUEST
    assert "vouches" in refused.message, "who sent it alone is one, whoever he names (R-SEC-01)"
    assert answer(desk.reverse()) is Outcome.APPLIED
    assert (desk.cash(), desk.cash("BRL"), desk.found().state) == ("1000.00", "0.00", State.REVERSED)
    for account in ("FX_POSITION", "FX_MARGIN"):
        assert [desk.books.total(account, code) for code in ("EUR", "BRL")] == ["0.00", "0.00"]
    assert desk.books.rows[Conversions, PLAYER].done == (), "it no longer counts for limits"
    assert answer(desk.reverse()) is Reason.REFERENCE_MISMATCH
    assert answer(desk.execute()) is Reason.QUOTE_USED
    desk.books.assert_sound()


def test_a_conversion_whose_money_is_gone_is_not_reversed(desk):
    desk.convert()
    desk.books.do(play(bet("b1", "0.01"), currency="BRL"))
    assert answer(desk.reverse()) is Reason.INSUFFICIENT_FUNDS
    assert desk.found().state is State.USED


# What limits count.


def test_so_many_conversions_in_24_hours():
    desk = Desk(terms=replace(TERMS, daily_count=2, sources=(Source("push", DAY * 3, DAY * 3),)))
    assert desk.convert("1", quote_id="q1") is Outcome.APPLIED
    first = desk.found().changed_at
    assert desk.convert("1", quote_id="q2") is Outcome.APPLIED
    assert answer(desk.quote("1", quote_id="q3")) is Reason.LIMIT_REACHED
    desk.books.at = first + DAY - 3 * TICK
    assert answer(desk.quote("1", quote_id="q3")) is Reason.LIMIT_REACHED
    assert answer(desk.quote("1", quote_id="q4")) is Reason.LIMIT_REACHED
    assert desk.now == first + DAY - TICK
    assert answer(desk.quote("1", quote_id="q5")) is Outcome.NOOP, "the oldest is 24 hours ago"
    assert answer(desk.execute("q5")) is Outcome.APPLIED
    assert len(desk.books.rows[Conversions, PLAYER].done) == 2, "what does not count is forgotten"


def test_a_quote_made_before_a_limit_was_reached_is_held_to_it():
    desk = Desk(terms=replace(TERMS, daily_count=1))
    desk.quote("1", quote_id="q1")
    desk.quote("1", quote_id="q2")
    assert answer(desk.execute("q1")) is Outcome.APPLIED
    assert answer(desk.execute("q2")) is Reason.LIMIT_REACHED


def test_so_much_in_24_hours_in_the_reference_currency():
    desk = Desk(cash="300", terms=replace(TERMS, daily_volume=200))
    assert desk.convert("150", quote_id="q1") is Outcome.APPLIED
    assert desk.found("q1").volume == units("150")
    assert answer(desk.quote("50.01", quote_id="q2")) is Reason.LIMIT_REACHED
    assert answer(desk.quote("300", "BRL", "USD", quote_id="q3")) is Reason.LIMIT_REACHED, "51.61 EUR"
    assert answer(desk.quote("290", "BRL", "USD", quote_id="q4")) is Outcome.NOOP
    assert amount_of(desk.found("q4").volume) == "49.89"
    assert desk.convert("50", quote_id="q5") is Outcome.APPLIED
    assert answer(desk.execute("q4")) is Reason.LIMIT_REACHED


def test_what_was_converted_is_held_for_a_while():
    desk = Desk(terms=replace(TERMS, min_holding=30 * SECOND))
    assert desk.convert() is Outcome.APPLIED
    assert answer(desk.quote("10", "BRL", "EUR", quote_id="q2")) is Reason.LIMIT_REACHED
    assert answer(desk.quote("10", "EUR", "USD", quote_id="q3")) is Outcome.NOOP
    desk.books.wait(30 * SECOND)
    assert answer(desk.quote("10", "BRL", "EUR", quote_id="q4")) is Outcome.NOOP


def test_there_and_back_too_often(desk):
    desk.terms = replace(TERMS, daily_count=100, round_trips=2)
    for number in range(2):
        assert desk.convert("10", "EUR", "BRL", f"there{number}") is Outcome.APPLIED
        assert desk.convert("50", "BRL", "EUR", f"back{number}") is Outcome.APPLIED
    assert answer(desk.quote("10", "EUR", "BRL", quote_id="more")) is Reason.LIMIT_REACHED
    assert answer(desk.quote("10", "EUR", "USD", quote_id="other")) is Reason.LIMIT_REACHED


# Rates (R-FX-09, R-FX-10)


def test_rates_that_are_too_old_are_not_quoted(desk):
    desk.books.at = desk.places["push"] + 60 * SECOND - 2 * TICK
    assert answer(desk.quote(quote_id="q1")) is Outcome.NOOP
    assert answer(desk.quote(quote_id="q2")) is Reason.RATE_UNAVAILABLE
    assert answer(Desk(pairs=()).quote()) is Reason.RATE_UNAVAILABLE


def test_a_sources_clock_does_not_make_its_rates_younger(desk):
    desk.publish(ECB, as_of=desk.now + 59 * SECOND)
    desk.books.wait(60 * SECOND)
    assert answer(desk.quote()) is Reason.RATE_UNAVAILABLE
    assert answer(desk.publish(ECB, as_of=desk.now + 65 * SECOND)) is Reason.INVALID_REQUEST


def test_the_weekend_costs_more_and_lets_rates_grow_older(desk):
    friday = START - 8 * 3_600 * SECOND
    assert not TERMS.weekend(friday)
    desk.books.at = friday + 21 * 3_600 * SECOND - TICK
    assert not TERMS.weekend(desk.now)
    desk.publish()  # at 21:00 sharp
    assert TERMS.weekend(desk.now)
    desk.books.wait(900 * SECOND - 3 * TICK)
    desk.quote()
    assert (desk.found().margin_bps, text_of(desk.found().client)) == (250, "5.666992")
    desk.books.wait(2 * TICK)
    assert answer(desk.quote(quote_id="q2")) is Reason.RATE_UNAVAILABLE
    assert TERMS.weekend(friday + (2 * 24 + 22) * 3_600 * SECOND - 1)
    assert not TERMS.weekend(friday + (2 * 24 + 22) * 3_600 * SECOND)


def test_a_source_without_weekend_rates_is_silent_then():
    desk = Desk(terms=replace(TERMS, sources=(Source("push", weekend_max_age=0),)), pairs=())
    desk.books.at = START + 24 * 3_600 * SECOND
    assert answer(desk.publish()) is Reason.RATE_UNAVAILABLE


def test_the_first_source_that_has_the_pair_is_taken(desk):
    desk.publish((("EUR", "CHF", "0.93"), ("EUR", "BRL", "5.82")), source="other")
    desk.quote()
    assert desk.found().rate_source == "push"
    desk.terms = replace(TERMS, sources=TERMS.sources[::-1])
    desk.quote(quote_id="q2")
    assert (desk.found("q2").rate_source, text_of(desk.found("q2").mid)) == ("other", "5.82")
    desk.quote("10", "EUR", "USD", quote_id="q3")
    assert desk.found("q3").rate_source == "push"


def test_sources_that_lie_apart_are_not_believed(desk):
    apart_ = (("EUR", "BRL", "5.8705"),)
    assert answer(desk.publish(apart_, source="other")) is Reason.RATE_UNAVAILABLE
    assert (Rates, "", "other", desk.now - TICK) not in desk.books.rows
    # Both came at the same moment: neither was checked against the other, and there are no quotes.
    assert answer(desk.publish(apart_, source="other", others=())) is Outcome.NOOP
    assert answer(desk.quote()) is Reason.RATE_UNAVAILABLE
    assert answer(desk.quote("10", "EUR", "USD", quote_id="q2")) is Outcome.NOOP
    assert not apart(rate_of("5.8123"), rate_of("5.870423"), 100)


def test_a_sources_own_rates_may_jump_and_an_old_one_does_not_count(desk):
    assert answer(desk.publish((("EUR", "BRL", "6.5"),))) is Outcome.NOOP
    desk.books.wait(61 * SECOND)
    assert answer(desk.publish((("EUR", "BRL", "7"),), source="other")) is Outcome.NOOP


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        ((), "no pair"),
        ((("EUR", "XYZ", "1"),), "no currency"),
        ((("EUR", "PTS", "1"),), "no currency"),
        ((("EUR", "EUR", "1"),), "once"),
        ((("EUR", "BRL", "5"), ("EUR", "BRL", "5")), "once"),
        ((("EUR", "BRL", "5"), ("BRL", "EUR", "0.3")), "once"),
        ((("EUR", "BRL", "0"),), "decimal"),
        ((("EUR", "BRL", "0.00"),), "decimal"),
        ((("EUR", "BRL", "-5"),), "decimal"),
        ((("EUR", "BRL", "5e3"),), "decimal"),
        ((("EUR", "BRL", "\u0665"),), "decimal"),
        ((("EUR", "BRL", ""),), "decimal"),
        ((("EUR", "BRL", "1.0000000000000000001"),), "decimal"),
        ((("EUR", "BRL", "5"), ("EUR", "USD", "1"), ("USD", "BRL", "5.3")), "gains"),
        ((("EUR", "BRL", "5"), ("EUR", "USD", "1"), ("BRL", "USD", "0.25")), "gains"),
    ],
)
def test_rates_that_cannot_be_are_refused(desk, pairs, words):
    rows = dict(desk.books.rows)
    refused = desk.publish(pairs)
    assert refused.refusal.reason is Reason.INVALID_REQUEST
    assert words in refused.refusal.message
    assert desk.books.rows == rows


def test_a_triangle_within_the_margin_is_no_gain():
    table = Table([("EUR", "BRL", "5"), ("EUR", "USD", "1"), ("USD", "BRL", "5.2")])
    assert not list(gains(table, 150))
    assert list(gains(table, 100))


def test_a_triangle_that_gains_at_a_smaller_margin_is_not_quoted():
    desk = Desk(pairs=(("EUR", "BRL", "5"), ("EUR", "USD", "1"), ("USD", "BRL", "5.2")))
    assert answer(desk.quote("10", "USD", "BRL")) is Outcome.NOOP
    desk.terms = replace(TERMS, margin_bps=100)
    assert answer(desk.quote("10", "USD", "BRL", quote_id="q2")) is Reason.RATE_UNAVAILABLE


def test_a_margin_of_more_than_all_quotes_nothing():
    """R-FX-08: on a weekend a margin of 100 % made quotes that credited less than nothing."""
    desk = Desk(terms=replace(TERMS, margin_bps=10_000, weekend_bps=100, closes=0, opens=7 * 24 * 60))
    for side, amount in ((Side.SELL, "100"), (Side.BUY, "10")):
        assert answer(desk.quote(amount, side=side, quote_id=side.name)) is Reason.BELOW_MINIMUM
    assert not [row for row in desk.books.rows.values() if isinstance(row, Quote)]


def test_a_triangle_over_two_sources_that_gains_is_not_quoted():
    """R-FX-10: each table was sound, and together they paid 5.66 for 1,000.00 at one instant."""
    desk = Desk(terms=replace(TERMS, margin_bps=10), pairs=(("EUR", "BRL", "5.80"),))
    assert answer(desk.publish((("EUR", "BRL", "5.75"), ("EUR", "USD", "1.05")), source="other")) is Outcome.NOOP
    quotes = [("EUR", "BRL"), ("BRL", "USD"), ("USD", "EUR")]
    found = [answer(desk.quote("100", *pair, quote_id=f"q{number}")) for number, pair in enumerate(quotes)]
    assert Reason.RATE_UNAVAILABLE in found


def test_the_same_table_is_published_once(desk):
    as_of = desk.now
    assert answer(desk.publish(as_of=as_of, pairs=ECB)) is Outcome.NOOP
    assert desk.publish(as_of=as_of, pairs=ECB).replayed
    assert answer(desk.publish(as_of=as_of, pairs=ECB[:1])) is Reason.CONFLICT
    assert answer(desk.publish(source="stranger")) is Reason.INVALID_REQUEST


def test_limits_need_a_rate_of_their_currency():
    desk = Desk(pairs=(("USD", "BRL", "5.5"),))
    assert answer(desk.quote("10", "USD", "BRL")) is Reason.RATE_UNAVAILABLE


@pytest.mark.parametrize("text", ["5.8123", "0.000000000000000001", "999999999999.999999999999999999", "12", "0.5"])
def test_rates_are_read_and_written_exactly(text):
    assert text_of(rate_of(text)) == text


# What policies say of conversions.


def policies(*settings):
    said = tuple(Setting(key, layer, scope, value, of=of) for key, layer, scope, value, of in settings)
    return Policies.built([Publication("", 1, "d", "ann", "bob", "wanted", said, 1, 1)], START)


def test_terms_are_those_of_the_settings_where_no_policy_says_otherwise(desk):
    terms = replace(TERMS, margin_bps=7, ttl=8 * SECOND, daily_volume=9)
    assert in_force(terms, Policies(), desk.books.player(), "EUR") == terms


def test_a_policy_stands_above_the_settings(desk):
    published = policies(
        ("fx.margin_bps", Layer.BRAND, "brand", "80", ""),
        ("fx.margin_bps", Layer.BRAND, "brand", "60", "BRL"),
        ("fx.margin_bps", Layer.BRAND, "another", "1", ""),
        ("fx.weekend_bps", Layer.BRAND, "brand", "0", ""),
        ("fx.ttl", Layer.BRAND, "brand", "10", ""),
        ("fx.max_age", Layer.BRAND, "brand", "30", ""),
        ("fx.daily_count", Layer.PLAYER, PLAYER, "1", ""),
        ("fx.daily_volume", Layer.PLAYER, PLAYER, "100", "EUR"),
    )
    terms = replace(TERMS, sources=(Source("push"), Source("slow", 20 * SECOND)))
    found = in_force(terms, published, desk.books.player(), "EUR")
    assert found == replace(
        terms,
        margin_bps=80,
        weekend_bps=0,
        ttl=10 * SECOND,
        daily_count=1,
        daily_volume=100,
        sources=(Source("push", 30 * SECOND), Source("slow", 20 * SECOND)),
        version=1,
    )
    assert in_force(terms, published, desk.books.player(), "BRL").margin_bps == 60
    desk.terms = found
    desk.quote()
    assert (desk.found().policy_version, desk.found().margin_bps) == (1, 80)
