"""Bonuses: an instance's row, its accepted terms, and the state machine of rulebook 6.1.

Each instance is a pocket of its own, BONUS:<bonus_id>. The terms it was accepted under stand in its row and never
change (R-BONUS-03). Wagering is counted in 10,000ths of a ledger unit (R-WAGER-04).
"""

from enum import Enum, IntEnum

from msgspec import Struct

from wallet_core.domain.accounts import BONUS
from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.entries import Keyed
from wallet_core.domain.packs import VERTICALS
from wallet_core.domain.policies import Mode, Split


class State(IntEnum):
    """Numbers of wallet.v1.BonusState."""

    OFFERED = 1
    CLAIMED = 2
    QUEUED = 3
    ACTIVE = 4
    SETTLING = 5  # nothing left, but open rounds may still win or be rolled back
    FROZEN = 6
    CONVERTED = 7
    LAPSED = 8
    EXPIRED = 9
    FORFEITED = 10
    VOIDED = 11
    CONSUMED = 12  # nothing left; a rollback opens it again


EXCLUDED = "self-exclusion"
"""Why a bonus is over that its player's exclusion has ended (R-BONUS-24)."""

OFFERED = frozenset({State.OFFERED, State.CLAIMED})
"""States in which it has not begun, and nothing is reserved for it."""

LIVE = frozenset({State.ACTIVE, State.SETTLING, State.FROZEN})
"""States in which it has a pocket that may still change by play. A live bonus is loaded with its player."""


class Event(Enum):
    """What happens to a bonus."""

    CLAIM = "CLAIM"  # the player accepts the terms
    LAPSE = "LAPSE"  # the offer is over or declined, or nothing may be granted when its turn comes
    START = "START"  # the trigger is met and a slot is free
    QUEUE = "QUEUE"  # the trigger is met, but no slot is free
    FREEZE = "FREEZE"
    UNFREEZE = "UNFREEZE"
    WAIT = "WAIT"  # nothing left, rounds are open
    EMPTY = "EMPTY"  # nothing left, no round is open
    REFILL = "REFILL"  # a win or refund came to it
    COMPLETE = "COMPLETE"  # the requirement is met
    EXPIRE = "EXPIRE"
    FORFEIT = "FORFEIT"  # the player cancels, or a withdrawal does
    VOID = "VOID"  # its deposit was reversed, a breach was proven, or we erred


# (state, event) -> the next state: the whole of rulebook 6.1. What is not here may not happen. COMPLETED is no state
# here: it is over in the transaction that reaches it.
TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.OFFERED, Event.CLAIM): State.CLAIMED,
    (State.OFFERED, Event.LAPSE): State.LAPSED,
    (State.OFFERED, Event.VOID): State.VOIDED,
    (State.CLAIMED, Event.START): State.ACTIVE,
    (State.CLAIMED, Event.QUEUE): State.QUEUED,
    (State.CLAIMED, Event.LAPSE): State.LAPSED,  # claimed, and its trigger never met
    (State.CLAIMED, Event.VOID): State.VOIDED,
    (State.QUEUED, Event.START): State.ACTIVE,
    (State.QUEUED, Event.LAPSE): State.LAPSED,  # R-BONUS-08
    (State.QUEUED, Event.EXPIRE): State.EXPIRED,
    (State.QUEUED, Event.FORFEIT): State.FORFEITED,
    (State.QUEUED, Event.VOID): State.VOIDED,
    (State.ACTIVE, Event.REFILL): State.ACTIVE,
    (State.ACTIVE, Event.WAIT): State.SETTLING,
    (State.ACTIVE, Event.EMPTY): State.CONSUMED,
    (State.ACTIVE, Event.COMPLETE): State.CONVERTED,
    (State.ACTIVE, Event.FREEZE): State.FROZEN,
    (State.ACTIVE, Event.EXPIRE): State.EXPIRED,
    (State.ACTIVE, Event.FORFEIT): State.FORFEITED,
    (State.ACTIVE, Event.VOID): State.VOIDED,
    (State.SETTLING, Event.REFILL): State.ACTIVE,
    (State.SETTLING, Event.WAIT): State.SETTLING,
    (State.SETTLING, Event.EMPTY): State.CONSUMED,
    (State.SETTLING, Event.COMPLETE): State.CONVERTED,  # with nothing left; later results are cash (R-BONUS-17)
    (State.SETTLING, Event.EXPIRE): State.EXPIRED,
    (State.SETTLING, Event.FORFEIT): State.FORFEITED,
    (State.SETTLING, Event.VOID): State.VOIDED,
    (State.FROZEN, Event.REFILL): State.FROZEN,
    (State.FROZEN, Event.UNFREEZE): State.ACTIVE,
    (State.FROZEN, Event.VOID): State.VOIDED,
    # By a rollback alone (R-RB-07). It had a place in its slot, and has it again, though another may be in that by now:
    # what the player was given is not taken from him for what a provider undoes.
    (State.CONSUMED, Event.REFILL): State.ACTIVE,
}


