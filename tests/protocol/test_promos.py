"""PromoService over a real channel: templates, the life of a bonus, and what a withdrawal does to it."""

import pytest
from google.protobuf.duration_pb2 import Duration
from wallet.v1 import payments_pb2
from wallet.v1 import promos_pb2 as pb
from wallet.v1.common_pb2 import Page
from wallet.v1.ledger_pb2 import GetTrialBalanceRequest, ListJournalsRequest
from wallet.v1.wallet_pb2 import ACTION_KIND_BET, Action, ExplainTransactionRequest, PlayRequest

from tests.protocol.words import key
from tests.support.core import money
from wallet_core.client import Refused

DAY = 86_400


def promotion(**members):
    facts = {
        "title": "A gift",
        "text": "Wager it 10 times.",
        "amounts": [pb.PromotionAmounts(currency_code="EUR", fixed=money("80"), cap=money("500"), dust=money("0.10"))],
        "terms": pb.BonusTerms(multiplier=1_000, on_withdrawal=pb.ON_WITHDRAWAL_FORFEIT),
        "automatic": True,
    }
    return pb.Promotion(**(facts | members))


WELCOME = promotion(
    title="Welcome",
    automatic=False,
    trigger=pb.BONUS_TRIGGER_DEPOSIT,
    percent=10_000,
    amounts=[
        pb.PromotionAmounts(
            currency_code="EUR",
            most_deposit=money("100"),
            least_deposit=money("10"),
            max_bet=money("5"),
            tiers=[pb.PromotionTier(deposit=money("50"), percent=20_000)],
        )
    ],
    terms=pb.BonusTerms(
        funding=pb.BONUS_FUNDING_PROPORTIONAL,
        win_split=pb.BONUS_WIN_SPLIT_PRO_RATA,
        multiplier=3_500,
        base=pb.WAGERING_BASE_DEPOSIT_PLUS_BONUS,
        counts=pb.WAGERING_COUNTS_TOTAL,
        timing=pb.WAGERING_TIMING_BET,
        contributions={"category:TABLE": 1_000, "game:x:y": 0, "game:acme/x": 0, "default": 10_000},
        min_odds=150,
        max_bet_basis=pb.MAX_BET_BASIS_WHILE_ACTIVE,
        max_bet_scope=pb.MAX_BET_SCOPE_ROUND_TOTAL,
        products=["CASINO", "LIVE"],
        excluded_game_ids=["roulette"],
        excluded_rtp_profiles=["88"],
        duration=Duration(seconds=30 * DAY),
        tranches=10,
        on_withdrawal=pb.ON_WITHDRAWAL_KEEP,
        open_rounds=pb.EXPIRY_OPEN_ROUNDS_FORFEIT,
        runs_while_frozen=True,
    ),
    period=pb.BONUS_PERIOD_ONCE,
    segment="new",
    brand_ids=["lucky"],
    group="welcome",
    places=2,
    priority=-3,
    exclusive=True,
    claim_within=Duration(seconds=7 * DAY),
    cap_of_bonus=500,
    cap_of_deposit=1_000,
    max_bet_of_bonus=1_000,
    campaign="spring",
    unique_per=[pb.BONUS_UNIQUENESS_PERSON, pb.BONUS_UNIQUENESS_DEVICE],
)


def publishing(of=None, **members):
    facts = {"template_id": key("template"), "version": 1, "reason": "spring", "actor": "ann", "request_id": key("pub")}
    return pb.PublishTemplateRequest(promotion=of or promotion(), **(facts | members))


async def published(core, of=None):
    await core.allow_bonuses()
    return (await core.operator.publish_template(publishing(of))).template


def beginning(kind, player, template, **members):
    facts = {"currency_code": "EUR", "reason": "spring", "actor": "ann", "request_id": key("bonus")}
    return kind(player_id=player, template_id=template.template_id, version=template.version, **(facts | members))


