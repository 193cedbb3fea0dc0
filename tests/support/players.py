"""What is done with players, in few words."""

from tests.support.domain import PLAYER, START, Books
from wallet_core.domain.commands import CreatePlayer, SetStatus
from wallet_core.domain.player_commands import ExcludePlayer, ReinstatePlayer, SwitchCurrency

DAY = 86_400_000_000
UNTIL = START + 180 * DAY
"""When an exclusion ends, unless it is said otherwise."""


def status(*, blocked: bool, key: str = "s1") -> SetStatus:
    """Block or unblock."""
    return SetStatus(PLAYER, blocked, "asked", "ops", key)


def exclude(until: int = UNTIL, key: str = "e1") -> ExcludePlayer:
    """Self-exclude for half a year."""
    return ExcludePlayer(PLAYER, "asked for by the player", "support", key, until)


def reinstate(key: str = "i1") -> ReinstatePlayer:
    """Let the player back."""
    return ReinstatePlayer(PLAYER, "asked back, cooled off", "support", key)


def switch(currency: str, key: str = "c1") -> SwitchCurrency:
    """Play in another wallet."""
    return SwitchCurrency(PLAYER, "asked", "player", key, currency)


def travelled(*currencies: str) -> Books:
    """Books of a player with several wallets, empty ones."""
    books = Books(players=())
    books.do(CreatePlayer(PLAYER, "operator", "brand", currencies or ("EUR", "USD")))
    return books
