"""Bonus money in play: the golden walk-throughs of rulebook 28.1, and what becomes of a bonus (6.1, R-RB-05..07)."""

import pytest
from msgspec.structs import replace

from tests.support.domain import PLAYER, Books, amount_of, answer, bet, key_of, play, rollback, units, void, win
from wallet_core.domain.decision import Outcome
from wallet_core.domain.entries import Kind, Line, Transaction
from wallet_core.domain.explanations import Explanation
from wallet_core.domain.layers import Setting
from wallet_core.domain.money import CURRENCIES
from wallet_core.domain.pockets import Pocket
from wallet_core.domain.policies import Basis, Game, Mode, Policies, Split, WriteOff
from wallet_core.domain.policy_keys import Layer
from wallet_core.domain.promos import Bonus, BonusTerms, Counts, MaxBetBasis, MaxBetScope, State, Timing
from wallet_core.domain.publications import Publication
from wallet_core.domain.wagering import BPS, requirement

EUR = CURRENCIES["EUR"]


class Policy(Policies, frozen=True):
    """One write-off policy for every game."""

    rule: WriteOff = WriteOff()

    def write_off(self, brand_id, provider_id, game_id, version):
        return self.rule

    def game(self, provider_id, game_id, version=None):
        return Game()


def bonus_first(**changes):
    return Policy(rule=WriteOff(order=("BONUS", "CASH"), **changes))


def granted(books, amount, bonus_id="7", *, state=State.ACTIVE, **changes):
    """Put a bonus with money into the books, as a grant would leave it."""
    terms = changes.pop("terms", BonusTerms())
    bonus = Bonus(
        player_id=PLAYER,
        bonus_id=bonus_id,
        template_id="welcome",
        version=1,
        currency="EUR",
        state=state,
        terms=terms,
        granted=units(amount),
        deposit=0,
        requirement=requirement(terms, units(amount), 0),
        claimed_at=books.at,
        changed_at=books.at,
        activated_at=books.at,
        **changes,
    )
    identity = bonus_id.encode().ljust(16)
    amounts = [(bonus.account, units(amount), 1, units(amount)), ("BONUS_ISSUED", -units(amount), None, None)]
    for number, (account, moved, sequence, after) in enumerate(amounts):
        books.lines.append(Line(PLAYER, identity, number, account, "", "EUR", moved, sequence, after))
    head = Transaction(
        PLAYER, identity, identity, "~operator", bonus_id, Kind.NOTE, Outcome.APPLIED, "EUR", units(amount), books.at
    )
    for row in (bonus, head, Pocket(PLAYER, "EUR", bonus.account, units(amount), 1)):
        books.rows[key_of(row)] = row
    return bonus


def of(books, bonus_id="7"):
    return books.rows[Bonus, PLAYER, bonus_id]


def held(books, bonus_id="7"):
    row = books.rows.get((Pocket, PLAYER, "EUR", f"BONUS:{bonus_id}"))
    return amount_of(row.amount) if row else "0.00"


def parts(decision, index=0):
    return {pocket: amount_of(amount) for pocket, amount in decision.results[index].parts}


def test_w_1_mixed_stake_win_and_close():
    books = Books(cash="20.00")
    granted(books, "6.00", terms=BonusTerms(multiplier=1000))
    policies = bonus_first()

    first = books.do(play(bet("b1", "10.00"), policies=policies))
    assert parts(first) == {"BONUS:7": "-6.00", "CASH": "-4.00"}
    assert (books.cash, held(books), of(books).state) == ("16.00", "0.00", State.SETTLING)
    assert (books.round().in_play, books.round().in_play_bonus) == (units("4"), units("6"))
    assert books.journal(first.results[0].transaction_id) == [
        ("BONUS:7", "-6.00"),
        ("CASH", "-4.00"),
        ("IN_PLAY", "4.00"),
        ("IN_PLAY_BONUS", "6.00"),
    ]

    second = books.do(play(win("w1", "25.00"), close_round=True, policies=policies))
    assert parts(second) == {"CASH": "10.00", "BONUS:7": "15.00"}
    assert (books.cash, held(books), of(books).state) == ("26.00", "15.00", State.ACTIVE)
    assert of(books).progress == units("6") * BPS
    assert (books.round().in_play, books.round().in_play_bonus) == (0, 0)
    assert (books.total("STAKES"), books.total("BONUS_STAKES")) == ("4.00", "6.00")
    assert (books.total("WINS"), books.total("BONUS_WINS")) == ("-10.00", "-15.00")
    books.assert_sound()


