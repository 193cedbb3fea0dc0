"""The contract of a dialect: one protocol as its provider says it, for the kit and for the shared tests.

A file `dialects/<name>.py` exports `DIALECTS`, a tuple with at least one Dialect: a table of small functions and facts
written out from the protocol's own documents. It imports this module, `wires`, `adapters.signing` and the like, and
never `adapters.providers`: what an adapter of ours says must not be able to prove itself right.

How a request is made: the kit fills in a Move (who, which id, how much, which round, which bet it belongs to) and asks
the dialect's `bet`, `win`, … for a Wire *without* its signature; `sign` returns the Wire as it is sent, whether the
signature is a header, a member of the body, a part of the query, or the encryption of all. How an answer is understood:
`read` gives a Said. What must be said in each situation is the dialect's row of `says`; what the protocol does not know
is named in `lacks`, with the reason. Every Situation is in `says`, in `lacks`, or in DEFAULTS.
"""

import enum
import hashlib
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from adapters.conformance.wires import Reply, Wire


class Seat(msgspec.Struct, frozen=True):
    """A player of the wallet under test, with a session: what a game's launch would have told the provider."""

    player: str
    token: str = ""
    currency: str = "EUR"
    game: str = "dice"


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be said: a balance (`seat` alone), a bet, a win, a rollback, the close of a round, or several at once.

    `id` and `round` are 32 lower-case hex digits (`str(uuid.UUID(move.id))` where a protocol wants a UUID); `amount` is
    decimal text in major units, and may be bad on purpose. The same Move said twice is a provider's repetition.
    """

    # The function of the dialect that says it: "bet", "win", "rollback", …
    kind: str
    seat: Seat
    id: str
    round: str
    amount: str = "0"
    currency: str
    # A win: the bet it settles; a rollback: the move it takes back. Either may never have been sent. Else None.
    of: "Move | None" = None
    # It is the round's last.
    closes: bool = False
    # bet_and_win: the two; batch: the wins, each with its own seat (`id` is then the batch's).
    items: tuple["Move", ...] = ()


class Said(msgspec.Struct, frozen=True):
    """An answer, understood. `word` is the protocol's word or number for it: what `says` is compared with."""

    ok: bool
    word: str
    # Major units; all the player can play with, where cash and bonus are shown apart. None where none is shown.
    balance: Decimal | None = None
    # The wallet's own id of the transaction; empty where the protocol shows none.
    transaction: str = ""
    # A batch: an answer to each item.
    items: tuple["Said", ...] = ()


def yes(word: str, balance: Decimal | None = None, transaction: str = "", items: tuple[Said, ...] = ()) -> Said:
    """An answer that accepts."""
    return Said(ok=True, word=word, balance=balance, transaction=transaction, items=items)


def no(word: str, balance: Decimal | None = None) -> Said:
    """An answer that refuses."""
    return Said(ok=False, word=word, balance=balance)


