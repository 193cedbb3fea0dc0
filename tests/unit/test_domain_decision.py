"""Decisions: every reason has a fate and a message (law 5)."""

import pytest

from wallet_core.domain.decision import FATE, MESSAGES, Fate, Reason, Refused


def test_fates_are_exhaustive():
    assert list(FATE) == list(Reason)


def test_messages_are_exhaustive():
    assert list(MESSAGES) == list(Reason)
    assert all(message.endswith(".") for message in MESSAGES.values())
    assert len(set(MESSAGES.values())) == len(MESSAGES)


def test_reasons_are_numbered_in_order_of_precedence_r_prov_02():
    assert [reason.value for reason in Reason] == list(range(1, len(Reason) + 1))
    order = [
        Reason.INVALID_PRECISION,
        Reason.CONFLICT,
        Reason.TOMBSTONED,
        Reason.WRONG_CURRENCY,
        Reason.SESSION_EXPIRED,
        Reason.GAME_NOT_ALLOWED,
        Reason.PLAYER_BLOCKED,
        Reason.INSUFFICIENT_FUNDS,
    ]
    assert order == sorted(order)


@pytest.mark.parametrize(
    ("fate", "reasons"),
    [
        (Fate.RETRYABLE, {"REFERENCE_NOT_FOUND", "IN_PROGRESS", "RATE_UNAVAILABLE"}),
        (
            Fate.BOUND,
            {
                "TOMBSTONED",
                "SESSION_EXPIRED",
                "SESSION_ROTATED",
                "GAME_NOT_ALLOWED",
                "PLAYER_BLOCKED",
                "ROUND_CLOSED",
                "REFERENCE_MISMATCH",
                "REFERENCE_ROLLED_BACK",
                "REFERENCE_SETTLED",
                "AMOUNT_EXCEEDS_REFERENCE",
                "LIMIT_REACHED",
                "INSUFFICIENT_FUNDS",
                "MAX_BET_BONUS",
            },
        ),
    ],
)
def test_which_refusals_keep_their_key_r_idem_04(fate, reasons):
    assert {reason.name for reason in Reason if FATE[reason] is fate} == reasons


def test_a_refusal_says_its_own_words_or_better_ones():
    assert Refused(Reason.CONFLICT).refusal.message == MESSAGES[Reason.CONFLICT]
    assert Refused(Reason.CONFLICT, "Better.").refusal.message == "Better."
