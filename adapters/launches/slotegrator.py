"""Slotegrator GIS: games/init, a form signed over headers and fields (providers.md 5.2, 5.4)."""

from typing import Annotated
from urllib.parse import urlencode

import msgspec
from msgspec import Meta

from adapters import signing
from adapters.launches import Account, Launch, Outgoing, Talk, told, understood


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    merchant_id: Annotated[str, Meta(pattern=r"^[!-~]+$(?!\n)")]


class _Answer(msgspec.Struct, frozen=True):
    url: str


def launch(asked: Launch, account: Account, settings: Settings) -> Talk:
    fields = told(
        game_uuid=asked.game,
        player_id=asked.player_id,
        # We know no name, and tell none.
        player_name=asked.player_id,
        currency=asked.currency,
        session_id=asked.token,
        device="mobile" if asked.mobile else "",
        return_url=account.lobby_url,
        language=asked.language,
    )
    headers = {
        "X-Merchant-Id": settings.merchant_id,
        "X-Timestamp": str(int(asked.now)),
        "X-Nonce": asked.nonce,
    }
    signed = _query(dict(sorted((fields | headers).items())))
    headers["X-Sign"] = signing.sign(account.secret, signed, "sha1")
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    reply = yield Outgoing("POST", f"{account.url}/games/init", headers, _query(fields))
    return understood(reply, _Answer).url


def _query(fields: dict[str, str]) -> bytes:
    """As PHP's http_build_query writes it, which escapes the tilde, too."""
    return urlencode(fields).replace("~", "%7E").encode()