def test_w_2_a_rollback_of_the_mixed_stake_leaves_all_as_it_was():
    books = Books(cash="20.00")
    before = granted(books, "6.00", terms=BonusTerms(multiplier=1000))
    books.do(play(bet("b1", "10.00"), policies=bonus_first()))
    books.do(play(rollback("x1", "b1"), policies=bonus_first()))

    assert (books.cash, held(books)) == ("20.00", "6.00")
    assert replace(of(books), changed_at=before.changed_at, staked=False) == before
    books.assert_sound()


def test_w_3_a_rollback_after_conversion_is_cash_within_the_cap():
    books = Books(cash="0")
    granted(books, "84.00", terms=BonusTerms(multiplier=100, cap=units("80")))
    books.do(play(bet("b1", "10.00"), round_id="r1"))
    for number in range(2):
        books.do(play(bet(f"c{number}", "42.00"), round_id=f"s{number}"))
        books.do(play(win(f"v{number}", "42.00"), round_id=f"s{number}", close_round=True))
    assert (of(books).state, books.cash, held(books)) == (State.CONVERTED, "74.00", "0.00")
    undone = books.do(play(rollback("x1", "b1"), round_id="r1"))

    assert parts(undone) == {"CASH": "6.00", "LAPSED": "4.00"}
    assert books.journal(undone.results[0].transaction_id) == [
        ("BONUS_ISSUED", "10.00"),
        ("CASH", "6.00"),
        ("BONUS_COST", "-6.00"),
        ("IN_PLAY_BONUS", "-10.00"),
    ]
    assert (books.cash, of(books).converted) == ("80.00", units("80"))
    books.assert_sound()


# The golden cases of chapter 28.2, in the minor units they are given in: (held before, policy, stake, what pays it).
CASES = {
    "GC-FUND-01": ((2000, 600), WriteOff(order=("BONUS", "CASH")), 1000, {"BONUS:7": 600, "CASH": 400}),
    "GC-FUND-06": ((700, 5000), WriteOff(), 1000, {"CASH": 700, "BONUS:7": 300}),
    "GC-FUND-07": ((3000, 1000), WriteOff(mode=Mode.PROPORTIONAL), 1000, {"CASH": 750, "BONUS:7": 250}),
    "GC-FUND-09": ((2000, 600), WriteOff(mode=Mode.NO_MIX, order=("BONUS", "CASH")), 1000, {"CASH": 1000}),
    "GC-FUND-15": ((2000, 600), WriteOff(), 600, {"CASH": 600}),
}


def cents(amount):
    return f"{amount / 100:.2f}"


def lost(decision):
    return {pocket: round(-amount / EUR.quantum) for pocket, amount in decision.results[0].parts}


@pytest.mark.parametrize("case_id", CASES)
def test_a_stake_is_paid_as_in_the_golden_case(case_id):
    (cash, bonus), rule, stake, expected = CASES[case_id]
    books = Books(cash=cents(cash))
    granted(books, cents(bonus), terms=BonusTerms(max_bet=units("5.00") if case_id == "GC-FUND-15" else None))

    assert lost(books.do(play(bet("b1", cents(stake)), policies=Policy(rule=rule)))) == expected
    books.assert_sound()


def test_gc_fund_07_the_win_follows_the_proportion():
    books = Books(cash="30.00")
    granted(books, "10.00")
    policies = Policy(rule=WriteOff(mode=Mode.PROPORTIONAL))
    books.do(play(bet("b1", "10.00"), policies=policies))

    assert parts(books.do(play(win("w1", "20.00"), policies=policies))) == {"CASH": "15.00", "BONUS:7": "5.00"}


