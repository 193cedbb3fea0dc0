"""Signatures over raw bytes: HMAC in the digests and encodings providers use, compared in constant time."""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from typing import Literal

Algorithm = Literal["sha1", "sha256", "sha512"]
Encoding = Literal["hex", "base64"]


def sign(secret: bytes, message: bytes, algorithm: Algorithm = "sha256", encoding: Encoding = "hex") -> str:
    """HMAC of `message`: lower-case hex, or standard base64 with padding."""
    digest = hmac.digest(secret, message, algorithm)
    return digest.hex() if encoding == "hex" else base64.b64encode(digest).decode()


def matches(
    given: str, secrets: Iterable[bytes], message: bytes, algorithm: Algorithm = "sha256", encoding: Encoding = "hex"
) -> bool:
    """Whether `given` is the signature of `message` under any of the live secrets (two while a key is rotated).

    Every secret is tried whatever the earlier ones said, so the time taken does not tell which one it was.
    """
    # A header may hold any bytes; aiohttp hands the undecodable ones over as surrogates.
    candidate = given.encode("utf-8", "surrogateescape")
    found = False
    for secret in secrets:
        found |= hmac.compare_digest(candidate, sign(secret, message, algorithm, encoding).encode())
    return found


def body_hash(body: bytes) -> str:
    """Lower-case hex SHA-256, for protocols that sign a hash of the body and not the body."""
    return hashlib.sha256(body).hexdigest()


def within_window(timestamp: str, now: float, window: float) -> bool:
    """Whether `timestamp`, whole unix seconds in ASCII digits, is at most `window` seconds before or after `now`."""
    # Twelve digits reach the year 33658; the bound keeps int() from being fed a megabyte.
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):  # noqa: PLR2004
        return False
    return abs(now - int(timestamp)) <= window
