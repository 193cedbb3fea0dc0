"""LedgerService: accounts, journals, the trial balance, postings by hand."""

from collections import defaultdict
from typing import Any

from grpc.aio import ServicerContext
from wallet.v1 import ledger_pb2 as pb
from wallet.v1.ledger_pb2_grpc import LedgerServiceServicer

from wallet_core.api import convert, discretion, fields, queries
from wallet_core.api.core import Core
from wallet_core.domain.accounts import ACCOUNTS
from wallet_core.domain.commands import PostJournal
from wallet_core.domain.entries import NO_PLAYER, Entry, Line
from wallet_core.domain.money import CURRENCIES

LINES_MIN = 2
LINES_MAX = 100


class LedgerService(LedgerServiceServicer):
    """The ledger."""

    def __init__(self, core: Core) -> None:
        """Take the core."""
        self._core = core

    async def ListAccounts(
        self, request: pb.ListAccountsRequest, context: ServicerContext[Any, Any]
    ) -> pb.ListAccountsResponse:
        """Answer the chart of accounts."""
        return pb.ListAccountsResponse(
            accounts=[
                pb.Account(
                    account=each.name, authorising=each.authorising, manual=each.manual, description=each.description
                )
                for each in ACCOUNTS.values()
            ]
        )

    async def ListJournals(
        self, request: pb.ListJournalsRequest, context: ServicerContext[Any, Any]
    ) -> pb.ListJournalsResponse:
        """Answer a page of a player's journals."""
        rows, token = await queries.transactions(self._core, request.player_id, request.page)
        lines: defaultdict[bytes, list[Line]] = defaultdict(list)
        for line in await self._core.store.lines(request.player_id, [row.transaction_id for row in rows]):
            lines[line.transaction_id].append(line)
        profile = self._core.providers.profile
        journals = [
            convert.journal(
                discretion.transaction(row), discretion.lines(row, lines[row.transaction_id]), profile(row.provider_id)
            )
            for row in rows
        ]
        return pb.ListJournalsResponse(journals=journals, next_page_token=token)

    async def GetTrialBalance(
        self, request: pb.GetTrialBalanceRequest, context: ServicerContext[Any, Any]
    ) -> pb.GetTrialBalanceResponse:
        """Answer the sum of every account."""
        rows = await self._core.store.trial_balance(fields.any_currency(request.currency_code))
        return pb.GetTrialBalanceResponse(
            rows=[
                pb.TrialBalanceRow(account=account, total=convert.money(CURRENCIES[code], total))
                for account, code, total in rows
            ],
            as_of=convert.moment(self._core.clock.now()),
        )

    async def PostJournal(
        self, request: pb.PostJournalRequest, context: ServicerContext[Any, Any]
    ) -> pb.PostJournalResponse:
        """Post by hand."""
        if not LINES_MIN <= len(request.lines) <= LINES_MAX:
            raise fields.invalid(f"lines: {LINES_MIN} to {LINES_MAX} are needed.")
        command = PostJournal(
            player_id=fields.player_id(request.player_id) if request.player_id else NO_PLAYER,
            reason=fields.words(request.reason, "reason"),
            actor=fields.key(request.actor, "actor"),
            request_id=fields.key(request.request_id, "request_id"),
            lines=tuple(_entry(line, f"lines[{index}]") for index, line in enumerate(request.lines)),
        )
        return pb.PostJournalResponse(response=await self._core.moved(command))


def _entry(line: pb.Line, field: str) -> tuple[str, Entry]:
    fields.key(line.account, f"{field}.account")
    detail = fields.text(line.detail, f"{field}.detail")
    if not line.HasField("amount"):
        raise fields.invalid(f"{field}.amount: one is needed.")
    currency = fields.currency(line.amount.currency_code)
    return currency.code, Entry(line.account, fields.amount(line.amount, currency, f"{field}.amount"), detail)