def after(state: State, event: Event) -> State:
    """Return the state the event leads to.

    Raises:
        Refused: BONUS_STATE, by the table.
    """
    found = TRANSITIONS.get((state, event))
    if found is None:
        raise Refused(Reason.BONUS_STATE, f"The bonus is {state.name}; {event.name} does not happen to it then.")
    return found


class Base(Enum):
    """What the multiplier is of (R-WAGER-01)."""

    BONUS = "BONUS"
    DEPOSIT_PLUS_BONUS = "DEPOSIT_PLUS_BONUS"
    WINNINGS = "WINNINGS"


class Counts(Enum):
    """Which part of a stake counts for wagering (R-WAGER-03)."""

    TOTAL = "TOTAL"
    BONUS_PART = "BONUS_PART"
    CASH_PART = "CASH_PART"
    CASH_THEN_BONUS = "CASH_THEN_BONUS"


class Timing(Enum):
    """When a stake counts (R-WAGER-07)."""

    ROUND_CLOSE = "ROUND_CLOSE"
    BET = "BET"


class MaxBetBasis(Enum):
    """Which stakes the largest bet is for (R-BONUS-20)."""

    BONUS_TOUCHED = "BONUS_TOUCHED"
    WHILE_ACTIVE = "WHILE_ACTIVE"


class MaxBetScope(Enum):
    """What is compared with the largest bet (R-BONUS-20)."""

    SINGLE_DEBIT = "SINGLE_DEBIT"
    ROUND_TOTAL = "ROUND_TOTAL"


class OnWithdrawal(Enum):
    """What a withdrawal does to it (R-BONUS-22)."""

    KEEP_IF_UNTOUCHED = "KEEP_IF_UNTOUCHED"
    KEEP = "KEEP"
    FORFEIT = "FORFEIT"
    BLOCK = "BLOCK"


class OpenRounds(Enum):
    """What its end by time does to rounds it has paid for (R-BONUS-12)."""

    HONOUR = "HONOUR"
    FORFEIT = "FORFEIT"


class BonusTerms(Struct, frozen=True, omit_defaults=True):
    """The terms an instance was accepted under. Amounts are ledger units of the bonus's currency.

    Attributes:
        mode, split: instead of the policy's; none: as the policy says.
        multiplier: of the base, in hundredths (35 x is 3500).
        contributions: basis points of a stake that count, by the most specific key (R-WAGER-05):
            `game:<provider>/<id>`, `game:<id>`, `provider:<id>:<category>`, `category:<category>`, `product:<product>`;
            else `default`.
        max_bet: the largest stake; none: any.
        products: that it may pay for; empty: all.
        excluded_games: that it never pays for (R-FUND-03): `<provider>/<id>`, or `<id>` of whatever provider.
        excluded_rtps: RTP profiles of games that it never pays for (R-FUND-02).
        duration: seconds from its start; none: for ever.
        cap: the most that is ever converted (R-BONUS-15); none: all.
        sticky: its principal is taken away at conversion (R-BONUS-14).
        tranches: parts it is released in (R-BONUS-16); one: at the end.
        min_odds: of a sports bet that counts, in hundredths (R-WAGER-08).
        dust: the largest rest that becomes cash when it ends, after play (R-BONUS-19); 0: none does.
        stops: its clock stands still while it is frozen.
        accepted: digest of the edition of the template, which the player agreed to (R-BONUS-03).
    """

    mode: Mode | None = None
    split: Split | None = None
    multiplier: int = 0
    base: Base = Base.BONUS
    counts: Counts = Counts.BONUS_PART
    timing: Timing = Timing.ROUND_CLOSE
    contributions: tuple[tuple[str, int], ...] = ()
    max_bet: int | None = None
    max_bet_basis: MaxBetBasis = MaxBetBasis.BONUS_TOUCHED
    max_bet_scope: MaxBetScope = MaxBetScope.SINGLE_DEBIT
    products: tuple[str, ...] = ()
    excluded_games: tuple[str, ...] = ()
    excluded_rtps: tuple[str, ...] = ()
    duration: int | None = None
    cap: int | None = None
    sticky: bool = False
    tranches: int = 1
    on_withdrawal: OnWithdrawal = OnWithdrawal.KEEP_IF_UNTOUCHED
    open_rounds: OpenRounds = OpenRounds.HONOUR
    min_odds: int = 0
    dust: int = 0
    stops: bool = True
    accepted: str = ""

    def excludes(self, provider_id: str, game_id: str) -> bool:
        """Whether it never pays for a game."""
        games = self.excluded_games
        return bool(games) and (game_id in games or f"{provider_id}/{game_id}" in games)


