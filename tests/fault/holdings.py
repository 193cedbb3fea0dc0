"""What a patron does with cash that is held, with what it converts, and with points. Some of it is two at once."""

import asyncio
import time

from wallet.v1 import fx_pb2, holds_pb2
from wallet.v1.points_pb2 import AdjustPointsRequest, RedeemPointsRequest

from tests.fault.cores import money
from tests.fault.office import POINTS_PER_STEP, worth
from tests.fault.patron import SIGNED, Patron, moment
from tests.fault.speakers import OK

# Holds.


async def hold(patron: Patron) -> None:
    """Of one that is short, the expiry watch takes notice."""
    key, amount = patron.fresh("h"), patron.amount(1_000)
    until = time.time_ns() // 1_000 + patron.dice.choice((1, 2, 600)) * 1_000_000
    request = holds_pb2.PlaceHoldRequest(
        player_id=patron.player,
        hold_id=key,
        amount=money(amount),
        reason=patron.dice.choice((holds_pb2.HOLD_REASON_DISPUTE, holds_pb2.HOLD_REASON_CDD)),
        basis=holds_pb2.HOLD_BASIS_TERMS,
        clause="terms 7",
        owner="ann",
        case_id=key,
        expires_at=moment(until),
    )
    facts = {"amount": amount, "of": key, "until": until}
    if (await patron.ask("hold", "~holds", key, "place_hold", request, **facts)).reason == OK:
        patron.store(patron.holds, key)


async def decide(patron: Patron) -> None:
    """Hold on, capture it, or a part, or release it; sometimes at once."""
    if hold_id := patron.take(patron.holds, keep=0.3):
        ways = [_capture, _release, _extend]
        await asyncio.gather(*(way(patron, hold_id) for way in patron.dice.sample(ways, patron.dice.choice((1, 1, 2)))))


async def _extend(patron: Patron, hold_id: str) -> None:
    key, until = patron.fresh("e"), time.time_ns() // 1_000 + 900_000_000
    request = holds_pb2.ExtendHoldRequest(
        player_id=patron.player, hold_id=hold_id, expires_at=moment(until), request_id=key, **SIGNED
    )
    await patron.ask("extend", "~operator", key, "extend_hold", request, of=hold_id, until=until)


async def _capture(patron: Patron, hold_id: str) -> None:
    key, part = patron.fresh("k"), patron.amount(500) if patron.dice.random() < 0.4 else 0
    request = holds_pb2.CaptureHoldRequest(
        player_id=patron.player,
        hold_id=hold_id,
        purpose=holds_pb2.CAPTURE_PURPOSE_CORRECTION,
        account="SUSPENSE",
        decision="case 1",
        actor="ann",
        request_id=key,
    )
    if part:
        request.amount.CopyFrom(money(part))
    await patron.ask("capture", "~operator", key, "capture_hold", request, amount=part, of=hold_id)


async def _release(patron: Patron, hold_id: str) -> None:
    key = patron.fresh("l")
    request = holds_pb2.ReleaseHoldRequest(player_id=patron.player, hold_id=hold_id, request_id=key, **SIGNED)
    await patron.ask("release", "~operator", key, "release_hold", request, of=hold_id)


# Conversions, points.


async def convert(patron: Patron) -> None:
    """Quoted, and executed, cancelled, or both at once; later undone, sometimes."""
    key, amount = patron.fresh("q"), patron.amount(1_500)
    there = patron.dice.random() < 0.7
    source, target = ("EUR", "USD") if there else ("USD", "EUR")
    sells = patron.dice.random() < 0.6
    sum_ = money(amount)
    sum_.currency_code = source if sells else target
    request = fx_pb2.OpenQuoteRequest(player_id=patron.player, quote_id=key, currency_code=target if sells else source)
    (request.sell if sells else request.buy).CopyFrom(sum_)
    if (await patron.ask("quote", "~quotes", key, "open_quote", request, amount=amount, of=key)).reason != OK:
        return
    quote = (await patron.counter.call("open_quote", request, patron.dice)).quote
    ways = [_execute, _execute, _cancel]
    await asyncio.gather(*(way(patron, quote) for way in patron.dice.sample(ways, patron.dice.choice((1, 1, 2, 3)))))
    patron.store(patron.quotes, key)


async def _execute(patron: Patron, quote: fx_pb2.Quote) -> None:
    key = patron.fresh("x")
    request = fx_pb2.ExecuteQuoteRequest(
        player_id=patron.player,
        quote_id=quote.quote_id,
        source=quote.source,
        signature=quote.signature,
        request_id=key,
    )
    await patron.ask("execute", "~fx", key, "execute_quote", request, of=quote.quote_id)


async def _cancel(patron: Patron, quote: fx_pb2.Quote) -> None:
    key = patron.fresh("n")
    request = fx_pb2.CancelQuoteRequest(player_id=patron.player, quote_id=quote.quote_id, request_id=key)
    await patron.ask("cancel", "~fx", key, "cancel_quote", request, of=quote.quote_id)


async def reverse(patron: Patron) -> None:
    if quote_id := patron.take(patron.quotes):
        key = patron.fresh("y")
        request = fx_pb2.ReverseQuoteRequest(
            player_id=patron.player, quote_id=quote_id, approver="bob", request_id=key, **SIGNED
        )
        await patron.ask("reverse", "~fx", key, "reverse_quote", request, of=quote_id)


async def redeem(patron: Patron) -> None:
    """At the price it has seen; where another has followed, it is told so."""
    key, points = patron.fresh("p"), patron.dice.randrange(POINTS_PER_STEP, 4 * POINTS_PER_STEP)
    version, price = patron.office.price
    amount = worth(points, price)
    request = RedeemPointsRequest(
        player_id=patron.player, points=points, amount=money(amount), price_version=version, request_id=key
    )
    await patron.ask("redeem", "~points", key, "redeem_points", request, amount=amount)


async def points(patron: Patron) -> None:
    key, points = patron.fresh("a"), patron.dice.randrange(-50, 200)
    sum_ = money(0)
    sum_.currency_code, sum_.units = "PTS", points or 1
    request = AdjustPointsRequest(player_id=patron.player, points=sum_, request_id=key, **SIGNED)
    await patron.ask("points", "~operator", key, "adjust_points", request)
