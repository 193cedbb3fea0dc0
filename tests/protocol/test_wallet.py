"""WalletService over a real channel."""

import asyncio

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from wallet.v1 import wallet_pb2 as pb
from wallet.v1.common_pb2 import REASON_INSUFFICIENT_FUNDS, REASON_SESSION_UNKNOWN, Page
from wallet.v1.payments_pb2 import DepositRequest
from wallet.v1.rounds_pb2 import ROUND_STATE_CLOSED, GetRoundRequest

from tests.protocol.words import action, bet, key, play, rollback, win
from tests.support.core import PROVIDERS, core_on, money
from wallet_core.api import plays
from wallet_core.api.identify import Identities
from wallet_core.client import Refused, Unavailable, Wallet
from wallet_core.config import Provider


async def test_a_bet_and_its_win_on_each_database(any_core):
    player = await any_core.player("100.00")
    token = await any_core.session(player)
    staked = await any_core.adapter.play(bet("", "10.00", session_token=token, game_id="g"))
    assert staked.player_id == player
    (result,) = staked.results
    assert result.outcome == pb.OUTCOME_APPLIED
    assert [(part.pocket, part.amount) for part in result.parts] == [("CASH", money("-10"))]
    assert staked.balances_now.cash == staked.balances_then.shown == money("90")
    assert staked.display_digits == 2
    won = await any_core.adapter.play(win(player, "25.00", close_round=True))
    assert won.balances_now.cash == money("115")
    found = await any_core.operator.get_round(
        GetRoundRequest(player_id=player, provider_id="thrillgate", round_id="r1")
    )
    assert found.round.state == ROUND_STATE_CLOSED
    assert found.round.staked == money("10")
    assert found.round.won == money("25")


async def test_a_repeat_gets_the_stored_answer(core):
    player = await core.player()
    request = bet(player)
    first = await core.adapter.play(request)
    again = await core.adapter.play(request)
    assert again.replayed
    assert again.results[0].replayed
    assert again.results[0].transaction_id == first.results[0].transaction_id
    assert again.balances_now.cash == money("990")


async def test_a_refusal_is_raised_with_all_that_is_known(core):
    player = await core.player("5.00")
    request = bet(player)
    for wallet in (core.adapter, Wallet(core.target, core.adapter_token, coalesce=False)):
        with pytest.raises(Refused, match="INSUFFICIENT_FUNDS") as refused:
            await wallet.play(request)
        assert not refused.value.retryable
        assert refused.value.response.refusal.reason == REASON_INSUFFICIENT_FUNDS
        assert refused.value.response.balances_now.cash == money("5")
        assert refused.value.response.results[0].outcome == pb.OUTCOME_REFUSED
    await wallet.close()


async def test_a_large_refusal_fits_in_a_header(core):
    player = await core.player("5.00")
    actions = [action("bet", "1.00", external_key=f"{index:0200}") for index in range(100)]
    wallet = Wallet(core.target, core.adapter_token, coalesce=False)
    with pytest.raises(Refused, match="INSUFFICIENT_FUNDS") as refused:
        await wallet.play(play(player, *actions))
    assert refused.value.response.balances_now.cash == money("5")
    assert not refused.value.response.results
    await wallet.close()


async def test_many_plays_have_an_outcome_each_in_their_order(core):
    rich, poor = await core.player("100.00"), await core.player("1.00")
    sent = [bet(rich), bet(poor), bet("nobody"), win(poor, "3.00", round_id=""), bet(rich, provider_id="nowhere")]
    sent[3].actions[0].category = pb.CATEGORY_JACKPOT
    answers = await core.operator.play_many(sent)
    refusals = [answer.refusal.reason if answer.HasField("refusal") else 0 for answer in answers]
    assert refusals == [0, REASON_INSUFFICIENT_FUNDS, 7, 0, 5]
    assert answers[3].balances_now.cash == money("4")


async def test_an_adapter_reaches_only_its_providers_in_many_plays(core):
    player = await core.player()
    strange, own = await core.adapter.play_many([bet(player, provider_id="strict"), bet(player)])
    assert isinstance(strange, Unavailable)
    assert "PERMISSION_DENIED" in str(strange)
    assert own.results[0].outcome == pb.OUTCOME_APPLIED


