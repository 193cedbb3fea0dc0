"""The one way in for Python callers: deadlines, retries under the same keys, plays gathered into one call."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import grpc
from wallet.v1 import free_rounds_pb2 as free_rounds
from wallet.v1 import fx_pb2 as fx
from wallet.v1 import holds_pb2 as holds
from wallet.v1 import ledger_pb2 as ledger
from wallet.v1 import payments_pb2 as payments
from wallet.v1 import payouts_pb2 as payouts
from wallet.v1 import players_pb2 as players
from wallet.v1 import points_pb2 as points
from wallet.v1 import policies_pb2 as policies
from wallet.v1 import promos_pb2 as promos
from wallet.v1 import rounds_pb2 as rounds
from wallet.v1 import sessions_pb2 as sessions
from wallet.v1 import subwallets_pb2 as subwallets
from wallet.v1 import wallet_pb2 as wallet
from wallet.v1.free_rounds_pb2_grpc import FreeRoundServiceStub
from wallet.v1.fx_pb2_grpc import FxServiceStub
from wallet.v1.holds_pb2_grpc import HoldServiceStub
from wallet.v1.ledger_pb2_grpc import LedgerServiceStub
from wallet.v1.payments_pb2_grpc import PaymentServiceStub
from wallet.v1.payouts_pb2_grpc import PayoutServiceStub
from wallet.v1.players_pb2_grpc import PlayerServiceStub
from wallet.v1.points_pb2_grpc import PointServiceStub
from wallet.v1.policies_pb2_grpc import PolicyServiceStub
from wallet.v1.promos_pb2_grpc import PromoServiceStub
from wallet.v1.rounds_pb2_grpc import RoundServiceStub
from wallet.v1.sessions_pb2_grpc import SessionServiceStub
from wallet.v1.subwallets_pb2_grpc import TransferServiceStub
from wallet.v1.wallet_pb2_grpc import WalletServiceStub

from wallet_core.client.answers import Refused, Unavailable, failure, refused
from wallet_core.client.gatherer import Gatherer

__all__ = ["Refused", "Tls", "Unavailable", "Wallet"]

Q = TypeVar("Q")
A = TypeVar("A")

MAX_MESSAGE = 4 * 1024 * 1024

# Every call is idempotent, so every call may be sent again. gRPC adds the jitter and stops at the deadline.
SERVICE_CONFIG = {
    "methodConfig": [
        {
            "name": [{}],
            "retryPolicy": {
                "maxAttempts": 5,
                "initialBackoff": "0.1s",
                "maxBackoff": "1s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ],
    "retryThrottling": {"maxTokens": 100, "tokenRatio": 0.5},
}

OPTIONS: tuple[tuple[str, str | int], ...] = (
    ("grpc.service_config", json.dumps(SERVICE_CONFIG)),
    ("grpc.max_send_message_length", MAX_MESSAGE),
    ("grpc.max_receive_message_length", MAX_MESSAGE),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.use_local_subchannel_pool", 1),  # a channel of its own, so that closing one ends its connections
)


@dataclass(frozen=True)
class Tls:
    """PEM files' contents: whom to trust (none: the system's authorities), and who we are, where the core asks."""

    ca: bytes | None = None
    certificate: bytes | None = None
    key: bytes | None = None


class Wallet:
    """A connection to the core. Every call raises `Refused` or `Unavailable`, and nothing else."""

    def __init__(
        self, target: str, token: str, *, deadline: float = 5.0, coalesce: bool = True, tls: Tls | None = None
    ) -> None:
        """Connect to `target` (host:port) lazily; `deadline` is the seconds a call gets that names none."""
        if tls is None:
            self._channel = grpc.aio.insecure_channel(target, OPTIONS)
        else:
            credentials = grpc.ssl_channel_credentials(tls.ca, tls.key, tls.certificate)
            self._channel = grpc.aio.secure_channel(target, credentials, OPTIONS)
        self._metadata = (("authorization", f"Bearer {token}"),)
        self._deadline = deadline
        self._coalesce = coalesce
        self._plays = WalletServiceStub(self._channel)
        self._players = PlayerServiceStub(self._channel)
        self._sessions = SessionServiceStub(self._channel)
        self._rounds = RoundServiceStub(self._channel)
        self._payments = PaymentServiceStub(self._channel)
        self._ledger = LedgerServiceStub(self._channel)
        self._holds = HoldServiceStub(self._channel)
        self._points = PointServiceStub(self._channel)
        self._free_rounds = FreeRoundServiceStub(self._channel)
        self._payouts = PayoutServiceStub(self._channel)
        self._policies = PolicyServiceStub(self._channel)
        self._promos = PromoServiceStub(self._channel)
        self._transfers = TransferServiceStub(self._channel)
        self._fx = FxServiceStub(self._channel)
        self._gatherer = Gatherer(lambda request, seconds: self._call(self._plays.PlayMany, request, seconds))

    async def close(self) -> None:
        """Finish what is under way and disconnect."""
        await self._channel.close(grace=self._deadline)

    async def play(self, request: wallet.PlayRequest, *, deadline: float | None = None) -> wallet.PlayResponse:
        """One player's ordered actions, all or nothing."""
        if not self._coalesce:
            return await self._call(self._plays.Play, request, deadline)
        (answer,) = await self._gatherer.send([request], deadline or self._deadline)
        if isinstance(answer, Unavailable):
            raise answer
        if answer.HasField("refusal"):
            raise refused(answer)
        return answer

    async def play_many(
        self, requests: Sequence[wallet.PlayRequest], *, deadline: float | None = None
    ) -> list[wallet.PlayResponse | Unavailable]:
        """Independent plays, any number of them; a refusal is in its response."""
        return await self._gatherer.send(requests, deadline or self._deadline)

    async def preview_play(
        self, request: wallet.PreviewPlayRequest, *, deadline: float | None = None
    ) -> wallet.PreviewPlayResponse:
        """What `play` would answer now, a refusal too; and whether the player is to be asked first."""
        return await self._call(self._plays.PreviewPlay, request, deadline)

    async def close_round(
        self, request: wallet.CloseRoundRequest, *, deadline: float | None = None
    ) -> wallet.PlayResponse:
        """Close a round."""
        return (await self._call(self._plays.CloseRound, request, deadline)).response

    async def rollback_batch(
        self, request: wallet.RollbackBatchRequest, *, deadline: float | None = None
    ) -> wallet.RollbackBatchResponse:
        """Roll back every play of a provider's batch."""
        return await self._call(self._plays.RollbackBatch, request, deadline)

    async def get_balance(
        self, request: wallet.GetBalanceRequest, *, deadline: float | None = None
    ) -> wallet.GetBalanceResponse:
        """What a player has."""
        return await self._call(self._plays.GetBalance, request, deadline)

    async def get_transaction(
        self, request: wallet.GetTransactionRequest, *, deadline: float | None = None
    ) -> wallet.GetTransactionResponse:
        """The transaction under a provider's external key."""
        return await self._call(self._plays.GetTransaction, request, deadline)

    async def explain_transaction(
        self, request: wallet.ExplainTransactionRequest, *, deadline: float | None = None
    ) -> wallet.ExplainTransactionResponse:
        """Why a stake was paid as it was."""
        return await self._call(self._plays.ExplainTransaction, request, deadline)

    async def list_transactions(
        self, request: wallet.ListTransactionsRequest, *, deadline: float | None = None
    ) -> wallet.ListTransactionsResponse:
        """A player's transactions, newest first."""
        return await self._call(self._plays.ListTransactions, request, deadline)

    async def get_player(
        self, request: players.GetPlayerRequest, *, deadline: float | None = None
    ) -> players.GetPlayerResponse:
        """A player."""
        return await self._call(self._players.GetPlayer, request, deadline)

    async def create_player(
        self, request: players.CreatePlayerRequest, *, deadline: float | None = None
    ) -> players.CreatePlayerResponse:
        """Create a player."""
        return await self._call(self._players.CreatePlayer, request, deadline)

    async def block_player(
        self, request: players.BlockPlayerRequest, *, deadline: float | None = None
    ) -> players.BlockPlayerResponse:
        """Refuse a player's new stakes and payments."""
        return await self._call(self._players.BlockPlayer, request, deadline)

    async def unblock_player(
        self, request: players.UnblockPlayerRequest, *, deadline: float | None = None
    ) -> players.UnblockPlayerResponse:
        """Accept them again."""
        return await self._call(self._players.UnblockPlayer, request, deadline)

    async def exclude_player(
        self, request: players.ExcludePlayerRequest, *, deadline: float | None = None
    ) -> players.ExcludePlayerResponse:
        """Self-exclude a player until a moment."""
        return await self._call(self._players.ExcludePlayer, request, deadline)

    async def reinstate_player(
        self, request: players.ReinstatePlayerRequest, *, deadline: float | None = None
    ) -> players.ReinstatePlayerResponse:
        """End a self-exclusion whose time is over."""
        return await self._call(self._players.ReinstatePlayer, request, deadline)

    async def switch_currency(
        self, request: players.SwitchCurrencyRequest, *, deadline: float | None = None
    ) -> players.SwitchCurrencyResponse:
        """Play in another of a player's wallets."""
        return await self._call(self._players.SwitchCurrency, request, deadline)

    async def open_session(
        self, request: sessions.OpenSessionRequest, *, deadline: float | None = None
    ) -> sessions.OpenSessionResponse:
        """Open a session of a player at a provider."""
        return await self._call(self._sessions.OpenSession, request, deadline)

    async def resolve_session(
        self, request: sessions.ResolveSessionRequest, *, deadline: float | None = None
    ) -> sessions.ResolveSessionResponse:
        """Who is behind a token; replace it, where asked to."""
        return await self._call(self._sessions.ResolveSession, request, deadline)

    async def close_session(
        self, request: sessions.CloseSessionRequest, *, deadline: float | None = None
    ) -> sessions.CloseSessionResponse:
        """End a session."""
        return await self._call(self._sessions.CloseSession, request, deadline)

    async def get_round(
        self, request: rounds.GetRoundRequest, *, deadline: float | None = None
    ) -> rounds.GetRoundResponse:
        """A round."""
        return await self._call(self._rounds.GetRound, request, deadline)

    async def void_round(
        self, request: rounds.VoidRoundRequest, *, deadline: float | None = None
    ) -> wallet.PlayResponse:
        """Give the stakes of an open round back."""
        return (await self._call(self._rounds.VoidRound, request, deadline)).response

    async def deposit(self, request: payments.DepositRequest, *, deadline: float | None = None) -> wallet.PlayResponse:
        """Money that has arrived."""
        return (await self._call(self._payments.Deposit, request, deadline)).response

    async def withdraw(
        self, request: payments.WithdrawRequest, *, deadline: float | None = None
    ) -> wallet.PlayResponse:
        """Money that has left."""
        return (await self._call(self._payments.Withdraw, request, deadline)).response

    async def request_withdrawal(
        self, request: payments.RequestWithdrawalRequest, *, deadline: float | None = None
    ) -> wallet.PlayResponse:
        """Set aside what is to be paid out."""
        return (await self._call(self._payments.RequestWithdrawal, request, deadline)).response

    async def settle_withdrawal(
        self, request: payments.SettleWithdrawalRequest, *, deadline: float | None = None
    ) -> wallet.PlayResponse:
        """A payout of it has left."""
        return (await self._call(self._payments.SettleWithdrawal, request, deadline)).response

    async def fail_withdrawal(
        self, request: payments.FailWithdrawalRequest, *, deadline: float | None = None
    ) -> wallet.PlayResponse:
        """What is left of it cannot be paid."""
        return (await self._call(self._payments.FailWithdrawal, request, deadline)).response

    async def transfer(
        self, request: subwallets.TransferRequest, *, deadline: float | None = None
    ) -> wallet.PlayResponse:
        """Cash from one pocket of a player to another."""
        return (await self._call(self._transfers.Transfer, request, deadline)).response

    async def place_hold(
        self, request: holds.PlaceHoldRequest, *, deadline: float | None = None
    ) -> holds.PlaceHoldResponse:
        """Set cash aside."""
        return await self._call(self._holds.PlaceHold, request, deadline)

    async def extend_hold(
        self, request: holds.ExtendHoldRequest, *, deadline: float | None = None
    ) -> holds.ExtendHoldResponse:
        """Hold on."""
        return await self._call(self._holds.ExtendHold, request, deadline)

    async def capture_hold(
        self, request: holds.CaptureHoldRequest, *, deadline: float | None = None
    ) -> holds.CaptureHoldResponse:
        """Take what is held to the house."""
        return await self._call(self._holds.CaptureHold, request, deadline)

    async def release_hold(
        self, request: holds.ReleaseHoldRequest, *, deadline: float | None = None
    ) -> holds.ReleaseHoldResponse:
        """Give back what is left of it."""
        return await self._call(self._holds.ReleaseHold, request, deadline)

    async def get_hold(self, request: holds.GetHoldRequest, *, deadline: float | None = None) -> holds.GetHoldResponse:
        """A hold."""
        return await self._call(self._holds.GetHold, request, deadline)

    async def list_holds(
        self, request: holds.ListHoldsRequest, *, deadline: float | None = None
    ) -> holds.ListHoldsResponse:
        """A player's holds, newest first."""
        return await self._call(self._holds.ListHolds, request, deadline)

    async def publish_rates(
        self, request: fx.PublishRatesRequest, *, deadline: float | None = None
    ) -> wallet.PlayResponse:
        """Take a source's rates."""
        return (await self._call(self._fx.PublishRates, request, deadline)).response

    async def get_rates(self, request: fx.GetRatesRequest, *, deadline: float | None = None) -> fx.GetRatesResponse:
        """The last rates of each source."""
        return await self._call(self._fx.GetRates, request, deadline)

    async def open_quote(self, request: fx.OpenQuoteRequest, *, deadline: float | None = None) -> fx.OpenQuoteResponse:
        """Promise a player a rate."""
        return await self._call(self._fx.OpenQuote, request, deadline)

    async def execute_quote(
        self, request: fx.ExecuteQuoteRequest, *, deadline: float | None = None
    ) -> fx.ExecuteQuoteResponse:
        """Convert at a quote."""
        return await self._call(self._fx.ExecuteQuote, request, deadline)

    async def cancel_quote(
        self, request: fx.CancelQuoteRequest, *, deadline: float | None = None
    ) -> fx.CancelQuoteResponse:
        """Let a quote go."""
        return await self._call(self._fx.CancelQuote, request, deadline)

    async def get_quote(self, request: fx.GetQuoteRequest, *, deadline: float | None = None) -> fx.GetQuoteResponse:
        """A quote."""
        return await self._call(self._fx.GetQuote, request, deadline)

    async def list_quotes(
        self, request: fx.ListQuotesRequest, *, deadline: float | None = None
    ) -> fx.ListQuotesResponse:
        """A player's quotes, newest first."""
        return await self._call(self._fx.ListQuotes, request, deadline)

    async def reverse_quote(
        self, request: fx.ReverseQuoteRequest, *, deadline: float | None = None
    ) -> fx.ReverseQuoteResponse:
        """Undo a conversion."""
        return await self._call(self._fx.ReverseQuote, request, deadline)

    async def refund_conversion(
        self, request: fx.RefundConversionRequest, *, deadline: float | None = None
    ) -> fx.RefundConversionResponse:
        """Give back where it came from what was converted."""
        return await self._call(self._fx.RefundConversion, request, deadline)

    async def get_points(
        self, request: points.GetPointsRequest, *, deadline: float | None = None
    ) -> points.GetPointsResponse:
        """What points a player has."""
        return await self._call(self._points.GetPoints, request, deadline)

    async def publish_points_price(
        self, request: points.PublishPointsPriceRequest, *, deadline: float | None = None
    ) -> points.PublishPointsPriceResponse:
        """Post what points buy."""
        return await self._call(self._points.PublishPointsPrice, request, deadline)

    async def redeem_points(
        self, request: points.RedeemPointsRequest, *, deadline: float | None = None
    ) -> wallet.PlayResponse:
        """Points for cash."""
        return (await self._call(self._points.RedeemPoints, request, deadline)).response

    async def adjust_points(
        self, request: points.AdjustPointsRequest, *, deadline: float | None = None
    ) -> wallet.PlayResponse:
        """Points by hand."""
        return (await self._call(self._points.AdjustPoints, request, deadline)).response

    async def expire_points(
        self, request: points.ExpirePointsRequest, *, deadline: float | None = None
    ) -> wallet.PlayResponse:
        """What is left of old points goes."""
        return (await self._call(self._points.ExpirePoints, request, deadline)).response

    async def grant_free_rounds(
        self, request: free_rounds.GrantFreeRoundsRequest, *, deadline: float | None = None
    ) -> free_rounds.GrantFreeRoundsResponse:
        """Grant free rounds."""
        return await self._call(self._free_rounds.GrantFreeRounds, request, deadline)

    async def register_free_rounds(
        self, request: free_rounds.RegisterFreeRoundsRequest, *, deadline: float | None = None
    ) -> free_rounds.RegisterFreeRoundsResponse:
        """The provider's word on a grant."""
        return await self._call(self._free_rounds.RegisterFreeRounds, request, deadline)

    async def cancel_free_rounds(
        self, request: free_rounds.CancelFreeRoundsRequest, *, deadline: float | None = None
    ) -> free_rounds.CancelFreeRoundsResponse:
        """Take back what has not been played."""
        return await self._call(self._free_rounds.CancelFreeRounds, request, deadline)

    async def charge_free_rounds(
        self, request: free_rounds.ChargeFreeRoundsRequest, *, deadline: float | None = None
    ) -> free_rounds.ChargeFreeRoundsResponse:
        """What a provider charges for a campaign's free rounds."""
        return await self._call(self._free_rounds.ChargeFreeRounds, request, deadline)

    async def get_free_rounds(
        self, request: free_rounds.GetFreeRoundsRequest, *, deadline: float | None = None
    ) -> free_rounds.GetFreeRoundsResponse:
        """A grant of free rounds."""
        return await self._call(self._free_rounds.GetFreeRounds, request, deadline)

    async def list_free_rounds(
        self, request: free_rounds.ListFreeRoundsRequest, *, deadline: float | None = None
    ) -> free_rounds.ListFreeRoundsResponse:
        """A player's grants, newest first."""
        return await self._call(self._free_rounds.ListFreeRounds, request, deadline)

    async def pay_promo(
        self, request: payouts.PayPromoRequest, *, deadline: float | None = None
    ) -> wallet.PlayResponse:
        """What a promotion gives a player."""
        return (await self._call(self._payouts.PayPromo, request, deadline)).response

    async def pay_prizes(
        self, request: payouts.PayPrizesRequest, *, deadline: float | None = None
    ) -> payouts.PayPrizesResponse:
        """The prizes of a tournament, each by itself."""
        return await self._call(self._payouts.PayPrizes, request, deadline)

    async def pay_cashback(
        self, request: payouts.PayCashbackRequest, *, deadline: float | None = None
    ) -> wallet.PlayResponse:
        """A part of what a player has lost."""
        return (await self._call(self._payouts.PayCashback, request, deadline)).response

    async def post_journal(
        self, request: ledger.PostJournalRequest, *, deadline: float | None = None
    ) -> wallet.PlayResponse:
        """Post by hand."""
        return (await self._call(self._ledger.PostJournal, request, deadline)).response

    async def trial_balance(
        self, request: ledger.GetTrialBalanceRequest, *, deadline: float | None = None
    ) -> ledger.GetTrialBalanceResponse:
        """The sum of every account."""
        return await self._call(self._ledger.GetTrialBalance, request, deadline)

    async def list_journals(
        self, request: ledger.ListJournalsRequest, *, deadline: float | None = None
    ) -> ledger.ListJournalsResponse:
        """A player's journals, newest first."""
        return await self._call(self._ledger.ListJournals, request, deadline)

    async def publish_template(
        self, request: promos.PublishTemplateRequest, *, deadline: float | None = None
    ) -> promos.PublishTemplateResponse:
        """Publish a version of a template."""
        return await self._call(self._promos.PublishTemplate, request, deadline)

    async def list_templates(
        self, request: promos.ListTemplatesRequest, *, deadline: float | None = None
    ) -> promos.ListTemplatesResponse:
        """Templates, by id and version."""
        return await self._call(self._promos.ListTemplates, request, deadline)

    async def offer_bonus(
        self, request: promos.OfferBonusRequest, *, deadline: float | None = None
    ) -> promos.OfferBonusResponse:
        """Offer a bonus to a player."""
        return await self._call(self._promos.OfferBonus, request, deadline)

    async def claim_bonus(
        self, request: promos.ClaimBonusRequest, *, deadline: float | None = None
    ) -> promos.ClaimBonusResponse:
        """Accept an offer and its terms."""
        return await self._call(self._promos.ClaimBonus, request, deadline)

    async def grant_bonus(
        self, request: promos.GrantBonusRequest, *, deadline: float | None = None
    ) -> promos.GrantBonusResponse:
        """Begin a claimed bonus, or one that needs no claim."""
        return await self._call(self._promos.GrantBonus, request, deadline)

    async def decline_bonus(
        self, request: promos.DeclineBonusRequest, *, deadline: float | None = None
    ) -> promos.DeclineBonusResponse:
        """Do without what is offered."""
        return await self._call(self._promos.DeclineBonus, request, deadline)

    async def freeze_bonus(
        self, request: promos.FreezeBonusRequest, *, deadline: float | None = None
    ) -> promos.FreezeBonusResponse:
        """Put a bonus on ice."""
        return await self._call(self._promos.FreezeBonus, request, deadline)

    async def unfreeze_bonus(
        self, request: promos.UnfreezeBonusRequest, *, deadline: float | None = None
    ) -> promos.UnfreezeBonusResponse:
        """Let a bonus go on."""
        return await self._call(self._promos.UnfreezeBonus, request, deadline)

    async def forfeit_bonus(
        self, request: promos.ForfeitBonusRequest, *, deadline: float | None = None
    ) -> promos.ForfeitBonusResponse:
        """Give a bonus up."""
        return await self._call(self._promos.ForfeitBonus, request, deadline)

    async def void_bonus(
        self, request: promos.VoidBonusRequest, *, deadline: float | None = None
    ) -> promos.VoidBonusResponse:
        """Take a bonus away."""
        return await self._call(self._promos.VoidBonus, request, deadline)

    async def set_budget(
        self, request: promos.SetBudgetRequest, *, deadline: float | None = None
    ) -> promos.SetBudgetResponse:
        """Say what a campaign may cost."""
        return await self._call(self._promos.SetBudget, request, deadline)

    async def get_budget(
        self, request: promos.GetBudgetRequest, *, deadline: float | None = None
    ) -> promos.GetBudgetResponse:
        """Return a campaign's budget."""
        return await self._call(self._promos.GetBudget, request, deadline)

    async def list_budgets(
        self, request: promos.ListBudgetsRequest, *, deadline: float | None = None
    ) -> promos.ListBudgetsResponse:
        """Return a page of budgets."""
        return await self._call(self._promos.ListBudgets, request, deadline)

    async def get_bonus(
        self, request: promos.GetBonusRequest, *, deadline: float | None = None
    ) -> promos.GetBonusResponse:
        """All that a bonus screen shows."""
        return await self._call(self._promos.GetBonus, request, deadline)

    async def list_bonuses(
        self, request: promos.ListBonusesRequest, *, deadline: float | None = None
    ) -> promos.ListBonusesResponse:
        """A player's bonuses, by id."""
        return await self._call(self._promos.ListBonuses, request, deadline)

    async def draft_policies(
        self, request: policies.DraftPoliciesRequest, *, deadline: float | None = None
    ) -> policies.DraftPoliciesResponse:
        """Have settings checked and kept."""
        return await self._call(self._policies.DraftPolicies, request, deadline)

    async def approve_policies(
        self, request: policies.ApprovePoliciesRequest, *, deadline: float | None = None
    ) -> policies.ApprovePoliciesResponse:
        """Publish a draft."""
        return await self._call(self._policies.ApprovePolicies, request, deadline)

    async def roll_back_policies(
        self, request: policies.RollBackPoliciesRequest, *, deadline: float | None = None
    ) -> policies.RollBackPoliciesResponse:
        """Go back to an earlier version."""
        return await self._call(self._policies.RollBackPolicies, request, deadline)

    async def list_publications(
        self, request: policies.ListPublicationsRequest, *, deadline: float | None = None
    ) -> policies.ListPublicationsResponse:
        """What was drafted and published, newest first."""
        return await self._call(self._policies.ListPublications, request, deadline)

    async def get_policies(
        self, request: policies.GetPoliciesRequest, *, deadline: float | None = None
    ) -> policies.GetPoliciesResponse:
        """Every value in a context."""
        return await self._call(self._policies.GetPolicies, request, deadline)

    async def explain_policy(
        self, request: policies.ExplainPolicyRequest, *, deadline: float | None = None
    ) -> policies.ExplainPolicyResponse:
        """One value, and why it is that."""
        return await self._call(self._policies.ExplainPolicy, request, deadline)

    async def _call(self, method: grpc.aio.UnaryUnaryMultiCallable[Q, A], request: Q, deadline: float | None) -> A:
        try:
            return await method(request, timeout=deadline or self._deadline, metadata=self._metadata)
        except grpc.aio.AioRpcError as error:
            raise failure(error) from None
        except grpc.aio.UsageError as error:  # the channel was closed
            raise Unavailable(str(error)) from None