class Situation(enum.StrEnum):
    """What a wallet may be in; table 16.1 of the protocols' book and a few beside it. DEFAULTS has what is usual."""

    OK = "OK"
    # Any refusal will do. In no dialect's table.
    REFUSED = "REFUSED"
    # Refusals: listed by each dialect.
    INSUFFICIENT_FUNDS = "INSUFFICIENT_FUNDS"
    PLAYER_UNKNOWN = "PLAYER_UNKNOWN"
    SESSION_UNKNOWN = "SESSION_UNKNOWN"
    # A bet on a session that has ended.
    SESSION_EXPIRED = "SESSION_EXPIRED"
    PLAYER_BLOCKED = "PLAYER_BLOCKED"
    LIMIT_REACHED = "LIMIT_REACHED"
    # A currency that exists, and that the player has not.
    WRONG_CURRENCY = "WRONG_CURRENCY"
    # A known id with another amount.
    OTHER_DATA = "OTHER_DATA"
    # A bet whose rollback came first. ACCEPTED where it is acknowledged and moves nothing.
    ROLLED_BACK_BEFORE = "ROLLED_BACK_BEFORE"
    # A win that settles a bet which was rolled back.
    WIN_OF_ROLLED_BACK = "WIN_OF_ROLLED_BACK"
    # A bet in a round that is closed.
    ROUND_CLOSED = "ROUND_CLOSED"
    BAD_SIGNATURE = "BAD_SIGNATURE"
    # A signature whose time is outside the window.
    STALE_SIGNATURE = "STALE_SIGNATURE"
    # Neither syntax nor members as they should be.
    BAD_REQUEST = "BAD_REQUEST"
    # Negative, or no decimal.
    BAD_AMOUNT = "BAD_AMOUNT"
    # Finer than `finest`.
    TOO_FINE = "TOO_FINE"
    # Nothing is known of what became of it: to be tried again.
    INTERNAL = "INTERNAL"
    # Usually accepted: see DEFAULTS.
    SAME_BET = "SAME_BET"
    SAME_WIN = "SAME_WIN"
    SAME_ROLLBACK = "SAME_ROLLBACK"
    UNKNOWN_ROLLED_BACK = "UNKNOWN_ROLLED_BACK"
    # A win that settles a bet nobody has seen.
    WIN_WITHOUT_BET = "WIN_WITHOUT_BET"
    # Another win of a bet that was paid one.
    SECOND_WIN = "SECOND_WIN"
    # The rollback of a bet that was paid a win.
    SETTLED_ROLLED_BACK = "SETTLED_ROLLED_BACK"
    ZERO_BET = "ZERO_BET"
    ZERO_WIN = "ZERO_WIN"


class Says(msgspec.Struct, frozen=True):
    """What must be said in a situation: HTTP status, word, and whether the player's balance is with it."""

    # Said.word; empty for the protocol's yes, whichever word that is.
    word: str
    status: int = 200
    # True: it must be there; False: it must not; None: it may.
    balance: bool | None = None


ACCEPTED = Says("")
# Either is conformant where a protocol leaves the choice.
Row = Says | tuple[Says, ...]

DEFAULTS: Mapping[Situation, Row] = {
    Situation.OK: ACCEPTED,
    Situation.SAME_BET: ACCEPTED,
    Situation.SAME_WIN: ACCEPTED,
    Situation.SAME_ROLLBACK: ACCEPTED,
    Situation.UNKNOWN_ROLLED_BACK: ACCEPTED,
    Situation.WIN_WITHOUT_BET: ACCEPTED,
    Situation.SECOND_WIN: ACCEPTED,
    Situation.SETTLED_ROLLED_BACK: ACCEPTED,
    Situation.ZERO_BET: ACCEPTED,
    Situation.ZERO_WIN: ACCEPTED,
}


class Replays(enum.Enum):
    """Which balance the answer to a repetition shows."""

    THEN = "then"
    NOW = "now"
    EITHER = "either"


class Forgery(enum.StrEnum):
    """What is wrong with a signature."""

    MISSING = "signature missing"
    # One character of it is another one.
    FLIPPED = "signature flipped"
    ANOTHER_KEY = "signature of another key"
    # It belongs to a request of another amount: a byte of what was signed has changed.
    ANOTHER_BODY = "signature of another body"
    # An hour old.
    STALE = "signature of another time"
    # No forgery at all: of the older of two keys that are both live.
    OLDER_KEY = "signature of the older key"


