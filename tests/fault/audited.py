"""What each order, and time, does to the auditor's books, where it is no play. See audit.py."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from tests.fault.gifts import GIFTS
from tests.fault.orders import Order
from tests.fault.raw import Row, facts
from tests.support.naive_bonus import LIVE, VOIDED
from wallet_core.domain.decision import Reason
from wallet_core.domain.entries import Kind
from wallet_core.domain.promos import BonusTerms, OnWithdrawal, OpenRounds

if TYPE_CHECKING:
    from tests.fault.audit import Audit

SECOND = 1_000_000
CONSEQUENCES = ("convert:", "release:")
"""What a play leaves beside its own: the auditor finds it by himself."""


class Unlike(Exception):
    """Books and auditor part here."""


def alike(what: str, had: object, must: object) -> None:
    if had != must:
        raise Unlike(f"{what}: the books have {had}, the auditor {must}")


def is_consequence(row: Row) -> bool:
    return row["provider_id"] == "~bonus" and row["external_key"].startswith(CONSEQUENCES)


def is_turn(row: Row) -> bool:
    return row["provider_id"] == "~bonus" and row["external_key"].startswith("activate:")


def terms_of(row: Row) -> BonusTerms:
    return msgspec.convert(row["terms"], BonusTerms)


# Bonuses.


def _grant(audit: "Audit", order: Order, row: Row, at: int) -> None:
    """Of a claim, too: it begins, or waits, or has still to be granted."""
    info = facts(row)
    bonus_id = info["bonus"]
    audit.gifts[bonus_id] = order.of
    if order.word == "claim" or bonus_id not in audit.claimed:
        audit.claimed[bonus_id] = at
    if info["state"] == "CLAIMED":
        return
    amount = GIFTS[order.of].granted(order.amount)
    if info["state"] == "QUEUED":
        audit.waiting[bonus_id] = amount
    else:
        _begin(audit, bonus_id, amount, at)


def _begin(audit: "Audit", bonus_id: str, amount: int, at: int) -> None:
    gift, terms = GIFTS[audit.gifts[bonus_id]], terms_of(audit.bonuses[bonus_id])
    alike("the terms", replace(terms, accepted=""), gift.terms)
    alike("what is granted", audit.bonuses[bonus_id]["granted"], amount)
    live = [each for each, bonus in audit.naive.bonuses.items() if bonus.state in LIVE]
    if sum(GIFTS[audit.gifts[each]].group == gift.group for each in live) >= gift.places:
        raise Unlike(f"{bonus_id} begins, and no place of {gift.group} is free (R-BONUS-07)")
    ends = at + terms.duration * SECOND if terms.duration else 0
    audit.naive.grant(bonus_id, amount, terms, at, expires_at=ends, priority=audit.claimed[bonus_id])


def _freeze(audit: "Audit", order: Order, _row: Row, at: int) -> None:
    audit.naive.set_state(order.of, "FROZEN", at)


def _unfreeze(audit: "Audit", order: Order, _row: Row, at: int) -> None:
    """With the time it had, and what was met meanwhile (R-BONUS-18)."""
    audit.naive.set_state(order.of, "ACTIVE", at)
    audit.naive._settle(at)  # noqa: SLF001  what a play would find, an unfreezing finds too


def _forfeit(audit: "Audit", order: Order, _row: Row, at: int) -> None:
    _over(audit, order.of, "FORFEITED", at)


def _void_bonus(audit: "Audit", order: Order, _row: Row, at: int) -> None:
    _over(audit, order.of, "VOIDED", at)


def _over(audit: "Audit", bonus_id: str, state: str, at: int) -> None:
    if audit.waiting.pop(bonus_id, None) is None and bonus_id in audit.naive.bonuses:
        audit.naive.set_state(bonus_id, state, at)


def by_time(audit: "Audit", row: Row, at: int) -> None:
    """What nobody has asked for: what a play leaves, and what time does."""
    partner, key = row["provider_id"], row["external_key"]
    word, _, bonus_id = key.partition(":")
    if partner == "~bonus" and word in {"convert", "release"}:
        return
    if partner == "~bonus" and word == "activate":
        amount = audit.waiting.pop(bonus_id)
        if facts(row)["state"] == "ACTIVE":
            _begin(audit, bonus_id, amount, at)
    elif partner == "~bonus" and word == "expire":
        bonus_id = bonus_id.rpartition(":")[0]  # then when
        bonus = audit.naive.bonuses.get(bonus_id)
        if bonus is None:
            raise Unlike(f"{bonus_id} expires, and never began")
        honoured = bonus.terms.open_rounds is OpenRounds.HONOUR
        if not 0 < bonus.expires_at <= at or (honoured and audit.naive._is_in_play(bonus_id)):  # noqa: SLF001
            raise Unlike(f"{bonus_id} expires at {at}, and has until {bonus.expires_at}, or rounds are open")
        audit.naive.set_state(bonus_id, "EXPIRED", at)
    elif partner == "~holds" and key.startswith("~ExpireHold:"):
        left, until = audit.holds.pop(key.split(":")[1])
        if until > at:
            raise Unlike(f"it ends at {at}, not {until}")
        audit.naive.cash += left
    elif not (partner == "~holds" and key.startswith("~EscalateHold:")):
        raise Unlike("nobody has asked for it")


# Cash.


def refused(audit: "Audit", order: Order, row: Row) -> None:
    """It is for ever; so there was too little of what it asks for, or a quote's price is not known here."""
    spendable = max(0, audit.naive.cash - audit.naive.debt)
    if order.word in {"withdraw", "hold"} and order.amount <= spendable:
        raise Unlike(f"{order}: refused {Reason(row['reason']).name}, and there is {spendable}")


