"""Decisions: what a command led to, the expected "no" included."""

from enum import IntEnum

from msgspec import Struct

Parts = tuple[tuple[str, int], ...]
"""Amounts by pocket, from the player's view: negative is taken."""


class Reason(IntEnum):
    """Every expected "no", in order of precedence: the first that applies is the answer (R-PROV-02).

    Names and numbers are those of wallet.v1.Reason; a contract test compares them.
    """

    INVALID_REQUEST = 1
    UNKNOWN_CURRENCY = 2
    INVALID_PRECISION = 3
    INVALID_AMOUNT = 4
    UNKNOWN_PROVIDER = 5
    SESSION_UNKNOWN = 6
    PLAYER_UNKNOWN = 7
    CONFLICT = 8
    TOMBSTONED = 9
    WRONG_CURRENCY = 10
    SESSION_EXPIRED = 11
    SESSION_ROTATED = 12
    GAME_NOT_ALLOWED = 13
    PLAYER_BLOCKED = 14
    ROUND_CLOSED = 15
    REFERENCE_NOT_FOUND = 16
    REFERENCE_MISMATCH = 17
    REFERENCE_ROLLED_BACK = 18
    REFERENCE_SETTLED = 19
    AMOUNT_EXCEEDS_REFERENCE = 20
    LIMIT_REACHED = 21
    INSUFFICIENT_FUNDS = 22
    ROUND_NOT_FOUND = 23
    ALREADY_EXISTS = 24
    INVALID_JOURNAL = 25
    TRANSACTION_NOT_FOUND = 26
    IN_PROGRESS = 27
    MAX_BET_BONUS = 28
    BONUS_NOT_FOUND = 29
    BONUS_STATE = 30
    BONUS_NOT_ELIGIBLE = 31
    TEMPLATE_FORBIDDEN = 32
    POLICY_FORBIDDEN = 33
    POLICY_NOT_FOUND = 34
    QUOTE_NOT_FOUND = 35
    QUOTE_EXPIRED = 36
    QUOTE_USED = 37
    RATE_UNAVAILABLE = 38
    BELOW_MINIMUM = 39
    HOLD_NOT_FOUND = 40
    HOLD_STATE = 41


class Fate(IntEnum):
    """What becomes of the key of a refused request."""

    BOUND = 1  # the refusal is its outcome for ever (R-IDEM-04)
    FREE = 2  # nothing is stored: corrected, or sent again, it may succeed
    RETRYABLE = 3  # free, and the same request is expected to succeed later


# Exhaustive on purpose: a reason without a fate fails a test, not a player.
FATE: dict[Reason, Fate] = {
    Reason.INVALID_REQUEST: Fate.FREE,
    Reason.UNKNOWN_CURRENCY: Fate.FREE,
    Reason.INVALID_PRECISION: Fate.FREE,
    Reason.INVALID_AMOUNT: Fate.FREE,
    Reason.UNKNOWN_PROVIDER: Fate.FREE,
    Reason.SESSION_UNKNOWN: Fate.FREE,
    Reason.PLAYER_UNKNOWN: Fate.FREE,
    Reason.CONFLICT: Fate.FREE,
    Reason.TOMBSTONED: Fate.BOUND,
    Reason.WRONG_CURRENCY: Fate.FREE,
    Reason.SESSION_EXPIRED: Fate.BOUND,
    Reason.SESSION_ROTATED: Fate.BOUND,
    Reason.GAME_NOT_ALLOWED: Fate.BOUND,
    Reason.PLAYER_BLOCKED: Fate.BOUND,
    Reason.ROUND_CLOSED: Fate.BOUND,
    Reason.REFERENCE_NOT_FOUND: Fate.RETRYABLE,
    Reason.REFERENCE_MISMATCH: Fate.BOUND,
    Reason.REFERENCE_ROLLED_BACK: Fate.BOUND,
    Reason.REFERENCE_SETTLED: Fate.BOUND,
    Reason.AMOUNT_EXCEEDS_REFERENCE: Fate.BOUND,
    Reason.LIMIT_REACHED: Fate.BOUND,
    Reason.INSUFFICIENT_FUNDS: Fate.BOUND,
    Reason.ROUND_NOT_FOUND: Fate.FREE,
    Reason.ALREADY_EXISTS: Fate.FREE,
    Reason.INVALID_JOURNAL: Fate.FREE,
    Reason.TRANSACTION_NOT_FOUND: Fate.FREE,
    Reason.IN_PROGRESS: Fate.RETRYABLE,
    Reason.MAX_BET_BONUS: Fate.BOUND,
    Reason.BONUS_NOT_FOUND: Fate.FREE,
    Reason.BONUS_STATE: Fate.FREE,
    Reason.BONUS_NOT_ELIGIBLE: Fate.FREE,
    Reason.TEMPLATE_FORBIDDEN: Fate.FREE,
    Reason.POLICY_FORBIDDEN: Fate.FREE,
    Reason.POLICY_NOT_FOUND: Fate.FREE,
    Reason.QUOTE_NOT_FOUND: Fate.FREE,
    Reason.QUOTE_EXPIRED: Fate.FREE,
    Reason.QUOTE_USED: Fate.FREE,
    Reason.RATE_UNAVAILABLE: Fate.RETRYABLE,
    Reason.BELOW_MINIMUM: Fate.FREE,
    Reason.HOLD_NOT_FOUND: Fate.FREE,
    Reason.HOLD_STATE: Fate.FREE,
}


class Refusal(Struct, frozen=True, gc=False):
    """An expected "no", with words for the developer or operator who reads it."""

    reason: Reason
    message: str