@pytest.mark.parametrize(
    ("returned", "expected"),
    [("25.00", {"BONUS:7": "10.00", "CASH": "15.00"}), ("6.00", {"BONUS:7": "6.00"})],
)
def test_gc_fund_12_the_bonus_gets_back_what_it_paid_and_no_more(returned, expected):
    books = Books(cash="10.00")
    granted(books, "40.00")
    policies = Policy(rule=WriteOff(split=Split.RETURN_BONUS_FIRST))
    first = books.do(play(bet("b1", "20.00"), policies=policies))
    assert parts(first) == {"CASH": "-10.00", "BONUS:7": "-10.00"}

    assert parts(books.do(play(win("w1", returned), policies=policies))) == expected
    books.assert_sound()


def test_return_bonus_first_counts_what_the_round_has_paid_already():
    books = Books(cash="10.00")
    granted(books, "40.00")
    policies = Policy(rule=WriteOff(split=Split.RETURN_BONUS_FIRST))
    books.do(play(bet("b1", "20.00"), policies=policies))
    books.do(play(win("w1", "6.00"), policies=policies))

    assert parts(books.do(play(win("w2", "6.00"), policies=policies))) == {"BONUS:7": "4.00", "CASH": "2.00"}


@pytest.mark.parametrize(
    ("split", "expected"),
    [(Split.ALL_TO_BONUS, {"BONUS:7": "3.33"}), (Split.ALL_TO_CASH, {"CASH": "3.33"})],
)
def test_r_fund_11_a_win_goes_all_to_one_side(split, expected):
    books = Books(cash="20.00")
    granted(books, "6.00", terms=BonusTerms(split=split))
    books.do(play(bet("b1", "10.00"), policies=bonus_first()))

    assert parts(books.do(play(win("w1", "3.33"), policies=bonus_first()))) == expected
    books.assert_sound()


def test_gc_fund_14_a_stake_above_the_largest_that_touches_the_bonus_is_refused_and_stays_so():
    books = Books(cash="20.00")
    granted(books, "6.00", terms=BonusTerms(max_bet=units("5.00")))
    policies = bonus_first()

    assert answer(books.do(play(bet("b1", "6.00"), policies=policies))).name == "MAX_BET_BONUS"
    assert answer(books.do(play(bet("b1", "6.00"), policies=policies))).name == "MAX_BET_BONUS"
    assert (books.cash, held(books), of(books).staked) == ("20.00", "6.00", False)
    assert answer(books.do(play(bet("b2", "5.00"), policies=policies))) is Outcome.APPLIED
    books.assert_sound()


def test_r_bonus_20_the_largest_bet_while_active_binds_cash_too_and_by_round():
    books = Books(cash="20.00")
    terms = BonusTerms(
        max_bet=units("5.00"), max_bet_basis=MaxBetBasis.WHILE_ACTIVE, max_bet_scope=MaxBetScope.ROUND_TOTAL
    )
    granted(books, "6.00", terms=terms)

    assert answer(books.do(play(bet("b1", "3.00")))) is Outcome.APPLIED
    assert answer(books.do(play(bet("b2", "3.00")))).name == "MAX_BET_BONUS"
    assert answer(books.do(play(bet("b3", "2.00")))) is Outcome.APPLIED


def test_gc_fund_17_an_excluded_game_is_paid_by_what_else_there_is_or_not_at_all():
    books = Books(cash="3.00")
    granted(books, "6.00", terms=BonusTerms(excluded_games=("slot",)))

    refused = books.do(play(bet("b1", "5.00"), policies=bonus_first()))
    assert answer(refused).name == "INSUFFICIENT_FUNDS"
    assert lost(books.do(play(bet("b2", "3.00"), policies=bonus_first()))) == {"CASH": 300}
    (record,) = [row for row in books.rows.values() if isinstance(row, Explanation)]
    assert [(each.pocket, each.held, each.paid, each.why_not) for each in record.considered] == [
        ("CASH", units("3"), units("3"), ""),
        ("BONUS:7", units("6"), 0, "GAME_EXCLUDED"),
    ]
    assert record.playable == units("3")


