"""Conversions never gain, whatever the rates, the amounts and their order (R-FX-10, I-15)."""

from fractions import Fraction

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.property.lives import CALM
from tests.support.domain import PLAYER, Books, person
from wallet_core.domain.commands import CreatePlayer, Pay
from wallet_core.domain.decision import Outcome
from wallet_core.domain.entries import Kind
from wallet_core.domain.fx import Quote, Side
from wallet_core.domain.fx_commands import ExecuteQuote, OpenQuote, ReverseQuote
from wallet_core.domain.fx_terms import DAY, FxTerms, Source
from wallet_core.domain.money import CURRENCIES
from wallet_core.domain.rate_commands import PublishRates
from wallet_core.domain.rates import DIGITS, ONE, Table, gains, rate_of, text_of

CODES = ("EUR", "BRL", "JPY", "KWD", "VND", "USDT", "BTC")
LONG = Source("push", 9 * DAY, 9 * DAY)
MANY = 1_000_000

rates_ = st.builds(
    lambda number, digits: text_of(number * 10 ** (DIGITS - digits)), st.integers(1, 10**7), st.integers(0, 9)
)
margins = st.sampled_from([0, 1, 150, 2_000])


@st.composite
def stars(draw):
    """Rates of the euro alone: the usual table."""
    return tuple(("EUR", code, draw(rates_)) for code in CODES[1:])


moves = st.lists(
    st.tuples(
        st.sampled_from(CODES),
        st.sampled_from(CODES),
        st.sampled_from(list(Side)),
        st.integers(1, 10**6),
        st.booleans(),
    ).filter(lambda move: move[0] != move[1]),
    min_size=1,
    max_size=12,
)


def worth(books, pairs):
    """Return what the player has, in euros at the mid rates, exactly."""
    euros = {"EUR": ONE} | {counter: rate_of(text) for _, counter, text in pairs}
    return sum(Fraction(books.held(currency=code).cash, CURRENCIES[code].unit) * ONE / euros[code] for code in CODES)


def opened():
    """Return books whose player has a thousand of everything."""
    books = Books(players=())
    books.do(CreatePlayer(PLAYER, "operator", "brand", CODES))
    for code in CODES:
        books.do(Pay(PLAYER, Kind.DEPOSIT, "bank", code, code, 1_000 * CURRENCIES[code].unit))
    return books


@settings(CALM, max_examples=60)
@given(stars(), margins, moves)
def test_no_life_of_conversions_gains_over_the_mid_value(pairs, margin, moves):
    terms = FxTerms(
        margin_bps=margin, sources=(LONG,), daily_count=MANY, daily_volume=MANY, round_trips=MANY, weekend_bps=0
    )
    books = opened()
    as_of = books.at
    assert books.do(PublishRates("", "push", as_of, pairs, (), terms)).refusal is None
    for number, (source, target, side, display_units, undone) in enumerate(moves):
        before, name = worth(books, pairs), str(number)
        quantum = CURRENCIES[source if side is Side.SELL else target].quantum
        place = (("push", as_of),)
        books.do(OpenQuote(PLAYER, name, source, target, side, display_units * quantum, place, terms))
        quote = books.rows.get((Quote, PLAYER, name))
        if quote is None:
            continue
        assert quote.margin >= 0
        done = books.do(ExecuteQuote(PLAYER, name, f"x{name}", source, quote.given, terms))
        books.assert_sound()
        after = worth(books, pairs)
        assert after <= before
        assert done.refusal is None or after == before
        if undone and done.refusal is None:
            again = books.do(ReverseQuote(PLAYER, name, f"r{name}", "why", person("ann"), person("bob")))
            assert again.results[0].outcome is Outcome.APPLIED
            assert worth(books, pairs) == before
    for code in CODES:
        assert sum(line.amount for line in books.lines if (line.account, line.currency) == ("FX_MARGIN", code)) >= 0


@settings(CALM, max_examples=100)
@given(rates_, margins, st.integers(1, 10**9), st.permutations(CODES))
def test_there_and_back_never_gains(rate, margin, amount, codes):
    there, back, *_ = codes
    table = Table([(there, back, rate)])
    forth, home = table.client(there, back, margin), table.client(back, there, margin)
    assert forth * home <= ONE * ONE
    quantum = CURRENCIES[there].quantum
    other = CURRENCIES[back]
    credited = amount * quantum * forth * other.unit // (ONE * CURRENCIES[there].unit * other.quantum) * other.quantum
    assert credited * home * CURRENCIES[there].unit // (ONE * other.unit) <= amount * quantum


@settings(CALM, max_examples=100)
@given(
    st.lists(
        st.tuples(st.sampled_from(CODES[:5]), st.sampled_from(CODES[:5]), st.integers(900, 1_100)),
        min_size=1,
        max_size=8,
    ),
    margins,
)
def test_what_is_published_has_no_triangle_that_gains(found, margin):
    seen, pairs = set(), []
    for base, counter, number in found:
        if base != counter and frozenset((base, counter)) not in seen:
            seen.add(frozenset((base, counter)))
            pairs.append((base, counter, text_of(number * ONE // 1_000)))
    assume(pairs)
    table = Table(pairs)

    def gain(*way):
        steps = [table.client(*step, margin) for step in zip(way, (*way[1:], way[0]), strict=True)]
        product = 1
        for step in steps:
            if step is None:
                return False
            product *= step
        return product > ONE ** len(steps)

    codes = table.currencies
    everything = any(gain(a, b, c) for a in codes for b in codes for c in codes if len({a, b, c}) == 3)
    assert everything is bool(list(gains(table, margin)))
    assert not any(gain(a, b) for a in codes for b in codes if a != b)