async def test_at_most_a_thousand_plays(core):
    async with core.channel() as (channel, metadata):
        call = channel.unary_unary(
            "/wallet.v1.WalletService/PlayMany",
            pb.PlayManyRequest.SerializeToString,
            pb.PlayManyResponse.FromString,
        )
        too_many = pb.PlayManyRequest(plays=[pb.PlayRequest()] * 1001)
        with pytest.raises(Exception, match="at most 1000"):
            await call(too_many, metadata=metadata, timeout=5)


async def test_a_preview_writes_nothing(core):
    player = await core.player("50.00")
    request = bet(player, "20.00")
    seen = (await core.adapter.preview_play(pb.PreviewPlayRequest(play=request))).response
    assert seen.balances_now.cash == money("30")
    refused = (await core.adapter.preview_play(pb.PreviewPlayRequest(play=bet(player, "60.00")))).response
    assert refused.refusal.reason == REASON_INSUFFICIENT_FUNDS
    unknown = (await core.adapter.preview_play(pb.PreviewPlayRequest(play=rollback("", "never")))).response
    assert unknown.results[0].outcome == pb.OUTCOME_NOOP
    balance = await core.operator.get_balance(pb.GetBalanceRequest(player_id=player))
    assert balance.balances.cash == money("50")
    assert not (await core.adapter.play(request)).replayed


async def test_close_round_is_idempotent(core):
    player = await core.player()
    await core.adapter.play(bet(player))
    request = pb.CloseRoundRequest(provider_id="thrillgate", player_id=player, round_id="r1", external_key=key("close"))
    first = await core.adapter.close_round(request)
    assert first.results[0].outcome == pb.OUTCOME_APPLIED
    assert (await core.adapter.close_round(request)).replayed
    with pytest.raises(Refused, match="ROUND_CLOSED"):
        await core.adapter.play(bet(player))


async def test_amounts_without_a_currency_are_in_that_of_the_session_the_original_or_the_only_wallet(any_core):
    player = await any_core.player("0", currency_codes=["EUR", "JPY"])
    await any_core.operator.deposit(
        DepositRequest(player_id=player, amount=money("1000", "JPY"), psp_id="test", request_id=key("d"))
    )
    token = await any_core.session(player, currency_code="JPY")
    staked = bet("", "100", currency="", session_token=token)
    first = await any_core.adapter.play(staked)
    assert first.balances_now.cash == money("900", "JPY")
    assert (await any_core.adapter.play(staked)).replayed
    original = staked.actions[0].external_key
    won = play("", action("win", "30", currency="", references=[original]), round_id="", original_key=original)
    assert (await any_core.adapter.play(won)).balances_now.cash == money("930", "JPY")
    undone = action("rollback", "40", currency="", references=[original])
    assert (await any_core.adapter.play(play("", undone, round_id=""))).balances_now.cash == money("970", "JPY")
    fine = action("win", "0.0000001", currency="", category=pb.CATEGORY_PROMO)
    with pytest.raises(Refused, match="INVALID_PRECISION: JPY has 6 decimals"):
        await any_core.adapter.play(play("", fine, round_id="", session_token=token))
    with pytest.raises(Refused, match="WRONG_CURRENCY: Name the currency; wallets: EUR, JPY"):
        await any_core.adapter.play(bet(player, "1", currency="", round_id="r2"))
    mixed = play(player, action("bet", "1", currency="JPY"), action("win", "1", currency=""), round_id="r3")
    assert (await any_core.adapter.play(mixed)).balances_now.cash == money("970", "JPY")
    single = await any_core.player("10")
    assert (await any_core.adapter.play(bet(single, "2.5", currency=""))).balances_now.cash == money("7.5")