def test_r_fund_08_the_player_chooses():
    books = Books(cash="20.00")
    granted(books, "6.00")
    policies = Policy(rule=WriteOff(mode=Mode.PLAYER_CHOICE))

    assert lost(books.do(play(bet("b1", "5.00"), policies=policies, choice="BONUS"))) == {"BONUS:7": 500}
    assert lost(books.do(play(bet("b2", "5.00"), policies=policies))) == {"CASH": 500}
    assert answer(books.do(play(bet("b3", "5.00"), policies=policies, choice="BONUS:7"))).name == "INSUFFICIENT_FUNDS"


def test_r_fund_04_product_before_general_then_expiry_activation_and_id():
    books = Books(cash="0")
    soon, late = books.at + 10**12, books.at + 2 * 10**12
    granted(books, "1.00", "d", expires_at=late)
    granted(books, "1.00", "c", expires_at=soon)
    granted(books, "1.00", "b", terms=BonusTerms(products=("CASINO",)), expires_at=late)
    granted(books, "1.00", "a")

    assert list(parts(books.do(play(bet("b1", "4.00"))))) == ["BONUS:b", "BONUS:c", "BONUS:d", "BONUS:a"]


@pytest.mark.parametrize(
    ("state", "expected", "cap"),
    [
        (State.CONVERTED, {"CASH": "10.00"}, "100.00"),  # GC-RB-03: 74.00 converted before
        (State.FORFEITED, {"LAPSED": "10.00"}, None),  # GC-RB-05
        (State.EXPIRED, {"LAPSED": "10.00"}, None),
        (State.VOIDED, {"LAPSED": "10.00"}, None),
        (State.CONSUMED, {"BONUS:7": "10.00"}, None),  # R-RB-07
    ],
)
def test_a_stake_comes_back_to_what_its_bonus_has_become(state, expected, cap):
    books = Books(cash="4.00")
    granted(books, "10.00", terms=BonusTerms(cap=units(cap) if cap else None))
    books.do(play(bet("b1", "14.00")))
    row = of(books)
    converted = units("74.00") if state is State.CONVERTED else 0
    books.rows[key_of(row)] = replace(row, state=state, converted=converted)
    undone = books.do(play(rollback("x1", "b1")))

    assert parts(undone) == {"CASH": "4.00"} | expected if "CASH" not in expected else {"CASH": "14.00"}
    assert of(books).state is (State.ACTIVE if state is State.CONSUMED else state)
    books.assert_sound()


def test_r_rb_10_bonus_money_that_is_gone_is_written_off_and_never_owed():
    books = Books(cash="0")
    granted(books, "10.00")
    books.do(play(bet("b1", "10.00")))
    books.do(play(win("w1", "30.00")))
    books.do(play(bet("b2", "25.00"), round_id="r2"))
    undone = books.do(play(rollback("x1", "w1")))

    assert parts(undone) == {"BONUS:7": "-5.00", "LAPSED": "-25.00"}
    assert (books.debt, books.total("BONUS_COST")) == ("0.00", "-25.00")
    books.assert_sound()


def test_gc_wr_01_wagering_is_counted_without_rounding():
    books = Books(cash="10.00")
    granted(books, "10.00", terms=BonusTerms(multiplier=3500, counts=Counts.TOTAL, contributions=(("default", 1000),)))
    for number in range(3):
        books.do(play(bet(f"b{number}", "0.33"), round_id=f"r{number}"))
        books.do(play(win(f"w{number}", "0"), round_id=f"r{number}", close_round=True))

    assert of(books).progress == 99_000 * EUR.quantum  # 10,000ths of a cent, as ledger units are finer than that


@pytest.mark.parametrize(
    ("counts", "expected"), [(Counts.TOTAL, "10.00"), (Counts.BONUS_PART, "6.00"), (Counts.CASH_PART, "4.00")]
)
def test_gc_wr_03_what_of_a_mixed_stake_counts(counts, expected):
    books = Books(cash="20.00")
    granted(books, "6.00", terms=BonusTerms(multiplier=3500, counts=counts))
    books.do(play(bet("b1", "10.00"), policies=bonus_first()))
    books.do(play(win("w1", "30.00"), policies=bonus_first(), close_round=True))

    assert of(books).progress == units(expected) * BPS
    books.assert_sound()


