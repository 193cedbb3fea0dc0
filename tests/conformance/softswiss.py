"""The small wallet's HTTP side in SOFTSWISS's words, written from the vendor's description alone."""

import hashlib
import hmac
import re

from tests.conformance.books import Action, Ask, No
from tests.conformance.seamless import DECIMAL, answered, decoded

CODES = {
    "INSUFFICIENT_FUNDS": "100",
    "PLAYER_UNKNOWN": "101",
    "PLAYER_BLOCKED": "110",
    "UNKNOWN_CURRENCY": "154",
    "WRONG_CURRENCY": "154",
    "INVALID_SIGNATURE": "403",
    "UNKNOWN_PATH": "404",
    "REFERENCE_NOT_FOUND": "404",
    "TOMBSTONED": "409",
    "REFERENCE_ROLLED_BACK": "409",
}
CURRENCY = re.compile("[A-Z][A-Z0-9_]{2,31}")


class SoftSwiss:
    """One handler for the four paths."""

    def __init__(self, books, secrets):
        self.books = books
        self.secrets = secrets
        books.zero_is_money = False
        books.late_stakes = True
        books.wins_need_bets = False

    async def handle(self, http):
        try:
            body = await http.read()
            if not self.signed(body, http.headers.get("X-REQUEST-SIGN", "")):
                raise No("INVALID_SIGNATURE")  # noqa: TRY301
            calls = {
                "/balance": self.balance,
                "/betwin": self.betwin,
                "/rollback": self.rollback,
                "/finish": self.finish,
            }
            if http.path not in calls:
                raise No("UNKNOWN_PATH")  # noqa: TRY301
            return answered(await calls[http.path](decoded(http, body)))
        except No as no:
            return answered(self.problem(no), 400)
        except (KeyError, TypeError):
            return answered(self.problem(No("INVALID_REQUEST")), 400)

    def signed(self, body, signature):
        given = signature.encode("utf-8", "surrogateescape")
        signatures = [hmac.digest(secret, body, hashlib.sha256).hex().encode() for secret in self.secrets]
        return any(hmac.compare_digest(each, given) for each in signatures)

    async def balance(self, asked):
        player = await self.books.balance(asked["account_id"], "", currency(asked))
        return {"balance": self.books.shown(player.cash)}

    async def betwin(self, asked):
        actions = tuple(
            Action(item["type"], item["id_provider"], decimal(item["amount"])) for item in asked["transactions"]
        )
        token = asked["session_id"] if any(action.kind == "bet" for action in actions) else ""
        return self.moved(asked["round_id"], asked, await self.play(asked, actions, asked["round_id"], token))

    async def rollback(self, asked):
        originals = [item["original_id_provider"] for item in asked["transactions"]]
        actions = tuple(Action("rollback", f"void:{key}", named=(key,)) for key in originals)
        round_id = asked["round_id_provider"]
        return self.moved(round_id, asked, await self.play(asked, actions, round_id, ""))

    async def finish(self, asked):
        key = f"finish:{asked['account_id']}:{asked['round_id']}"
        reply = await self.play(asked, (Action("close_round", key),), asked["round_id"], "")
        return {"balance": self.books.shown(reply.cash_now)}

    async def play(self, asked, actions, round_id, token):
        close = asked.get("finished", False)
        return await self.books.play(Ask(actions, asked["account_id"], token, currency(asked), round_id, close))

    def moved(self, round_id, asked, reply):
        pairs = zip(asked["transactions"], reply.rows, strict=True)
        items = [
            {
                "id_provider": item["id_provider"],
                "id": row.identity if row.moved or row.kind != "rollback" else "",
                "bonus_amount": "0.00",
            }
            for item, row in pairs
        ]
        return {"round_id": round_id, "transactions": items, "balance": self.books.shown(reply.cash_then)}

    def problem(self, no):
        code = CODES.get(no.code, "400")
        shown = {"balance": self.books.shown(no.player.cash)} if code == "100" else {}
        return {"code": "invalid_argument", "msg": no.code, "meta": {"api_code": code, "api_message": no.code} | shown}


def currency(asked):
    if not CURRENCY.fullmatch(asked["currency"]):
        raise No("INVALID_REQUEST")
    return asked["currency"]


def decimal(amount):
    if len(amount) > 64 or not DECIMAL.fullmatch(amount):
        raise No("INVALID_AMOUNT")
    return amount
