"""Bonus money in play: the golden walk-throughs of rulebook 28.1, and what becomes of a bonus (6.1, R-RB-05..07)."""

from msgspec.structs import replace

from tests.support.domain import PLAYER, Books, amount_of, bet, key_of, play, rollback, units, win
from wallet_core.domain.decision import Outcome
from wallet_core.domain.entries import Kind, Line, Transaction
from wallet_core.domain.money import CURRENCIES
from wallet_core.domain.pockets import Pocket
from wallet_core.domain.policies import Policies, WriteOff
from wallet_core.domain.promos import Bonus, BonusTerms, State
from wallet_core.domain.wagering import BPS, requirement

EUR = CURRENCIES["EUR"]


class Policy(Policies, frozen=True):
    """One write-off policy for every game."""

    rule: WriteOff = WriteOff()

    def write_off(self, brand_id, provider_id, game_id, version):
        return self.rule


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
