"""The small wallet's HTTP side in our own dialect, written from its description alone."""

import hashlib
import hmac
import json
import re
import time
from contextlib import asynccontextmanager

from aiohttp import web

from tests.conformance.books import Action, Ask, No

WINDOW = 300
LARGEST, LARGEST_BATCH = 256 * 1024, 1024 * 1024
DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
WORD = re.compile(r"[!-~]{1,256}")

STATUS = {
    400: ("INVALID_REQUEST", "UNKNOWN_CURRENCY", "INVALID_PRECISION", "INVALID_AMOUNT", "WRONG_CURRENCY"),
    401: ("SESSION_UNKNOWN", "SESSION_EXPIRED", "INVALID_SIGNATURE", "STALE_TIMESTAMP"),
    402: ("INSUFFICIENT_FUNDS",),
    403: ("PLAYER_BLOCKED",),
    404: ("PLAYER_UNKNOWN", "UNKNOWN_PATH", "TRANSACTION_NOT_FOUND"),
    405: ("METHOD_NOT_ALLOWED",),
    409: (
        *("CONFLICT", "TOMBSTONED", "ROUND_CLOSED", "REFERENCE_NOT_FOUND", "REFERENCE_MISMATCH"),
        *("REFERENCE_ROLLED_BACK", "AMOUNT_EXCEEDS_REFERENCE"),
    ),
    413: ("TOO_LARGE",),
    415: ("UNSUPPORTED_CONTENT_TYPE",),
}
STATUS_OF = {code: status for status, codes in STATUS.items() for code in codes}

# Members of a message; ? marks one that may be missing.
SHAPES = {
    "/v1/balance": "player_id? token? currency?",
    "/v1/bet": "token transaction_id round_id currency amount player_id? game_id? close_round?",
    "/v1/win": "transaction_id currency amount player_id? token? round_id? game_id? category? bets? close_round?",
    "/v1/play": "round_id currency actions player_id? token? game_id? close_round?",
    "/v1/rollback": "transaction_id reference player_id? token? amount? currency?",
    "/v1/close": "transaction_id round_id player_id? token?",
    "/v1/batch/credit": "batch_id credits",
    "bet": "type transaction_id amount",
    "win": "type transaction_id amount category? bets?",
    "rollback": "type transaction_id reference amount?",
    "credit": "player_id transaction_id currency amount round_id? game_id? category?",
}
TYPES = {"close_round": bool, "bets": list, "actions": list, "credits": list}


