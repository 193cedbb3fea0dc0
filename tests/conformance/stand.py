"""The small wallet with its players, served, as the kit's target."""

from contextlib import asynccontextmanager

from adapters.conformance.dialect import Seat
from adapters.conformance.kit import Target
from tests.conformance.books import SCALE, Books, Player, Session
from tests.conformance.seamless import Seamless, serving

SECRETS = (b"5d1f0c7a-newer", b"c2e96b38-older")


def seated(books, player_id, currency="EUR", *, blocked=False, live=True):
    """A player with money, and a session."""
    if player_id not in books.players:
        books.players[player_id] = Player(player_id, currency, 10_000 * 10**SCALE, blocked)
    token = f"session-{len(books.sessions)}-of-{player_id}"
    books.sessions[token] = Session(player_id, live)
    return Seat(player_id, token, currency)


@asynccontextmanager
async def standing(books=Books, door=Seamless):
    """The target while the block runs."""
    wallet = books()
    player = seated(wallet, "player")
    seats = {
        "player": player,
        "other": seated(wallet, "other"),
        "blocked": seated(wallet, "blocked", blocked=True),
        "expired": seated(wallet, "player", live=False),
        "foreign": seated(wallet, "foreign", "JPY"),
    }
    async with serving(door(wallet, SECRETS)) as url:

        async def restart():
            wallet.restarted()
            return url

        yield Target(url=url, secrets=SECRETS, other_currency="SEK", restart=restart, answer_within=5.0, **seats)