@pytest.mark.parametrize("timing", Timing)
def test_r_wager_10_a_rollback_takes_back_what_the_stake_had_added(timing):
    books = Books(cash="20.00")
    granted(books, "20.00", terms=BonusTerms(multiplier=3500, timing=timing))
    for key in ("b1", "b2"):
        books.do(play(bet(key, "6.00"), policies=bonus_first()))
    assert of(books).progress == (units("12") * BPS if timing is Timing.BET else 0)
    books.do(play(win("w1", "1.00"), policies=bonus_first(), close_round=True))
    assert of(books).progress == units("12") * BPS
    books.do(play(rollback("x1", "b1"), policies=bonus_first()))

    assert of(books).progress == units("6") * BPS
    books.assert_sound()


@pytest.mark.parametrize(
    ("terms", "cash", "given_up"),
    [
        (BonusTerms(multiplier=100), "74.00", "0"),  # GC-WR-07
        (BonusTerms(multiplier=100, cap=units("60")), "60.00", "14.00"),  # R-BONUS-15
        (BonusTerms(multiplier=100, sticky=True), "0.00", "74.00"),
    ],
)
def test_a_bonus_whose_wagering_is_met_becomes_cash_in_one_journal(terms, cash, given_up):
    books = Books(cash="0")
    granted(books, "100.00", terms=terms)
    books.do(play(bet("b1", "100.00")))
    decision = books.do(play(win("w1", "74.00"), close_round=True))

    assert (books.cash, held(books), of(books).state) == (cash, "0.00", State.CONVERTED)
    assert amount_of(decision.now.cash) == cash
    (row,) = [row for row in books.rows.values() if isinstance(row, Transaction) and row.kind is Kind.BONUS_CONVERSION]
    assert (row.amount, dict(row.info)["given up"]) == (units(cash), str(units(given_up)))
    assert amount_of(row.cash_after) == cash
    books.assert_sound()


def test_gc_wr_08_a_sticky_principal_goes_and_the_rest_is_cash():
    books = Books(cash="0")
    granted(books, "100.00", terms=BonusTerms(multiplier=100, sticky=True))
    books.do(play(bet("b1", "100.00")))
    books.do(play(win("w1", "235.00"), close_round=True))

    assert (books.cash, held(books)) == ("135.00", "0.00")
    books.assert_sound()


def test_gc_wr_10_released_in_tranches():
    books = Books(cash="370.00")
    terms = BonusTerms(multiplier=1000, counts=Counts.TOTAL, tranches=10, excluded_games=())
    granted(books, "100.00", terms=terms)
    books.do(play(bet("b1", "370.00")))
    books.do(play(note_closing("n1"), close_round=True))

    assert (books.cash, held(books), of(books).converted) == ("30.00", "70.00", units("30"))
    books.assert_sound()


def note_closing(key):
    return win(key, "0")


def test_r_bonus_18_nothing_converts_while_frozen_though_progress_accrues():
    books = Books(cash="0")
    granted(books, "10.00", terms=BonusTerms(multiplier=100))
    books.do(play(bet("b1", "10.00")))
    row = of(books)
    books.rows[key_of(row)] = replace(row, state=State.FROZEN)
    books.do(play(win("w1", "5.00"), close_round=True))

    assert (of(books).state, of(books).progress, held(books)) == (State.FROZEN, units("10") * BPS, "5.00")
    assert answer(books.do(play(bet("b2", "5.00"), round_id="r2"))).name == "INSUFFICIENT_FUNDS"
    books.assert_sound()


def test_a_bust_waits_for_its_open_rounds_and_is_then_used_up():
    books = Books(cash="0")
    granted(books, "10.00", terms=BonusTerms(multiplier=3500))
    books.do(play(bet("b1", "10.00")))
    assert of(books).state is State.SETTLING
    books.do(play(win("w1", "0"), close_round=True))

    assert (of(books).state, of(books).rounds) == (State.CONSUMED, 0)
    books.do(play(rollback("x1", "b1")))
    assert (of(books).state, held(books)) == (State.ACTIVE, "10.00")
    books.assert_sound()


