"""BlueOcean, Game API: the player is made where he is not there, then getGame answers the URL (providers.md 8; the
members as on the vendor's pages createPlayer, 1209172289, and getGame, 1209175592).
"""

from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import msgspec
from msgspec import Meta

from adapters import signing
from adapters.launches import Account, Launch, Outgoing, Reply, Talk, no, text, told, understood

_encode = msgspec.json.Encoder().encode


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The secret is api_password; `url` is the whole address of the API."""

    api_login: Annotated[str, Meta(min_length=1)]
    # The vendor's samples show both.
    encoding: Literal["form", "json"] = "form"


class _Answer(msgspec.Struct, frozen=True):
    error: int | str
    response: Any = None


def launch(asked: Launch, account: Account, settings: Settings) -> Talk:
    player = {
        "user_username": asked.player_id,
        # The vendor wants a constant that is not the player's own password.
        "user_password": signing.sign(account.secret, asked.player_id.encode(), "sha1"),
        "currency": asked.currency,
    }
    who = {"user_username": asked.player_id, "currency": asked.currency}
    if not _done((yield _call(account, settings, "playerExists", who))):
        made = yield _call(account, settings, "createPlayer", player)
        if not _done(made):
            raise no(made)
    game = told(gameid=asked.game, lang=asked.language, homeurl=account.lobby_url, cashierurl=account.deposit_url)
    reply = yield _call(account, settings, "getGame", player | game | {"play_for_fun": "0"})
    url = _done(reply)
    if not isinstance(url, str):
        raise no(reply)
    return url


def _call(account: Account, settings: Settings, method: str, members: dict[str, str]) -> Outgoing:
    words = {"api_login": settings.api_login, "api_password": text(account.secret), "method": method} | members
    if settings.encoding == "json":
        return Outgoing("POST", account.url, {"Content-Type": "application/json"}, _encode(words))
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return Outgoing("POST", account.url, headers, urlencode(words).encode())


def _done(reply: Reply) -> Any:
    """What was answered; None where it was an error."""
    answer = understood(reply, _Answer)
    return answer.response or None if str(answer.error) == "0" else None
