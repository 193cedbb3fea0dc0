"""The fields of requests: what each may look like, and the refusal that names the field when it does not.

Only printable text is taken: control characters and NUL would not survive every database, log and provider. Keys may
not begin with a tilde, which marks the keys of our own.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Mapping
from typing import TypeVar
from uuid import UUID

import msgspec
from google.protobuf.timestamp_pb2 import Timestamp
from wallet.v1.common_pb2 import Money, Page

from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.money import (
    CURRENCIES,
    INT64_MAX,
    NANOS,
    Currency,
    CurrencyKind,
    OutOfRange,
    Precision,
    from_wire,
    nanos_of,
)

T = TypeVar("T")

KEY = re.compile(r"[^~\x00-\x1f\x7f][^\x00-\x1f\x7f]{0,254}")
TEXT = re.compile(r"[^\x00-\x1f\x7f]{0,255}")
WORDS = re.compile(r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]{1,1000}")
PLAYER_ID = re.compile(r"[A-Za-z0-9._:@-]{1,64}")
PARTY_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
PARTNER_ID = re.compile(r"~?[A-Za-z0-9._:-]{1,80}")
COUNTRY = re.compile(r"([A-Z]{2})?")

INFO_ENTRIES = 32
INFO_BYTES = 4_096
PAGE_DEFAULT = 100
PAGE_MAX = 1_000
ID_BYTES = 16
YEAR_10000 = 253_402_300_800


def invalid(message: str) -> Refused:
    """Return the refusal of a malformed request."""
    return Refused(Reason.INVALID_REQUEST, message)


def key(value: str, field: str) -> str:
    """Pass an idempotency key or reference: 1 to 255 printable characters."""
    if KEY.fullmatch(value) is None:
        raise invalid(f"{field}: 1 to 255 printable characters, the first not a tilde.")
    return value


def text(value: str, field: str) -> str:
    """Pass an optional id of somebody else's: at most 255 printable characters."""
    if value and TEXT.fullmatch(value) is None:
        raise invalid(f"{field}: at most 255 printable characters.")
    return value


def words(value: str, field: str) -> str:
    """Pass a sentence of a person: 1 to 1,000 characters."""
    if WORDS.fullmatch(value) is None or not value.strip():
        raise invalid(f"{field}: say it in 1 to 1,000 characters.")
    return value


def player_id(value: str, field: str = "player_id") -> str:
    """Pass a player's id."""
    if PLAYER_ID.fullmatch(value) is None:
        raise invalid(f"{field}: 1 to 64 characters of letters, digits and ._:@-")
    return value


def uuid(value: str, field: str) -> bytes:
    """Return the bytes of a transaction id.

    Raises:
        Refused: INVALID_REQUEST.
    """
    try:
        return UUID(value).bytes
    except ValueError:
        raise invalid(f"{field}: a UUID is needed, as a result's transaction_id is written.") from None


def party_id(value: str, field: str) -> str:
    """Pass the id of a provider, operator, brand or payment provider."""
    if PARTY_ID.fullmatch(value) is None:
        raise invalid(f"{field}: 1 to 64 characters of letters, digits and ._:-")
    return value


def partner_id(value: str, field: str) -> str:
    """Pass the id of whose key a transaction has: a provider's, or one of our own that begin with a tilde."""
    if PARTNER_ID.fullmatch(value) is None:
        raise invalid(f"{field}: the id of a provider is needed.")
    return value


def country(value: str, field: str) -> str:
    """Pass a country that may be left out."""
    if COUNTRY.fullmatch(value) is None:
        raise invalid(f"{field}: two capital letters (ISO 3166), or nothing.")
    return value


