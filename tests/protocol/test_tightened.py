"""What a brand tightens by publication, over a real channel: templates, grants, debts, and what may leave."""

import uuid

import pytest
from google.protobuf.duration_pb2 import Duration
from msgspec.structs import replace
from wallet.v1 import fx_pb2, payments_pb2, wallet_pb2
from wallet.v1 import promos_pb2 as pb
from wallet.v1.payments_pb2 import DepositRequest, RequestWithdrawalRequest, WithdrawRequest

from tests.support.core import core_on, money
from tests.support.policies import BONUSES
from wallet_core.client import Refused
from wallet_core.domain.layers import Setting
from wallet_core.domain.policy_keys import Layer

AMOUNTS = [pb.PromotionAmounts(currency_code="EUR", fixed=money("50"))]


def key(prefix):
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


def brand(name, value, **more):
    return Setting(name, Layer.BRAND, "lucky", value, **more)


def facts(prefix):
    return {"reason": "spring", "actor": "ann", "request_id": key(prefix)}


def publishing(of, **members):
    return pb.PublishTemplateRequest(template_id=key("t"), version=1, promotion=of, **(facts("pub") | members))


def gift(**members):
    told = {"title": "A gift", "text": "Wager it 10 times.", "amounts": AMOUNTS, "automatic": True}
    return pb.Promotion(**({"terms": pb.BonusTerms(multiplier=1_000), "brand_ids": ["lucky"]} | told | members))


def granting(player, template):
    of = {"template_id": template.template_id, "version": template.version, "currency_code": "EUR"}
    return pb.GrantBonusRequest(player_id=player, **of, **facts("g"))


async def published(core, of):
    return (await core.operator.publish_template(publishing(of))).template


async def refused(call):
    with pytest.raises(Refused) as found:
        await call
    return found.value


async def test_a_brand_grants_nothing_before_it_has_said_so_and_no_more_than_it_says(any_core):
    core = any_core
    player, template = await core.player("0"), await published(core, gift())
    found = await refused(core.operator.grant_bonus(granting(player, template)))
    assert (found.reason, "bonus.allowed" in found.message) == ("BONUS_NOT_ELIGIBLE", True)
    assert "publish it at LICENCE or BRAND for brand lucky" in found.message
    await core.allow_bonuses()
    assert (await core.operator.grant_bonus(granting(player, template))).bonus.balance == money("50")

    await core.publish(brand("bonus.max_value", "49.99", of="EUR"))
    found = await refused(core.operator.grant_bonus(granting(await core.player("0"), template)))
    assert found.reason == "BONUS_NOT_ELIGIBLE"
    assert "bonus.max_value" in found.message
    found = await refused(core.operator.publish_template(publishing(gift())))
    assert found.reason == "TEMPLATE_FORBIDDEN"
    assert "49.99 EUR of BRAND lucky" in found.message


async def test_a_template_is_published_as_policies_complete_it_and_answered_so_again(any_core):
    core = any_core
    await core.publish(
        *BONUSES,
        brand("wager.timing", "BET"),
        brand("on_withdrawal", "KEEP"),
        brand("max_bet.amount", "5", of="EUR"),
    )
    request = publishing(gift())
    first = (await core.operator.publish_template(request)).template
    terms = first.promotion.terms
    assert (terms.timing, terms.on_withdrawal) == (pb.WAGERING_TIMING_BET, pb.ON_WITHDRAWAL_KEEP)
    assert terms.counts == pb.WAGERING_COUNTS_BONUS_PART  # as nobody says otherwise
    assert first.promotion.amounts[0].max_bet == money("5")
    await core.publish(brand("wager.timing", "ROUND_CLOSE"))
    again = await core.operator.publish_template(request)
    assert (again.replayed, again.template) == (True, first)
    said = gift(terms=pb.BonusTerms(multiplier=1_000, timing=pb.WAGERING_TIMING_BET))
    assert (await published(core, said)).promotion.terms.timing == pb.WAGERING_TIMING_BET


