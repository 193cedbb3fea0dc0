"""Generic's and ThrillGate's words as the storm says them, under ids of its own."""

import json
import time
from typing import Any

import msgspec

from adapters import signing
from adapters.provider import Request
from adapters.providers.generic_seamless import signed_text
from adapters.providers.generic_seamless.answers import PROBLEMS
from adapters.providers.thrillgate.words import ERRORS

SECRET = b"the-live-key"


class Wire(msgspec.Struct, frozen=True):
    method: str
    # Path and query.
    target: str
    body: bytes = b""
    headers: dict[str, str] = {}


class Number(msgspec.Struct, frozen=True):
    """A JSON number as it was written: 10.00 is not 10.0, and neither is the string "10.00"."""

    text: str


class Reply(msgspec.Struct, frozen=True):
    status: int
    content_type: str
    body: bytes

    @property
    def members(self) -> Any:
        return json.loads(self.body, parse_float=Number, parse_int=Number)


def posted(target, members, method="POST"):
    """JSON; a msgspec.Raw among the members is written as it is."""
    return Wire(method, target, msgspec.json.encode(members), {"Content-Type": "application/json"})


class Generic:
    """Our own dialect."""

    protocol = "generic_seamless"
    provider_id = "generic"

    def sign(self, wire, secret=SECRET, now=None):
        timestamp = str(int(now or time.time()))
        path, _, query = wire.target.partition("?")
        text = signed_text(Request(wire.method, path, query, {}, wire.body, 0.0), timestamp)
        return {"X-Wallet-Timestamp": timestamp, "X-Wallet-Signature": signing.sign(secret, text)}

    def key(self, transaction_id):
        return f"tx:{transaction_id}"

    def amount(self, text):
        return msgspec.Raw(f'"{text}"'.encode())

    def balance(self, player):
        return posted("/v1/balance", {"player_id": player, "currency": "EUR"})

    def bet(self, player, token, transaction_id, amount="10.00", *, round_id=None, currency="EUR", **more):
        return posted(
            "/v1/bet",
            {
                "player_id": player,
                "token": token,
                "transaction_id": transaction_id,
                "round_id": round_id or f"r-{transaction_id}",
                "currency": currency,
                "amount": self.amount(amount) if isinstance(amount, str) else amount,
                **more,
            },
        )

    def win(self, player, transaction_id, amount="10.00", *, round_id=None, close=False):
        return posted(
            "/v1/win",
            {
                "player_id": player,
                "transaction_id": transaction_id,
                "round_id": round_id or f"r-{transaction_id}",
                "currency": "EUR",
                "amount": amount,
                "category": "jackpot",
                "close_round": close,
            },
        )

    def rollback(self, player, transaction_id):
        """Always under the same id, as a provider's retries would be."""
        who = {"player_id": player} if player else {}
        return posted("/v1/rollback", {"transaction_id": f"rb-{transaction_id}", "reference": transaction_id, **who})

    def batch(self, batch_id, credits_):
        items = [
            {"player_id": player, "transaction_id": transaction_id, "currency": "EUR", "amount": amount}
            for player, transaction_id, amount in credits_
        ]
        return posted("/v1/batch/credit", {"batch_id": batch_id, "credits": items})

    def expected(self, code):
        return PROBLEMS[code][0], code


class ThrillGate:
    """The Standard Wallet API in our dialect."""

    protocol = "thrillgate"
    provider_id = "thrillgate"

    def sign(self, wire, secret=SECRET, now=None):
        return {"X-Server-Authorization": signing.sign(secret, wire.body)}

    def key(self, transaction_id):
        return f"tx:{transaction_id}"

    def amount(self, text):
        return msgspec.Raw(text.encode())

    def balance(self, player):
        return Wire("GET", f"/wallet/balance?player_id={player}")

    def bet(self, player, token, transaction_id, amount="10.00", *, round_id=None, currency="EUR", **more):
        members = self._members("Debit", player, transaction_id, amount, round_id=round_id, currency=currency)
        return posted("/wallet/transaction", members | {"token": token} | more)

    def win(self, player, transaction_id, amount="10.00", *, round_id=None, close=False):
        members = self._members("Credit", player, transaction_id, amount, round_id=round_id)
        return posted("/wallet/transaction", members | {"close_gameround": close})

    def _members(self, kind, player, transaction_id, amount, *, round_id=None, currency="EUR"):
        return {
            "player_id": player,
            "transaction_id": transaction_id,
            "transaction_type": kind,
            "provider_id": "thrillpots",
            "gameround_id": round_id or f"r-{transaction_id}",
            "currency": currency,
            "amount": self.amount(amount) if isinstance(amount, str) else amount,
        }

    def rollback(self, player, transaction_id):
        return posted("/wallet/cancel", {"transaction_id": transaction_id, "player_id": player}, "DELETE")

    def batch(self, batch_id, credits_):
        items = [self._members("Credit", player, transaction_id, amount) for player, transaction_id, amount in credits_]
        return posted("/wallet/transaction/batch", {"batch_id": batch_id, "transactions": items})

    def expected(self, code):
        return ERRORS[code][:2]
