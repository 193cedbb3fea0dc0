"""Pragmatic Play, CasinoGameAPI: the game's URL, asked with a hash over a form (providers.md 2.5)."""

from typing import Annotated
from urllib.parse import urlencode

import msgspec
from msgspec import Meta

from adapters import digests
from adapters.launches import Account, Launch, Outgoing, Talk, no, told, understood

_PATH = "/IntegrationService/v3/http/CasinoGameAPI/game/url/"


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    secure_login: Annotated[str, Meta(min_length=1)]


class _Answer(msgspec.Struct, frozen=True, rename={"url": "gameURL"}):
    error: int | str = ""
    url: str = ""


def launch(asked: Launch, account: Account, settings: Settings) -> Talk:
    fields = told(
        secureLogin=settings.secure_login,
        symbol=asked.game,
        language=asked.language,
        token=asked.token,
        platform="MOBILE" if asked.mobile else "WEB",
        technology="H5",
        playMode="REAL",
        cashierUrl=account.deposit_url,
        lobbyUrl=account.lobby_url,
    )
    # As in the callbacks: the decoded values, in the order of the names.
    text = "&".join(f"{name}={fields[name]}" for name in sorted(fields))
    fields["hash"] = digests.digest("md5", text.encode(), account.secret)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    reply = yield Outgoing("POST", account.url + _PATH, headers, urlencode(fields).encode())
    answer = understood(reply, _Answer)
    if str(answer.error) != "0":
        raise no(reply)
    return answer.url
