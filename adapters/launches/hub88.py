"""Hub88, Operator Games API: the game's URL, asked with our own RSA key (providers.md 1.5)."""

import base64
from typing import Annotated

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from msgspec import Meta

from adapters.launches import Account, Launch, NotLaunched, Outgoing, Talk, needed, told, understood

_PATH = "/operator/generic/v2/game/url"

_encode = msgspec.json.Encoder().encode


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The secret is our private key in PEM; the provider holds the public one."""

    operator_id: Annotated[int, Meta(ge=1)]
    # The brand, where one operator has several; empty: not told.
    sub_partner_id: str = ""


class _Answer(msgspec.Struct, frozen=True):
    url: str


def launch(asked: Launch, account: Account, settings: Settings) -> Talk:
    needed(asked, "country")
    body = _encode(
        told(
            user=asked.player_id,
            token=asked.token,
            game_code=asked.game,
            operator_id=settings.operator_id,
            platform="GPL_MOBILE" if asked.mobile else "GPL_DESKTOP",
            lang=asked.language,
            currency=asked.currency,
            country=asked.country,
            lobby_url=account.lobby_url,
            deposit_url=account.deposit_url,
            sub_partner_id=settings.sub_partner_id,
        )
    )
    headers = {"Content-Type": "application/json", "X-Hub88-Signature": _signature(account.secret, body)}
    reply = yield Outgoing("POST", account.url + _PATH, headers, body)
    return understood(reply, _Answer).url


def _signature(pem: bytes, body: bytes) -> str:
    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise NotLaunched("`secret` is not an RSA private key in PEM without a password")
    return base64.b64encode(key.sign(body, PKCS1v15(), SHA256())).decode()
