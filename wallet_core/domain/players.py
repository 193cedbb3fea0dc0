"""Players: who may play, in what, and the version every command of a player is guarded by.

Restrictions stand side by side, each lifted by what it was imposed by; what is allowed is what all of them allow
(rulebook 15). Only new stakes and what is like them are asked here: credits are not (R-PROV-03).
"""

from enum import IntEnum

from msgspec import Struct

from wallet_core.domain import packs
from wallet_core.domain.commands import CreatePlayer
from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.layers import Context


class Status(IntEnum):
    """Numbers of wallet.v1.PlayerStatus."""

    ACTIVE = 1
    BLOCKED = 2


class Restriction(IntEnum):
    """What keeps a player from playing; numbers of wallet.v1.PlayerRestriction."""

    BLOCKED = 1  # by the operator, until he unblocks
    FROZEN = 2  # by holds that are freezes, until the last is over (R-HOLD-03)
    SELF_EXCLUDED = 3  # until its time is over, and the player reinstated (R-RG-24)


class Player(Struct, frozen=True, gc=False):
    """A player account: one person at one brand. It is loaded and saved with every bet, so it is small.

    Attributes:
        status: what the operator has said; it is not all there is (`restrictions`).
        version: grows with every command of the player; the guard of optimistic concurrency.
        changed_at: microsecond of the last command; the next one is later, whatever the clock says (R-TIME-01).
        frozen: how many live holds are freezes.
        excluded_at: microsecond of the last self-exclusion; stays when it is over. Sessions from before it are.
        excluded_until: microsecond before which nothing lifts it; 0 while there is none.
        currency: the active one (R-CUR-03); empty, any of the wallets may be played in.
        switched_at: microsecond it became so; sessions from before it are over.
    """

    player_id: str
    operator_id: str
    brand_id: str
    currencies: tuple[str, ...]
    status: Status
    country: str
    created_at: int
    changed_at: int
    version: int
    frozen: int = 0
    excluded_at: int = 0
    excluded_until: int = 0
    currency: str = ""
    switched_at: int = 0

    @property
    def excluded(self) -> bool:
        """Whether a self-exclusion stands; its end by itself lifts nothing (R-RG-24)."""
        return self.excluded_until > 0

    @property
    def may_play(self) -> bool:
        """Whether nothing forbids stakes, sessions, deposits, conversions and gifts."""
        return self.status is Status.ACTIVE and not self.frozen and not self.excluded_until

    @property
    def may_withdraw(self) -> bool:
        """Whether nothing forbids payouts; a self-exclusion does not (R-RG-25)."""
        return self.status is Status.ACTIVE and not self.frozen

    @property
    def restrictions(self) -> tuple[Restriction, ...]:
        """All that stands between the player and a stake; none where `may_play`."""
        standing = (
            (Restriction.BLOCKED, self.status is Status.BLOCKED),
            (Restriction.FROZEN, self.frozen > 0),
            (Restriction.SELF_EXCLUDED, self.excluded),
        )
        return tuple(each for each, stands in standing if stands)


def create(command: CreatePlayer, existing: Player | None, now: int) -> Player:
    """Return the player to be; the existing one when it is the same (R-IDEM-09).

    Raises:
        Refused: ALREADY_EXISTS, a different player has the id.
    """
    if existing is None:
        return Player(
            player_id=command.player_id,
            operator_id=command.operator_id,
            brand_id=command.brand_id,
            currencies=command.currencies,
            status=Status.ACTIVE,
            country=command.country,
            created_at=now,
            changed_at=now,
            version=0,
        )
    asked = (command.operator_id, command.brand_id, command.currencies, command.country)
    if asked != (existing.operator_id, existing.brand_id, existing.currencies, existing.country):
        raise Refused(Reason.ALREADY_EXISTS, f"Another player has the id {command.player_id}; choose a new id.")
    return existing


def belongs(player: Player | None, operator_id: str, brand_id: str) -> Player:
    """Return the player if it is one of that operator and brand; both are optional.

    Raises:
        Refused: PLAYER_UNKNOWN, which is all that another brand may learn.
    """
    if player is None or operator_id not in {"", player.operator_id} or brand_id not in {"", player.brand_id}:
        raise Refused(Reason.PLAYER_UNKNOWN)
    return player


def wallet_currency(player: Player, asked: str) -> str:
    """Return the wallet that is meant: the one asked for, or the active one, or the only one (R-CUR-02).

    Raises:
        Refused: WRONG_CURRENCY, there is no such wallet, or more than one and none was named.
    """
    asked = asked or player.currency
    if asked in player.currencies:
        return asked
    if asked:
        raise Refused(
            Reason.WRONG_CURRENCY, f"The player has no {asked} wallet; wallets: {', '.join(player.currencies)}."
        )
    if len(player.currencies) > 1:
        raise Refused(Reason.WRONG_CURRENCY, f"Name the currency; wallets: {', '.join(player.currencies)}.")
    return player.currencies[0]


def context(player: Player, *, product: str = "", segment: str = "", of: str = "") -> Context:
    """Return the context that policies are asked in for a player: under the pack of the player's country, or where that
    has none under the regulator of the brand's licence.
    """
    return Context(
        brand_id=player.brand_id,
        product=product,
        segments=(segment,) if segment else (),
        player_id=player.player_id,
        of=of,
        regulator=packs.of(player.country).code,
    )


def playable(player: Player, currency: str) -> str:
    """Return the currency, where new rounds may be played in it (R-CUR-03).

    Raises:
        Refused: WRONG_CURRENCY, another one is active.
    """
    if player.currency not in {"", currency}:
        raise Refused(Reason.WRONG_CURRENCY, f"The player plays in {player.currency}; switch to {currency} first.")
    return currency
