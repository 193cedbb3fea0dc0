"""Secrets by reference: a configuration says where a secret is, and never the secret."""

import os
from collections.abc import Mapping
from pathlib import Path


class ConfigError(Exception):
    """The configuration cannot be used; the message says where and why."""


def secret(reference: str, where: str, environ: Mapping[str, str] = os.environ) -> bytes:
    """What `env:NAME` or `file:PATH` refers to, without a file's last line end. Raises ConfigError.

    The text of a refused reference is never repeated: it may be the secret itself.
    """
    kind, _, name = reference.partition(":")
    if kind == "env":
        value = os.fsencode(environ.get(name, ""))
    elif kind == "file":
        try:
            value = Path(name).read_bytes().removesuffix(b"\n").removesuffix(b"\r")
        except OSError as error:
            raise ConfigError(f"{where}: {name}: {error.strerror}") from error
        except ValueError:
            raise ConfigError(f"{where}: NUL is no part of a path") from None
    else:
        raise ConfigError(f"{where}: a secret is never written here; refer to it by env:NAME or file:PATH")
    if not value:
        raise ConfigError(f"{where}: {reference} is empty or not set")
    return value


def token(reference: str, where: str, environ: Mapping[str, str] = os.environ) -> str:
    """A secret that goes into a header or a message: one line of visible ASCII. Raises ConfigError."""
    text = secret(reference, where, environ).decode("ascii", errors="replace")
    if not (text.isascii() and text.isprintable()):
        raise ConfigError(f"{where}: {reference} is no token: one line of visible ASCII is needed")
    return text