async def test_one_bonus_in_a_lifetime_where_a_brand_says_so(core):
    await core.publish(*BONUSES, brand("bonus.welcome_only_once", "true"))
    player = await core.player("0")
    first, other = await published(core, gift()), await published(core, gift())
    assert (await core.operator.grant_bonus(granting(player, first))).bonus.bonus_id == "@once"
    assert (await refused(core.operator.grant_bonus(granting(player, other)))).reason == "BONUS_NOT_ELIGIBLE"


async def wagering(core):
    """A player with 30 of cash and a deposit of 100, which is to be wagered with its bonus."""
    await core.publish(*BONUSES, brand("wagering_lock", "true"), brand("on_withdrawal", "KEEP"))
    player = await core.player("30", currency_codes=["EUR", "USD"])
    paid = {"psp_id": "psp", "request_id": key("d")}
    await core.operator.deposit(DepositRequest(player_id=player, amount=money("100"), **paid))
    terms = pb.BonusTerms(multiplier=3_500, base=pb.WAGERING_BASE_DEPOSIT_PLUS_BONUS, duration=Duration(seconds=9_999))
    amounts = [pb.PromotionAmounts(currency_code="EUR", most_deposit=money("100"))]
    deposited = {"trigger": pb.BONUS_TRIGGER_DEPOSIT, "percent": 10_000, "period": pb.BONUS_PERIOD_DEPOSIT}
    template = await published(core, gift(terms=terms, amounts=amounts, **deposited))
    request = granting(player, template)
    request.deposit.CopyFrom(pb.DepositReference(**paid))
    return player, (await core.operator.grant_bonus(request)).bonus


async def test_what_wagering_locks_is_shown_and_does_not_leave(any_core):
    """R-FUND-16, R-UX-01."""
    core = any_core
    player, bonus = await wagering(core)
    found = await core.operator.get_balance(wallet_pb2.GetBalanceRequest(player_id=player, currency_code="EUR"))
    assert found.withdrawable == money("30")
    locks = {lock.reason: (lock.amount, lock.text_key) for lock in found.locks}
    assert locks == {"WAGERING": (money("100"), "lock.wagering"), "BONUS": (money("100"), "lock.bonus")}
    more = {"player_id": player, "amount": money("30.01")}
    out = WithdrawRequest(psp_id="psp", request_id=key("w"), **more)
    assert (await refused(core.operator.withdraw(out))).reason == "INSUFFICIENT_FUNDS"
    asked = RequestWithdrawalRequest(withdrawal_id=key("w"), **more)
    assert (await refused(core.operator.request_withdrawal(asked))).reason == "INSUFFICIENT_FUNDS"
    await core.operator.forfeit_bonus(pb.ForfeitBonusRequest(player_id=player, bonus_id=bonus.bonus_id, **facts("x")))
    found = await core.operator.get_balance(wallet_pb2.GetBalanceRequest(player_id=player, currency_code="EUR"))
    assert (found.withdrawable, list(found.locks)) == (money("130"), [])


async def test_what_wagering_locks_is_not_converted_either(core):
    player, _ = await wagering(core)
    now = wallet_pb2.GetBalanceRequest(player_id=player, currency_code="EUR")
    rates = fx_pb2.PublishRatesRequest(source="push", rates=[fx_pb2.Rate(base="EUR", counter="USD", mid="1.1")])
    rates.as_of.GetCurrentTime()
    await core.operator.publish_rates(rates)
    opened = fx_pb2.OpenQuoteRequest(player_id=player, quote_id=key("q"), sell=money("30.01"), currency_code="USD")
    quote = (await core.operator.open_quote(opened)).quote
    converting = fx_pb2.ExecuteQuoteRequest(
        player_id=player, quote_id=quote.quote_id, request_id=key("x"), source=quote.source, signature=quote.signature
    )
    assert (await refused(core.operator.execute_quote(converting))).reason == "INSUFFICIENT_FUNDS"
    assert (await core.operator.get_balance(now)).balances.cash == money("130")


