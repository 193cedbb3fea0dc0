"""Refunds of converted deposits through `decide` (R-FX-12, E-41): back where it came from, at the stored quote."""

import pytest
from msgspec.structs import replace

from tests.support.domain import PLAYER, amount_of, answer, bet, deposit, play, units, withdrawal
from tests.support.holds import freeze, place
from tests.support.promos import BY_HAND, grant, of, template
from tests.unit.test_domain_fx import CASES, Desk
from wallet_core.domain.commands import PostJournal, SetStatus
from wallet_core.domain.decision import Outcome, Reason
from wallet_core.domain.entries import Entry, Transaction, digest
from wallet_core.domain.fx import Quote, State, movable, refundable
from wallet_core.domain.fx_refunds import RefundConversion
from wallet_core.domain.leaving import kept
from wallet_core.domain.pockets import Kept, Pocket, balances
from wallet_core.domain.policies import Policies
from wallet_core.domain.promos import OnWithdrawal
from wallet_core.domain.promos import State as BonusState
from wallet_core.domain.subwallets import Transfer
from wallet_core.domain.templates import Amounts

APPLIED = Outcome.APPLIED


class RefundDesk(Desk):
    """Books whose player has converted 100 EUR into 572.51 BRL, and the words to give them back."""

    def __init__(self, **more):
        super().__init__(cash="100", **more)
        assert self.convert("100") is APPLIED

    def refund(self, amount=None, key="", quote_id="q1", psp="card", **more):
        quote = self.books.rows.get((Quote, PLAYER, quote_id))
        currency = quote.source if quote else "EUR"
        asked = None if amount is None else units(amount, currency)
        command = RefundConversion(
            PLAYER, quote_id, psp, key or self._request(), currency, asked, "sent by mistake", "ann"
        )
        return self.books.do(replace(command, **more))

    def spend(self, amount, currency="BRL"):
        key = self._request()
        assert answer(self.books.do(play(bet(key, amount), currency=currency, round_id=key))) is APPLIED

    def left(self):
        """What is refundable now."""
        rows = self.books.rows.values()
        pockets = {row.account: row for row in rows if isinstance(row, Pocket) and row.currency == "BRL"}
        stays = kept(Policies(), self.books.player(), balances("BRL", pockets), ())
        return amount_of(refundable(self.found(), movable("BRL", pockets, stays)))

    def gone(self):
        """What has gone back, and what that took."""
        quote = self.found()
        return amount_of(quote.refunded), amount_of(quote.taken)


@pytest.fixture
def desk():
    return RefundDesk()


def test_gc_fx_06_what_is_left_goes_back_at_the_stored_quote(desk):
    """E-41: the balance is spent in part, so is the refund."""
    given, expect = CASES["GC-FX-06"]
    desk.spend("172.51")
    desk.publish((("EUR", "BRL", "9"),))  # what it is worth by now is the house's affair
    assert desk.cash("BRL") == given["left"]
    assert desk.left() == expect["refundable"]

    done = desk.refund(key="r")
    assert answer(done) is APPLIED
    head = done.results[0]
    assert (head.currency, head.parts) == ("BRL", (("CASH", -units("399.96")),))
    assert desk.books.journal(head.transaction_id) == [
        ("CASH", "-399.96"),
        ("FX_POSITION", "399.96"),
        ("FX_POSITION", "-69.86"),
        ("PSP_CLEARING", "69.86"),
    ]
    assert desk.gone() == ("69.86", "399.96")
    assert (desk.found().state, desk.cash("BRL"), desk.left()) == (State.PART_REFUNDED, "0.04", "0.00")
    assert [line.detail for line in desk.books.lines if line.transaction_id == head.transaction_id] == [
        *("", "EUR", "BRL", "card")
    ]
    row = desk.books.rows[Transaction, PLAYER, digest("~payments:card", "r")]
    assert dict(row.info) == {
        "quote_id": "q1",
        "source": "EUR",
        "client_rate": "5.725115",
        "reason": "sent by mistake",
        "actor": "ann",
    }
    desk.books.assert_sound()


def test_a_whole_refund_takes_just_what_was_credited(desk):
    desk.books.do(deposit("7", currency="BRL", key="d2"))
    assert answer(desk.refund("100")) is APPLIED
    assert (desk.found().state, desk.gone(), desk.cash("BRL")) == (State.REFUNDED, ("100.00", "572.51"), "7.00")
    assert answer(desk.refund("0.01")) is Reason.AMOUNT_EXCEEDS_REFERENCE
    assert answer(desk.refund()) is Reason.AMOUNT_EXCEEDS_REFERENCE
    assert answer(desk.reverse()) is Reason.REFERENCE_MISMATCH, "it is undone once"
    assert answer(desk.execute()) is Reason.QUOTE_USED
    # The margin stays earned, and stands against the position: together they come to nothing at the quote's rate.
    assert [desk.books.total("FX_POSITION", code) for code in ("EUR", "BRL")] == ["0.00", "-8.72"]
    assert desk.books.total("FX_MARGIN", "BRL") == "8.72"
    desk.books.assert_sound()