class Seamless:
    """One handler for all paths."""

    def __init__(self, books, secrets):
        self.books = books
        self.secrets = secrets

    async def handle(self, http):
        try:
            body = await http.read()
            self.verify(http, body)
            return answered(await self.answer(http, body))
        except No as no:
            return answered(self.problem(no), STATUS_OF[no.code], "application/problem+json")

    def verify(self, http, body):
        timestamp = http.headers.get("X-Wallet-Timestamp", "")
        text = "\n".join((http.method, http.raw_path, timestamp, hashlib.sha256(body).hexdigest()))
        if not self.signed(text, http.headers.get("X-Wallet-Signature", "")):
            raise No("INVALID_SIGNATURE")
        if not self.timely(timestamp):
            raise No("STALE_TIMESTAMP")

    def signed(self, text, signature):
        given = signature.encode("utf-8", "surrogateescape")
        return any(hmac.compare_digest(self.signature(secret, text).encode(), given) for secret in self.secrets)

    def signature(self, secret, text):
        return hmac.digest(secret, text.encode("utf-8", "surrogateescape"), hashlib.sha256).hex()

    def timely(self, timestamp):
        return re.fullmatch("[0-9]{1,12}", timestamp) is not None and abs(time.time() - int(timestamp)) <= WINDOW

    async def answer(self, http, body):
        path = http.path
        if path == "/v1/transaction" and http.method == "GET":
            return self.transaction(http.query)
        if path not in SHAPES or path == "/v1/transaction":
            raise No("UNKNOWN_PATH")
        if http.method != "POST":
            raise No("METHOD_NOT_ALLOWED")
        if len(body) > (LARGEST_BATCH if "batch" in path else LARGEST):
            raise No("TOO_LARGE")
        asked = shaped(decoded(http, body), path)
        if path == "/v1/balance":
            player = await self.books.balance(*who(asked), asked.get("currency", ""))
            return {"player_id": player.player_id, "balance": self.balance(player.currency, player.cash)}
        if path == "/v1/batch/credit":
            return await self.batch(asked)
        return self.moved(await self.books.play(self.ask(path, asked)))

    def ask(self, path, asked):
        kind = {"/v1/bet": "bet", "/v1/win": "win", "/v1/rollback": "rollback", "/v1/close": "close_round"}.get(path)
        items = [asked] if kind else [shaped(item, typed(item)) for item in asked["actions"]]
        actions = tuple(action(kind or item["type"], item) for item in items)
        if kind != "rollback" and not any(who(asked)):
            raise No("INVALID_REQUEST")
        if any(each.kind == "bet" for each in actions) and "token" not in asked:
            raise No("INVALID_REQUEST")
        currency, round_id = asked.get("currency", ""), asked.get("round_id", "")
        return Ask(actions, *who(asked), currency, round_id, close=asked.get("close_round", False))

    async def batch(self, asked):
        items = [shaped(item, "credit") for item in asked["credits"]]
        results = await self.books.batch([self.credit(item) for item in items])
        return {
            "batch_id": asked["batch_id"],
            "results": [self.result(*pair) for pair in zip(items, results, strict=True)],
        }

    def credit(self, item):
        category = item.get("category", "jackpot")
        actions = (action("win", item | {"category": category}),)
        return Ask(actions, item["player_id"], "", item["currency"], item.get("round_id", ""))

    def result(self, item, result):
        told = {"transaction_id": item["transaction_id"]}
        if isinstance(result, No):
            return told | {"status": "error", "problem": self.problem(result)}
        return told | {"status": "ok", "moved": self.moved(result)}

    def transaction(self, query):
        for (player_id, key), row in self.books.rows.items():
            if key == query.get("transaction_id") and query.get("player_id", player_id) == player_id:
                return {"transaction_id": key, "wallet_transaction_id": row.identity, "outcome": row.outcome}
        raise No("TRANSACTION_NOT_FOUND")

    def moved(self, reply):
        player = reply.player
        return {
            "player_id": player.player_id if player else "",
            "replayed": reply.replayed,
            "transactions": [
                {
                    "transaction_id": row.key,
                    "wallet_transaction_id": row.identity,
                    "outcome": row.outcome,
                    "replayed": reply.replayed,
                    "parts": [{"pocket": "CASH", "amount": self.books.shown(row.moved)}] if row.moved else [],
                    "committed_at": "",
                }
                for row in reply.rows
            ],
            "balance": player and self.balance(player.currency, reply.cash_now),
            "balance_then": player and self.balance(player.currency, reply.cash_then),
        }

    def balance(self, currency, cash):
        text = self.books.shown(cash)
        return {"currency": currency, "amount": text, "cash": text, "bonus": "0.00"}

    def problem(self, no):
        told = {"type": f"/docs#{no.code}", "title": no.code, "status": STATUS_OF[no.code], "code": no.code}
        known = {"balance": self.balance(no.player.currency, no.player.cash)} if no.player else {}
        return told | {"retryable": no.code == "REFERENCE_NOT_FOUND"} | known


def answered(members, status=200, kind="application/json"):
    return web.Response(status=status, body=json.dumps(members).encode(), content_type=kind)


def decoded(http, body):
    if http.headers.get("Content-Type", "").lower() not in {"application/json", "application/json; charset=utf-8"}:
        raise No("UNSUPPORTED_CONTENT_TYPE")
    try:
        return json.loads(body.decode(), object_pairs_hook=once)
    except (ValueError, RecursionError):
        raise No("INVALID_REQUEST") from None


def once(pairs):
    if len(dict(pairs)) != len(pairs):
        raise No("INVALID_REQUEST")
    return dict(pairs)


def typed(item):
    kind = item.get("type") if isinstance(item, dict) else None
    if kind not in {"bet", "win", "rollback"}:
        raise No("INVALID_REQUEST")
    return kind


def shaped(members, shape):
    """`members` as they are, if they are what `shape` lists."""
    listed = SHAPES[shape].split()
    needed = {name for name in listed if not name.endswith("?")}
    if not isinstance(members, dict) or not needed <= members.keys() <= {name.rstrip("?") for name in listed}:
        raise No("INVALID_REQUEST")
    for name, value in members.items():
        if not isinstance(value, TYPES.get(name, str)):
            raise No("INVALID_REQUEST")
        if name == "amount" and (len(value) > 64 or not DECIMAL.fullmatch(value)):
            raise No("INVALID_AMOUNT")
        if name not in TYPES and name not in {"amount", "currency"} and not WORD.fullmatch(value):
            raise No("INVALID_REQUEST")
    return members


def who(asked):
    return asked.get("player_id", ""), asked.get("token", "")


def action(kind, item):
    named = (item["reference"],) if "reference" in item else tuple(item.get("bets", ()))
    return Action(kind, item["transaction_id"], item.get("amount"), named, item.get("category", "game"))


@asynccontextmanager
async def serving(door):
    """The URL of `door` (anything with `handle`) while the block runs."""
    runner = web.ServerRunner(web.Server(door.handle), shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