def nothing(audit: "Audit", _order: Order, _row: Row, _at: int) -> None:
    """What moves no euros."""


def _deposit(audit: "Audit", order: Order, _row: Row, _at: int) -> None:
    audit.naive.cash += order.amount


def _hold(audit: "Audit", order: Order, _row: Row, _at: int) -> None:
    _spend(audit, order.amount)
    audit.holds[order.of] = [order.amount, order.until]


def _withdraw(audit: "Audit", order: Order, row: Row, at: int) -> None:
    """And some bonuses end by it (R-BONUS-22)."""
    _hold(audit, order, row, at)
    for bonus_id, bonus in audit.naive.bonuses.items():
        if bonus.state in {"ACTIVE", "SETTLING"} and _takes(audit, bonus_id, bonus.terms):
            if not order.confirmed:
                raise Unlike(f"it takes {bonus_id}, which nobody has confirmed")
            audit.naive.set_state(bonus_id, "FORFEITED", at)
    for bonus_id in [each for each in audit.waiting if _takes(audit, each, terms_of(audit.bonuses[each]))]:
        del audit.waiting[bonus_id]


def _takes(audit: "Audit", bonus_id: str, terms: BonusTerms) -> bool:
    policy = terms.on_withdrawal
    return policy is OnWithdrawal.FORFEIT or (policy is OnWithdrawal.KEEP_IF_UNTOUCHED and _touched(audit, bonus_id))


def _touched(audit: "Audit", bonus_id: str) -> bool:
    """Whether any stake of it stands; what was rolled back or voided has left no trace."""
    naive = audit.naive
    bets = (kept for kept in naive.kept.values() if kept.kind is Kind.BET and kept.stands)
    return any(kept.left.get(f"BONUS:{bonus_id}") and naive.rounds[kept.round].state != VOIDED for kept in bets)


def _capture(audit: "Audit", order: Order, _row: Row, _at: int) -> None:
    hold = audit.holds[order.of]
    taken = order.amount or hold[0]
    hold[0] -= taken
    if hold[0] < 0:
        raise Unlike(f"{taken} captured, {-hold[0]} more than was held")


def _extend(audit: "Audit", order: Order, _row: Row, _at: int) -> None:
    audit.holds[order.of][1] = order.until


def _release(audit: "Audit", order: Order, _row: Row, _at: int) -> None:
    audit.naive.cash += audit.holds.pop(order.of)[0]


def _convert(audit: "Audit", order: Order, _row: Row, _at: int, sign: int = 1) -> None:
    quote = audit.quotes[order.of]
    if quote["source"] == "EUR":
        _spend(audit, sign * quote["given"])
    else:
        _spend(audit, -sign * quote["credited"])


def _reverse(audit: "Audit", order: Order, row: Row, at: int) -> None:
    _convert(audit, order, row, at, -1)


def _redeem(audit: "Audit", order: Order, _row: Row, _at: int) -> None:
    audit.naive.cash += order.amount
    audit.naive.house["BONUS_COST"] -= order.amount


def _spend(audit: "Audit", amount: int) -> None:
    audit.naive.cash -= amount
    if audit.naive.cash < 0:
        raise Unlike(f"{amount} of {audit.naive.cash + amount}")


WORDS: dict[str, Callable[["Audit", Order, Row, int], Any]] = {
    "deposit": _deposit,
    "claim": _grant,
    "grant": _grant,
    "freeze": _freeze,
    "unfreeze": _unfreeze,
    "forfeit": _forfeit,
    "void bonus": _void_bonus,
    "hold": _hold,
    "withdraw": _withdraw,
    "capture": _capture,
    "settle": _capture,
    "extend": _extend,
    "release": _release,
    "fail": _release,
    "execute": _convert,
    "reverse": _reverse,
    "redeem": _redeem,
}
"""What each order does to the auditor's books; what is not here moves no euros."""
