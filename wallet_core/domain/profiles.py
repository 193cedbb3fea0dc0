"""Profiles: where two protocols disagree, the difference is a policy, and a protocol is a row of policies.

The policies are those of the provider-agnostic core (each exists because two protocols want opposite answers); the
rows are the defaults an adapter of that protocol ships with. A provider's registration names its row and may replace
single policies.
"""

from enum import Enum

from msgspec import Struct

from wallet_core.domain.decision import Reason


class Repeat(Enum):
    """The same key with other contents (R-IDEM-03). Nothing moves either way."""

    CONFLICT = "CONFLICT"
    REPLAY = "REPLAY"


class Shown(Enum):
    """Which balance a replay answers (R-IDEM-02)."""

    THEN = "THEN"
    NOW = "NOW"


class UnknownRollback(Enum):
    """A rollback of an unknown transaction (R-PROV-10). The tombstone is left in all three cases."""

    OK = "OK"
    NOT_FOUND = "NOT_FOUND"
    IN_PROGRESS = "IN_PROGRESS"


UNKNOWN_ROLLBACK: dict[UnknownRollback, Reason | None] = {
    UnknownRollback.OK: None,
    UnknownRollback.NOT_FOUND: Reason.REFERENCE_NOT_FOUND,
    UnknownRollback.IN_PROGRESS: Reason.IN_PROGRESS,
}


class IdSpace(Enum):
    """Whose ids a provider's are: each player's own, or one space over all players (core_operations 1).

    PROVIDER refuses a bet or win whose key another player has: CONFLICT, and nothing is stored. That is asked of the
    books as they were when its batch was loaded. So two players' first uses of one id, under way at the same moment in
    two lanes or processes, are both accepted: each is booked once, under its own player. Only a unique key over all
    players could refuse that, and players are distributed.
    """

    PLAYER = "PLAYER"
    PROVIDER = "PROVIDER"


class LateOriginal(Enum):
    """A transaction that arrives after its rollback (R-PROV-10). It never moves money."""

    REFUSE = "REFUSE"
    NOOP = "NOOP"


class RepeatedRollback(Enum):
    """A second rollback, under a new key, of what is rolled back already (R-PROV-11)."""

    NOOP = "NOOP"
    REFUSE = "REFUSE"


class SettledRollback(Enum):
    """The rollback of a bet that has been paid a win (R-RB-14)."""

    ACCEPT = "ACCEPT"
    REFUSE = "REFUSE"


class WrongKind(Enum):
    """A rollback that names something that cannot be rolled back."""

    NOOP = "NOOP"
    REFUSE = "REFUSE"


class WinReference(Enum):
    """What a win of an ordinary game needs to be paid (R-PROV-04)."""

    NONE = "NONE"
    MUST_EXIST = "MUST_EXIST"
    MUST_BE_OPEN = "MUST_BE_OPEN"


class Settle(Enum):
    """How often a bet may be settled."""

    MANY = "MANY"
    ONCE = "ONCE"


class Overdraw(Enum):
    """The reversal of a win that has been spent. The shortfall is debt in the first two (R-RB-09, R-DEBT-01)."""

    DEBT = "DEBT"
    NEGATIVE = "NEGATIVE"  # debt too, and this provider is shown cash minus debt
    NOOP = "NOOP"
    REFUSE = "REFUSE"


class BetSession(Enum):
    """Whether a bet needs a live session (R-SESS-05)."""

    REQUIRED = "REQUIRED"
    IF_GIVEN = "IF_GIVEN"


class CreditSession(Enum):
    """What a token on a win or rollback must be. It need never be live (R-PROV-03)."""

    EXISTED = "EXISTED"
    IGNORED = "IGNORED"


class LateStake(Enum):
    """A stake on a round that was closed (R-PROV-06)."""

    REFUSE = "REFUSE"
    ACCEPT = "ACCEPT"


class Zero(Enum):
    """Bets and wins of nothing (R-MONEY-04)."""

    ALLOW = "ALLOW"
    REFUSE_BET = "REFUSE_BET"
    REFUSE_WIN = "REFUSE_WIN"
    REFUSE = "REFUSE"


class Refusals(Enum):
    """Whether a refused request keeps its key (R-IDEM-04)."""

    BIND = "BIND"
    FORGET = "FORGET"


class Profile(Struct, frozen=True):
    """One protocol's policies. The defaults are the safest answers where a protocol is silent."""

    repeat: Repeat = Repeat.CONFLICT
    id_space: IdSpace = IdSpace.PLAYER
    replay_balance: Shown = Shown.THEN
    unknown_rollback: UnknownRollback = UnknownRollback.OK
    late_original: LateOriginal = LateOriginal.REFUSE
    repeated_rollback: RepeatedRollback = RepeatedRollback.NOOP
    settled_rollback: SettledRollback = SettledRollback.ACCEPT
    wrong_kind: WrongKind = WrongKind.REFUSE
    win_reference: WinReference = WinReference.NONE
    settle: Settle = Settle.MANY
    overdraw: Overdraw = Overdraw.DEBT
    bet_session: BetSession = BetSession.IF_GIVEN
    credit_session: CreditSession = CreditSession.EXISTED
    late_stake: LateStake = LateStake.REFUSE
    zero: Zero = Zero.ALLOW
    refusals: Refusals = Refusals.BIND


