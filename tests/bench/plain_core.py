"""The plain ledger behind gRPC: python -m tests.bench.plain_core DATABASE. One call a bet, one transaction a call."""

import asyncio
import itertools
import json
import signal
import sys
from decimal import Decimal

import grpc
import uvloop
from wallet.v1.common_pb2 import Balances, Money
from wallet.v1.wallet_pb2 import OUTCOME_APPLIED, ActionResult, PlayRequest, PlayResponse
from wallet.v1.wallet_pb2_grpc import WalletServiceServicer, add_WalletServiceServicer_to_server

from tests.bench.plain import Ledger, Poor, open_ledger
from tests.storage.books import EUR


def ledger_units(money: Money) -> int:
    return money.units * EUR + money.nanos * EUR // 1_000_000_000


def wire_money(amount: int) -> Money:
    units, rest = divmod(amount, EUR)
    return Money(currency_code="EUR", units=units, nanos=rest * 1_000_000_000 // EUR)


def words(amount: int) -> str:
    return str((Decimal(amount) / EUR).quantize(Decimal("0.01")))


class PlainWallet(WalletServiceServicer):
    """Bets only."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._numbers = itertools.count(1)

    async def Play(self, request: PlayRequest, context: grpc.aio.ServicerContext) -> PlayResponse:
        (bet,) = request.actions
        number = next(self._numbers)
        try:
            left = await self._ledger.bet(
                number, bet.external_key, request.player_id, request.round_id, ledger_units(bet.amount)
            )
        except Poor:
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, "INSUFFICIENT_FUNDS")
        return PlayResponse(
            player_id=request.player_id,
            results=[ActionResult(external_key=bet.external_key, outcome=OUTCOME_APPLIED, transaction_id=str(number))],
            balances_now=Balances(shown=wire_money(left), cash=wire_money(left)),
        )


async def main(database: str) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    ledger = await open_ledger(database)
    server = grpc.aio.server()
    add_WalletServiceServicer_to_server(PlainWallet(ledger), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(json.dumps({"core": f"127.0.0.1:{port}"}), flush=True)
    await stop.wait()
    await server.stop(1)
    await ledger.close()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
