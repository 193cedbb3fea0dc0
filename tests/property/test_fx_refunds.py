"""Refunds and spending in any order: nobody gains, nothing is lost, held against a ledger on the back of an envelope.

The envelope knows amounts in the smallest units people see, fractions, and what R-FX-12 says; nothing of the code.
"""

from fractions import Fraction
from math import ceil, floor

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.property.lives import CALM
from tests.property.test_fx import LONG, MANY, margins, opened, rates_
from tests.support.domain import PLAYER, answer, bet, person, play
from wallet_core.domain.commands import Pay
from wallet_core.domain.decision import Outcome
from wallet_core.domain.entries import Kind
from wallet_core.domain.fx import Quote, Side, State
from wallet_core.domain.fx_commands import ExecuteQuote, OpenQuote, ReverseQuote
from wallet_core.domain.fx_refunds import RefundConversion
from wallet_core.domain.fx_terms import FxTerms
from wallet_core.domain.money import CURRENCIES
from wallet_core.domain.rate_commands import PublishRates

PAIRS = [("EUR", "BRL"), ("EUR", "JPY"), ("JPY", "EUR"), ("EUR", "KWD"), ("VND", "USDT"), ("EUR", "BTC")]

steps = st.lists(
    st.one_of(
        st.tuples(st.just("refund"), st.none() | st.integers(1, 10**4)),  # ten-thousandths of what was given
        st.tuples(st.just("cents"), st.integers(1, 12)),
        st.tuples(st.just("spend"), st.integers(0, 10**6)),  # millionths of what is there, to the finest unit
        st.tuples(st.just("deposit"), st.integers(1, 10**6)),
        st.tuples(st.just("reverse"), st.none()),
        st.tuples(st.just("again"), st.none()),
    ),
    min_size=5,
    max_size=25,
)


class Envelope:
    """What a quote gave and took, in units people see; cash may be finer."""

    def __init__(self, given, credited, cash):
        self.given, self.credited, self.cash = Fraction(given), Fraction(credited), Fraction(cash)
        self.back = self.paid = Fraction(0)

    @property
    def most(self):
        """floor(given * what was ever taken or is left / credited), less what has gone back."""
        return floor(self.given * min(self.paid + self.cash, self.credited) / self.credited) - self.back

    def refund(self, amount):
        """Give back; whether that may be."""
        amount = self.most if amount is None else amount
        if not 0 < amount <= self.most:
            return False
        self.back += amount
        whole = ceil(self.back * self.credited / self.given)  # all that ever went back costs so much
        taken = min(whole - self.paid, self.cash)
        self.paid += taken
        self.cash -= taken
        return True


class Life:
    """A conversion, and what becomes of it; the envelope says each time what must come of it."""

    def __init__(self, books, quote):
        self.books, self.quote = books, quote
        self.grain, self.quantum = CURRENCIES[quote.source].quantum, CURRENCIES[quote.target].quantum
        self.envelope = Envelope(
            quote.given // self.grain, quote.credited // self.quantum, Fraction(self.cash, self.quantum)
        )
        self.undone, self.last, self.said = False, None, None

    @property
    def cash(self):
        return self.books.held(currency=self.quote.target).cash

    @property
    def found(self):
        return self.books.rows[Quote, PLAYER, "q"]

    def refund(self, name, share):
        self.cents(name, None if share is None else max(1, int(self.envelope.given * share / 10**4)))

    def cents(self, name, amount):
        may, lines = not self.undone and self.envelope.refund(amount), len(self.books.lines)
        asked = None if amount is None else amount * self.grain
        self.last = RefundConversion(PLAYER, "q", "card", name, self.quote.source, asked, "why", "ann")
        self.said = answer(self.books.do(self.last))
        assert (self.said is Outcome.APPLIED) is may
        assert may or lines == len(self.books.lines), "a refusal moves nothing"

    def again(self, _, __):
        if self.last is not None:
            before, lines = self.found, len(self.books.lines)
            assert answer(self.books.do(self.last)) == self.said
            assert (self.found, len(self.books.lines)) == (before, lines), "a repeat moves nothing"

    def spend(self, name, share):
        if amount := self.cash * share // 10**6:
            command = play(replace(bet(name), amount=amount), currency=self.quote.target, round_id=name)
            assert answer(self.books.do(command)) is Outcome.APPLIED
            self.envelope.cash -= Fraction(amount, self.quantum)

    def deposit(self, name, amount):
        self.books.do(Pay(PLAYER, Kind.DEPOSIT, "bank", name, self.quote.target, amount * self.quantum))
        self.envelope.cash += amount

    def reverse(self, name, _):
        envelope = self.envelope
        may = not self.undone and not envelope.back and envelope.cash >= envelope.credited
        done = self.books.do(ReverseQuote(PLAYER, "q", name, "why", person("ann"), person("bob")))
        assert (done.refusal is None) is may
        if may:
            self.undone, envelope.cash = True, envelope.cash - envelope.credited

    def assert_as_it_must_be(self):
        found, envelope = self.found, self.envelope
        assert (found.refunded, found.taken) == (envelope.back * self.grain, envelope.paid * self.quantum)
        assert self.cash == envelope.cash * self.quantum
        assert found.refunded * found.credited <= found.given * found.taken, "the house does not lose a unit"
        assert found.taken <= found.credited
        assert found.refunded < found.given or (found.refunded, found.taken) == (found.given, found.credited)
        state = State.PART_REFUNDED if found.refunded else State.REVERSED if self.undone else State.USED
        assert found.state is (State.REFUNDED if found.refunded == found.given else state)
        cleared = sum(line.amount for line in self.books.lines if line.detail == "card")
        assert cleared == found.refunded
        self.books.assert_sound()


@settings(CALM, max_examples=200)
@given(st.sampled_from(PAIRS), rates_, margins, st.integers(1, 10**5), steps)
def test_no_order_of_refunds_and_spending_gains_or_loses(pair, rate, margin, display_units, steps):
    source, target = pair
    terms = FxTerms(
        margin_bps=margin, sources=(LONG,), daily_count=MANY, daily_volume=MANY, weekend_bps=0, reference=source
    )
    books = opened()
    as_of = books.at
    books.do(PublishRates("", "push", as_of, ((source, target, rate),), (), terms))
    sold = min(display_units * CURRENCIES[source].quantum, 1_000 * CURRENCIES[source].unit)
    books.do(OpenQuote(PLAYER, "q", source, target, Side.SELL, sold, (("push", as_of),), terms))
    quote = books.rows.get((Quote, PLAYER, "q"))
    assume(quote is not None)  # else nothing would be credited
    assert answer(books.do(ExecuteQuote(PLAYER, "q", "x", source, quote.given, terms))) is Outcome.APPLIED
    life = Life(books, quote)
    for number, (kind, size) in enumerate(steps):
        getattr(life, kind)(str(number), size)
        life.assert_as_it_must_be()