# Read with the column names of the matrix in mind: repeat differs, replay balance, unknown reverse, late original,
# reverse after settle, credit reference, settle, overdraw, session for credit, zero. What a row does not say is the
# default above. Where the matrix leaves a cell open, the row leaves the default; a credit never needs a live session
# whatever a protocol says (law 8), so ACTIVE reads EXISTED. Most protocols let a stake follow the message that closed
# its round; evolution's rounds are refIds, and one that was credited or cancelled is done.
PROFILES: dict[str, Profile] = {
    "generic": Profile(
        win_reference=WinReference.MUST_EXIST,
        bet_session=BetSession.REQUIRED,
    ),
    "thrillgate": Profile(
        credit_session=CreditSession.IGNORED,
    ),
    "hub88": Profile(
        id_space=IdSpace.PROVIDER,
        win_reference=WinReference.MUST_EXIST,
        overdraw=Overdraw.REFUSE,
        bet_session=BetSession.REQUIRED,
        late_stake=LateStake.ACCEPT,
    ),
    "pragmatic": Profile(
        repeat=Repeat.REPLAY,
        replay_balance=Shown.NOW,
        settled_rollback=SettledRollback.REFUSE,
        win_reference=WinReference.MUST_EXIST,
        credit_session=CreditSession.IGNORED,
        late_stake=LateStake.ACCEPT,
    ),
    "evolution": Profile(
        repeat=Repeat.REPLAY,
        replay_balance=Shown.NOW,
        unknown_rollback=UnknownRollback.NOT_FOUND,
        settled_rollback=SettledRollback.REFUSE,
        win_reference=WinReference.MUST_BE_OPEN,
        settle=Settle.ONCE,
        bet_session=BetSession.REQUIRED,
    ),
    "softswiss": Profile(
        id_space=IdSpace.PROVIDER,
        credit_session=CreditSession.IGNORED,
        zero=Zero.REFUSE,
        late_stake=LateStake.ACCEPT,
    ),
    "gcp": Profile(
        late_original=LateOriginal.NOOP,
        overdraw=Overdraw.NOOP,
        credit_session=CreditSession.IGNORED,
        late_stake=LateStake.ACCEPT,
    ),
    "slotegrator": Profile(
        repeat=Repeat.REPLAY,
        late_original=LateOriginal.NOOP,
        wrong_kind=WrongKind.NOOP,
        overdraw=Overdraw.NEGATIVE,
        late_stake=LateStake.ACCEPT,
    ),
    "swipe": Profile(
        bet_session=BetSession.REQUIRED,
        late_stake=LateStake.ACCEPT,
    ),
    "hundredhp": Profile(
        replay_balance=Shown.NOW,
        unknown_rollback=UnknownRollback.NOT_FOUND,
        repeated_rollback=RepeatedRollback.REFUSE,
        settled_rollback=SettledRollback.REFUSE,
        win_reference=WinReference.MUST_BE_OPEN,
        settle=Settle.ONCE,
        credit_session=CreditSession.IGNORED,
        zero=Zero.REFUSE_BET,
    ),
    "blueocean": Profile(
        repeat=Repeat.REPLAY,
        unknown_rollback=UnknownRollback.NOT_FOUND,
        overdraw=Overdraw.NEGATIVE,
        late_stake=LateStake.ACCEPT,
    ),
    "jdb": Profile(
        id_space=IdSpace.PROVIDER,
        unknown_rollback=UnknownRollback.IN_PROGRESS,
        settled_rollback=SettledRollback.REFUSE,
        win_reference=WinReference.MUST_EXIST,
        settle=Settle.ONCE,
        credit_session=CreditSession.IGNORED,
        late_stake=LateStake.ACCEPT,
    ),
    "yantra": Profile(
        repeat=Repeat.REPLAY,
        id_space=IdSpace.PROVIDER,
        unknown_rollback=UnknownRollback.NOT_FOUND,
        win_reference=WinReference.MUST_EXIST,
        late_stake=LateStake.ACCEPT,
    ),
    "rubyplay": Profile(
        settled_rollback=SettledRollback.REFUSE,
    ),
    "redtiger": Profile(
        repeat=Repeat.REPLAY,
        replay_balance=Shown.NOW,
        unknown_rollback=UnknownRollback.NOT_FOUND,
        settled_rollback=SettledRollback.REFUSE,
        win_reference=WinReference.MUST_EXIST,
    ),
    "betsoft": Profile(
        repeat=Repeat.REPLAY,
        replay_balance=Shown.NOW,
        unknown_rollback=UnknownRollback.NOT_FOUND,
        credit_session=CreditSession.IGNORED,
        late_stake=LateStake.ACCEPT,
    ),
    "outcomebet": Profile(
        repeat=Repeat.REPLAY,
        overdraw=Overdraw.REFUSE,
        credit_session=CreditSession.IGNORED,
        late_stake=LateStake.ACCEPT,
    ),
    "fundist": Profile(
        id_space=IdSpace.PROVIDER,
        credit_session=CreditSession.IGNORED,
        late_stake=LateStake.ACCEPT,
    ),
}
