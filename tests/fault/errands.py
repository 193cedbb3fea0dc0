"""Errands of a patron: withdrawals and bonuses. Some are two at once, of one thing."""

import asyncio
from typing import Any

from wallet.v1 import payments_pb2, promos_pb2

from tests.fault.cores import money
from tests.fault.gambling import spin
from tests.fault.gifts import GIFTS
from tests.fault.patron import SIGNED, Patron
from tests.fault.speakers import OK


async def withdraw(patron: Patron) -> None:
    key, amount, confirmed = patron.fresh("w"), patron.amount(2_000), patron.dice.random() < 0.6
    request = payments_pb2.RequestWithdrawalRequest(
        player_id=patron.player, withdrawal_id=key, amount=money(amount), forfeits_confirmed=confirmed
    )
    facts = {"amount": amount, "of": key, "confirmed": confirmed}
    heard = await patron.ask("withdraw", "~holds", key, "request_withdrawal", request, **facts)
    if heard.reason == OK:
        patron.store(patron.withdrawals, key)


async def settle(patron: Patron) -> None:
    """Whole or a part; or what is left comes back. Sometimes both at once."""
    if withdrawal_id := patron.take(patron.withdrawals, keep=0.3):
        ways = [_pay_out, _fail]
        await asyncio.gather(
            *(way(patron, withdrawal_id) for way in patron.dice.sample(ways, patron.dice.choice((1, 1, 2))))
        )


async def _pay_out(patron: Patron, withdrawal_id: str) -> None:
    key, part = patron.fresh("s"), patron.amount(1_000) if patron.dice.random() < 0.4 else 0
    request = payments_pb2.SettleWithdrawalRequest(
        player_id=patron.player, withdrawal_id=withdrawal_id, psp_id="bank", request_id=key
    )
    if part:
        request.amount.CopyFrom(money(part))
    facts = {"amount": part, "of": withdrawal_id}
    await patron.ask("settle", "~payments:bank", key, "settle_withdrawal", request, **facts)


async def _fail(patron: Patron, withdrawal_id: str) -> None:
    key = patron.fresh("f")
    request = payments_pb2.FailWithdrawalRequest(
        player_id=patron.player, withdrawal_id=withdrawal_id, request_id=key, **SIGNED
    )
    await patron.ask("fail", "~operator", key, "fail_withdrawal", request, of=withdrawal_id)


async def gift(patron: Patron) -> None:
    await _begin(patron, "grant", promos_pb2.GrantBonusRequest, patron.office.gift())


async def match(patron: Patron) -> None:
    """Offered, claimed, and granted for a deposit; or begun by the claim, or declined."""
    gift = patron.dice.choice([name for name, each in GIFTS.items() if each.percent])
    amount = patron.amount(4_000)
    paid = await patron.deposit(amount)
    deposit = promos_pb2.DepositReference(psp_id="bank", request_id=paid)
    offered, version = await _begin(patron, "offer", promos_pb2.OfferBonusRequest, gift, deposit=deposit)
    if offered is None:
        return
    bonus_id = offered.bonus_id
    if patron.dice.random() < 0.1:
        await _about(patron, "decline", promos_pb2.DeclineBonusRequest, bonus_id)
        return
    key, whole = patron.fresh("c"), patron.dice.random() < 0.5
    claim = promos_pb2.ClaimBonusRequest(
        player_id=patron.player,
        bonus_id=bonus_id,
        accepted_digest=offered.digest,
        deposit=deposit if whole else None,
        request_id=key,
    )
    heard = await patron.ask("claim", "~operator", key, "claim_bonus", claim, amount=amount, of=gift)
    if heard.reason == OK and not whole:
        again = {"deposit": deposit, "bonus_id": bonus_id, "version": version}
        await _begin(patron, "grant", promos_pb2.GrantBonusRequest, gift, amount=amount, **again)


async def _begin(
    patron: Patron, word: str, kind: type, gift: str, *, amount: int = 0, **more: Any
) -> tuple[promos_pb2.Bonus | None, int]:
    """Offer or grant; return the bonus, where there is one, and its version."""
    key, version = patron.fresh("g"), more.pop("version", 0) or patron.office.versions[gift]
    request = kind(
        player_id=patron.player,
        template_id=gift,
        version=version,
        currency_code="EUR",
        request_id=key,
        **SIGNED,
        **more,
    )
    heard = await patron.ask(word, "~operator", key, f"{word}_bonus", request, amount=amount, of=gift)
    if heard.reason != OK:
        return None, version
    found = await patron.counter.call(f"{word}_bonus", request, patron.dice)  # it is there: asked for once more
    patron.store(patron.bonuses, found.bonus.bonus_id)
    return found.bonus, version


async def freeze(patron: Patron) -> None:
    """And let it go on, after a while or at once."""
    if bonus_id := patron.take(patron.bonuses, keep=1.0):
        await _about(patron, "freeze", promos_pb2.FreezeBonusRequest, bonus_id)
        for _ in range(patron.dice.randrange(3)):
            await spin(patron)
        await _about(patron, "unfreeze", promos_pb2.UnfreezeBonusRequest, bonus_id)


async def forfeit(patron: Patron) -> None:
    if bonus_id := patron.take(patron.bonuses, keep=0.2):
        await _about(patron, "forfeit", promos_pb2.ForfeitBonusRequest, bonus_id)


async def void_bonus(patron: Patron) -> None:
    if bonus_id := patron.take(patron.bonuses, keep=0.2):
        await _about(patron, "void bonus", promos_pb2.VoidBonusRequest, bonus_id)


async def _about(patron: Patron, word: str, kind: type, bonus_id: str) -> None:
    key = patron.fresh("b")
    request = kind(player_id=patron.player, bonus_id=bonus_id, request_id=key, **SIGNED)
    method = "void_bonus" if word == "void bonus" else f"{word}_bonus"
    await patron.ask(word, "~operator", key, method, request, of=bonus_id)