def about(kind, bonus, **members):
    facts = {"reason": "asked", "actor": "ann", "request_id": key("about")}
    return kind(player_id=bonus.player_id, bonus_id=bonus.bonus_id, **(facts | members))


async def granted(core, player, of=None):
    template = await published(core, of)
    return (await core.operator.grant_bonus(beginning(pb.GrantBonusRequest, player, template))).bonus


async def test_a_template_comes_back_as_it_was_published(any_core):
    request = publishing(WELCOME)
    first = await any_core.operator.publish_template(request)
    assert (await any_core.operator.publish_template(request)).replayed
    template = first.template
    assert (template.version, template.reason, template.actor, len(template.digest)) == (1, "spring", "ann", 32)
    assert template.promotion == WELCOME
    second = publishing(version=2, template_id=template.template_id)
    await any_core.operator.publish_template(second)
    found = await any_core.operator.list_templates(pb.ListTemplatesRequest(template_id=template.template_id))
    assert [each.version for each in found.templates] == [1, 2]
    assert found.templates[0] == template
    page = await any_core.operator.list_templates(
        pb.ListTemplatesRequest(template_id=template.template_id, page=Page(size=1))
    )
    assert [each.version for each in page.templates] == [1]
    rest = pb.ListTemplatesRequest(template_id=template.template_id, page=Page(size=1, token=page.next_page_token))
    assert [each.version for each in (await any_core.operator.list_templates(rest)).templates] == [2]


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (publishing(version=0), "INVALID_REQUEST: version"),
        (publishing(template_id="a b"), "INVALID_REQUEST: template_id"),
        (publishing(reason=""), "INVALID_REQUEST: reason"),
        (publishing(actor=""), "INVALID_REQUEST: actor"),
        (publishing(request_id=""), "INVALID_REQUEST: request_id"),
        (publishing(version=2), "BONUS_NOT_FOUND"),
        (publishing(promotion(text="")), "INVALID_REQUEST: promotion.text"),
        (publishing(promotion(trigger=9)), "INVALID_REQUEST: promotion.trigger"),
        (publishing(promotion(terms=pb.BonusTerms(multiplier=1, base=9))), "INVALID_REQUEST: promotion.terms.base"),
        (
            publishing(promotion(terms=pb.BonusTerms(multiplier=1, cap=money("1")))),
            "INVALID_REQUEST: .*promotion.terms.cap",
        ),
        (
            publishing(promotion(terms=pb.BonusTerms(multiplier=1, duration=Duration(nanos=1)))),
            "INVALID_REQUEST: promotion.terms.duration",
        ),
        (
            publishing(promotion(terms=pb.BonusTerms(multiplier=1, contributions={"category:CHESS": 1}))),
            "INVALID_REQUEST: contributions: CHESS is no category",
        ),
        (
            publishing(promotion(amounts=[pb.PromotionAmounts(currency_code="EUR", fixed=money("1", "USD"))])),
            r"INVALID_REQUEST: promotion.amounts\[0\].fixed",
        ),
        (publishing(promotion(amounts=[pb.PromotionAmounts(currency_code="XYZ")])), "UNKNOWN_CURRENCY"),
        (
            publishing(promotion(amounts=[pb.PromotionAmounts(currency_code="EUR", fixed=money("0.0000001"))])),
            "PRECISION",
        ),
        (publishing(promotion(pack="BR", automatic=False)), "TEMPLATE_FORBIDDEN: .*bonus.allowed"),
        (
            publishing(promotion(pack="GB", terms=pb.BonusTerms(multiplier=1_001))),
            "TEMPLATE_FORBIDDEN: .*mixed_products",
        ),
    ],
)
async def test_what_is_no_template_is_refused_with_the_reason(core, request_, reason):
    with pytest.raises(Refused, match=reason):
        await core.operator.publish_template(request_)


