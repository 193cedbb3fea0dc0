"""The dialect's messages: what is asked, what is answered. The OpenAPI document is made of these structs."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from adapters.parts import Kind

# Visible ASCII. `$(?!\n)`: Python's $ also matches before a last line end.
_VISIBLE = r"^[!-~]+$(?!\n)"

Id = Annotated[str, Meta(min_length=1, max_length=128, pattern=_VISIBLE, description="1 to 128 visible ASCII signs.")]
Token = Annotated[str, Meta(min_length=1, max_length=256, pattern=_VISIBLE, description="The session token.")]
Currency = Annotated[str, Meta(min_length=1, max_length=16, description="ISO 4217 or crypto code, upper case.")]
# Only strings: a JSON number has been a float in somebody's hands. Its grammar is checked by adapters.money.
Amount = Annotated[
    str,
    Meta(
        description="Major units, a plain decimal such as 10.00; at most 9 decimals.",
        extra_json_schema={"pattern": r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$", "examples": ["10.00"]},
    ),
]
FreeRounds = Annotated[
    str,
    Meta(
        max_length=128,
        pattern=r"^[!-~]*$(?!\n)",
        description="The operator's grant of free rounds this is of: a bet takes nothing, a win goes where it says.",
    ),
]
Close = Annotated[bool, Meta(description="Close the round after this.")]
CategoryName = Literal["game", "tip", "jackpot", "promo", "free_round", "bonus", "adjustment", "fee"]


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A member that is not listed is refused: a misspelt one would otherwise be lost without a word."""


class Balance(Words, frozen=True):
    """Whose balance: of a player, or of the player behind a live token."""

    player_id: Id = ""
    token: Token = ""
    currency: Currency = ""


class Bet(Words, frozen=True):
    """Take a stake."""

    token: Token
    transaction_id: Id
    round_id: Id
    currency: Currency
    amount: Amount
    player_id: Id = ""
    game_id: Id = ""
    free_rounds_id: FreeRounds = ""
    close_round: Close = False


class Win(Words, frozen=True):
    """Pay out. `bets` are the transaction_ids it settles. Needs player_id or token, which may have expired."""

    transaction_id: Id
    currency: Currency
    amount: Amount
    player_id: Id = ""
    token: Token = ""
    round_id: Id = ""
    game_id: Id = ""
    category: CategoryName = "game"
    bets: Annotated[list[Id], Meta(max_length=100)] = []
    free_rounds_id: FreeRounds = ""
    close_round: Close = False


class PlayBet(Words, frozen=True, tag_field="type", tag="bet"):
    transaction_id: Id
    amount: Amount
    free_rounds_id: FreeRounds = ""


class PlayWin(Words, frozen=True, tag_field="type", tag="win"):
    transaction_id: Id
    amount: Amount
    category: CategoryName = "game"
    bets: Annotated[list[Id], Meta(max_length=100)] = []
    free_rounds_id: FreeRounds = ""


class PlayRollback(Words, frozen=True, tag_field="type", tag="rollback"):
    transaction_id: Id
    reference: Id
    amount: Amount | msgspec.UnsetType = msgspec.UNSET


class Play(Words, frozen=True):
    """Several actions of one round in order, all or nothing. A bet among them needs the token."""

    round_id: Id
    currency: Currency
    actions: Annotated[list[PlayBet | PlayWin | PlayRollback], Meta(min_length=1, max_length=100)]
    player_id: Id = ""
    token: Token = ""
    game_id: Id = ""
    close_round: Close = False


class Rollback(Words, frozen=True):
    """Undo the transaction `reference`, wholly, or by `amount` (which needs `currency`). An unknown one is noted, so
    that it moves nothing should it still arrive. Player and token may be left out.
    """

    transaction_id: Id
    reference: Id
    player_id: Id = ""
    token: Token = ""
    amount: Amount | msgspec.UnsetType = msgspec.UNSET
    currency: Currency = ""


class CloseRound(Words, frozen=True):
    """Close a round: what is still staked in it becomes revenue. Needs player_id or token."""

    transaction_id: Id
    round_id: Id
    player_id: Id = ""
    token: Token = ""


class Credit(Words, frozen=True):
    """One payment of a batch, to any player."""

    player_id: Id
    transaction_id: Id
    currency: Currency
    amount: Amount
    round_id: Id = ""
    game_id: Id = ""
    category: CategoryName = "jackpot"
    free_rounds_id: FreeRounds = ""


class CreditBatch(Words, frozen=True):
    """Independent payments: each has its own result, in order. Repeating the batch repeats them."""

    batch_id: Id
    credits: Annotated[list[Credit], Meta(min_length=1, max_length=1000)]


class TransactionQuery(Words, frozen=True):
    """Which transaction; player_id only narrows the search."""

    transaction_id: Id
    player_id: Id = ""


class Balances(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the player has: `amount` is what the next stake could use."""

    currency: str
    amount: str
    cash: str
    bonus: str
    # What the player owes.
    debt: str = ""


class BalanceAnswer(msgspec.Struct, frozen=True):
    player_id: str
    balance: Balances


class Part(msgspec.Struct, frozen=True):
    """What was taken (negative) or given of one kind of money; OTHER is held, or no longer reached the player."""

    pocket: Kind
    amount: str


class Transaction(msgspec.Struct, frozen=True):
    """`wallet_transaction_id` is ours and stable for ever. noop: accepted, and nothing moved."""

    transaction_id: str
    wallet_transaction_id: str
    outcome: Literal["applied", "noop", "refused"]
    replayed: bool
    parts: list[Part]
    committed_at: str


class Moved(msgspec.Struct, frozen=True):
    """`balance` is now; `balance_then` after the request was first applied. Both are null, and player_id is empty,
    where a rollback names nobody we know.
    """

    player_id: str
    replayed: bool
    transactions: list[Transaction]
    balance: Balances | None
    balance_then: Balances | None


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """RFC 9457. `code` is stable; `retryable`: the same request may succeed later."""

    type: str
    title: str
    status: int
    code: str
    retryable: bool
    detail: str = ""
    balance: Balances | None = None


class CreditResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """Either `moved` or `problem`."""

    transaction_id: str
    status: Literal["ok", "error"]
    moved: Moved | None = None
    problem: Problem | None = None


class CreditBatchAnswer(msgspec.Struct, frozen=True):
    batch_id: str
    results: list[CreditResult]


class TransactionAnswer(msgspec.Struct, frozen=True):
    """What is known of a transaction. `code` says why where the outcome is refused."""

    transaction_id: str
    wallet_transaction_id: str
    player_id: str
    kind: str
    outcome: Literal["applied", "noop", "refused"]
    code: str
    currency: str
    amount: str
    rolled_back: str
    round_id: str
    game_id: str
    settled: bool
    committed_at: str
