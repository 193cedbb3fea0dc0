"""Evolution, User Authentication: the player and the game are named, an entry is answered (providers.md 3.5)."""

import uuid
from typing import Annotated
from urllib.parse import quote, urljoin

import msgspec
from msgspec import Meta

from adapters.launches import Account, Launch, Outgoing, Talk, needed, text, told, understood

_encode = msgspec.json.Encoder().encode


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The secret is the API token, which stands in the path."""

    casino_key: Annotated[str, Meta(min_length=1)]
    brand: str = ""
    skin: str = ""
    interface: str = "view1"


class _Answer(msgspec.Struct, frozen=True):
    entry: str


def launch(asked: Launch, account: Account, settings: Settings) -> Talk:
    """`game` is a table's id, a category, or both: `roulette/vctlz20yfnmp1ylr`, `roulette/`."""
    needed(asked, "country", "ip")
    category, _, table = asked.game.rpartition("/")
    body = _encode(
        {
            "uuid": str(uuid.UUID(asked.nonce)),
            "player": {
                "id": asked.player_id,
                "update": False,
                # We know no names, and tell none.
                "firstName": asked.player_id,
                "lastName": asked.player_id,
                "country": asked.country,
                "language": asked.language,
                "currency": asked.currency,
                "session": {"id": asked.token, "ip": asked.ip},
            },
            "config": told(
                brand=told(id=settings.brand, skin=settings.skin) or None,
                game=told(category=category, interface=settings.interface, table=told(id=table) or None),
                channel={"wrapped": False, "mobile": asked.mobile},
                urls=told(cashier=account.deposit_url, lobby=account.lobby_url) or None,
            ),
        }
    )
    place = f"{account.url}/ua/v1/{quote(settings.casino_key, safe='')}/{quote(text(account.secret), safe='')}"
    reply = yield Outgoing("POST", place, {"Content-Type": "application/json"}, body)
    # The entry is a path at the host that was asked.
    return urljoin(account.url, understood(reply, _Answer).entry)