async def test_from_the_offer_to_the_bonus_screen(any_core):
    core = any_core
    player, template = await core.player("0.00"), await published(core, WELCOME)
    offered = await core.operator.offer_bonus(beginning(pb.OfferBonusRequest, player, template))
    assert offered.bonus.state == pb.BONUS_STATE_OFFERED
    claiming = {"player_id": player, "bonus_id": offered.bonus.bonus_id}
    other = pb.ClaimBonusRequest(**claiming, accepted_digest="other", request_id=key("claim"))
    with pytest.raises(Refused, match="BONUS_NOT_ELIGIBLE: Other terms"):
        await core.operator.claim_bonus(other)
    claim = pb.ClaimBonusRequest(**claiming, accepted_digest=offered.bonus.digest, request_id=key("claim"))
    assert (await core.operator.claim_bonus(claim)).bonus.state == pb.BONUS_STATE_CLAIMED

    deposit = pb.DepositReference(psp_id="psp", request_id=key("paid"))
    keys = [pb.BonusUniqueKey(uniqueness=each, value=key("who")) for each in WELCOME.unique_per]
    facts = {"deposit": deposit, "bonus_id": offered.bonus.bonus_id, "unique_keys": keys}
    grant = beginning(pb.GrantBonusRequest, player, template, **facts)
    with pytest.raises(Refused, match="REFERENCE_NOT_FOUND"):
        await core.operator.grant_bonus(grant)
    paid = {"player_id": player, "psp_id": "psp", "request_id": deposit.request_id}
    await core.operator.deposit(payments_pb2.DepositRequest(**paid, amount=money("40")))
    first = await core.operator.grant_bonus(grant)
    again = await core.operator.grant_bonus(grant)
    assert again.response.replayed
    assert again.bonus == first.bonus
    assert first.response.balances_now.bonus == money("40")

    asked = pb.GetBonusRequest(
        player_id=player, bonus_id=first.bonus.bonus_id, provider_id="generic", game_id="roulette"
    )
    found = await core.operator.get_bonus(asked)
    bonus = found.bonus
    assert (bonus.state, bonus.balance, bonus.granted, bonus.deposit) == (
        pb.BONUS_STATE_ACTIVE, money("40"), money("40"), money("40"),
    )  # fmt: skip
    assert (bonus.requirement, bonus.progress, bonus.remaining) == (money("2800"), money("0"), money("2800"))
    assert (bonus.terms.cap, bonus.terms.max_bet) == (money("200"), money("4"))
    assert bonus.expires_at.seconds - bonus.activated_at.seconds == 30 * DAY
    assert (bonus.withdrawal_effect, found.contribution) == (pb.WITHDRAWAL_EFFECT_KEEPS, 0)
    assert (bonus.group, bonus.places, bonus.priority) == ("welcome", 2, -3)
    asked.game_id = "slot"
    assert (await core.operator.get_bonus(asked)).contribution == 10_000
    trial = await core.operator.trial_balance(GetTrialBalanceRequest(currency_code="EUR"))
    assert sum(row.total.units * 10**9 + row.total.nanos for row in trial.rows) == 0


async def test_a_withdrawal_is_confirmed_before_it_takes_a_bonus(any_core):
    core = any_core
    player = await core.player("120.00")
    bonus = await granted(core, player)
    assert bonus.withdrawal_effect == pb.WITHDRAWAL_EFFECT_FORFEITS
    payout = {"player_id": player, "psp_id": "psp", "request_id": key("out")}
    request = payments_pb2.WithdrawRequest(**payout, amount=money("100"))
    with pytest.raises(Refused, match=f"BONUS_STATE: .*{bonus.bonus_id}"):
        await core.operator.withdraw(request)
    request.forfeits_confirmed = True
    answer = await core.operator.withdraw(request)
    assert (answer.balances_now.cash, answer.balances_now.bonus) == (money("20"), money("0"))
    page = await core.operator.list_journals(ListJournalsRequest(player_id=player, page=Page(size=1)))
    assert [(line.account, line.amount) for line in page.journals[0].lines] == [
        ("CASH", money("-100")),
        ("PSP_CLEARING", money("100")),
        (f"BONUS:{bonus.bonus_id}", money("-80")),
        ("BONUS_ISSUED", money("80")),
    ]
    assert page.journals[0].transaction.info["forfeited"] == bonus.bonus_id
    ended = (await core.operator.get_bonus(pb.GetBonusRequest(player_id=player, bonus_id=bonus.bonus_id))).bonus
    assert (ended.state, ended.reason) == (pb.BONUS_STATE_FORFEITED, "withdrawal")