def info(value: Mapping[str, str], field: str) -> tuple[tuple[str, str], ...]:
    """Pass additional facts: at most 32 entries and 4 KiB together; in a fixed order, for a map has none."""
    if not value:
        return ()
    if len(value) > INFO_ENTRIES or sum(len(k.encode()) + len(v.encode()) for k, v in value.items()) > INFO_BYTES:
        raise invalid(f"{field}: at most 32 entries, and 4 KiB together.")
    if any("\0" in k or "\0" in v for k, v in value.items()):
        raise invalid(f"{field}: NUL is not a character.")
    if any(k.startswith("~") for k in value):
        raise invalid(f"{field}: names do not begin with ~; those are ours.")
    return tuple(sorted(value.items()))


def moment(value: Timestamp, field: str) -> int:
    """Return the microseconds of a timestamp; 0 for an empty one."""
    if not 0 <= value.seconds < YEAR_10000 or not 0 <= value.nanos < NANOS:
        raise invalid(f"{field}: a moment between 1970 and 9999.")
    return value.seconds * 1_000_000 + value.nanos // 1_000


def currency(code: str) -> Currency:
    """Return the currency of money of a code.

    Raises:
        Refused: UNKNOWN_CURRENCY; points are no money (R-CUR-04).
    """
    found = CURRENCIES.get(code)
    if found is None:
        raise Refused(Reason.UNKNOWN_CURRENCY)
    if found.kind is CurrencyKind.POINTS:
        raise Refused(Reason.UNKNOWN_CURRENCY, f"{code} are points, no money; they have a service of their own.")
    return found


def any_currency(code: str) -> str:
    """Pass the code of a currency that is only read about, points among them; it may be left out.

    Raises:
        Refused: UNKNOWN_CURRENCY.
    """
    if code and code not in CURRENCIES:
        raise Refused(Reason.UNKNOWN_CURRENCY)
    return code


def optional_currency(code: str) -> str:
    """Pass a currency code that may be left out."""
    return currency(code).code if code else ""


def amount(value: Money, known: Currency, field: str) -> int:
    """Return the ledger units of an amount.

    Raises:
        Refused: INVALID_PRECISION, INVALID_AMOUNT.
    """
    try:
        return from_wire(known, value.units, value.nanos)
    except Precision:
        raise Refused(
            Reason.INVALID_PRECISION, f"{field}: {known.code} has {known.scale} decimals here; send an exact amount."
        ) from None
    except OutOfRange:
        raise _ill_formed(field) from None


def nanos(value: Money, field: str) -> int:
    """Return the nanos of an amount whose currency the books say.

    Raises:
        Refused: INVALID_AMOUNT.
    """
    try:
        return nanos_of(value.units, value.nanos)
    except OutOfRange:
        raise _ill_formed(field) from None


def _ill_formed(field: str) -> Refused:
    return Refused(
        Reason.INVALID_AMOUNT, f"{field}: units and nanos must have one sign, and fit (nanos below a billion)."
    )


def page_size(page: Page) -> int:
    """Return how many rows to answer."""
    if not 0 <= page.size <= PAGE_MAX:
        raise invalid(f"page.size: 0 to {PAGE_MAX}.")
    return page.size or PAGE_DEFAULT


def cursor(page: Page, kind: type[T]) -> T | None:
    """Return where the page goes on, a value or a tuple of them; none for the first page."""
    if not page.token:
        return None
    try:
        place = msgspec.msgpack.decode(urlsafe_b64decode(page.token.encode()), type=kind)
    except (Error, ValueError, msgspec.MsgspecError):
        place = None
    if place is None or not all(map(_in_a_database, place if isinstance(place, tuple) else (place,))):
        raise invalid("page.token: not a token of this list; start again without one.")
    return place


def _in_a_database(value: object) -> bool:
    """Whether a part of a cursor can be there at all: whoever makes one up can write any."""
    match value:
        case int():
            return 0 <= value <= INT64_MAX
        case str():
            return TEXT.fullmatch(value) is not None
        case bytes():
            return len(value) == ID_BYTES
        case _:
            return False


def page_token(place: object) -> str:
    """Return the token of the page after `place`."""
    return urlsafe_b64encode(msgspec.msgpack.encode(place)).decode()