@pytest.mark.parametrize("parts", [["33.33", "33.33", "33.33", "0.01"], ["0.01"] * 7 + ["99.93"], ["0.01", None]])
def test_parts_cost_what_the_whole_does(desk, parts):
    for part in parts:
        before = desk.found()
        assert answer(desk.refund(part)) is APPLIED
        quote = desk.found()
        assert quote.refunded * quote.credited <= quote.given * quote.taken, "the house does not lose a unit"
        assert quote.taken >= before.taken
    assert (desk.found().state, desk.gone(), desk.cash("BRL")) == (State.REFUNDED, ("100.00", "572.51"), "0.00")


def test_spending_between_refunds_does_not_make_them_more(desk):
    desk.spend("172.51")
    assert answer(desk.refund("40")) is APPLIED
    desk.spend("71.00")
    assert desk.left() == "17.46"  # 229.01 were taken, 99.99 are left: 329.00 pay for 57.46 in all
    assert answer(desk.refund("17.47")) is Reason.INSUFFICIENT_FUNDS
    assert answer(desk.refund()) is APPLIED
    refunded, taken = desk.found().refunded, desk.found().taken
    assert refunded <= units("100") * taken // units("572.51")
    desk.books.do(deposit("1000", currency="BRL", key="d2"))  # money is money: what is there pays
    assert answer(desk.refund()) is APPLIED
    assert desk.gone() == ("100.00", "572.51")


def test_less_than_a_display_unit_is_not_in_the_way(desk):
    desk.spend("172.506997")
    assert desk.cash("BRL") == "400.003003"
    assert desk.left() == "69.86"
    # 10.00 cost 57.251; 57.2515 are left: they are all that is taken, and not 57.26.
    desk.spend("342.751503")
    assert (desk.cash("BRL"), desk.left()) == ("57.2515", "10.00")
    assert answer(desk.refund()) is APPLIED
    assert (desk.gone(), desk.cash("BRL")) == (("10.00", "57.2515"), "0.00")
    desk.books.do(deposit("600", currency="BRL", key="d2"))
    assert answer(desk.refund("0.01")) is APPLIED
    assert desk.gone() == ("10.01", "57.31")
    assert answer(desk.refund()) is APPLIED
    assert desk.gone() == ("100.00", "572.51")
    desk.books.assert_sound()


def test_a_part_that_was_paid_for_before_takes_nothing(desk):
    """The cent that the first hundredth of a real took pays for six of them."""
    assert desk.convert("1", "BRL", "EUR", quote_id="back") is APPLIED
    assert amount_of(desk.found("back").credited) == "0.16"
    parts = [desk.refund("0.01", quote_id="back").results[0].parts for _ in range(7)]
    assert parts == [(("CASH", -units("0.01")),), *[()] * 5, (("CASH", -units("0.01")),)]
    assert (amount_of(desk.found("back").refunded), amount_of(desk.found("back").taken)) == ("0.07", "0.02")
    desk.books.assert_sound()


@pytest.mark.parametrize(
    ("amount", "more", "reason"),
    [
        ("0", {}, Reason.INVALID_AMOUNT),
        ("-1", {}, Reason.INVALID_AMOUNT),
        ("0.001", {}, Reason.INVALID_PRECISION),
        ("100.01", {}, Reason.AMOUNT_EXCEEDS_REFERENCE),
        ("9000000000000", {}, Reason.AMOUNT_EXCEEDS_REFERENCE),
        ("1", {"currency": "BRL"}, Reason.WRONG_CURRENCY),
        (None, {"quote_id": "q2"}, Reason.QUOTE_NOT_FOUND),
        (None, {"player_id": "nobody"}, Reason.PLAYER_UNKNOWN),
    ],
)
def test_what_cannot_go_back_is_refused_and_moves_nothing(desk, amount, more, reason):
    lines, quote = len(desk.books.lines), desk.found()
    assert answer(desk.refund(amount, **more)) is reason
    assert (len(desk.books.lines), desk.found()) == (lines, quote)


def test_only_what_was_converted_and_stands_is_refunded(desk):
    desk.books.do(deposit("100", key="d2"))
    desk.quote("10", quote_id="open")
    desk.quote("10", quote_id="gone")
    desk.cancel("gone")
    desk.convert("10", quote_id="undone")
    desk.reverse("undone")
    for quote_id in ("open", "gone", "undone"):
        assert answer(desk.refund(quote_id=quote_id)) is Reason.REFERENCE_MISMATCH, quote_id
    desk.refund("1")
    assert answer(desk.reverse()) is Reason.REFERENCE_MISMATCH, "what is refunded in part stays converted"


