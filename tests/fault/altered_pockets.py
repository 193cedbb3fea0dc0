"""What patrons were told and what lies in the database of them, made otherwise in one place; as altered.py."""

import copy
import json

from msgspec.structs import replace

from tests.fault.gifts import CENT
from tests.fault.judged import findings
from tests.fault.laws import PLAYED, USED
from tests.fault.orders import Heard, first
from tests.fault.raw import APPLIED, REFUSED, Raw
from tests.fault.speakers import OK
from tests.fault.verdict import told
from wallet_core.domain.entries import Kind


class AlteredPockets:
    """A copy of the log and of the rows, to be made otherwise."""

    def __init__(self, siege, _ledger, raw):
        self.log = copy.copy(siege.counter.log)
        for name in ("orders", "heard", "open", "published"):
            setattr(self.log, name, dict(getattr(siege.counter.log, name)))
        self.wrong = []
        self._raw = Raw(dict(raw.rows), dict(raw.house), copy.deepcopy(raw.said), dict(raw.last))
        self._own = set()

    def found(self, kind):
        found = findings(self.log, self._raw) | {"answered wrongly": self.wrong}
        return told({kind: found[kind]})

    @property
    def house(self):
        return self._raw.house

    @property
    def said(self):
        return self._raw.said

    def rows(self, table):
        """The rows of a table, which may be changed."""
        if table not in self._own:
            self._raw.rows[table] = json.loads(json.dumps(self._raw.rows[table]))
            self._own.add(table)
        return self._raw.rows[table]

    def row(self, table, **facts):
        """The first row that is so; a fact may be a question."""
        return next(
            row
            for row in self.rows(table)
            if all(fact(row[name]) if callable(fact) else row[name] == fact for name, fact in facts.items())
        )

    def line(self, kind, account, **facts):
        """The first line of an account that a kind of transaction has left."""
        heads = {row["transaction_id"] for row in self.rows("transactions") if row["kind"] == kind}
        return self.row("lines", transaction_id=heads.__contains__, account=account, **facts)

    def heard_of(self, *words):
        """An order that was done, and what was heard."""
        return next(
            (self.log.orders[key], heard)
            for key, heard in self.log.heard.items()
            if heard.reason == OK and heard.ids and self.log.orders[key].word in words
        )

    def audited(self, player):
        return player in self.log.audited


def bonus(account):
    return account.startswith("BONUS:")


def granted(account):
    """A bonus that was granted: what free rounds win comes win by win."""
    return bonus(account) and not account.startswith("BONUS:@")


def a_bonus_pocket_with_a_cent_more(it):
    it.row("pockets", account=bonus)["amount"] += CENT


def a_grant_of_a_cent_more(it):
    it.row("bonuses", activated_at=bool, template_id="easy")["granted"] += CENT


def a_conversion_that_is_there_twice(it):
    line = it.line(Kind.BONUS_CONVERSION, granted, amount=lambda amount: amount < 0)
    it.rows("lines").append(dict(line))


def a_forfeit_that_left_something(it):
    line = it.line(Kind.BONUS_FORFEIT, granted)
    line["amount"] += CENT


def progress_that_nobody_has_wagered(it):
    it.row("bonuses", progress=bool)["progress"] -= 1


def a_round_that_counts_more_than_was_staked(it):
    row = it.row("rounds", wagered=bool)
    more = 10**13
    row["wagered"][0][1] += more
    bonus_id = row["wagered"][0][0]
    it.row("bonuses", player_id=row["player_id"], bonus_id=bonus_id)["progress"] += more


def a_bonus_that_became_cash_for_nothing(it):
    it.row("bonuses", activated_at=bool)["converted"] += CENT


def a_bonus_that_is_over_twice(it):
    row = it.row("transactions", kind=Kind.BONUS_FORFEIT)
    it.rows("transactions").append(row | {"external_key": "expire:again", "transaction_id": "f" * 32})


def a_bonus_that_is_live_again(it):
    it.row("bonuses", state=lambda state: state in {9, 10})["state"] = 4


def money_that_moved_though_it_was_refused(it):
    it.row("transactions", kind=Kind.HOLD, outcome=APPLIED)["outcome"] = REFUSED


def a_journal_that_does_not_balance(it):
    it.line(Kind.DEPOSIT, "PSP_CLEARING")["amount"] += CENT


def a_pocket_that_was_below_zero(it):
    it.row("lines", account="CASH")["balance_after"] = -CENT


def a_stake_that_was_paid_twice(it):
    it.row("transactions", kind=Kind.BET, outcome=APPLIED, parts=bool)["parts"][0][1] *= 2


def a_stake_that_other_pockets_paid(it):
    row = it.row(
        "transactions",
        kind=Kind.BET,
        outcome=APPLIED,
        player_id=it.audited,
        parts=lambda parts: parts and parts[0][0] == "CASH",
    )
    row["parts"][0][0] = "CASH:SPORTS"


def a_hold_that_holds_a_cent_more(it):
    it.row("holds", sources=bool)["sources"][0][1] += CENT


def a_hold_that_captured_nothing(it):
    it.row("holds", captured=bool)["captured"] = 0


def a_quote_that_gave_more(it):
    it.row("quotes", state=USED)["credited"] += CENT


