"""Starting a game: a session is opened at the core, and the provider is asked for the URL under that session."""

import asyncio
import ssl
import time
import tomllib
import uuid
from collections.abc import Mapping
from os import environ as process_environ
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

import aiohttp
import msgspec
import yarl
from msgspec import Meta
from wallet.v1.sessions_pb2 import OpenSessionRequest

from adapters import launches, providers, settings
from adapters.launches import Account, Launch, NotLaunched, Outgoing, Reply, Talk
from adapters.references import ConfigError
from wallet_core.client import Wallet

# Bytes of an answer; a URL is short.
_MAX_ANSWER = 256 * 1024
# Characters of a message.
_SHOWN = 400
# Hosts that may be asked without TLS: nobody listens in between.
_LOCAL = ("127.0.0.1", "::1", "localhost")


class Launching(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The members of `[launches.<name>]` that every protocol has; the rest are the protocol's own.

    `<name>` is an adapter's; the table is apart from the adapter's own, which runs without these secrets.
    """

    # The provider's base URL; a template where the launch is a link.
    url: str
    # A file in adapters/launches, where it is not the adapter's protocol: `link`, say, where nobody is to be asked.
    protocol: str = ""
    # As env:NAME or file:PATH: the key that signs our calls. None where the launch is a link.
    secret: str = ""
    # An operator's token for the core, as env:NAME or file:PATH.
    token: str = "env:WALLET_OPERATOR_TOKEN"  # noqa: S105 - a reference
    # Seconds for the whole conversation with the provider.
    answer_within: Annotated[float, Meta(gt=0, le=120)] = 10.0
    # PEM file of the authority to trust instead of the system's.
    ca: Path | None = None
    # Where a player comes back to, and where he pays in; empty: not told.
    lobby_url: str = ""
    deposit_url: str = ""


class Launcher(msgspec.Struct, frozen=True):
    """One table of launches, resolved."""

    provider_id: str
    protocol: str
    # For the core.
    token: str
    account: Account
    # An instance of the protocol's Settings.
    protocol_settings: msgspec.Struct
    answer_within: float
    ca: Path | None


class Started(msgspec.Struct, frozen=True):
    """What the command prints."""

    # The session's token.
    session: str
    url: str


class _File(msgspec.Struct, frozen=True):
    launches: dict[str, dict[str, Any]] = {}


def load(path: Path, name: str, environ: Mapping[str, str] = process_environ) -> Launcher:
    """The launches of the adapter `name` with their secrets. Raises ConfigError."""
    adapter = settings.load(path).adapters.get(name)
    where = f"[launches.{name}]"
    try:
        table = msgspec.convert(tomllib.loads(path.read_text()), _File).launches.get(name)
        if adapter is None or table is None:
            raise ConfigError(f"{path}: [adapters.{name}] and {where} are needed")
        common = {key: value for key, value in table.items() if key in Launching.__struct_fields__}
        own = {key: value for key, value in table.items() if key not in common}
        serving = msgspec.convert({key: adapter.get(key) for key in ("provider_id", "protocol")}, _Served)
        launching = msgspec.convert(common, Launching, dec_hook=lambda kind, value: kind(value))
        protocol = _protocol(launching.protocol, serving.protocol)
        module = launches.module(protocol)
        protocol_settings = msgspec.convert(own, module.Settings)
    except (msgspec.ValidationError, LookupError) as error:
        raise ConfigError(f"{where}: {error}") from error
    _safe(launching.url, where)
    if protocol != launches.LINK and not launching.secret:
        raise ConfigError(f'{where}: {protocol} signs its calls: secret = "env:NAME" or "file:PATH"')
    secret = settings.secret(launching.secret, f"{where} secret", environ) if launching.secret else b""
    token = settings.secret(launching.token, f"{where} token", environ).decode()
    account = Account(launching.url.rstrip("/"), secret, launching.lobby_url, launching.deposit_url)
    within, ca = launching.answer_within, launching.ca
    return Launcher(serving.provider_id, protocol, token, account, protocol_settings, within, ca)


def _protocol(asked: str, adapters: str) -> str:
    """Which launch it is. Raises LookupError, naming the known ones."""
    known = [*launches.protocols(), launches.LINK]
    if asked and asked not in known:
        raise LookupError(f"no launch {asked!r}; there are: {', '.join(known)}")
    providers.module(adapters)
    found = asked or adapters
    return found if found in known else launches.LINK


class _Served(msgspec.Struct, frozen=True):
    provider_id: str
    protocol: str


def _safe(url: str, where: str) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or parts.scheme not in ("https", "http"):
        raise ConfigError(f"{where}: url is https://… of the provider")
    if parts.scheme == "http" and host not in _LOCAL:
        raise ConfigError(f"{where}: url is http; secrets and tokens go over https only, but to this machine")


async def start(
    launcher: Launcher,
    wallet: Wallet,
    *,
    player_id: str,
    game: str,
    currency: str = "",
    language: str = "en",
    country: str = "",
    ip: str = "",
    mobile: bool = False,
    request_id: str = "",
) -> Started:
    """Open a session and get the URL. Tried again under the same `request_id` it is the same session.

    Raises NotLaunched, ConfigError, and wallet_core.client's Refused and Unavailable.
    """
    request_id = request_id or str(uuid.uuid4())
    opened = await wallet.open_session(
        OpenSessionRequest(
            player_id=player_id,
            provider_id=launcher.provider_id,
            game_id=game,
            currency_code=currency,
            request_id=request_id,
        )
    )
    asked = Launch(
        player_id=player_id,
        token=opened.token,
        currency=opened.session.currency_code,
        game=game,
        language=language,
        country=country,
        ip=ip,
        mobile=mobile,
        nonce=uuid.uuid4().hex,
        now=time.time(),
    )
    return Started(opened.token, await conversation(launcher, asked))


async def conversation(launcher: Launcher, asked: Launch) -> str:
    """What the protocol says, said over HTTP; the URL.

    Raises ConfigError and NotLaunched, whose message has the beginning of the provider's, without our secrets.
    """
    try:
        return await _url(launcher, asked)
    except NotLaunched as error:
        secret = launcher.account.secret.decode(errors="replace")
        raise NotLaunched(_shown(str(error), secret, asked.token)) from None


async def _url(launcher: Launcher, asked: Launch) -> str:
    talk = launches.module(launcher.protocol).launch(asked, launcher.account, launcher.protocol_settings)
    host = urlsplit(launcher.account.url).netloc
    try:
        async with (
            asyncio.timeout(launcher.answer_within),
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=_trust(launcher.ca))) as http,
        ):
            url = await _said(talk, http)
    except TimeoutError:
        raise NotLaunched(f"{host} gave no answer within {launcher.answer_within:g} s; try again") from None
    except aiohttp.ClientSSLError:
        raise NotLaunched(f"{host} has no certificate we trust; `ca` names its authority") from None
    except aiohttp.ClientConnectorError as error:
        raise NotLaunched(f"{host} cannot be reached ({error.os_error.strerror}); check `url`") from None
    except aiohttp.ClientError as error:
        raise NotLaunched(f"{host} broke off or speaks no HTTP ({type(error).__name__}); check `url`") from None
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.netloc or not url.isprintable():
        raise NotLaunched(f"{host} answered with something that is no URL: {url[:100]!r}")
    return url


async def _said(talk: Talk, http: aiohttp.ClientSession) -> str:
    try:
        outgoing = next(talk)
        while True:
            outgoing = talk.send(await _answer(outgoing, http))
    except StopIteration as end:
        return str(end.value)


async def _answer(outgoing: Outgoing, http: aiohttp.ClientSession) -> Reply:
    """One request. Redirects are not followed: what was signed for one host is not for another."""
    async with http.request(
        outgoing.method,
        yarl.URL(outgoing.url, encoded=True),
        data=outgoing.body,
        headers=outgoing.headers,
        allow_redirects=False,
    ) as answer:
        body = bytearray()
        async for chunk in answer.content.iter_any():
            body += chunk
            if len(body) > _MAX_ANSWER:
                raise NotLaunched(f"the answer is longer than {_MAX_ANSWER} bytes; check `url`")
        return Reply(answer.status, bytes(body))


def _trust(ca: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"ca: {ca} is no PEM file of an authority ({error.strerror})") from error


def _shown(text: str, *secrets: str) -> str:
    """The beginning of a text, in one line, without secrets that a provider may have echoed."""
    for secret in secrets:
        for spelling in {secret, quote(secret, safe="")} - {""}:
            text = text.replace(spelling, "…")
    return "".join(c if c.isprintable() else " " for c in text[:_SHOWN])
