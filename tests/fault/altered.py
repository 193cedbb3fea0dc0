"""A real record and its books, made otherwise in one place: whatever is altered, the verdict has to find.

Each alteration stands with the kind of finding that it is found by.
"""

import copy
from collections import defaultdict

from msgspec.structs import replace

from tests.fault.intents import Form, Kind
from tests.fault.pen import CENT
from tests.fault.record import Told
from tests.fault.speakers import BY_ID, OK, Answer
from tests.fault.verdict import verdict


class Altered:
    """A copy of a siege's record and books, to be made otherwise."""

    def __init__(self, siege, ledger):
        self.record = copy.copy(siege.record)
        self.record.told, self.record.wrong = dict(siege.record.told), list(siege.record.wrong)
        self.record.under_way = dict(siege.record.under_way)
        self.ledger = replace(
            ledger, rows=list(ledger.rows), cash=dict(ledger.cash), sums=list(ledger.sums), broken=list(ledger.broken)
        )
        self.request = next(
            request
            for request in siege.provider.finished
            if request.form is Form.ONE and request.expects == {OK} and self.record.told[request.transactions[0]].id
        )
        self.story = next(siege.script)

        self.purses = siege.cast.purses

    def found(self, _kind):
        return verdict(self.record, self.ledger, self.purses)

    @property
    def bet(self):
        """A bet that stands, with its wallet's id."""
        return next(
            each
            for each, told in self.record.told.items()
            if each.kind is Kind.BET and each.sure and each.worth and told.reason == OK and told.balance
        )

    def tell(self, transaction, **facts):
        self.record.told[transaction] = replace(self.record.told.get(transaction, Told(OK, "", "")), **facts)

    def place(self, kind):
        """Where the books have something of a kind that was applied, and by a provider."""
        return next(
            place
            for place, row in enumerate(self.ledger.rows)
            if row.kind == kind and row.moved and row.provider_id in BY_ID
        )

    def write(self, place, **facts):
        self.ledger.rows[place] = replace(self.ledger.rows[place], **facts)

    def unsure(self, count):
        """What is left to the answers, so many under one id."""
        found = defaultdict(list)
        for each in self.record.meant:
            if not each.sure:
                found[each.provider_id, each.id].append(each)
        return next(group for group in found.values() if len(group) == count)


def a_pocket_with_a_cent_more(it):
    it.ledger.cash["rich-0"] += CENT


def a_bet_that_moved_a_cent_less(it):
    place = it.place("BET")
    it.write(place, moved=it.ledger.rows[place].moved + CENT)


def a_rollback_that_gave_nothing_back(it):
    it.write(it.place("ROLLBACK"), moved=0)


def a_win_that_nobody_sent(it):
    it.ledger.rows.append(replace(it.ledger.rows[it.place("WIN")], key="tx:stray", of="tx:stray", moved=0))


def an_amount_that_nobody_sent(it):
    place = next(place for place, row in enumerate(it.ledger.rows) if row.id == it.record.told[it.bet].id)
    it.write(place, amount=it.bet.amount + CENT)


def an_acknowledged_bet_that_is_lost(it):
    it.ledger.rows[:] = [row for row in it.ledger.rows if row.id != it.record.told[it.bet].id]


def an_acknowledged_bet_that_is_there_twice(it):
    it.ledger.rows.extend([row for row in it.ledger.rows if row.id == it.record.told[it.bet].id])


def another_id_that_was_acknowledged(it):
    it.tell(it.bet, id="0" * 32)


def another_outcome_that_was_acknowledged(it):
    it.tell(it.bet, reason="ROUND_CLOSED")


def another_balance_that_was_told(it):
    it.tell(it.bet, balance="0.01")


def two_contents_of_an_id_that_were_accepted(it):
    for each in it.unsure(2):
        it.tell(each, reason=OK)


def a_bet_that_was_refused_though_there_was_money(it):
    (bet,) = it.unsure(1)
    it.tell(bet, reason="INSUFFICIENT_FUNDS")
    it.ledger.cash[bet.player] = bet.amount


def a_repeat_that_is_answered_otherwise(it):
    it.record.note(it.request, Answer((OK,), ("f" * 32,)))


def an_answer_that_the_story_does_not_allow(it):
    it.record.note(it.request, Answer(("PLAYER_BLOCKED",)))


def a_story_without_an_end(it):
    it.record.begin(it.story)


def a_trial_balance_that_does_not_balance(it):
    it.ledger.sums.append(("WINS", "EUR", CENT))


def a_law_that_is_broken(it):
    it.ledger.broken.append("nothing_below_zero")


ALTERATIONS = {
    a_pocket_with_a_cent_more: "cash",
    a_bet_that_moved_a_cent_less: "worth",
    a_rollback_that_gave_nothing_back: "worth",
    a_win_that_nobody_sent: "sent by nobody",
    an_amount_that_nobody_sent: "acknowledged",
    an_acknowledged_bet_that_is_lost: "acknowledged",
    an_acknowledged_bet_that_is_there_twice: "acknowledged",
    another_id_that_was_acknowledged: "acknowledged",
    another_outcome_that_was_acknowledged: "acknowledged",
    another_balance_that_was_told: "acknowledged",
    two_contents_of_an_id_that_were_accepted: "one id, two contents",
    a_bet_that_was_refused_though_there_was_money: "refused though there was money",
    a_repeat_that_is_answered_otherwise: "answered wrongly",
    an_answer_that_the_story_does_not_allow: "answered wrongly",
    a_story_without_an_end: "not answered",
    a_trial_balance_that_does_not_balance: "trial balance",
    a_law_that_is_broken: "check",
}
