"""SOFTSWISS aggregator v2, as Beexar publishes it: the launcher, signed like the callbacks (providers.md 4.5)."""

from typing import Annotated

import msgspec
from msgspec import Meta

from adapters import signing
from adapters.launches import Account, Launch, Outgoing, Talk, told, understood

_PATH = "/api/v1/softswiss/launcher/real"

_encode = msgspec.json.Encoder().encode


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    casino_id: Annotated[str, Meta(min_length=1)]


class _Answer(msgspec.Struct, frozen=True):
    launch_url: str


def launch(asked: Launch, account: Account, settings: Settings) -> Talk:
    """What `client_type` and `urls` may hold no source says; they are optional, and left out."""
    body = _encode(
        told(
            casino_id=settings.casino_id,
            game=asked.game,
            account={"id": asked.player_id, "currency": asked.currency},
            locale=asked.language,
            ip=asked.ip,
            session_id=asked.token,
        )
    )
    headers = {"Content-Type": "application/json", "X-REQUEST-SIGN": signing.sign(account.secret, body)}
    reply = yield Outgoing("POST", account.url + _PATH, headers, body)
    return understood(reply, _Answer).launch_url
