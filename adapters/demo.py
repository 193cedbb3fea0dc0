"""What a demo needs of each protocol, as its dialect says it: settings, the core's policies, keys of its kind."""

import secrets
from typing import Any

import msgspec

from adapters import providers
from adapters.conformance.dialect import Dialect, Keys, shared_secret
from adapters.conformance.dialects import dialects

_RSA_BITS = 2048


class Demo(msgspec.Struct, frozen=True):
    protocol: str
    profile: str
    # Members of the protocol's Settings.
    settings: dict[str, Any]


def demos() -> list[Demo]:
    """Every protocol, in the order of their names."""
    spoken = dialects_by_protocol()
    found = []
    for protocol in providers.protocols():
        dialect = spoken.get(protocol)
        profile = dialect.profile if dialect else ""
        found.append(Demo(protocol, profile or protocol, dict(dialect.settings) if dialect else {}))
    return found


def dialects_by_protocol() -> dict[str, Dialect]:
    """The dialect of each protocol that bears its name, else the first of it."""
    found: dict[str, Dialect] = {}
    for dialect in dialects().values():
        if dialect.protocol not in found or dialect.name == dialect.protocol:
            found[dialect.protocol] = dialect
    return found


def fresh_keys(protocol: str) -> Keys:
    """New keys of the kind that the protocol takes. Raises LookupError: no such protocol."""
    providers.module(protocol)
    dialect = dialects_by_protocol().get(protocol)
    keys = (dialect.keys if dialect else shared_secret)(secrets.token_hex(32))
    # A dialect's pair is one for tests, which anybody may read; every demo gets its own.
    return keys if keys.signs == keys.checks else _pair()


def _pair() -> Keys:
    # Every adapter's process has this module, none makes keys, and the library is 8 MB.
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
    )

    key = rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS)
    return Keys(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    )
