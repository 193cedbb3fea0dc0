"""Dialects whose signature is a member of the request itself: their plays are signed when they are made."""

import hashlib
from decimal import Decimal
from urllib.parse import quote_plus

from adapters.providers import blueocean
from adapters.providers.pragmatic.words import ERRORS
from tests.providers.wire import SECRET, Wire

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Pragmatic:
    """Forms with an MD5 of their fields."""

    protocol = "pragmatic"
    provider_id = "pragmatic"

    def sign(self, wire, secret=SECRET, now=None):
        return {}

    def seal(self, target, fields, secret=SECRET):
        """A form with its hash, the fields in the order given."""
        text = "&".join(f"{name}={fields[name]}" for name in sorted(fields)).encode() + secret
        sealed = fields | {"hash": hashlib.md5(text, usedforsecurity=False).hexdigest()}
        body = "&".join(f"{name}={quote_plus(value)}" for name, value in sealed.items())
        return Wire("POST", target, body.encode(), FORM)

    def call(self, method, secret=SECRET, **fields):
        return self.seal(f"/{method}.html", {"providerId": "PragmaticPlay"} | fields, secret)

    def user(self, player):
        return f"EUR.{player}"

    def key(self, player, transaction_id):
        return f"bet:{transaction_id}"

    def balance(self, player, secret=SECRET):
        return self.call("balance", secret, userId=self.user(player))

    def bet(self, player, token, transaction_id, amount="10.00", *, round_id=None, **more):
        fields = {"userId": self.user(player), "token": token, "gameId": "vs20doghouse", "roundDetails": "spin"}
        moved = {"reference": transaction_id, "amount": amount, "roundId": round_id or f"r-{transaction_id}"}
        return self.call("bet", **fields, **moved, timestamp="1482429190374", **more)

    def win(self, player, transaction_id, amount="10.00", *, round_id=None):
        """With a round the result of its bets, without one a promotion's win."""
        moved = {"userId": self.user(player), "reference": transaction_id, "amount": amount}
        if round_id is None:
            promo = {"campaignId": "1", "campaignType": "T", "currency": "EUR"}
            return self.call("promoWin", **moved, **promo, timestamp="1482429190374")
        played = {"gameId": "vs20doghouse", "roundId": round_id, "roundDetails": "spin"}
        return self.call("result", **moved, **played, timestamp="1482429190374")

    def rollback(self, player, transaction_id):
        return self.call("refund", userId=self.user(player), reference=transaction_id)

    def expected(self, code):
        return 200, str(ERRORS[code][0])

    def code(self, reply):
        return reply.members["error"].text

    def shown(self, reply):
        return Decimal(reply.members["cash"].text) + Decimal(reply.members["bonus"].text)

    def transaction_id(self, reply):
        return reply.members["transactionId"]


class BlueOcean:
    """Queries with a SHA-1 of themselves."""

    protocol = "blueocean"
    provider_id = "blueocean"

    def sign(self, wire, secret=SECRET, now=None):
        return {}

    def seal(self, target, fields, secret=SECRET):
        """A query with its key, the fields in the order given."""
        query = "&".join(f"{name}={quote_plus(value)}" for name, value in fields.items())
        key = hashlib.sha1(secret + query.encode(), usedforsecurity=False).hexdigest()
        return Wire("GET", f"{target}?{query}&key={key}")

    def call(self, action, player, secret=SECRET, **fields):
        caller = {"callerId": "op_s", "callerPassword": "pw", "callerPrefix": "ab", "action": action}
        return self.seal("/", caller | {"remote_id": player, "username": "u", "currency": "EUR"} | fields, secret)

    def key(self, player, transaction_id):
        return f"p:{player}:{transaction_id}"

    def balance(self, player, secret=SECRET):
        return self.call("balance", player, secret)

    def bet(self, player, token, transaction_id, amount="10.00", *, round_id=None, **more):
        return self._moved("debit", player, transaction_id, amount, round_id, session_id=token, **more)

    def win(self, player, transaction_id, amount="10.00", *, round_id=None, close=False):
        final = {"gameplay_final": "1" if close else "0"}
        return self._moved("credit", player, transaction_id, amount, round_id, **final)

    def _moved(self, action, player, transaction_id, amount, round_id, **more):
        moved = {"transaction_id": transaction_id, "amount": amount, "round_id": round_id or f"r-{transaction_id}"}
        return self.call(action, player, **moved, **({"game_id": "47477", "gameplay_final": "0"} | more))

    def rollback(self, player, transaction_id):
        return self.call("rollback", player, transaction_id=transaction_id)

    def expected(self, code):
        return 200, f"{blueocean.ERRORS[code][0]} {blueocean.ERRORS[code][1]}"

    def code(self, reply):
        return f"{reply.members['status']} {reply.members['msg'].partition(': ')[0]}"

    def shown(self, reply):
        return Decimal(reply.members["balance"])

    def transaction_id(self, reply):
        return reply.members["transaction_id"]


SEALED = [Pragmatic(), BlueOcean()]