class Bonus(Keyed, frozen=True, gc=False):
    """One bonus of one player (R-BONUS-03, invariants I-08 to I-10).

    Attributes:
        version: of the template.
        granted: what the pocket began with.
        deposit: that it was granted for; 0 for none.
        requirement, progress: of wagering, in 10,000ths of a ledger unit.
        converted: what of it became cash so far.
        staked: whether a stake of it stands: one that was undone leaves it as it was (R-BONUS-22).
        rounds: how many open rounds it has paid for.
        priority: the lower the earlier, before claim time (R-BONUS-07).
        activated_at, expires_at: microseconds; 0 while there is none. Before it is active, until when it may become so.
        short: wagering became short after it was converted (R-RB-05).
        reason: why it is over, for people.
        frozen_at: microsecond; 0 while it is not.
        slot, places: the group it stands in, and how many of that may be active at a time (R-BONUS-07).
        removed: what of the principal of a sticky one has been taken away.
        touched: how many rounds it has paid for, open or closed.
        campaign: whose budget it is of.
        reserved, spent: what of it that budget counts as promised, and as paid; nothing where there is none.
        trued: how often the budget was told what it came to.
    """

    player_id: str
    bonus_id: str
    template_id: str
    version: int
    currency: str
    state: State
    terms: BonusTerms
    granted: int
    deposit: int
    requirement: int
    claimed_at: int
    changed_at: int
    progress: int = 0
    converted: int = 0
    staked: bool = False
    rounds: int = 0
    priority: int = 0
    activated_at: int = 0
    expires_at: int = 0
    short: bool = False
    reason: str = ""
    frozen_at: int = 0
    slot: str = ""
    places: int = 1
    campaign: str = ""
    reserved: int = 0
    spent: int = 0
    trued: int = 0
    removed: int = 0
    touched: int = 0

    @property
    def key(self) -> tuple[str, ...]:
        """What it is found by."""
        return self.player_id, self.bonus_id

    @property
    def account(self) -> str:
        """The name of its pocket."""
        return f"{BONUS}:{self.bonus_id}"

    @property
    def offered(self) -> bool:
        """Whether it has not begun, and does not wait for a slot."""
        return self.state in OFFERED

    @property
    def live(self) -> bool:
        """Whether play may still change it."""
        return self.state in LIVE

    @property
    def met(self) -> bool:
        """Whether all that is asked has been wagered, if only because nothing is asked any more. Where wagering was
        never asked for, it cannot be: its wins are cash.
        """
        return self.terms.multiplier > 0 and self.progress >= self.requirement

    @property
    def queued(self) -> bool:
        """Whether it waits for a slot."""
        return self.state is State.QUEUED

    def due(self, at: int) -> bool:
        """Whether its time is over: at the very end it is (R-TIME-08)."""
        return 0 < self.expires_at <= at

    @property
    def turn(self) -> tuple[int, int, str]:
        """Where it stands in the queue: the lesser the earlier (R-BONUS-07)."""
        return self.priority, self.claimed_at, self.bonus_id


class Offers(Keyed, frozen=True):
    """Asks for all that is offered to a player: bonuses that are not loaded with it. No row is one."""

    player_id: str


def competes(one: Bonus, other: Bonus) -> bool:
    """Whether two bonuses ask for the same places (R-BONUS-07): they are of one group, or products of theirs meet.

    A slot without a product is all of them; a group with a name of its own stands by itself.
    """
    if one.slot == other.slot:
        return True
    mine, its = (frozenset(each.slot.split("+")) if each.slot else frozenset(VERTICALS) for each in (one, other))
    return bool(mine & its) and mine | its <= VERTICALS.keys()
