"""Players, payments, rounds, ledger and providers over a real channel."""

import pytest
from wallet.v1 import ledger_pb2, payments_pb2, players_pb2, rounds_pb2
from wallet.v1.common_pb2 import Page
from wallet.v1.ledger_pb2_grpc import LedgerServiceStub
from wallet.v1.providers_pb2 import ListProvidersRequest
from wallet.v1.providers_pb2_grpc import ProviderServiceStub
from wallet.v1.rounds_pb2_grpc import RoundServiceStub
from wallet.v1.wallet_pb2 import OUTCOME_APPLIED, TRANSACTION_KIND_BET, GetBalanceRequest

from tests.protocol.words import bet, key, win
from tests.support.core import money
from wallet_core.client import Refused


def creating(**members):
    defaults = {"player_id": key("player"), "operator_id": "acme", "brand_id": "lucky", "currency_codes": ["EUR"]}
    return players_pb2.CreatePlayerRequest(player=players_pb2.Player(**(defaults | members)))


def paying(player, amount, currency="EUR", **members):
    return {"player_id": player, "amount": money(amount, currency), "psp_id": "psp", "request_id": key("pay")} | members


async def test_a_player_is_created_once(any_core):
    request = creating(currency_codes=["EUR", "BTC"], country="DE")
    first = (await any_core.operator.create_player(request)).player
    assert first.status == players_pb2.PLAYER_STATUS_ACTIVE
    assert list(first.currency_codes) == ["EUR", "BTC"]
    assert (await any_core.operator.create_player(request)).player == first
    request.player.country = "AT"
    with pytest.raises(Refused, match="ALREADY_EXISTS"):
        await any_core.operator.create_player(request)


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"player_id": ""}, "INVALID_REQUEST: player.player_id"),
        ({"operator_id": ""}, "INVALID_REQUEST: player.operator_id"),
        ({"brand_id": "a b"}, "INVALID_REQUEST: player.brand_id"),
        ({"currency_codes": []}, "INVALID_REQUEST: player.currency_codes"),
        ({"currency_codes": ["EUR", "EUR"]}, "INVALID_REQUEST: player.currency_codes"),
        ({"currency_codes": ["XYZ"]}, "UNKNOWN_CURRENCY"),
        ({"country": "Germany"}, "INVALID_REQUEST: player.country"),
    ],
    ids=["player", "operator", "brand", "none", "twice", "unknown", "country"],
)
async def test_a_player_that_cannot_be_is_refused(core, members, reason):
    with pytest.raises(Refused, match=reason):
        await core.operator.create_player(creating(**members))


async def test_a_blocked_player_still_wins(core):
    player = await core.player()
    await core.adapter.play(bet(player))
    block = {"player_id": player, "reason": "asked to", "actor": "ann", "request_id": key("block")}
    blocked = await core.operator.block_player(players_pb2.BlockPlayerRequest(**block))
    assert blocked.player.status == players_pb2.PLAYER_STATUS_BLOCKED
    with pytest.raises(Refused, match="PLAYER_BLOCKED"):
        await core.adapter.play(bet(player))
    await core.adapter.play(win(player, "5.00"))
    unblock = block | {"request_id": key("unblock")}
    unblocked = await core.operator.unblock_player(players_pb2.UnblockPlayerRequest(**unblock))
    assert unblocked.player.status == players_pb2.PLAYER_STATUS_ACTIVE
    await core.adapter.play(bet(player))
    for missing in ("player_id", "reason", "actor", "request_id"):
        with pytest.raises(Refused, match=f"INVALID_REQUEST: {missing}"):
            await core.operator.block_player(players_pb2.BlockPlayerRequest(**(block | {missing: ""})))
    with pytest.raises(Refused, match="CONFLICT"):
        await core.operator.block_player(players_pb2.BlockPlayerRequest(**(block | {"reason": "another"})))