async def test_a_request_for_a_withdrawal_is_confirmed_too(core):
    player = await core.player("120.00")
    await granted(core, player)
    request = payments_pb2.RequestWithdrawalRequest(player_id=player, withdrawal_id=key("out"), amount=money("100"))
    with pytest.raises(Refused, match="BONUS_STATE"):
        await core.operator.request_withdrawal(request)
    request.forfeits_confirmed = True
    assert (await core.operator.request_withdrawal(request)).balances_now.bonus == money("0")


async def test_what_the_player_chose_to_pay_with_is_explained(any_core):
    core = any_core
    player = await core.player("20.00")
    terms = pb.BonusTerms(multiplier=1_000, funding=pb.BONUS_FUNDING_PLAYER_CHOICE)
    bonus = await granted(core, player, promotion(terms=terms))
    stake = Action(kind=ACTION_KIND_BET, external_key=key("bet"), amount=money("1.00"))
    token = await core.session(player, "generic")
    facts = {"provider_id": "generic", "session_token": token, "round_id": key("round"), "game_id": "slot"}
    request = PlayRequest(player_id=player, actions=[stake], choice="BONUS", **facts)
    staked = (await core.operator.play(request)).results[0]
    explained = await core.operator.explain_transaction(
        ExplainTransactionRequest(player_id=player, transaction_id=staked.transaction_id)
    )
    assert (explained.mode, explained.choice) == ("PLAYER_CHOICE", "BONUS")
    pocket = f"BONUS:{bonus.bonus_id}"
    assert [(each.pocket, each.why_not) for each in explained.pockets] == [(pocket, ""), ("CASH", "NOT_CHOSEN")]


async def test_the_next_in_the_queue_starts_when_one_is_given_up(any_core):
    core = any_core
    player = await core.player()
    first, second, third = [await granted(core, player) for _ in range(3)]
    assert [each.state for each in (first, second, third)] == [
        pb.BONUS_STATE_ACTIVE, pb.BONUS_STATE_QUEUED, pb.BONUS_STATE_QUEUED,
    ]  # fmt: skip
    gone = await core.operator.forfeit_bonus(about(pb.ForfeitBonusRequest, first))
    assert (gone.bonus.state, gone.bonus.balance) == (pb.BONUS_STATE_FORFEITED, money("0"))
    await core.operator.void_bonus(about(pb.VoidBonusRequest, second))
    listed = await core.operator.list_bonuses(pb.ListBonusesRequest(player_id=player))
    assert {each.bonus_id: each.state for each in listed.bonuses} == {
        first.bonus_id: pb.BONUS_STATE_FORFEITED,
        second.bonus_id: pb.BONUS_STATE_VOIDED,
        third.bonus_id: pb.BONUS_STATE_ACTIVE,
    }
    page = await core.operator.list_bonuses(pb.ListBonusesRequest(player_id=player, page=Page(size=2)))
    token = Page(size=2, token=page.next_page_token)
    rest = await core.operator.list_bonuses(pb.ListBonusesRequest(player_id=player, page=token))
    assert [*page.bonuses, *rest.bonuses] == list(listed.bonuses)