def test_a_void_gives_bonus_money_back_to_the_bonus():
    books = Books(cash="4.00")
    granted(books, "6.00", terms=BonusTerms(multiplier=3500))
    books.do(play(bet("b1", "10.00")))
    books.do(void())

    assert (books.cash, held(books), of(books).state, of(books).rounds) == ("4.00", "6.00", State.ACTIVE, 0)
    books.assert_sound()


def test_a_repeat_of_a_play_that_converted_shows_the_balance_of_then():
    books = Books(cash="0")
    granted(books, "10.00", terms=BonusTerms(multiplier=100))
    books.do(play(bet("b1", "10.00")))
    first = books.do(play(win("w1", "7.00"), close_round=True))
    books.do(play(bet("b2", "3.00"), round_id="r2"))
    again = books.do(play(win("w1", "7.00"), close_round=True))

    assert again.replayed
    assert again.then == first.then
    assert amount_of(again.now.cash) == "4.00"


def test_a_round_keeps_the_policies_it_began_with():
    orders = (Setting("funding.order", Layer.BRAND, "*", order) for order in ("BONUS,CASH", "CASH,BONUS"))
    published = [Publication("", at, "", "", "", "", (order,), at, at) for at, order in enumerate(orders, 1)]
    policies = Policies.built(published, moment=1)
    books = Books(cash="20.00")
    granted(books, "20.00")
    books.do(play(bet("b1", "5.00"), policies=policies))
    second = books.do(play(bet("b2", "5.00"), policies=policies.at(2)))
    other = books.do(play(bet("b3", "5.00"), policies=policies.at(2), round_id="r2"))

    assert (lost(second), lost(other)) == ({"BONUS:7": 500}, {"CASH": 500})


def test_r_fund_12_a_win_is_split_by_the_stakes_it_names_where_the_policy_says_so():
    books = Books(cash="10.00")
    granted(books, "10.00")
    by_reference = Policy(rule=WriteOff(basis=Basis.REFERENCE))
    books.do(play(bet("b1", "10.00"), policies=by_reference))
    books.do(play(bet("b2", "10.00"), policies=by_reference))

    assert parts(books.do(play(win("w1", "8.00", "b2"), policies=by_reference))) == {"BONUS:7": "8.00"}
    assert parts(books.do(play(win("w2", "8.00", "b1"), policies=by_reference))) == {"CASH": "8.00"}
    assert parts(books.do(play(win("w3", "8.00"), policies=by_reference))) == {"CASH": "4.00", "BONUS:7": "4.00"}
    books.assert_sound()


class Earning(Policy, frozen=True):
    """A point for each 10.00 of cash staked."""

    def points_rate(self, brand_id, provider_id, game_id, currency, version):
        return 10


def points(books):
    row = books.rows.get((Pocket, PLAYER, "PTS", "POINTS"))
    return row.amount if row else 0


def test_gc_pt_01_closed_cash_stakes_earn_points_and_a_rollback_takes_them():
    books = Books(cash="20.00")
    granted(books, "5.00")
    policies = Earning(version=1)
    books.do(play(bet("b1", "12.34"), policies=policies))
    assert points(books) == 0
    books.do(play(win("w1", "0"), policies=policies, close_round=True))
    assert points(books) == 12_340
    books.do(play(rollback("x1", "b1"), policies=policies))

    assert points(books) == 0
    books.assert_sound()


@pytest.mark.parametrize(("odds", "void_bps", "expected"), [(140, 0, "0.00"), (150, 0, "10.00"), (200, 5_000, "5.00")])
def test_gc_wr_05_sports_below_the_least_odds_and_what_is_void_count_nothing(odds, void_bps, expected):
    books = Books(cash="0")
    granted(books, "20.00", terms=BonusTerms(multiplier=3500, min_odds=150))
    books.do(play(replace(bet("b1", "10.00"), odds=odds)))
    books.do(play(replace(win("w1", "0"), void=void_bps), close_round=True))

    assert of(books).progress == units(expected) * BPS
    books.assert_sound()
