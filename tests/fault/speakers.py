"""What the storm knows of each protocol, a row each; the rest it has from its dialects.

A new provider is a dialect there, a row here, and the function that reads its answers.
"""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from adapters.provider import NEAREST
from tests.fault.dialects import Generic, Number, Reply, ThrillGate, Wire, posted
from tests.fault.intents import Form, Kind, Request, Transaction, amount_text
from wallet_core.domain.profiles import PROFILES, Profile

OK = "OK"


class Answer(Struct, frozen=True, gc=False):
    """What a provider was told.

    Attributes:
        codes: OK or the provider's word for no, of each transaction; a single one where the request falls whole.
        ids: the wallet's, of each transaction; none where the protocol does not tell.
        balance: after the request was first applied; empty where the protocol does not tell.
        final: whether nothing is left to be asked again.
    """

    codes: tuple[str, ...]
    ids: tuple[str, ...] = ()
    balance: str = ""
    final: bool = True


class Speaker(Struct, frozen=True):
    """A provider.

    Attributes:
        dialect: its words.
        profile_name: its row of the core's profiles.
        read: its answers.
        undo_key: the external key of a rollback.
        wires: how it says what dialects have no common word for, or another one; a form that is not here it has not.
    """

    dialect: Any
    profile_name: str
    read: Callable[[Reply], Answer]
    undo_key: Callable[[Transaction], str]
    wires: dict[Form | Kind, Callable[[Request, str], Wire]]

    @property
    def provider_id(self) -> str:
        return self.dialect.provider_id

    @property
    def protocol(self) -> str:
        return self.dialect.protocol

    @property
    def profile(self) -> Profile:
        return PROFILES[self.profile_name]

    def word(self, reason: str) -> str:
        """Return the provider's word for a reason of the core's."""
        return OK if reason == OK else self.dialect.expected(NEAREST.get(reason, reason))[1]

    def key(self, transaction: Transaction) -> str:
        """Return the external key of a transaction."""
        if transaction.kind is Kind.ROLLBACK:
            return self.undo_key(transaction)
        return self.dialect.key(transaction.id)

    def original_key(self, transaction: Transaction) -> str:
        """Return the external key of the transaction, or of the one that it rolls back."""
        return self.dialect.key(transaction.id)

    def wire(self, request: Request, token: str) -> Wire:
        """Return the request as it goes over the wire."""
        if make := self.wires.get(request.form):
            return make(request, token)
        (first, *_), dialect = request.transactions, self.dialect
        if request.form is Form.ONE and (make := self.wires.get(first.kind)):
            return make(request, token)
        if request.form is Form.BATCH:
            items = [(each.player, each.id, amount_text(each.amount)) for each in request.transactions]
            return dialect.batch(request.id, items)
        if request.form is Form.NAMELESS:
            return dialect.rollback(None, first.id)
        if first.kind is Kind.BET:
            return dialect.bet(first.player, token, first.id, amount_text(first.amount), round_id=request.round_id)
        if first.kind is Kind.WIN:
            amount = amount_text(first.amount)
            return dialect.win(first.player, first.id, amount, round_id=request.round_id, close=request.close)
        return dialect.rollback(first.player, first.id)


def _generic_win(request: Request, token: str) -> Wire:
    """Of an ordinary game: the dialect's own is a jackpot, which asks for no bet."""
    (win,) = request.transactions
    members = {"transaction_id": win.id, "player_id": win.player, "round_id": request.round_id, "currency": "EUR"}
    return posted("/v1/win", members | {"amount": amount_text(win.amount), "close_round": request.close})


def _generic_play(request: Request, token: str) -> Wire:
    actions = [
        {"type": each.kind.name.lower(), "transaction_id": each.id, "amount": amount_text(each.amount)}
        for each in request.transactions
    ]
    members = {"round_id": request.round_id, "currency": "EUR", "actions": actions, "close_round": request.close}
    return posted("/v1/play", members | {"player_id": request.transactions[0].player, "token": token})


def _generic_part(request: Request, token: str) -> Wire:
    (part,) = request.transactions
    members = {"transaction_id": f"part-{part.id}", "reference": part.id, "player_id": part.player}
    return posted("/v1/rollback", members | {"amount": amount_text(part.amount), "currency": "EUR"})


def _generic_close(request: Request, token: str) -> Wire:
    (note,) = request.transactions
    return posted("/v1/close", {"transaction_id": note.id, "round_id": request.round_id, "player_id": note.player})


def _generic_status(request: Request, token: str) -> Wire:
    return Wire("GET", f"/v1/transaction?transaction_id={request.id}")


def _generic_read(reply: Reply) -> Answer:
    members = reply.members
    if reply.status != 200:
        return Answer((members["code"],), final=not members["retryable"])
    if "results" in members:
        items = [each.get("moved") or each["problem"] for each in members["results"]]
        return Answer(
            codes=tuple(each.get("code", OK) for each in items),
            ids=tuple(each["transactions"][0]["wallet_transaction_id"] if "code" not in each else "" for each in items),
            final=not any(each.get("retryable") for each in items),
        )
    if "kind" in members:
        return Answer((members["code"] or OK,), (members["wallet_transaction_id"],))
    return Answer(
        codes=(OK,) * len(members["transactions"]),
        ids=tuple(each["wallet_transaction_id"] for each in members["transactions"]),
        balance=members["balance_then"]["amount"] if members["balance_then"] else "",
    )


ASK_AGAIN = {"TRY_LATER", "INTERNAL"}
"""ThrillGate's words after which it asks again."""


def _thrillgate_unbatch(request: Request, token: str) -> Wire:
    return posted("/wallet/transaction/batch", {"batch_id": request.id}, "DELETE")


def _thrillgate_read(reply: Reply) -> Answer:
    members = reply.members
    if reply.status != 200:
        return Answer((members["code"],), final=members["code"] not in ASK_AGAIN)
    if "results" in members:
        codes = tuple(each.get("error", {}).get("code", OK) for each in members["results"])
        ids = tuple(each.get("wallet_transaction_id", "") for each in members["results"])
        return Answer(codes, ids, final=ASK_AGAIN.isdisjoint(codes))
    balance, identity = members["balance"], members.get("wallet_transaction_id")
    return Answer((OK,), (identity,) if identity else (), balance.text if isinstance(balance, Number) else balance)


SPEAKERS = (
    Speaker(
        Generic(),
        "generic",
        _generic_read,
        undo_key=lambda each: f"tx:{'part' if each.amount else 'rb'}-{each.id}",
        wires={
            Kind.WIN: _generic_win,
            Form.PLAY: _generic_play,
            Form.PART: _generic_part,
            Form.CLOSE: _generic_close,
            Form.STATUS: _generic_status,
        },
    ),
    Speaker(
        ThrillGate(),
        "thrillgate",
        _thrillgate_read,
        undo_key=lambda each: f"void:tx:{each.id}",
        wires={Form.UNBATCH: _thrillgate_unbatch},
    ),
)
BY_ID = {speaker.provider_id: speaker for speaker in SPEAKERS}