def a_conversion_of_a_quote_that_was_not_used(it):
    it.row("quotes", state=USED)["state"] = 1


def a_quote_that_converted_twice(it):
    it.rows("lines").extend([dict(it.line(Kind.FX, "FX_POSITION"))])


def points_that_nobody_has_earned(it):
    heads = {row["transaction_id"] for row in it.rows("transactions") if row["kind"] in PLAYED}
    it.row("lines", account="POINTS", transaction_id=heads.__contains__)["amount"] += 1


def a_stake_by_another_version(it):
    it.row("explanations")["policies"] += 1


def a_free_round_too_many(it):
    row = it.row("free_rounds", used=bool)
    row["used"] = row["rounds"] + 1


def a_currency_that_does_not_sum_to_zero(it):
    it.house["WINS", "USD"] = CENT


def a_line_that_the_statement_does_not_explain(it):
    player = next(iter(it.said))
    it.said[player][next(iter(it.said[player]))] = "a line without words"


def a_transaction_that_the_statement_lacks(it):
    player = next(iter(it.said))
    del it.said[player][min(it.said[player])]


def an_acknowledged_grant_that_is_lost(it):
    _, heard = it.heard_of("grant")
    it.rows("transactions").remove(it.row("transactions", transaction_id=heard.ids[0]))


def another_id_that_was_heard(it):
    order, heard = it.heard_of("capture", "settle", "execute")
    it.log.heard[first(order)] = replace(heard, ids=("0" * 32,))


def a_refusal_that_was_heard_of_what_was_done(it):
    order, _ = it.heard_of("withdraw")
    it.log.heard[first(order)] = Heard("INSUFFICIENT_FUNDS")


def an_order_that_is_answered_otherwise(it):
    order, _ = it.heard_of("hold")
    it.wrong += it.log.note(order, Heard(OK, ("f" * 32,)))


def an_answer_that_nobody_expects(it):
    order, _ = it.heard_of("deposit")
    it.wrong += it.log.note(order, Heard("PLAYER_BLOCKED"))


def an_order_that_nobody_has_answered(it):
    order, _ = it.heard_of("freeze")
    it.log.open[first(order)] = order


def a_release_that_nobody_has_asked_for(it):
    del it.log.orders[first(it.heard_of("release")[0])]
    it.log.heard = {key: heard for key, heard in it.log.heard.items() if key in it.log.orders}


def a_deposit_of_another_amount(it):
    order, _ = it.heard_of("deposit")
    it.log.orders[first(order)] = replace(order, amount=order.amount + CENT)


def a_bonus_that_expired_too_soon(it):
    row = it.row("transactions", kind=Kind.BONUS_GRANT, player_id=it.audited)
    key = {
        "provider_id": "~bonus",
        "external_key": f"expire:{dict(row['info'])['bonus']}:1",
        "transaction_id": "e" * 32,
    }
    it.rows("transactions").append(row | key | {"committed_at": row["committed_at"] + 1})


def a_round_by_policies_that_nobody_has_published(it):
    row = it.row("rounds", player_id=it.audited, policies=bool)
    row["policies"] = max(it.log.published)
    it.log.published[row["policies"]] = "WATERFALL", "CASH,BONUS", 10**17


OF_POCKETS = {
    a_bonus_pocket_with_a_cent_more: "I-02",
    a_grant_of_a_cent_more: "I-08",
    a_conversion_that_is_there_twice: "I-08",
    a_forfeit_that_left_something: "I-08",
    progress_that_nobody_has_wagered: "I-09",
    a_round_that_counts_more_than_was_staked: "I-09",
    a_bonus_that_became_cash_for_nothing: "I-10",
    a_bonus_that_is_over_twice: "I-10",
    a_bonus_that_is_live_again: "I-10",
    money_that_moved_though_it_was_refused: "I-01",
    a_journal_that_does_not_balance: "I-01",
    a_pocket_that_was_below_zero: "I-02",
    a_stake_that_was_paid_twice: "I-05",
    a_stake_that_other_pockets_paid: "audit",
    a_hold_that_holds_a_cent_more: "holds",
    a_hold_that_captured_nothing: "holds",
    a_quote_that_gave_more: "quotes",
    a_conversion_of_a_quote_that_was_not_used: "quotes",
    a_quote_that_converted_twice: "quotes",
    points_that_nobody_has_earned: "points",
    a_stake_by_another_version: "policies",
    a_free_round_too_many: "free rounds",
    a_currency_that_does_not_sum_to_zero: "conservation",
    a_line_that_the_statement_does_not_explain: "statement",
    a_transaction_that_the_statement_lacks: "statement",
    an_acknowledged_grant_that_is_lost: "order",
    another_id_that_was_heard: "order",
    a_refusal_that_was_heard_of_what_was_done: "order",
    an_order_that_is_answered_otherwise: "answered wrongly",
    an_answer_that_nobody_expects: "answered wrongly",
    an_order_that_nobody_has_answered: "unanswered",
    a_release_that_nobody_has_asked_for: "asked by nobody",
    a_deposit_of_another_amount: "cashier",
    a_bonus_that_expired_too_soon: "audit",
    a_round_by_policies_that_nobody_has_published: "audit",
}
