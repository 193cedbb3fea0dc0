"""The shared suite's plays in the words of 100hp: the session is the player, and one txId is the whole bet."""

import uuid
from decimal import Decimal

from adapters.providers import hundredhp
from tests.providers.wire import SECRET, posted

_BY_SESSION = "it asks by session only"
_NO_REPLAY = "a repetition is an error of its own: see test_hundredhp.py"
_IN_BODY = "nothing is signed: see test_hundredhp.py for the secret in the body"
_ONE_SETTLEMENT = "a win is the settlement of its own bet: see test_hundredhp.py"
_NO_CURRENCY = "no request names a currency"
_NO_BATCHES = "there are no batches"
_WITHOUT = {
    "test_a_balance_is_shown": _BY_SESSION,
    "test_an_unknown_player_is_refused": _BY_SESSION,
    "test_a_session_of_another_player_is_refused": _BY_SESSION,
    "test_both_keys_of_a_rotation_are_live": _IN_BODY,
    "test_a_bet_takes_and_a_win_gives": _ONE_SETTLEMENT,
    "test_too_little_money_is_refused_and_stays_refused": _ONE_SETTLEMENT,
    "test_a_win_is_paid_and_a_bet_rolled_back_after_the_session": _ONE_SETTLEMENT,
    "test_a_win_of_nothing_closes_the_round": _ONE_SETTLEMENT,
    "test_a_repeated_bet_is_answered_as_the_first_and_moves_nothing": _NO_REPLAY,
    "test_twenty_copies_at_once_are_one_bet": _NO_REPLAY,
    "test_a_rollback_gives_the_stake_back_once": _NO_REPLAY,
    "test_another_adapter_carries_on_where_one_was_stopped": _NO_REPLAY,
    "test_a_bet_after_its_rollback_never_moves": "the rollback of nothing is an error",
    "test_amounts_keep_their_last_digit": "a balance is cut to two digits",
    "test_a_batch_pays_each_item_for_itself": _NO_BATCHES,
    "test_a_thousand_payments_fit_in_one_batch": _NO_BATCHES,
    "test_an_unknown_currency_is_refused": _NO_CURRENCY,
    "test_a_currency_the_player_has_not_is_refused": _NO_CURRENCY,
    "test_an_error_tells_nothing_of_the_inside": _NO_CURRENCY,
    "test_a_game_the_provider_has_not_is_refused": "no request names a game",
    "test_a_wrong_signature_is_refused": _IN_BODY,
    "test_a_signature_of_another_key_is_refused": _IN_BODY,
    "test_a_flipped_byte_of_the_body_is_refused": _IN_BODY,
}
_SETTINGS = {"currency": "EUR"}


class HundredHp:
    """Ids of the suite's become UUIDs of their own; members that are not listed are ignored."""

    protocol = "hundredhp"
    provider_id = "hundredhp"
    settings = _SETTINGS
    without = _WITHOUT

    def sign(self, wire, secret=SECRET, now=None):
        return {}

    def key(self, transaction_id):
        return f"bet:{self.tx_id(transaction_id)}"

    def tx_id(self, transaction_id):
        return str(uuid.uuid5(uuid.NAMESPACE_OID, transaction_id))

    def amount(self, text):
        return text

    def balance(self, token):
        return self.said("balance", sessionId=token)

    def bet(self, player, token, transaction_id, amount="10.00", *, round_id=None, currency="EUR", **more):
        return self.said(
            "withdrawal",
            sessionId=token,
            txId=self.tx_id(transaction_id),
            amount=amount,
            currency=currency,
            **more,
        )

    def deposit(self, transaction_id, amount):
        return self.said("deposit", txId=self.tx_id(transaction_id), amount=amount)

    def rollback(self, player, transaction_id):
        return self.said("rollback", txId=self.tx_id(transaction_id))

    def said(self, path, *, secret=SECRET, **members):
        return posted(f"/{path}", {"secret": secret.decode()} | members)

    def expected(self, code):
        return (hundredhp.ERRORS[code][0],) * 2

    def code(self, reply):
        return int(reply.members["errCode"].text)

    def shown(self, reply):
        return Decimal(reply.members["balance"])
