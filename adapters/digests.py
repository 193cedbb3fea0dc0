"""Signatures that are a plain digest of a text and a secret, for protocols that know no HMAC."""

import hashlib
import hmac
from collections.abc import Iterable
from typing import Literal

Digest = Literal["md5", "sha1"]


def digest(algorithm: Digest, *parts: bytes) -> str:
    """Lower-case hex digest of the parts, one after the other."""
    return hashlib.new(algorithm, b"".join(parts), usedforsecurity=False).hexdigest()


def matches(given: str, candidates: Iterable[str]) -> bool:
    """Whether `given` is one of the digests it may be.

    Every candidate is looked at whatever the earlier ones said, so the time taken does not tell which one it was.
    """
    # A field may hold any text; undecodable bytes of a header come as surrogates.
    wanted = given.encode("utf-8", "surrogateescape")
    found = False
    for candidate in candidates:
        found |= hmac.compare_digest(wanted, candidate.encode())
    return found
