"""Pragmatic Play's messages and error codes. Fields that are not listed are ignored."""

from typing import Annotated

import msgspec
from msgspec import Meta

from adapters.faults import Fault

# 100 is sent again, and goes to reconciliation; 120 is final. On endRound the vendor's word for "again" is 130.
RETRY, RETRY_END_ROUND = 100, 130

ERRORS: dict[str, tuple[int, str]] = {
    "UNSPECIFIED": (RETRY, "refused without a reason"),
    "INVALID_REQUEST": (7, "the request is malformed"),
    "UNKNOWN_CURRENCY": (7, "there is no such currency here"),
    "INVALID_PRECISION": (7, "the amount is finer than its currency allows"),
    "INVALID_AMOUNT": (7, "the amount is not a plain decimal, is negative, or is too large"),
    "UNKNOWN_PROVIDER": (RETRY, "the wallet does not know this adapter"),
    "SESSION_UNKNOWN": (4, "the token is unknown"),
    "PLAYER_UNKNOWN": (2, "the player is unknown"),
    "CONFLICT": (7, "the reference was used before with other contents"),
    "TOMBSTONED": (120, "the transaction was refunded before it arrived"),
    "WRONG_CURRENCY": (7, "the player or session has another currency"),
    "SESSION_EXPIRED": (4, "the token has expired"),
    "SESSION_ROTATED": (4, "the token was replaced"),
    "GAME_NOT_ALLOWED": (8, "the game is unknown or disabled"),
    "PLAYER_BLOCKED": (6, "the player is blocked"),
    "ROUND_CLOSED": (3, "the round takes no more bets"),
    "REFERENCE_NOT_FOUND": (120, "the round has no bet"),
    "REFERENCE_MISMATCH": (120, "the reference is not of a bet"),
    "REFERENCE_ROLLED_BACK": (120, "the bet was refunded"),
    "REFERENCE_SETTLED": (120, "the round has been paid"),
    "AMOUNT_EXCEEDS_REFERENCE": (7, "more than is left of the bet"),
    "LIMIT_REACHED": (50, "a limit of the player is reached"),
    "INSUFFICIENT_FUNDS": (1, "the player has too little money"),
    "ROUND_NOT_FOUND": (120, "the round is unknown"),
    "ALREADY_EXISTS": (120, "it exists with other contents"),
    "INVALID_JOURNAL": (120, "the wallet could not book this"),
    "TRANSACTION_NOT_FOUND": (120, "the transaction is unknown"),
    "IN_PROGRESS": (RETRY, "still being worked on"),
    Fault.ADDRESS_NOT_ALLOWED: (5, "this address may not call"),
    Fault.UNKNOWN_PATH: (7, "there is no such method"),
    Fault.METHOD_NOT_ALLOWED: (7, "methods are called by POST"),
    Fault.TOO_LARGE: (7, "the body is too large"),
    Fault.UNSUPPORTED_CONTENT_TYPE: (7, "the body is not a plain form"),
    Fault.INVALID_SIGNATURE: (5, "the hash is missing or wrong"),
    Fault.STALE_TIMESTAMP: (5, "the timestamp is out of its window"),
    Fault.TRY_LATER: (RETRY, "no answer in time; send the same request again"),
    Fault.INTERNAL: (RETRY, "something went wrong here"),
}

Id = Annotated[str, Meta(min_length=1, max_length=200)]
Short = Annotated[str, Meta(max_length=200)]
Millis = Annotated[str, Meta(pattern=r"^[0-9]{1,14}$(?!\n)")]


class Form(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The vendor writes `userId`; every call names the provider."""

    provider_id: Id


class Authenticate(Form, frozen=True, kw_only=True):
    token: Id


class Balance(Form, frozen=True, kw_only=True):
    user_id: Id


class Movement(Form, frozen=True, kw_only=True):
    """What every call that moves money has."""

    user_id: Id
    amount: str
    reference: Id
    timestamp: Millis


class Bet(Movement, frozen=True, kw_only=True):
    game_id: Id
    round_id: Id
    round_details: str
    bonus_code: Short = ""
    platform: Short = ""
    jackpot_id: Short = ""
    jackpot_contribution: Short = ""
    token: Short = ""


class Result(Movement, frozen=True, kw_only=True):
    game_id: Id
    round_id: Id
    round_details: str
    bonus_code: Short = ""
    platform: Short = ""
    promo_win_amount: str = ""
    promo_win_reference: Short = ""
    promo_campaign_id: Short = msgspec.field(default="", name="promoCampaignID")
    promo_campaign_type: Short = ""


class BonusWin(Movement, frozen=True, kw_only=True):
    bonus_code: Short = ""
    round_id: Short = ""
    game_id: Short = ""


class JackpotWin(Movement, frozen=True, kw_only=True):
    game_id: Id
    round_id: Id
    jackpot_id: Id


class PromoWin(Movement, frozen=True, kw_only=True):
    campaign_id: Id
    campaign_type: Id
    currency: Id


class Adjustment(Movement, frozen=True, kw_only=True):
    game_id: Id
    round_id: Id
    valid_bet_amount: Short


class EndRound(Form, frozen=True, kw_only=True):
    user_id: Id
    game_id: Id
    round_id: Id


class Refund(Form, frozen=True, kw_only=True):
    """`reference` is the bet's. An amount that comes along is not looked at."""

    user_id: Id
    reference: Id