# A Move in the protocol's words, unsigned.
Say = Callable[[Move], Wire]


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One request of a case and what must come of it. Labels stand for ids that are fresh in every run."""

    # A function of the dialect by its name ("bet"), or one that a dialect's own case brings along.
    say: str | Say
    id: str = "a"
    of: str = ""  # label of the move that is settled or taken back
    round: str = "r"
    # Major units, or one of kit's words for amounts that depend on the wallet or the dialect.
    amount: str = "1.00"
    # A Seat of Target by its name, or one of kit's words for those nobody knows.
    seat: str = "player"
    currency: str = ""
    closes: bool = False
    # Any of these is conformant: the dialect's words for a situation, or literal ones in a dialect's own case.
    says: tuple[Situation | Says, ...] = (Situation.OK,)
    # What the player has then more than at the case's beginning: terms such as "-10.00 5.00"; empty: not asked.
    leaves: str = ""
    # The same where the answer is a no, for situations that protocols answer either way; empty: `leaves`.
    refused_leaves: str = ""
    # It repeats the step of that id word for word: the wallet's transaction id and its balance are held to be the same.
    again: bool = False
    forged: Forgery | None = None
    # Half of the body, or of the query, is missing; what is left is signed.
    cut: bool = False
    # Of a group at once, on its first step: how many are accepted; 0: any number.
    of_these: int = 0
    # bet_and_win, batch: the moves; in a batch, `says` of an item is what must be answered to it.
    items: tuple["Step", ...] = ()


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """Steps one after the other; those of an inner tuple go out at once."""

    name: str
    # A rule of the rulebook ("R-IDEM-02") or a section of the protocols' book ("providers 1.4").
    source: str
    steps: tuple[Step | tuple[Step, ...], ...]


class Keys(msgspec.Struct, frozen=True):
    """One key as the provider has it, and as the wallet is given it to check with: the same bytes but for key pairs."""

    signs: bytes
    checks: bytes


def shared_secret(name: str) -> Keys:
    """A throw-away secret of that name, for tests: letters and digits, which every protocol's rules allow."""
    secret = hashlib.sha256(name.encode()).hexdigest()[:32].encode()
    return Keys(secret, secret)


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """One protocol, or one flavour of it, as a provider speaks it."""

    # Its name on the command line, its file in adapters/providers, and where its rules are written ("providers 4").
    name: str
    protocol: str
    source: str

    # --- what is said
    balance: Say
    bet: Say
    win: Say
    # `move.of` is what is taken back; `move.id` is a new id, for protocols that give a rollback one. The seat's player
    # may be empty where a rollback may name nobody.
    rollback: Say
    # A win of nothing that was staked: a jackpot, a promotion.
    prize: Say | None = None
    close: Say | None = None
    bet_and_win: Say | None = None
    batch: Say | None = None

    # --- how it is signed: the Wire as sent, by the provider's key (Keys.signs) at a Unix time
    sign: Callable[[Wire, bytes, float], Wire]
    # The header, field or member that bears the signature (or the static secret, or the encrypted text).
    signature: str
    keys: Callable[[str], Keys] = shared_secret

    # --- what is answered. `read` may raise ValueError, LookupError, TypeError: the answer is then "unreadable".
    read: Callable[[Reply], Said]
    says: Mapping[Situation, Row]
    # What answers call themselves, without parameters.
    content_types: tuple[str, ...] = ("application/json",)
    # Where answers are signed, too: whether this one is, by that key.
    proves: Callable[[Reply, bytes], bool] | None = None
    replays: Replays = Replays.THEN

    # --- its bounds. `lacks`: a Situation, a Forgery, one of the functions above, a seat nobody has ("unnamed": a
    # rollback that names no player; "crossed": one player's name with another one's session), or a case; and why.
    lacks: Mapping[str, str] = {}
    # The finest amount it can say, and show.
    finest: str = "0.000001"
    # Seconds the provider waits for an answer.
    waits: float = 5.0
    # Cases that are its own.
    cases: tuple[Case, ...] = ()

    # --- facts for the tests of our own adapter
    # What the adapter must be told: members of its Settings.
    settings: Mapping[str, Any] = {}
    # The core's row of policies; empty: the protocol's name.
    profile: str = ""
    # The key under which the core stores a bet (a Move) of this provider.
    key: Callable[[Move], str] = lambda move: f"tx:{move.id}"
    # Amounts are members called `amount`, in major units: fuzzers read them a second time.
    plain: bool = False


def row(dialect: Dialect, situation: Situation) -> tuple[Says, ...] | None:
    """What `dialect` may say in `situation`; None where it is never in it."""
    found = dialect.says.get(situation, DEFAULTS.get(situation))
    if found is None or situation in dialect.lacks:
        return None
    return found if isinstance(found, tuple) else (found,)
