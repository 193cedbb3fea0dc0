"""The contract and the code say the same: enums, methods, roles."""

from enum import IntEnum
from typing import get_args, get_origin

import grpc
import pytest
from wallet.v1 import (
    access_pb2,
    common_pb2,
    free_rounds_pb2,
    holds_pb2,
    payouts_pb2,
    players_pb2,
    policies_pb2,
    promos_pb2,
    rounds_pb2,
    sessions_pb2,
    wallet_pb2,
)

from adapters.provider import Ask
from adapters.server import _SEND
from wallet_core.api import errors
from wallet_core.api.access import Access, path
from wallet_core.api.server import SERVICES
from wallet_core.api.sessions import USES
from wallet_core.client import Wallet
from wallet_core.domain import (
    commands,
    decision,
    entries,
    free_rounds,
    hold_commands,
    holds,
    payouts,
    players,
    policy_keys,
    promos,
    publications,
    rounds,
    sessions,
)

ENUMS = [
    (decision.Reason, common_pb2.Reason, "REASON_"),
    (decision.Outcome, wallet_pb2.Outcome, "OUTCOME_"),
    (entries.Kind, wallet_pb2.TransactionKind, "TRANSACTION_KIND_"),
    (entries.Category, wallet_pb2.Category, "CATEGORY_"),
    (players.Status, players_pb2.PlayerStatus, "PLAYER_STATUS_"),
    (players.Restriction, players_pb2.PlayerRestriction, "PLAYER_RESTRICTION_"),
    (rounds.State, rounds_pb2.RoundState, "ROUND_STATE_"),
    (promos.State, promos_pb2.BonusState, "BONUS_STATE_"),
    (sessions.State, sessions_pb2.SessionState, "SESSION_STATE_"),
    (commands.SessionUse, sessions_pb2.SessionUse, "SESSION_USE_"),
    (policy_keys.Layer, policies_pb2.PolicyLayer, "POLICY_LAYER_"),
    (publications.State, policies_pb2.PublicationState, "PUBLICATION_STATE_"),
    (holds.HoldReason, holds_pb2.HoldReason, "HOLD_REASON_"),
    (holds.Basis, holds_pb2.HoldBasis, "HOLD_BASIS_"),
    (holds.State, holds_pb2.HoldState, "HOLD_STATE_"),
    (hold_commands.Purpose, holds_pb2.CapturePurpose, "CAPTURE_PURPOSE_"),
    (free_rounds.State, free_rounds_pb2.FreeRoundState, "FREE_ROUND_STATE_"),
    (free_rounds.Settle, free_rounds_pb2.FreeRoundSettle, "FREE_ROUND_SETTLE_"),
    (payouts.Source, payouts_pb2.PayoutSource, "PAYOUT_SOURCE_"),
]


@pytest.mark.parametrize(("ours", "wire", "prefix"), ENUMS, ids=[prefix for _, _, prefix in ENUMS])
def test_enums_have_the_names_and_numbers_of_the_wire(ours: type[IntEnum], wire, prefix):
    on_the_wire = {name.removeprefix(prefix): number for name, number in wire.items() if number}
    assert {member.name: member.value for member in ours} == on_the_wire


def test_action_kinds_are_transaction_kinds():
    for name, number in wallet_pb2.ActionKind.items():
        if number:
            assert entries.Kind[name.removeprefix("ACTION_KIND_")] == number


def test_every_reason_has_a_status_that_no_fault_has():
    assert set(errors.STATUS) == set(decision.Reason)
    assert not set(errors.STATUS.values()) & {
        grpc.StatusCode.OK,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.UNKNOWN,
    }


def test_every_session_use_is_understood():
    assert set(USES) == set(sessions_pb2.SessionUse.values())


def test_every_method_names_its_roles():
    roles = Access([], SERVICES).roles
    assert {path(method) for service in SERVICES for method in service.methods} == set(roles)
    for method, allowed in roles.items():
        assert allowed, f"{method} may be called by nobody"
        assert access_pb2.ROLE_UNSPECIFIED not in allowed
        assert access_pb2.ROLE_OPERATOR in allowed


def test_readers_read_only():
    reading = ("Get", "List", "Preview", "Explain")
    for method, allowed in Access([], SERVICES).roles.items():
        assert (access_pb2.ROLE_READER in allowed) == method.rpartition("/")[2].startswith(reading)


def test_the_client_offers_every_call_that_doors_need():
    names = {
        "play", "play_many", "preview_play", "close_round", "rollback_batch", "get_balance", "get_transaction",
        "list_transactions", "get_player", "create_player", "block_player", "unblock_player", "open_session",
        "exclude_player", "reinstate_player", "switch_currency",
        "resolve_session", "close_session", "get_round", "void_round", "deposit", "withdraw", "post_journal",
        "trial_balance", "list_journals", "close", "request_withdrawal", "settle_withdrawal", "fail_withdrawal",
        "publish_template", "list_templates", "offer_bonus", "claim_bonus", "grant_bonus", "decline_bonus",
        "freeze_bonus", "unfreeze_bonus", "forfeit_bonus", "void_bonus", "get_bonus", "list_bonuses",
        "set_budget", "get_budget", "list_budgets",
        "transfer", "place_hold", "extend_hold", "capture_hold", "release_hold", "get_hold", "list_holds",
        "draft_policies", "approve_policies", "roll_back_policies", "list_publications", "get_policies",
        "explain_policy",
    }  # fmt: skip
    assert names <= set(vars(Wallet))


def test_whatever_an_adapter_may_ask_can_be_sent():
    assert {get_origin(kind) or kind for kind in get_args(Ask)} == set(_SEND)