async def test_money_comes_and_goes_once(any_core):
    player = await any_core.player("0.00")
    deposit = payments_pb2.DepositRequest(**paying(player, "50.00"))
    first = await any_core.operator.deposit(deposit)
    assert first.results[0].outcome == OUTCOME_APPLIED
    assert first.balances_now.cash == money("50")
    assert (await any_core.operator.deposit(deposit)).replayed
    withdrawal = payments_pb2.WithdrawRequest(**paying(player, "20.00"))
    assert (await any_core.operator.withdraw(withdrawal)).balances_now.cash == money("30")
    with pytest.raises(Refused, match="INSUFFICIENT_FUNDS") as refused:
        await any_core.operator.withdraw(payments_pb2.WithdrawRequest(**paying(player, "30.01")))
    assert refused.value.response.balances_now.cash == money("30")
    deposit.amount.CopyFrom(money("51.00"))
    with pytest.raises(Refused, match="CONFLICT"):
        await any_core.operator.deposit(deposit)


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"amount": None}, "INVALID_REQUEST: amount"),
        ({"psp_id": ""}, "INVALID_REQUEST: psp_id"),
        ({"request_id": ""}, "INVALID_REQUEST: request_id"),
        ({"player_id": "nobody"}, "PLAYER_UNKNOWN"),
        ({"amount": money("0.001")}, "INVALID_PRECISION"),
        ({"amount": money("0")}, "INVALID_AMOUNT"),
        ({"amount": money("-1")}, "INVALID_AMOUNT"),
        ({"amount": money("1", "USD")}, "WRONG_CURRENCY"),
    ],
    ids=["none", "psp", "request", "player", "mills", "zero", "negative", "currency"],
)
async def test_a_payment_that_cannot_be_is_refused(core, members, reason):
    player = await core.player()
    with pytest.raises(Refused, match=reason):
        await core.operator.deposit(payments_pb2.DepositRequest(**(paying(player, "1.00") | members)))


async def test_an_open_round_is_voided(any_core):
    player = await any_core.player()
    await any_core.adapter.play(bet(player))
    voiding = rounds_pb2.VoidRoundRequest(
        player_id=player, provider_id="thrillgate", round_id="r1", reason="game failed", actor="ann", request_id=key()
    )
    assert (await any_core.operator.void_round(voiding)).balances_now.cash == money("1000")
    assert (await any_core.operator.void_round(voiding)).replayed
    asked = rounds_pb2.GetRoundRequest(player_id=player, provider_id="thrillgate", round_id="r1")
    assert (await any_core.operator.get_round(asked)).round.state == rounds_pb2.ROUND_STATE_VOIDED
    asked.round_id = "another"
    with pytest.raises(Refused, match="ROUND_NOT_FOUND"):
        await any_core.operator.get_round(asked)


async def test_open_rounds_come_in_pages_oldest_first(any_core):
    players = [await any_core.player() for _ in range(2)]
    for number in range(5):
        await any_core.adapter.play(bet(players[number % 2], round_id=f"r{number}"))
    await any_core.adapter.play(win(players[0], "1.00", round_id="r0", close_round=True))
    async with any_core.channel("READER") as (channel, metadata):
        stub = RoundServiceStub(channel)
        found, token = [], ""
        while True:
            request = rounds_pb2.ListOpenRoundsRequest(page=Page(size=2, token=token))
            reply = await stub.ListOpenRounds(request, metadata=metadata)
            found += [each.round_id for each in reply.rounds]
            if not (token := reply.next_page_token):
                break
        assert found == ["r1", "r2", "r3", "r4"]
        of_one = rounds_pb2.ListOpenRoundsRequest(player_id=players[1], provider_id="thrillgate")
        assert [each.round_id for each in (await stub.ListOpenRounds(of_one, metadata=metadata)).rounds] == ["r1", "r3"]
        of_one.opened_before.CopyFrom(reply.rounds[-1].opened_at)
        assert len((await stub.ListOpenRounds(of_one, metadata=metadata)).rounds) == 2


