"""The shared suite's plays in the words of SOFTSWISS v2, and of GCP v1, its older dialect."""

import re
from decimal import Decimal

import msgspec

from adapters import signing
from adapters.providers import gcp, softswiss
from tests.providers.wire import SECRET, posted

_NO_BATCHES = {
    "test_a_batch_pays_each_item_for_itself": "there are no batches",
    "test_a_thousand_payments_fit_in_one_batch": "there are no batches",
}
_V2_WITHOUT = {
    "test_a_rollback_needs_no_player": "account_id is required",
    "test_a_bet_after_its_rollback_never_moves[softswiss-nobody]": "account_id is required",
    **_NO_BATCHES,
    "test_a_win_of_nothing_closes_the_round": "an amount of nothing is refused; a round closes by itself",
    **{
        f"test_an_unknown_currency_is_refused[softswiss-{currency}]": "not of the vendor's pattern: a bad request"
        for currency in ("eur", "Eur", "\\u20ac")
    },
}


class SoftSwiss:
    """SOFTSWISS v2: one betwin for both, errors in two statuses and many codes."""

    protocol = "softswiss"
    provider_id = "softswiss"
    without = _V2_WITHOUT

    def sign(self, wire, secret=SECRET, now=None):
        return {"X-REQUEST-SIGN": signing.sign(secret, wire.body)}

    def key(self, transaction_id):
        return f"tx:{transaction_id}"

    def amount(self, text):
        return msgspec.Raw(f'"{text}"'.encode())

    def game(self, game_id):
        return {"game_id": game_id}

    def balance(self, player):
        return posted("/balance", {"account_id": player, "currency": "EUR", "game_id": "dice"})

    def bet(self, player, token, transaction_id, amount="10.00", *, round_id=None, currency="EUR", **more):
        members = self._members("bet", player, transaction_id, amount, round_id=round_id, currency=currency)
        return posted("/betwin", members | {"session_id": token} | more)

    def win(self, player, transaction_id, amount="10.00", *, round_id=None, close=False):
        return posted("/betwin", self._members("win", player, transaction_id, amount, round_id=round_id, close=close))

    def _members(self, kind, player, transaction_id, amount, *, round_id=None, currency="EUR", close=False):
        amount = self.amount(amount) if isinstance(amount, str) else amount
        return {
            "account_id": player,
            "currency": currency,
            "game_id": "dice",
            "round_id": round_id or f"r-{transaction_id}",
            "finished": close,
            "transactions": [{"id_provider": transaction_id, "type": kind, "amount": amount}],
        }

    def rollback(self, player, transaction_id):
        """Always under the same id, as a provider's retries would be."""
        return posted(
            "/rollback",
            {
                "account_id": player,
                "currency": "EUR",
                "game_id": "dice",
                "round_id_provider": f"r-{transaction_id}",
                "finished": False,
                "transactions": [
                    {
                        "id_provider": f"rb-{transaction_id}",
                        "type": "rollback",
                        "original_id_provider": transaction_id,
                    }
                ],
            },
        )

    def expected(self, code):
        api_code = softswiss.ERRORS[code][0]
        return 500 if api_code.startswith("5") else 400, api_code

    def code(self, reply):
        return reply.members["meta"]["api_code"]

    def shown(self, reply):
        return Decimal(reply.members["balance"])

    def transaction_id(self, reply):
        return reply.members["transactions"][0]["id"]


_V1_WITHOUT = {
    **_NO_BATCHES,
    "test_a_rollback_needs_no_player": "user_id is required",
    "test_a_bet_after_its_rollback_never_moves": "it is acknowledged, not refused",
    "test_a_win_of_nothing_closes_the_round": "a stake may follow what closed its round",
    "test_amounts_keep_their_last_digit": "amounts are whole subunits",
}


class Gcp:
    """GCP v1: one play for both, in cents."""

    protocol = "gcp"
    provider_id = "gcp"
    without = _V1_WITHOUT

    def sign(self, wire, secret=SECRET, now=None):
        return {"X-REQUEST-SIGN": signing.sign(secret, wire.body)}

    def key(self, transaction_id):
        return f"tx:{transaction_id}"

    def amount(self, text):
        """Cents; what is no number of them goes out as it is."""
        cents = re.fullmatch(r"(-?[0-9]+)\.([0-9]{2})", text)
        return msgspec.Raw((str(int(cents[1] + cents[2])) if cents else text).encode())

    def game(self, game_id):
        return {"game": game_id}

    def balance(self, player):
        return posted("/play", {"user_id": player, "currency": "EUR", "game": "acme:dice"})

    def bet(self, player, token, transaction_id, amount="10.00", *, round_id=None, currency="EUR", **more):
        members = self._members("bet", player, transaction_id, amount, round_id=round_id, currency=currency)
        return posted("/play", members | {"session_id": token} | more)

    def win(self, player, transaction_id, amount="10.00", *, round_id=None, close=False):
        return posted("/play", self._members("win", player, transaction_id, amount, round_id=round_id, close=close))

    def _members(self, kind, player, transaction_id, amount, *, round_id=None, currency="EUR", close=False):
        amount = self.amount(amount) if isinstance(amount, str) else amount
        return {
            "user_id": player,
            "currency": currency,
            "game": "acme:dice",
            "game_id": round_id or f"r-{transaction_id}",
            "finished": close,
            "actions": [{"action": kind, "amount": amount, "action_id": transaction_id}],
        }

    def rollback(self, player, transaction_id):
        """Always under the same id, as a provider's retries would be."""
        return posted(
            "/rollback",
            {
                "user_id": player,
                "currency": "EUR",
                "game": "acme:dice",
                "game_id": f"r-{transaction_id}",
                "actions": [
                    {"action": "rollback", "action_id": f"rb-{transaction_id}", "original_action_id": transaction_id}
                ],
            },
        )

    def expected(self, code):
        return gcp.ERRORS[code][:2]

    def code(self, reply):
        return int(reply.members["code"].text)

    def shown(self, reply):
        return Decimal(reply.members["balance"].text).scaleb(-2)

    def transaction_id(self, reply):
        return reply.members["transactions"][0]["tx_id"]
