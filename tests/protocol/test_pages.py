"""Page tokens are ours to make; whoever makes one up gets a clear error from every list, never a fault of ours."""

import grpc
import pytest
from wallet.v1 import free_rounds_pb2 as free_rounds
from wallet.v1 import fx_pb2 as fx
from wallet.v1 import holds_pb2 as holds
from wallet.v1 import ledger_pb2 as ledger
from wallet.v1 import policies_pb2 as policies
from wallet.v1 import promos_pb2 as promos
from wallet.v1 import rounds_pb2 as rounds
from wallet.v1 import wallet_pb2 as wallet
from wallet.v1.common_pb2 import Page
from wallet.v1.rounds_pb2_grpc import RoundServiceStub

from wallet_core.api.fields import page_token
from wallet_core.client import Refused

PLAYERS = {
    "list_bonuses": promos.ListBonusesRequest,
    "list_free_rounds": free_rounds.ListFreeRoundsRequest,
    "list_holds": holds.ListHoldsRequest,
    "list_journals": ledger.ListJournalsRequest,
    "list_quotes": fx.ListQuotesRequest,
    "list_transactions": wallet.ListTransactionsRequest,
}
"""The lists of one player's."""

OTHERS = {
    "list_publications": policies.ListPublicationsRequest,
    "list_templates": promos.ListTemplatesRequest,
}

MADE_UP = (
    *((at, "id") for at in (-1, 2**63, 1.5, None, "1")),
    *((1, text) for text in ("i\0d", "i\nd", b"id", 1)),
    *(("id", number) for number in (-1, 2**63, None)),
    *((at, "ann", "acme", text) for at, text in ((-1, "r"), (2**63, "r"), (1, "r\0"))),
    *((), (1,), (1, "id", 1), {"at": 1}, None, True, -1, 2**63, 0.5, "i\0d", b"", b"short", b"\0" * 17, ["a" * 5000]),
)


TOKENS = ("x", "!", "é", "=", page_token(1)[:-1], *map(page_token, MADE_UP))


@pytest.mark.parametrize("name", sorted(PLAYERS | OTHERS))
async def test_a_made_up_page_token_is_refused(any_core, name):
    members = {"player_id": await any_core.player()} if name in PLAYERS else {}
    for token in TOKENS:
        request = (PLAYERS | OTHERS)[name](page=Page(token=token), **members)
        with pytest.raises(Refused, match=r"INVALID_REQUEST: page\.token"):
            await getattr(any_core.operator, name)(request)


async def test_a_made_up_page_token_of_the_open_rounds_is_refused(any_core):
    async with any_core.channel() as (channel, metadata):
        stub = RoundServiceStub(channel)
        for token in TOKENS:
            with pytest.raises(grpc.aio.AioRpcError, match=r"page\.token") as caught:
                await stub.ListOpenRounds(rounds.ListOpenRoundsRequest(page=Page(token=token)), metadata=metadata)
            assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