async def test_a_round_is_closed_in_the_currency_that_is_named_or_known(core):
    player = await core.player("0", currency_codes=["EUR", "JPY"])
    await core.operator.deposit(
        DepositRequest(player_id=player, amount=money("1000", "JPY"), psp_id="test", request_id=key("d"))
    )

    def closing(**members):
        return pb.CloseRoundRequest(
            **{"provider_id": "softswiss", "player_id": player, "external_key": key("close"), "round_id": "r1"}
            | members
        )

    for wrong, reason in (
        ({}, "WRONG_CURRENCY: Name the currency"),
        ({"currency_code": "USD"}, "WRONG_CURRENCY"),
        ({"currency_code": "XXX"}, "UNKNOWN_CURRENCY"),
    ):
        with pytest.raises(Refused, match=reason):
            await core.adapter.close_round(closing(**wrong))
    closed = await core.adapter.close_round(closing(currency_code="JPY"))
    assert closed.balances_now.cash == money("1000", "JPY")
    late = bet(player, "100", currency="JPY", provider_id="softswiss")  # it was under way when its round was closed
    assert (await core.adapter.play(late)).balances_now.cash == money("900", "JPY")
    await core.adapter.play(bet(player, "1", currency="JPY", round_id="r2", provider_id="softswiss"))
    known = await core.adapter.close_round(closing(round_id="r2"))
    assert known.results[0].outcome == pb.OUTCOME_APPLIED
    with pytest.raises(Refused, match="WRONG_CURRENCY"):
        await core.adapter.close_round(closing(round_id="r2", currency_code="EUR"))


async def test_a_round_that_was_reopened_is_closed_again_under_a_new_key(core):
    player = await core.player()
    named = {"provider_id": "softswiss", "player_id": player, "round_id": "r1"}
    asked = GetRoundRequest(**named)
    first, second = bet(player, provider_id="softswiss"), bet(player, provider_id="softswiss")
    await core.adapter.play(first)
    once = pb.CloseRoundRequest(external_key=key("close"), **named)
    await core.adapter.close_round(once)
    await core.adapter.play(rollback(player, first.actions[0].external_key, provider_id="softswiss"))
    await core.adapter.play(second)
    assert (await core.operator.get_round(asked)).round.in_play == money("10")
    assert (await core.adapter.close_round(once)).replayed
    again = await core.adapter.close_round(pb.CloseRoundRequest(external_key=key("close"), **named))
    assert again.results[0].outcome == pb.OUTCOME_APPLIED
    found = (await core.operator.get_round(asked)).round
    assert (found.state, found.in_play) == (ROUND_STATE_CLOSED, money("0"))


async def test_a_rollback_finds_whose_it_is_by_the_key_alone(core):
    player = await core.player()
    staked = bet(player)
    await core.adapter.play(staked)
    original = staked.actions[0].external_key
    undone = await core.adapter.play(rollback("", original))
    assert undone.player_id == player
    assert undone.balances_now.cash == money("1000")
    again = await core.adapter.play(rollback("", original, original_key=original))
    assert again.replayed


async def test_a_rollback_before_its_bet_leaves_a_tombstone_without_a_player(any_core):
    player = await any_core.player()
    staked = bet(player)
    original = staked.actions[0].external_key
    buried = await any_core.adapter.play(rollback("", original))
    assert buried.results[0].external_key == f"void:{original}"
    assert buried.results[0].outcome == pb.OUTCOME_NOOP
    assert buried.results[0].transaction_id
    assert await any_core.adapter.play(rollback("", original)) == buried
    with pytest.raises(Refused, match="TOMBSTONED"):
        await any_core.adapter.play(staked)
    found = await any_core.adapter.get_transaction(
        pb.GetTransactionRequest(provider_id="thrillgate", external_key=original, player_id=player)
    )
    assert found.transaction.outcome == pb.OUTCOME_REFUSED


async def test_what_an_unknown_rollback_says_is_the_profiles_choice(core):
    with pytest.raises(Refused, match="IN_PROGRESS") as refused:
        await core.adapter.play(rollback("", key("bet"), provider_id="quiet"))
    assert refused.value.retryable
    with pytest.raises(Refused, match="REFERENCE_NOT_FOUND"):
        await core.operator.play(rollback("", key("bet"), provider_id="strict"))


