"""A door for dialects that bring settings and keys of their own, before a core that has only their providers."""

import hashlib
from contextlib import asynccontextmanager

import aiohttp
import msgspec

from adapters.providers import module
from adapters.server import serving
from adapters.settings import Adapter, Serving
from tests.providers.door import Door
from tests.support.core import TOKENS, core_on
from wallet_core.client import Wallet
from wallet_core.config import Provider, Token


@asynccontextmanager
async def opened(dialect, target, token, core=None, *, secrets=None, own=None, **settings):
    """An adapter of `dialect` on a free port: `own` are settings of its protocol, `settings` those of Serving."""
    speaker = module(dialect.protocol)
    configured = msgspec.convert(dialect.settings | (own or {}), speaker.Settings)
    secrets = secrets or dialect.secrets
    common = Serving(provider_id=dialect.provider_id, protocol=dialect.protocol, secrets=["env:TEST"], **settings)
    wallet = Wallet(target, token)
    try:
        async with (
            aiohttp.ClientSession() as http,
            serving(
                Adapter(dialect.protocol, common, tuple(secrets), configured),
                speaker.connect(dialect.provider_id, secrets, configured),
                wallet,
            ) as url,
        ):
            yield Door(dialect, url, http, core)
    finally:
        await wallet.close()


@asynccontextmanager
async def core_of(database, dialects, **provider):
    """A core with these dialects' providers, which its adapter's token may name; `provider` are their settings."""
    ids = tuple(dialect.provider_id for dialect in dialects)
    providers = [Provider(provider_id=each.provider_id, protocol=each.profile, **provider) for each in dialects]
    tokens = [
        Token(
            name=role.lower(),
            role=role,
            sha256=hashlib.sha256(TOKENS[role].encode()).hexdigest(),
            providers=ids if role == "ADAPTER" else (),
        )
        for role in TOKENS
    ]
    async with core_on(database, providers=providers, tokens=tokens) as core:
        yield core
