"""The adapters' configuration: one TOML file, read once, secrets by reference only."""

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from adapters.providers import module
from adapters.references import ConfigError, secret
from wallet_core.client import Tls

__all__ = ["Adapter", "Config", "ConfigError", "Core", "CoreTls", "Serving", "adapter", "load", "secret", "tls"]

_Port = Annotated[int, Meta(ge=0, le=65535)]
_Seconds = Annotated[float, Meta(gt=0, le=600)]


class CoreTls(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[core.tls]`: PEM files. Whom to trust (none: the system's authorities), and who we are where the core asks."""

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


class Core(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[core]`: how to reach the core."""

    # As host:port.
    target: str
    # As env:NAME or file:PATH.
    token: str
    # None: plain text, for a core on the same machine or behind a mesh.
    tls: CoreTls | None = None


class Serving(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The members of `[adapters.<name>]` that every protocol has; the rest are the protocol's own."""

    # As registered in the core.
    provider_id: str
    # A file in adapters/providers.
    protocol: str
    # Newest first; two while a key is rotated.
    secrets: Annotated[list[str], Meta(min_length=1, max_length=2)]
    host: str = "127.0.0.1"
    # 0: any free one, see the line printed at the start.
    port: _Port = 0
    # Bytes of a body; `max_bulk_body` for batches.
    max_body: Annotated[int, Meta(ge=1024)] = 256 * 1024
    max_bulk_body: Annotated[int, Meta(ge=1024)] = 1024 * 1024
    # The answer is out by then, "try later" if need be. Below the time the provider waits.
    answer_within: _Seconds = 4.0
    # How long requests in flight may take to finish when the adapter is stopped.
    stop_within: _Seconds = 10.0
    # Networks that may call; empty: any.
    allow: list[str] = []
    # How many of our own proxies append to X-Forwarded-For before a request gets here.
    trusted_hops: Annotated[int, Meta(ge=0, le=10)] = 0


class Adapter(msgspec.Struct, frozen=True):
    """One adapter, resolved."""

    name: str
    serving: Serving
    secrets: tuple[bytes, ...]
    # An instance of its protocol's Settings.
    protocol_settings: msgspec.Struct


class Config(msgspec.Struct, frozen=True):
    core: Core
    # Unread until its adapter is asked for: an adapter needs no other one's secrets.
    adapters: dict[str, dict[str, Any]]


def load(path: Path) -> Config:
    """The file's shape, without its secrets. Raises ConfigError."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text()), Config, dec_hook=_path)
    except RecursionError:
        raise ConfigError(f"{path}: nested too deeply") from None
    except (OSError, ValueError, msgspec.ValidationError) as error:  # no TOML, no UTF-8, a path with NUL
        raise ConfigError(f"{path}: {error}") from error


def _path(kind: type, value: object) -> object:
    return kind(value) if isinstance(value, str) else value


def tls(core: Core) -> Tls | None:
    """The credentials for the core, read. Raises ConfigError."""
    if core.tls is None:
        return None
    if (core.tls.certificate is None) != (core.tls.key is None):
        raise ConfigError("[core.tls]: certificate and key belong together")
    try:
        ca, certificate, key = (
            path.read_bytes() if path else None for path in (core.tls.ca, core.tls.certificate, core.tls.key)
        )
    except OSError as error:
        raise ConfigError(f"[core.tls]: {error.filename}: {error.strerror}") from error
    except ValueError:
        raise ConfigError("[core.tls]: NUL is no part of a path") from None
    return Tls(ca, certificate, key)


def adapter(config: Config, name: str, environ: Mapping[str, str] = os.environ) -> Adapter:
    """The adapter `name` with its secrets. Raises ConfigError."""
    table = config.adapters.get(name)
    if table is None:
        raise ConfigError(f"no adapter {name!r}; there are: {', '.join(sorted(config.adapters)) or 'none'}")
    common = {key: value for key, value in table.items() if key in Serving.__struct_fields__}
    own = {key: value for key, value in table.items() if key not in common}
    where = f"[adapters.{name}]"
    try:
        serving = msgspec.convert(common, Serving)
        protocol_settings = msgspec.convert(own, module(serving.protocol).Settings)
        for network in serving.allow:
            ipaddress.ip_network(network)
    except (msgspec.ValidationError, LookupError, ValueError) as error:
        raise ConfigError(f"{where}: {error}") from error
    secrets = tuple(secret(reference, f"{where} secrets", environ) for reference in serving.secrets)
    return Adapter(name, serving, secrets, protocol_settings)
