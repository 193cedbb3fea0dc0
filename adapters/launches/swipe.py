"""Swipe Games, Core API: create-new-game, signed over canonical JSON (providers.md 6)."""

from typing import Annotated

import msgspec
from msgspec import Meta

from adapters import signing
from adapters.launches import Account, Launch, Outgoing, Talk, told, understood

# Names in ASCII, values of text and booleans: sorted and compact, that is RFC 8785's form.
_encode = msgspec.json.Encoder(order="sorted").encode


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The secret is the key for calls to the vendor; his calls to us are signed with another."""

    cid: Annotated[str, Meta(min_length=1)]
    ext_cid: Annotated[str, Meta(min_length=1)]


class _Answer(msgspec.Struct, frozen=True, rename={"url": "gameURL"}):
    url: str


def launch(asked: Launch, account: Account, settings: Settings) -> Talk:
    body = _encode(
        told(
            cID=settings.cid,
            extCID=settings.ext_cid,
            gameID=asked.game,
            demo=False,
            platform="mobile" if asked.mobile else "desktop",
            currency=asked.currency,
            locale=asked.language,
            sessionID=asked.token,
            returnURL=account.lobby_url,
            depositURL=account.deposit_url,
            user={"id": asked.player_id},
        )
    )
    headers = {"Content-Type": "application/json", "X-REQUEST-SIGN": signing.sign(account.secret, body)}
    reply = yield Outgoing("POST", f"{account.url}/create-new-game", headers, body)
    return understood(reply, _Answer).url