async def test_a_win_for_nobody_we_know_is_to_be_sent_again(core):
    with pytest.raises(Refused, match="REFERENCE_NOT_FOUND") as refused:
        await core.adapter.play(win("", original_key=key("bet")))
    assert refused.value.retryable


async def test_a_key_that_two_players_have_needs_the_player(core):
    one, other = await core.player(), await core.player()
    shared = key("bet")
    for player in (one, other):
        await core.adapter.play(bet(player, external_key=shared))
    with pytest.raises(Refused, match=r"INVALID_REQUEST.*several"):
        await core.adapter.play(rollback("", shared))
    undone = await core.adapter.play(rollback(other, shared, original_key=shared))
    assert undone.player_id == other
    query = pb.GetTransactionRequest(provider_id="thrillgate", external_key=shared)
    with pytest.raises(Refused, match=r"INVALID_REQUEST.*several"):
        await core.adapter.get_transaction(query)
    query.player_id = one
    assert (await core.adapter.get_transaction(query)).transaction.rolled_back == money("0")


async def test_a_key_is_one_players_where_the_providers_ids_are_one_space(any_core):
    one, other = await any_core.player(), await any_core.player()
    first = bet(one, provider_id="softswiss")
    shared = first.actions[0].external_key
    await any_core.adapter.play(first)
    for second in (bet(other, provider_id="softswiss", external_key=shared), win(other, provider_id="softswiss")):
        second.actions[0].external_key = shared
        with pytest.raises(Refused, match="CONFLICT"):
            await any_core.adapter.play(second)
    assert (await any_core.adapter.play(first)).replayed
    request = pb.GetBalanceRequest(player_id=other)
    assert (await any_core.operator.get_balance(request)).balances.cash == money("1000")


async def test_those_given_must_agree(core):
    one, other = await core.player(), await core.player()
    token = await core.session(one)
    original = bet(other)
    await core.adapter.play(original)
    with pytest.raises(Refused, match="SESSION_UNKNOWN"):
        await core.adapter.play(bet(other, session_token=token))
    with pytest.raises(Refused, match="PLAYER_UNKNOWN"):
        await core.adapter.play(bet(one, original_key=original.actions[0].external_key))
    with pytest.raises(Refused, match="SESSION_UNKNOWN"):
        await core.adapter.play(bet("", session_token=token, original_key=original.actions[0].external_key))
    with pytest.raises(Refused, match="PLAYER_UNKNOWN"):
        await core.adapter.play(bet(one, operator_id="another"))
    with pytest.raises(Refused, match="SESSION_UNKNOWN"):
        await core.adapter.play(bet("", session_token="unheard-of"))


async def test_a_batch_is_rolled_back_whoever_it_is_of(any_core):
    batch = key("batch")
    one, other = await any_core.player(), await any_core.player()
    sent = [bet(one, batch_id=batch), bet(other, batch_id=batch)]
    await any_core.adapter.play_many(sent)
    request = pb.RollbackBatchRequest(provider_id="thrillgate", batch_id=batch, external_key_prefix="void:")
    undone = await any_core.adapter.rollback_batch(request)
    assert [each.external_key for each in undone.rollbacks] == [each.actions[0].external_key for each in sent]
    for each in undone.rollbacks:
        assert each.outcome.response.balances_now.cash == money("1000")
    again = await any_core.adapter.rollback_batch(request)
    assert all(each.outcome.response.replayed for each in again.rollbacks)
    with pytest.raises(Refused, match="TOMBSTONED"):
        await any_core.adapter.play(bet(one, batch_id=batch))
    unknown = pb.RollbackBatchRequest(provider_id="thrillgate", batch_id=key("b"), external_key_prefix="void:")
    assert not (await any_core.adapter.rollback_batch(unknown)).rollbacks