async def owing(core):
    """A player who owes 50 and has 20."""
    player = await core.player("0")
    lost = [wallet_pb2.Action(kind=wallet_pb2.ACTION_KIND_WIN, external_key=key("w"), amount=money("50"))]
    lost[0].category = wallet_pb2.CATEGORY_PROMO
    played = {"provider_id": "generic", "player_id": player}
    await core.operator.play(wallet_pb2.PlayRequest(actions=lost, **played))
    paid = {"psp_id": "psp", "request_id": key("w"), "amount": money("50")}
    await core.operator.withdraw(WithdrawRequest(player_id=player, **paid))
    back = wallet_pb2.Action(
        kind=wallet_pb2.ACTION_KIND_ROLLBACK, external_key=key("r"), references=[lost[0].external_key]
    )
    await core.operator.play(wallet_pb2.PlayRequest(actions=[back], **played))
    return player


async def test_what_a_debt_does_is_the_brands_to_say(any_core):
    """R-DEBT-03, R-DEBT-04."""
    core, asked = any_core, wallet_pb2.GetBalanceRequest
    player = await owing(core)
    paid = {"psp_id": "psp", "amount": money("20"), "player_id": player}
    await core.operator.deposit(payments_pb2.DepositRequest(request_id=key("d"), **paid))
    found = await core.operator.get_balance(asked(player_id=player))
    assert (found.balances.debt, found.balances.cash, found.withdrawable) == (money("50"), money("20"), money("0"))
    assert [lock.reason for lock in found.locks] == ["DEBT"]

    half = brand("debt.recovery_deposit", "50")
    await core.publish(half, brand("debt.blocks_withdrawal", "false"))
    await core.operator.deposit(payments_pb2.DepositRequest(request_id=key("d"), **paid))
    found = await core.operator.get_balance(asked(player_id=player))
    assert (found.balances.debt, found.withdrawable, list(found.locks)) == (money("40"), money("30"), [])
    out = WithdrawRequest(player_id=player, psp_id="psp", request_id=key("w"), amount=money("30"))
    assert (await core.operator.withdraw(out)).balances_now.cash == money("0")


async def test_a_player_is_asked_before_a_stake_takes_bonus_money_where_policies_want_it(any_core):
    """R-FUND-15."""
    core = any_core
    await core.allow_bonuses()
    player = await core.player("10")
    await core.operator.grant_bonus(granting(player, await published(core, gift())))

    async def prompted(amount, external_key=""):
        bet = wallet_pb2.Action(
            kind=wallet_pb2.ACTION_KIND_BET, external_key=external_key or key("b"), amount=money(amount)
        )
        play = wallet_pb2.PlayRequest(
            provider_id="generic", player_id=player, round_id=key("r"), game_id="slot", actions=[bet]
        )
        play.session_token = token
        return await core.operator.preview_play(wallet_pb2.PreviewPlayRequest(play=play)), play

    token = await core.session(player, "generic")
    assert not (await prompted("11"))[0].restricted_funds_prompt
    prompt = brand("restricted_funds_prompt", "false")
    await core.publish(prompt, replace(prompt, layer=Layer.PRODUCT, scope="lucky/CASINO", value="true"))
    assert not (await prompted("10"))[0].restricted_funds_prompt  # cash alone pays for it
    answer, play = await prompted("11")
    assert answer.restricted_funds_prompt
    await core.operator.play(play)
    again = await core.operator.preview_play(wallet_pb2.PreviewPlayRequest(play=play))
    assert (again.response.replayed, again.restricted_funds_prompt) == (True, False)


async def test_who_waits_is_asked_again_by_the_policies_of_the_hour(core_database):
    """R-BONUS-08: the watch of another core, which follows what was published."""
    async with core_on(core_database) as first:
        await first.allow_bonuses()
        player, template = await first.player("0"), await published(first, gift(period=pb.BONUS_PERIOD_GRANT))
        active, waiting = [(await first.operator.grant_bonus(granting(player, template))).bonus for _ in range(2)]
        assert waiting.state == pb.BONUS_STATE_QUEUED
        await first.publish(brand("bonus.allowed", "false"))
    async with core_on(core_database) as second:
        gone = pb.ForfeitBonusRequest(player_id=player, bonus_id=active.bonus_id, **facts("x"))
        await second.operator.forfeit_bonus(gone)
        asked = pb.GetBonusRequest(player_id=player, bonus_id=waiting.bonus_id)
        found = (await second.operator.get_bonus(asked)).bonus
        assert (found.state, "false of BRAND lucky" in found.reason) == (pb.BONUS_STATE_LAPSED, True)
