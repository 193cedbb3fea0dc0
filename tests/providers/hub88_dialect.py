"""The shared suite's plays in Hub88's words, and in Caleta's."""

import base64
import functools
import uuid
from decimal import Decimal
from typing import ClassVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from adapters.providers.hub88.words import CALETA, ERRORS
from tests.providers.wire import posted

LIVE = "live"


@functools.cache
def private_key(name):
    """A throw-away key of that name, the same one throughout the process."""
    return generate_private_key(65537, 2048)


def public_pem(name=LIVE):
    return private_key(name).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def signature(body, name=LIVE):
    return base64.b64encode(private_key(name).sign(body, PKCS1v15(), SHA256())).decode()


class Hub88:
    """The operator Wallet API; a player is named by `user`."""

    protocol = "hub88"
    profile = "hub88"
    provider_id = "hub88"
    settings: ClassVar = {}
    header = "X-Hub88-Signature"
    paths: ClassVar = {
        "balance": "/user/balance",
        "bet": "/transaction/bet",
        "win": "/transaction/win",
        "rollback": "/transaction/rollback",
    }

    @property
    def secrets(self):
        return (public_pem(),)

    def sign(self, wire, secret=LIVE, now=None):
        return {self.header: signature(wire.body, secret)}

    def key(self, transaction_id):
        return f"tx:{transaction_id}"

    def amount(self, text):
        """100,000ths; what is no decimal, or finer, goes out as it is."""
        try:
            scaled = Decimal(text).scaleb(5)
            text = format(scaled.normalize(), "f") if "e" not in text.lower() else text
        except ArithmeticError:
            pass
        return msgspec.Raw(text.encode())

    def who(self, player):
        return {"user": player} if player else {}

    def said(self, name, members):
        return posted(self.paths[name], {"request_uuid": str(uuid.uuid4()), "game_code": "g-1"} | members)

    def balance(self, player, **more):
        return self.said("balance", self.who(player) | more)

    def bet(self, player, token, transaction_id, amount="10.00", *, round_id=None, currency="EUR", **more):
        # `player_id` is no member of this protocol, and so ignored: the suite's bodies repeat it.
        members = self.who(player) | {"player_id": player, "token": token}
        return self.said("bet", members | self.moved(transaction_id, amount, round_id, currency) | more)

    def win(self, player, bet, transaction_id, amount="10.00", *, round_id=None, currency="EUR", **more):
        members = self.who(player) | {"reference_transaction_uuid": bet}
        return self.said("win", members | self.moved(transaction_id, amount, round_id, currency) | more)

    def moved(self, transaction_id, amount, round_id, currency):
        return {
            "transaction_uuid": transaction_id,
            "supplier_transaction_id": f"s-{transaction_id}",
            "round": round_id or f"r-{transaction_id}",
            "round_closed": False,
            "is_free": False,
            "currency": currency,
            "amount": self.amount(amount) if isinstance(amount, str) else amount,
        }

    def rollback(self, player, transaction_id, **more):
        """Always under the same id, as a provider's retries would be."""
        members = {"transaction_uuid": f"rb-{transaction_id}", "reference_transaction_uuid": transaction_id}
        return self.said("rollback", self.who(player) | members | {"round": f"r-{transaction_id}"} | more)

    def expected(self, code):
        return 200, ERRORS[code]

    def code(self, reply):
        return reply.members["status"]

    def shown(self, reply):
        assert self.code(reply) == "RS_OK", reply.body
        return Decimal(reply.members["balance"].text).scaleb(-5)

    def transaction_id(self, reply):
        """There is none: a repeated message has the very same answer."""
        return reply.body


class Caleta(Hub88):
    """Caleta's dialect: the player is who the token says."""

    provider_id = "caleta"
    settings: ClassVar = {"dialect": "caleta"}
    header = "X-Auth-Signature"
    paths: ClassVar = {name: f"/wallet/{name}" for name in ("check", "balance", "bet", "win", "rollback")}

    def who(self, player):
        return {"supplier_user": f"renamed-{player}"} | super().who(player)

    def check(self, token, request_uuid=None):
        return posted(self.paths["check"], {"token": token, "request_uuid": request_uuid or str(uuid.uuid4())})

    def expected(self, code):
        return 200, CALETA.get(code, ERRORS[code])