async def test_the_balance_of_a_player_and_of_a_session(core):
    player = await core.player("100.00")
    token = await core.session(player)
    await core.adapter.play(bet(player))
    request = pb.GetBalanceRequest(provider_id="thrillgate", session_token=token)
    balance = await core.adapter.get_balance(request)
    assert balance.player_id == player
    assert balance.balances.shown == money("90")
    assert {part.pocket: part.amount for part in balance.pockets} == {"CASH": money("90"), "IN_PLAY": money("10")}
    assert balance.withdrawable == money("90")
    assert balance.version > 0
    assert await core.operator.get_balance(pb.GetBalanceRequest(player_id=player)) == balance
    for wrong, reason in (
        ({"player_id": "nobody"}, "PLAYER_UNKNOWN"),
        ({"player_id": player, "currency_code": "USD"}, "WRONG_CURRENCY"),
        ({"player_id": player, "currency_code": "XXX"}, "UNKNOWN_CURRENCY"),
        ({"player_id": player, "brand_id": "other"}, "PLAYER_UNKNOWN"),
        ({"player_id": player, "provider_id": "nowhere"}, "UNKNOWN_PROVIDER"),
        ({"session_token": token, "provider_id": "generic"}, "SESSION_UNKNOWN"),
        ({"session_token": token, "provider_id": "thrillgate", "player_id": "other"}, "SESSION_UNKNOWN"),
        ({}, "INVALID_REQUEST"),
    ):
        with pytest.raises(Refused, match=reason):
            await core.operator.get_balance(pb.GetBalanceRequest(**wrong))


async def test_a_balance_looks_negative_where_the_profile_says_so(sqlite_core_database):
    owing = Provider(provider_id="owing", protocol="generic", policies={"overdraw": "NEGATIVE"})
    async with core_on(sqlite_core_database, providers=(*PROVIDERS, owing)) as core:
        player = await core.player("0.00")
        paid = win(player, "10.00", provider_id="owing", round_id="")
        paid.actions[0].category = pb.CATEGORY_JACKPOT
        await core.operator.play(paid)
        spent = bet(player, "10.00")
        await core.operator.play(spent)
        await core.operator.play(rollback(player, paid.actions[0].external_key, provider_id="owing"))
        seen = await core.operator.get_balance(pb.GetBalanceRequest(player_id=player, provider_id="owing"))
        assert seen.balances.shown == money("-10")
        assert seen.balances.debt == money("10")
        seen = await core.operator.get_balance(pb.GetBalanceRequest(player_id=player, provider_id="thrillgate"))
        assert seen.balances.shown == money("0")


async def test_a_transaction_tells_everything(core):
    player = await core.player("100.00")
    when = Timestamp(seconds=1_700_000_000, nanos=5_000)
    request = bet(player, game_id="slots", occurred_at=when)
    request.actions[0].info["line"] = "3"
    await core.adapter.play(request)
    external_key = request.actions[0].external_key
    await core.adapter.play(win(player, "4.00"))
    query = pb.GetTransactionRequest(provider_id="thrillgate", external_key=external_key)
    found = (await core.adapter.get_transaction(query)).transaction
    assert found.player_id == player
    assert found.kind == pb.TRANSACTION_KIND_BET
    assert found.amount == money("10")
    assert found.rolled_back == money("0")
    assert found.balances_then.cash == money("90")
    assert found.game_id == "slots"
    assert found.occurred_at == when
    assert dict(found.info) == {"line": "3"}
    await core.adapter.play(rollback(player, external_key))
    assert (await core.adapter.get_transaction(query)).transaction.rolled_back == money("10")
    query.external_key = "bet:none"
    with pytest.raises(Refused, match="TRANSACTION_NOT_FOUND"):
        await core.adapter.get_transaction(query)
    query.provider_id = "nowhere"
    with pytest.raises(Refused, match="UNKNOWN_PROVIDER"):
        await core.operator.get_transaction(query)
    deposit = pb.GetTransactionRequest(provider_id="~payments:test", external_key=f"first:{player}")
    assert (await core.operator.get_transaction(deposit)).transaction.kind == pb.TRANSACTION_KIND_DEPOSIT


