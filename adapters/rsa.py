"""RSA signatures over raw bytes: PKCS #1 v1.5 with SHA-256 in base64, checked with the provider's public key."""

import base64
import binascii
from collections.abc import Iterable

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

# Shorter keys are broken by now.
_LEAST_BITS = 2048


def public_key(pem: bytes) -> RSAPublicKey:
    """The key of a PEM text. Raises ValueError, without repeating the text: it may be a private key by mistake."""
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("the key is not a public key in PEM") from None
    if not isinstance(key, RSAPublicKey) or key.key_size < _LEAST_BITS:
        raise ValueError(f"the key is not an RSA key of at least {_LEAST_BITS} bits")
    return key


def matches(given: str, keys: Iterable[RSAPublicKey], message: bytes) -> bool:
    """Whether `given` is the signature of `message` under any of the live keys (two while a key is rotated).

    Nothing secret is compared, so the time taken gives nothing away.
    """
    try:
        # A header may hold any bytes; aiohttp hands the undecodable ones over as surrogates.
        signature = base64.b64decode(given.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        return False
    # Other spellings of the same bytes would be second signatures nobody has made.
    if base64.b64encode(signature).decode() != given:
        return False
    return any(_matches(signature, key, message) for key in keys)


def _matches(signature: bytes, key: RSAPublicKey, message: bytes) -> bool:
    try:
        key.verify(signature, message, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True
