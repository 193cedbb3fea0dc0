"""Pragmatic Play's calls as its tests make them: each method's required fields, and how they are read."""

from urllib.parse import urlencode

import msgspec
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from wallet.v1.common_pb2 import Balances, Money, PocketAmount
from wallet.v1.wallet_pb2 import (
    ActionResult,
    PlayResponse,
)

from adapters.faults import Rejected
from adapters.provider import Request
from adapters.providers.pragmatic import Settings, connect

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
BET = {
    "providerId": "PragmaticPlay",
    "userId": "EUR.p-1",
    "gameId": "vs50hercules",
    "roundId": "5103188801",
    "amount": "100.0",
    "reference": "585c",
    "timestamp": "1482429190374",
    "roundDetails": "spin",
}
PAID = {name: value for name, value in BET.items() if name not in ("gameId", "roundId", "roundDetails")}
REFUND = {"providerId": "PragmaticPlay", "userId": "EUR.p-1", "reference": "585c"}
AUTHENTICATE = {"providerId": "PragmaticPlay", "token": "tok"}
END = {"providerId": "PragmaticPlay", "userId": "EUR.p-1", "gameId": "vs50hercules", "roundId": "5103188801"}
REQUIRED = {
    "authenticate": AUTHENTICATE,
    "balance": {"providerId": "PragmaticPlay", "userId": "EUR.p-1"},
    "bet": BET,
    "result": BET,
    "bonusWin": PAID,
    "jackpotWin": PAID | {"gameId": "g", "roundId": "r", "jackpotId": "9"},
    "promoWin": PAID | {"campaignId": "3", "campaignType": "T", "currency": "EUR"},
    "endRound": END,
    "refund": REFUND,
    "adjustment": PAID | {"gameId": "g", "roundId": "r", "validBetAmount": "10.00"},
}
AT = Timestamp(seconds=1482429190, nanos=374_000_000)


def euro(units, nanos=0):
    return Money(currency_code="EUR", units=units, nanos=nanos)


def provider(secrets=(b"testKey",), **given_settings):
    return connect("pp", secrets, msgspec.convert(given_settings, Settings))


def posted(body, content_type=FORM):
    return Request("POST", "/bet.html", "", content_type, body.encode() if isinstance(body, str) else body, 0.0)


def endpoint(method, **given_settings):
    return next(e for e in provider(**given_settings).endpoints if e.path == f"/{method}.html")


def ask(method, fields, **given_settings):
    return endpoint(method, **given_settings).read(posted(urlencode(fields)))


def refused(call, *arguments, **keywords):
    with pytest.raises(Rejected) as caught:
        call(*arguments, **keywords)
    return caught.value.code


BALANCES = Balances(shown=euro(90), cash=euro(54), bonus=euro(36))
APPLIED = PlayResponse(
    player_id="p-1",
    results=[
        ActionResult(
            transaction_id="w-1",
            parts=[
                PocketAmount(pocket="CASH", amount=euro(-6)),
                PocketAmount(pocket="BONUS", amount=euro(-4, -10_000_000)),
            ],
        )
    ],
    balances_then=BALANCES,
    balances_now=BALANCES,
    display_digits=2,
)
