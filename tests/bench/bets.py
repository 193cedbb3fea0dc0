"""The bet that every bench makes, in each of its forms: a command of the engine, a message, an HTTP request.

One cent of cash, in a round of its own, under a live session, so that every gate is passed and no row exists already.
All of them are built before they are counted.
"""

import hashlib
import hmac
import random
import time
from collections.abc import Iterator

from wallet.v1.common_pb2 import Money
from wallet.v1.wallet_pb2 import ACTION_KIND_BET, CATEGORY_GAME, Action, PlayRequest

from tests.storage.books import EUR, PROVIDER
from wallet_core.api.plays import session_id
from wallet_core.domain import commands
from wallet_core.domain.entries import Kind, digest
from wallet_core.domain.profiles import PROFILES

PLAYERS = 10_000
MONEY = 1_000_000 * EUR
STAKE = EUR // 100
PROFILE = "generic"
GAME = "game"
SECRET = b"the-live-key"

HEAD = (
    b"POST /v1/bet HTTP/1.1\r\nHost: %b\r\nContent-Type: application/json\r\nX-Wallet-Timestamp: %b\r\n"
    b"X-Wallet-Signature: %b\r\nContent-Length: %d\r\n\r\n"
)
BODY = (
    b'{"player_id":"%b","token":"%b","transaction_id":"%b","round_id":"%b","game_id":"%b","currency":"EUR",'
    b'"amount":"0.01"}'
)


def player_id(number: int) -> str:
    return f"player-{number}"


def token(player: str) -> str:
    """Return the session token of a player: 43 characters, as the core's own are."""
    return f"{player:-<43}"


def draws(players: int, count: int) -> Iterator[tuple[str, str]]:
    """Yield a player and a key that was never used, `count` times. All of them fall to one player if there is one."""
    run, dice = time.time_ns(), random.Random(1)
    for number in range(count):
        yield player_id(dice.randrange(players)), f"{run:016x}{number:016x}"


def command(player: str, key: str) -> commands.Play:
    external_key = f"tx:{key}"
    action = commands.Action(kind=Kind.BET, external_key=external_key, key=digest(PROVIDER, external_key), amount=STAKE)
    return commands.Play(
        player,
        PROVIDER,
        (action,),
        PROFILES[PROFILE],
        currency="EUR",
        session_id=session_id(token(player)),
        round_id=key,
        game_id=GAME,
    )


def message(player: str, key: str) -> PlayRequest:
    amount = Money(currency_code="EUR", nanos=10_000_000)
    action = Action(kind=ACTION_KIND_BET, external_key=f"tx:{key}", amount=amount, category=CATEGORY_GAME)
    return PlayRequest(
        provider_id=PROVIDER,
        player_id=player,
        session_token=token(player),
        currency_code="EUR",
        round_id=key,
        game_id=GAME,
        actions=[action],
    )


def signed(host: str, players: int, count: int) -> list[bytes]:
    """Return so many requests of generic_seamless, as they go over the wire to `host`, signed now."""
    timestamp, game = str(int(time.time())).encode(), GAME.encode()
    requests = []
    for player, key in draws(players, count):
        unique = key.encode()
        body = BODY % (player.encode(), token(player).encode(), unique, unique, game)
        text = b"POST\n/v1/bet\n%b\n%b" % (timestamp, hashlib.sha256(body).hexdigest().encode())
        signature = hmac.digest(SECRET, text, "sha256").hex().encode()
        requests.append(HEAD % (host.encode(), timestamp, signature, len(body)) + body)
    return requests
