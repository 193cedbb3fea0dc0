"""Players: who may play, and the version every command of a player is guarded by."""

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


class Player(Struct, frozen=True, gc=False):
    """A player account: one person at one brand.

    Attributes:
        version: grows with every command of the player; the guard of optimistic concurrency.
        changed_at: microsecond of the last command; the next one is later, whatever the clock says (R-TIME-01).
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
    """Return the currency to play in: the one asked for, or the player's only one (R-CUR-02).

    Raises:
        Refused: WRONG_CURRENCY, there is no such wallet, or more than one and none was named.
    """
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