def test_the_same_again_is_the_same(desk):
    first = desk.refund("10", key="r")
    desk.spend("515")
    again = desk.refund("10", key="r")
    assert again.replayed
    assert again.results[0].transaction_id == first.results[0].transaction_id
    assert answer(desk.refund("11", key="r")) is Reason.CONFLICT
    assert answer(desk.refund(key="r")) is Reason.CONFLICT
    assert answer(desk.refund("0.01", key="r", psp="bank")) is APPLIED, "a payment provider's ids are its own"
    assert answer(desk.books.do(replace(withdrawal("1", key="r"), psp_id="card"))) is Reason.CONFLICT, "of all payments"
    assert desk.gone() == ("10.01", "57.31")


def test_a_refused_id_stays_refused(desk):
    desk.spend("572.51")
    assert answer(desk.refund(key="r")) is Reason.INSUFFICIENT_FUNDS
    desk.books.do(deposit("600", currency="BRL", key="d2"))
    again = desk.refund(key="r")
    assert again.replayed
    assert answer(again) is Reason.INSUFFICIENT_FUNDS
    assert answer(desk.refund(key="r2")) is APPLIED
    desk.books.assert_sound()


def test_two_at_once_take_it_once(desk):
    commands = [
        RefundConversion(PLAYER, "q1", "card", key, "EUR", units(amount), "why", "ann")
        for key, amount in (("a", "60"), ("b", "60"), ("c", "40"))
    ]
    answers = [answer(each) for each in desk.books.do_batch(commands)]
    assert answers == [APPLIED, Reason.AMOUNT_EXCEEDS_REFERENCE, APPLIED]
    assert desk.gone() == ("100.00", "572.51")
    desk.books.assert_sound()


def test_what_is_held_owed_in_play_or_of_a_product_does_not_go_back(desk):
    desk.books.do(place("100", currency="BRL"))
    desk.books.do(Transfer(PLAYER, "t1", "BRL", units("100"), "CASH", "CASH:SPORTS"))
    desk.spend("72.51")
    assert desk.left() == "52.40"  # of 300.00
    lines = (("BRL", Entry("DEBT", -units("200"))), ("BRL", Entry("ADJUSTMENTS", units("200"))))
    desk.books.do(PostJournal(PLAYER, lines, "owed", "ann", "j1"))
    assert desk.left() == "34.93"  # 200.00 may leave: what is owed does not flee (R-DEBT-04)
    assert answer(desk.refund("34.94")) is Reason.INSUFFICIENT_FUNDS
    assert answer(desk.refund()) is APPLIED
    desk.books.assert_sound()


def test_a_blocked_player_gets_it_back(desk):
    desk.books.do(SetStatus(PLAYER, blocked=True, reason="r", actor="a", request_id="s"))
    assert answer(desk.refund()) is APPLIED


def test_nothing_leaves_a_frozen_wallet(desk):
    """R-HOLD-03: not even what came in since, and is not swept yet."""
    desk.books.do(freeze(currency="BRL"))
    assert desk.left() == "0.00"
    lines = (("BRL", Entry("CASH", units("500"))), ("BRL", Entry("ADJUSTMENTS", -units("500"))))
    desk.books.do(PostJournal(PLAYER, lines, "a credit", "ann", "j1"))
    assert answer(desk.refund()) is Reason.PLAYER_BLOCKED
    assert amount_of(movable("BRL", {"CASH": Pocket(PLAYER, "BRL", "CASH", 5)}, Kept(), frozen=True)) == "0.00"


@pytest.mark.parametrize(
    ("policy", "confirmed", "expected", "state"),
    [
        (OnWithdrawal.KEEP, False, APPLIED, BonusState.ACTIVE),
        (OnWithdrawal.BLOCK, True, Reason.BONUS_STATE, BonusState.ACTIVE),
        (OnWithdrawal.FORFEIT, False, Reason.BONUS_STATE, BonusState.ACTIVE),
        (OnWithdrawal.FORFEIT, True, APPLIED, BonusState.FORFEITED),
    ],
)
def test_it_takes_of_bonuses_what_a_withdrawal_takes(desk, policy, confirmed, expected, state):
    """R-BONUS-22: cash that leaves is cash that leaves."""
    promotion = replace(
        BY_HAND,
        amounts=(Amounts("BRL", fixed=units("10")),),
        terms=replace(BY_HAND.terms, on_withdrawal=policy),
    )
    given = replace(grant(template(promotion)), currency="BRL")
    assert answer(desk.books.do(given)) is APPLIED
    assert answer(desk.refund(confirmed=confirmed)) is expected
    assert of(desk.books, "gift@1").state is state
    desk.books.assert_sound()