async def test_transactions_come_in_pages_newest_first(any_core):
    player = await any_core.player()
    sent = [bet(player, "1.00", round_id=f"r{number % 2}") for number in range(7)]
    for request in sent:
        await any_core.adapter.play(request)
    keys, token = [], ""
    while True:
        reply = await any_core.operator.list_transactions(
            pb.ListTransactionsRequest(player_id=player, provider_id="thrillgate", page=Page(size=3, token=token))
        )
        assert len(reply.transactions) <= 3
        keys += [each.external_key for each in reply.transactions]
        if not (token := reply.next_page_token):
            break
    assert keys == [each.actions[0].external_key for each in reversed(sent)]
    of_round = await any_core.operator.list_transactions(
        pb.ListTransactionsRequest(player_id=player, provider_id="thrillgate", round_id="r1")
    )
    assert len(of_round.transactions) == 3


async def test_plays_of_one_moment_go_in_one_call(core):
    player = await core.player()
    before = core.metrics.registry.get_sample_value(
        "wallet_calls_total", {"method": "/wallet.v1.WalletService/PlayMany", "code": "OK"}
    )
    answers = await asyncio.gather(*(core.adapter.play(bet(player, "0.01", round_id=f"g{n}")) for n in range(200)))
    assert len({answer.results[0].transaction_id for answer in answers}) == 200
    after = core.metrics.registry.get_sample_value(
        "wallet_calls_total", {"method": "/wallet.v1.WalletService/PlayMany", "code": "OK"}
    )
    assert after - (before or 0) == 1


async def test_an_original_that_arrives_while_its_tombstone_is_left_is_rolled_back(core, monkeypatch):
    player = await core.player()
    staked = bet(player)
    await core.adapter.play(staked)
    look, looks = core.store.players_to_undo, []

    async def not_yet(keys):
        looks.append(keys)
        return {} if len(looks) == 1 else await look(keys)

    monkeypatch.setattr(core.store, "players_to_undo", not_yet)
    undone = await core.adapter.play(rollback("", staked.actions[0].external_key))
    assert undone.player_id == player
    assert undone.balances_now.cash == money("1000")


async def test_a_preview_for_nobody_is_refused(core):
    for request, reason in ((bet("", session_token="unheard-of"), REASON_SESSION_UNKNOWN), (bet("nobody"), 7)):
        seen = (await core.adapter.preview_play(pb.PreviewPlayRequest(play=request))).response
        assert seen.refusal.reason == reason


async def test_a_play_that_breaks_something_takes_no_other_with_it(core, monkeypatch):
    player = await core.player()
    understand = plays.play

    def broken(request, *rest):
        if request.round_id == "broken":
            raise RuntimeError("a secret of the inside")
        return understand(request, *rest)

    monkeypatch.setattr(plays, "play", broken)
    first, second = await core.adapter.play_many([bet(player, round_id="broken"), bet(player)])
    assert isinstance(first, Unavailable)
    assert "INTERNAL" in str(first)
    assert "secret" not in str(first)
    assert second.results[0].outcome == pb.OUTCOME_APPLIED


async def test_tokens_are_asked_for_once_and_only_so_many_remembered(core):
    tokens = [await core.session(await core.player()) for _ in range(3)]
    ids = [plays.session_id(token) for token in tokens]
    identities, asked = Identities(core.store, remembered=2), []
    look = core.store.players_of_sessions

    async def counted(session_ids):
        asked.extend(session_ids)
        return await look(session_ids)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(core.store, "players_of_sessions", counted)
        for session_id in (*ids, ids[2], ids[0], plays.session_id("unheard-of"), plays.session_id("unheard-of")):
            await identities.of_session(session_id)
    assert asked == [*ids, ids[0], plays.session_id("unheard-of"), plays.session_id("unheard-of")]


async def test_a_rollback_by_its_id_alone_is_answered_the_same_once_its_original_has_come(any_core):
    late = bet(await any_core.player())
    undoing = rollback("", late.actions[0].external_key)

    first = await any_core.adapter.play(undoing)
    with pytest.raises(Refused, match="TOMBSTONED"):
        await any_core.adapter.play(late)
    again = await any_core.adapter.play(undoing)

    assert [each.transaction_id for each in again.results] == [each.transaction_id for each in first.results]