# What a refusal says by itself. A refusal that is stored says just this, so that a replay says the same.
MESSAGES: dict[Reason, str] = {
    Reason.INVALID_REQUEST: "The request is malformed.",
    Reason.UNKNOWN_CURRENCY: "The currency is not registered; use an upper-case ISO 4217 code.",
    Reason.INVALID_PRECISION: "The amount has more decimals than its currency keeps; send an exact amount.",
    Reason.INVALID_AMOUNT: "The amount is negative, zero where zero is not allowed, or too large.",
    Reason.UNKNOWN_PROVIDER: "The provider is not registered; add it to the core's configuration.",
    Reason.SESSION_UNKNOWN: "There is no such session at this provider; open one.",
    Reason.PLAYER_UNKNOWN: "There is no such player; create it first, or check operator and brand.",
    Reason.CONFLICT: "The key was used before with other contents; use a new key for a new transaction.",
    Reason.TOMBSTONED: "The transaction was rolled back before it arrived; it will never move money.",
    Reason.WRONG_CURRENCY: "The currency is not that of the wallet or the round.",
    Reason.SESSION_EXPIRED: "The session is over; open a new one.",
    Reason.SESSION_ROTATED: "The token was replaced; use the newer one.",
    Reason.GAME_NOT_ALLOWED: "The game is not in the provider's list.",
    Reason.PLAYER_BLOCKED: "The player may not place stakes or move money now.",
    Reason.ROUND_CLOSED: "The round takes no more stakes; start a new one.",
    Reason.REFERENCE_NOT_FOUND: "The transaction or round it names is not here; send it again after that one.",
    Reason.REFERENCE_MISMATCH: "The transaction it names is of the wrong kind for this action.",
    Reason.REFERENCE_ROLLED_BACK: "The transaction or round it names has been rolled back.",
    Reason.REFERENCE_SETTLED: "The bet it names has been settled.",
    Reason.AMOUNT_EXCEEDS_REFERENCE: "More was to be rolled back than is left of the transaction.",
    Reason.LIMIT_REACHED: "A limit of the player is reached.",
    Reason.INSUFFICIENT_FUNDS: "The player has not enough money for this.",
    Reason.ROUND_NOT_FOUND: "There is no such round.",
    Reason.ALREADY_EXISTS: "Something else has this id; choose a new one.",
    Reason.INVALID_JOURNAL: "The lines do not sum to zero per currency, or name an account that is not posted by hand.",
    Reason.TRANSACTION_NOT_FOUND: "There is no transaction under this key.",
    Reason.IN_PROGRESS: "The transaction it names has not arrived; send this again.",
    Reason.MAX_BET_BONUS: "The stake is larger than the bonus allows; stake less.",
    Reason.BONUS_NOT_FOUND: "There is no such bonus, template or grant.",
    Reason.BONUS_STATE: "The bonus is in a state that does not allow this.",
    Reason.BONUS_NOT_ELIGIBLE: "The player may not have this bonus now.",
    Reason.TEMPLATE_FORBIDDEN: "The template breaks the rules of its jurisdiction.",
    Reason.POLICY_FORBIDDEN: "The policy is not allowed here.",
    Reason.POLICY_NOT_FOUND: "There is no such policy key, draft or version.",
    Reason.QUOTE_NOT_FOUND: "There is no such quote for this player.",
    Reason.QUOTE_EXPIRED: "The quote has expired; ask for a new one.",
    Reason.QUOTE_USED: "The quote was used before; ask for a new one.",
    Reason.RATE_UNAVAILABLE: "There is no rate of that pair that is fresh enough.",
    Reason.BELOW_MINIMUM: "The amount is too small: nothing would be left of it.",
    Reason.HOLD_NOT_FOUND: "There is no such hold.",
    Reason.HOLD_STATE: "The hold is in a state that does not allow this.",
}


class Refused(Exception):
    """Carries a refusal from a rule to the one place that turns it into a decision (`decide.py`, `play.py`)."""

    def __init__(self, reason: Reason, message: str = "") -> None:
        """Take the reason, and better words than its own where nothing is stored."""
        super().__init__(reason.name)
        self.refusal = Refusal(reason, message or MESSAGES[reason])


class Outcome(IntEnum):
    """What became of one action; names and numbers of wallet.v1.Outcome."""

    APPLIED = 1
    NOOP = 2
    REFUSED = 3


class Balances(Struct, frozen=True, gc=False):
    """What a player has in one currency, in ledger units; debt is positive."""

    currency: str
    shown: int
    cash: int
    bonus: int
    debt: int


class Result(Struct, frozen=True, gc=False):
    """What became of one action, as it is stored and answered.

    Attributes:
        transaction_id: 16 bytes, stable for ever; empty when nothing was stored.
        committed_at: microseconds since the epoch.
    """

    external_key: str
    outcome: Outcome
    transaction_id: bytes
    parts: Parts
    committed_at: int
    currency: str
    replayed: bool = False


class Decision(Struct, frozen=True, gc=False):
    """The answer to a command.

    Attributes:
        results: one an action, in order.
        refusal: set when the command was refused; the results then say which keys it is bound to.
        then: balances after the first application; none where nothing was ever applied.
        now: balances at this moment; none where the player is unknown.
        replayed: every result came from the store.
        row: the player, session or round that a command about one of them changed.
    """

    player_id: str
    results: tuple[Result, ...] = ()
    refusal: Refusal | None = None
    then: Balances | None = None
    now: Balances | None = None
    replayed: bool = False
    row: object = None