async def test_frozen_and_thawed_declined_and_lapsed(core):
    player = await core.player()
    bonus = await granted(core, player)
    frozen = (await core.operator.freeze_bonus(about(pb.FreezeBonusRequest, bonus))).bonus
    assert (frozen.state, frozen.HasField("frozen_at")) == (pb.BONUS_STATE_FROZEN, True)
    with pytest.raises(Refused, match="BONUS_STATE"):
        await core.operator.forfeit_bonus(about(pb.ForfeitBonusRequest, bonus))
    thawed = (await core.operator.unfreeze_bonus(about(pb.UnfreezeBonusRequest, bonus))).bonus
    assert (thawed.state, thawed.HasField("frozen_at")) == (pb.BONUS_STATE_ACTIVE, False)
    template = await published(core, WELCOME)
    offered = (await core.operator.offer_bonus(beginning(pb.OfferBonusRequest, player, template))).bonus
    declined = await core.operator.decline_bonus(about(pb.DeclineBonusRequest, offered))
    assert declined.bonus.state == pb.BONUS_STATE_LAPSED


async def test_a_grant_of_a_period_is_answered_again_as_it_was(core):
    player = await core.player()
    template = await published(core, promotion(period=pb.BONUS_PERIOD_GRANT, places=5))
    request = beginning(pb.GrantBonusRequest, player, template)
    first = await core.operator.grant_bonus(request)
    assert (await core.operator.grant_bonus(request)).bonus == first.bonus
    second = await core.operator.grant_bonus(beginning(pb.GrantBonusRequest, player, template))
    assert second.bonus.bonus_id != first.bonus.bonus_id


async def test_what_is_not_there_is_refused(core):
    player, template = await core.player(), await published(core)
    missing = pb.Bonus(player_id=player, bonus_id="none")
    with pytest.raises(Refused, match="BONUS_NOT_FOUND"):
        await core.operator.forfeit_bonus(about(pb.ForfeitBonusRequest, missing))
    with pytest.raises(Refused, match="BONUS_NOT_FOUND"):
        await core.operator.get_bonus(pb.GetBonusRequest(player_id=player, bonus_id="none"))
    with pytest.raises(Refused, match="PLAYER_UNKNOWN"):
        await core.operator.get_bonus(pb.GetBonusRequest(player_id="nobody", bonus_id="none"))
    with pytest.raises(Refused, match="PLAYER_UNKNOWN"):
        await core.operator.list_bonuses(pb.ListBonusesRequest(player_id="nobody"))
    claim = pb.ClaimBonusRequest(player_id=player, bonus_id="none", accepted_digest="x", request_id="1")
    with pytest.raises(Refused, match="BONUS_NOT_FOUND"):
        await core.operator.claim_bonus(claim)
    for members, reason in (
        ({"version": 7}, "BONUS_NOT_FOUND"),
        ({"bonus_id": "none"}, "BONUS_NOT_FOUND"),
        ({"currency_code": "XYZ"}, "UNKNOWN_CURRENCY"),
        ({"currency_code": "USD"}, "WRONG_CURRENCY"),
        ({"request_id": ""}, "INVALID_REQUEST: request_id"),
        ({"reason": ""}, "INVALID_REQUEST: reason"),
        ({"deposit": pb.DepositReference(psp_id="psp")}, "INVALID_REQUEST: deposit.request_id"),
    ):
        facts = {"template_id": template.template_id, "version": 1, "currency_code": "EUR", "reason": "spring"}
        facts |= {"player_id": player, "actor": "ann", "request_id": key("bonus")} | members
        with pytest.raises(Refused, match=reason):
            await core.operator.grant_bonus(pb.GrantBonusRequest(**facts))
    other = await granted(core, player)
    with pytest.raises(Refused, match="INVALID_REQUEST: bonus_id"):
        await core.operator.grant_bonus(beginning(pb.GrantBonusRequest, player, template, bonus_id=other.bonus_id))