async def test_journals_show_their_lines(any_core):
    player = await any_core.player("100.00")
    await any_core.adapter.play(bet(player))
    reply = await any_core.operator.list_journals(ledger_pb2.ListJournalsRequest(player_id=player))
    newest, oldest = reply.journals
    assert newest.transaction.kind == TRANSACTION_KIND_BET
    lines = {line.account: line for line in newest.lines}
    assert lines["CASH"].amount == money("-10")
    assert lines["CASH"].balance_after == money("90")
    assert lines["CASH"].sequence == 2
    assert lines["IN_PLAY"].amount == money("10")
    clearing = next(line for line in oldest.lines if line.account == "PSP_CLEARING")
    assert clearing.detail == "test"
    assert not clearing.HasField("balance_after")
    first = await any_core.operator.list_journals(ledger_pb2.ListJournalsRequest(player_id=player, page=Page(size=1)))
    second = await any_core.operator.list_journals(
        ledger_pb2.ListJournalsRequest(player_id=player, page=Page(size=1, token=first.next_page_token))
    )
    assert [*first.journals, *second.journals] == list(reply.journals)


async def test_the_books_balance(any_core):
    await any_core.adapter.play(bet(await any_core.player()))
    await any_core.player("500", "JPY")
    reply = await any_core.operator.trial_balance(ledger_pb2.GetTrialBalanceRequest())
    for code in ("EUR", "JPY"):
        assert sum(row.total.units for row in reply.rows if row.total.currency_code == code) == 0
    only = await any_core.operator.trial_balance(ledger_pb2.GetTrialBalanceRequest(currency_code="JPY"))
    assert {row.total.currency_code for row in only.rows} == {"JPY"}


async def test_a_posting_by_hand(any_core):
    player = await any_core.player("0.00")

    def posting(*lines, **members):
        found = [ledger_pb2.Line(account=account, amount=money(amount)) for account, amount in lines]
        defaults = {"player_id": player, "lines": found, "reason": "goodwill", "actor": "ann", "request_id": key("j")}
        return ledger_pb2.PostJournalRequest(**(defaults | members))

    request = posting(("CASH", "5.00"), ("ADJUSTMENTS", "-5.00"))
    assert (await any_core.operator.post_journal(request)).balances_now.cash == money("5")
    assert (await any_core.operator.post_journal(request)).replayed
    house = posting(("SUSPENSE", "1.00"), ("BANK", "-1.00"), player_id="")
    await any_core.operator.post_journal(house)
    for wrong, reason in (
        (posting(("CASH", "5.00")), "INVALID_REQUEST: lines"),
        (posting(("CASH", "5.00"), ("ADJUSTMENTS", "-4.00")), "INVALID_JOURNAL"),
        (posting(("CASH", "5.00"), ("STAKES", "-5.00")), "INVALID_JOURNAL"),
        (posting(("CASH", "-9.00"), ("ADJUSTMENTS", "9.00")), "INSUFFICIENT_FUNDS"),
        (posting(("CASH", "5.00"), ("ADJUSTMENTS", "-5.00"), reason=""), "INVALID_REQUEST: reason"),
        (posting(("CASH", "5.00"), ("ADJUSTMENTS", "-5.00"), actor=""), "INVALID_REQUEST: actor"),
        (posting(("", "5.00"), ("ADJUSTMENTS", "-5.00")), "account"),
    ):
        with pytest.raises(Refused, match=reason):
            await any_core.operator.post_journal(wrong)
    balance = await any_core.operator.get_balance(GetBalanceRequest(player_id=player))
    assert balance.balances.cash == money("5")


async def test_the_chart_of_accounts(core):
    async with core.channel("READER") as (channel, metadata):
        reply = await LedgerServiceStub(channel).ListAccounts(ledger_pb2.ListAccountsRequest(), metadata=metadata)
    by_name = {each.account: each for each in reply.accounts}
    assert by_name["CASH"].authorising
    assert not by_name["STAKES"].manual


async def test_providers_are_listed_with_their_policies(core):
    async with core.channel("READER") as (channel, metadata):
        reply = await ProviderServiceStub(channel).ListProviders(ListProvidersRequest(), metadata=metadata)
    by_id = {each.provider_id: each for each in reply.providers}
    assert by_id["generic"].protocol == "generic_seamless"
    assert by_id["generic"].profile == "generic"
    assert by_id["strict"].policies["settle"] == "ONCE"
    assert list(by_id["strict"].game_ids) == ["roulette"]
