"""What the auditor does not follow: free rounds, sub-wallets, payouts. Of these the laws alone are judged."""

import asyncio
import time

from wallet.v1 import free_rounds_pb2
from wallet.v1.payouts_pb2 import PAYOUT_SOURCE_PROMO, PayPromoRequest
from wallet.v1.subwallets_pb2 import TransferRequest

from tests.fault import plays
from tests.fault.cores import money
from tests.fault.counter import GENERIC
from tests.fault.dialects import posted
from tests.fault.intents import amount_text
from tests.fault.orders import Order
from tests.fault.patron import SIGNED, Patron, moment
from tests.fault.speakers import OK


async def transfer(patron: Patron) -> None:
    """To a pocket of a product, or back; sometimes both at once."""
    ways = [("CASH", "CASH:SPORTS"), ("CASH:SPORTS", "CASH")]
    chosen = patron.dice.sample(ways, patron.dice.choice((1, 2)))
    await asyncio.gather(*(_transfer(patron, *way) for way in chosen))


async def _transfer(patron: Patron, source: str, target: str) -> None:
    key, amount = patron.fresh("m"), patron.amount(2_000)
    request = TransferRequest(
        player_id=patron.player, transfer_id=key, amount=money(amount), source=source, target=target
    )
    await patron.ask("transfer", "~transfers", key, "transfer", request, amount=amount, of=target)


async def payout(patron: Patron) -> None:
    reference, amount = patron.fresh("o"), patron.amount(500)
    request = PayPromoRequest(
        player_id=patron.player,
        source=PAYOUT_SOURCE_PROMO,
        campaign="storm",
        reference=reference,
        amount=money(amount),
        **SIGNED,
    )
    await patron.ask("payout", "~payouts", f"PROMO/storm/{reference}", "pay_promo", request, amount=amount)


async def free_rounds(patron: Patron) -> None:
    """Granted for a short time, registered, played by the adapter, which names the grant; some are taken back."""
    grant_id, rounds = patron.fresh("fr"), patron.dice.randrange(1, 4)
    ends = moment(time.time_ns() // 1_000 + patron.dice.choice((2, 600)) * 1_000_000)
    bonus = patron.dice.random() < 0.5
    request = free_rounds_pb2.GrantFreeRoundsRequest(
        player_id=patron.player,
        grant_id=grant_id,
        provider_id=GENERIC.provider_id,
        rounds=rounds,
        value=money(patron.amount(50)),
        settle=patron.dice.choice((free_rounds_pb2.FREE_ROUND_SETTLE_EACH, free_rounds_pb2.FREE_ROUND_SETTLE_END)),
        template_id="spins" if bonus else "",
        template_version=1 if bonus else 0,
        cap=money(patron.amount(2_000)),
        campaign="storm",
        expires_at=ends,
        **SIGNED,
    )
    await patron.ask("free rounds", "~freerounds", grant_id, "grant_free_rounds", request, of=grant_id)
    key = patron.fresh("fg")
    confirmed = free_rounds_pb2.RegisterFreeRoundsRequest(
        player_id=patron.player,
        grant_id=grant_id,
        provider_id=GENERIC.provider_id,
        confirmed=True,
        request_id=key,
        **SIGNED,
    )
    if (await patron.ask("register", "~operator", key, "register_free_rounds", confirmed, of=grant_id)).reason != OK:
        return
    for number in range(rounds):
        if number and patron.dice.random() < 0.2:
            key = patron.fresh("fx")
            back = free_rounds_pb2.CancelFreeRoundsRequest(
                player_id=patron.player, grant_id=grant_id, request_id=key, **SIGNED
            )
            await patron.ask("cancel free", "~operator", key, "cancel_free_rounds", back, of=grant_id)
        await _play(patron, grant_id)


async def _play(patron: Patron, grant_id: str) -> None:
    round_id, stake, won = patron.fresh("r"), patron.fresh("t"), patron.fresh("t")
    bet = GENERIC.dialect.bet(
        patron.player, patron.token, stake, "0.10", round_id=round_id, game_id="slot", free_rounds_id=grant_id
    )
    if (await patron.give(_said(patron, "bet", stake, bet))).reason != OK:
        return
    amount = patron.amount(900) if patron.dice.random() < 0.7 else 0
    members = {"transaction_id": won, "player_id": patron.player, "round_id": round_id, "game_id": "slot"}
    members |= {"currency": "EUR", "amount": amount_text(amount), "close_round": True, "free_rounds_id": grant_id}
    if (await patron.give(_said(patron, "win", won, posted("/v1/win", members)))).reason != OK:
        return
    if amount and patron.dice.random() < 0.2:
        await patron.give(plays.rollback(patron, won, 0))


def _said(patron: Patron, word: str, identity: str, wire: object) -> Order:
    key = GENERIC.dialect.key(identity)
    return Order(patron.player, word, ((GENERIC.provider_id, key),), wire=wire)
