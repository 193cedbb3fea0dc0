"""100hp, Operator API 2.7.0: games/v1/launch, with the secret in the body (providers.md 7)."""

import msgspec

from adapters.launches import Account, Launch, Outgoing, Talk, text, told, understood

_encode = msgspec.json.Encoder().encode


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """None of its own."""


class _Answer(msgspec.Struct, frozen=True, rename="camel"):
    game_url: str


def launch(asked: Launch, account: Account, settings: Settings) -> Talk:  # noqa: ARG001 - the contract's
    body = _encode(
        told(
            secretKey=text(account.secret),
            sessionId=asked.token,
            isDemo=False,
            isMobile=asked.mobile,
            gameId=asked.game,
            language=asked.language,
            ip=asked.ip,
        )
    )
    reply = yield Outgoing("POST", f"{account.url}/games/v1/launch", {"Content-Type": "application/json"}, body)
    return understood(reply, _Answer).game_url
