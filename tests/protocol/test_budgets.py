"""Budgets of campaigns, and bonuses that a person has but once, over a real channel."""

import pytest
from wallet.v1 import promos_pb2 as pb
from wallet.v1.common_pb2 import Page

from tests.protocol.test_promos import beginning, granted, promotion, published, publishing
from tests.protocol.words import key
from tests.support.core import money
from wallet_core.client import Refused


def setting(campaign, amount, **members):
    facts = {"reason": "spring", "actor": "ann", "request_id": key("budget")}
    return pb.SetBudgetRequest(campaign=campaign, amount=money(amount), **(facts | members))


async def test_a_campaign_costs_what_its_budget_allows_and_no_more(any_core):
    core, campaign = any_core, key("campaign")
    request = setting(campaign, "100")
    answer = await core.operator.set_budget(request)
    assert (answer.budget.amount, answer.budget.left, answer.budget.reason) == (money("100"), money("100"), "spring")
    assert (await core.operator.set_budget(request)).replayed
    first, second = [await core.player() for _ in range(2)]
    template = await published(core, promotion(campaign=campaign))
    bonus = (await core.operator.grant_bonus(beginning(pb.GrantBonusRequest, first, template))).bonus
    assert (bonus.campaign, template.promotion.campaign) == (campaign, campaign)
    asked = pb.GetBudgetRequest(campaign=campaign, currency_code="EUR")
    budget = (await core.operator.get_budget(asked)).budget
    assert (budget.reserved, budget.spent, budget.left) == (money("80"), money("0"), money("20"))
    assert budget.used_bps == 8_000
    late = beginning(pb.GrantBonusRequest, second, template)
    with pytest.raises(Refused, match="BONUS_NOT_ELIGIBLE") as refused:
        await core.operator.grant_bonus(late)
    assert "budget" in str(refused.value)
    await core.operator.set_budget(setting(campaign, "160"))
    assert (await core.operator.grant_bonus(late)).bonus.state == pb.BONUS_STATE_ACTIVE


async def test_a_template_without_a_campaign_is_its_own(core):
    bonus = await granted(core, await core.player())
    assert bonus.campaign == bonus.template_id


async def test_budgets_are_listed(core):
    campaigns = sorted(key("list") for _ in range(3))
    for campaign in campaigns:
        await core.operator.set_budget(setting(campaign, "1"))
    listed = (await core.operator.list_budgets(pb.ListBudgetsRequest())).budgets
    assert [each.campaign for each in listed] == campaigns
    page = await core.operator.list_budgets(pb.ListBudgetsRequest(page=Page(size=2)))
    rest = await core.operator.list_budgets(pb.ListBudgetsRequest(page=Page(size=2, token=page.next_page_token)))
    assert [*page.budgets, *rest.budgets] == list(listed)
    (one,) = (await core.operator.list_budgets(pb.ListBudgetsRequest(campaign=campaigns[1]))).budgets
    assert one == listed[1]


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"campaign": "a b"}, "campaign"),
        ({"campaign": ""}, "campaign"),
        ({"amount": money("-1")}, "INVALID_AMOUNT"),
        ({"reason": ""}, "reason"),
        ({"actor": ""}, "actor"),
        ({"request_id": ""}, "request_id"),
    ],
    ids=str,
)
async def test_what_is_no_budget_is_refused_and_says_why(core, wrong, match):
    request = setting("spring", "1")
    for name, value in wrong.items():
        if name == "amount":
            request.amount.CopyFrom(value)
        else:
            setattr(request, name, value)
    with pytest.raises(Refused, match=match):
        await core.operator.set_budget(request)
    with pytest.raises(Refused, match="no limit"):
        await core.operator.get_budget(pb.GetBudgetRequest(campaign="spring", currency_code="EUR"))


def person(value, uniqueness=pb.BONUS_UNIQUENESS_PERSON):
    return pb.BonusUniqueKey(uniqueness=uniqueness, value=value)


async def test_a_person_has_a_bonus_but_once_whatever_the_account(any_core):
    core = any_core
    of = promotion(unique_per=[pb.BONUS_UNIQUENESS_PERSON], automatic=False)
    template = await published(core, of)
    assert template.promotion.unique_per == of.unique_per
    players, who = [await core.player() for _ in range(2)], key("person")
    offers = [
        (await core.operator.offer_bonus(beginning(pb.OfferBonusRequest, each, template, unique_keys=[person(who)])))
        for each in players
    ]

    def claim(offer, **members):
        facts = {"accepted_digest": offer.bonus.digest, "request_id": key("claim")}
        return pb.ClaimBonusRequest(player_id=offer.bonus.player_id, bonus_id=offer.bonus.bonus_id, **facts, **members)

    with pytest.raises(Refused, match="PERSON"):
        await core.operator.claim_bonus(claim(offers[0]))
    claimed = await core.operator.claim_bonus(claim(offers[0], unique_keys=[person(who)]))
    assert claimed.bonus.state == pb.BONUS_STATE_ACTIVE
    with pytest.raises(Refused, match="not available") as refused:
        await core.operator.claim_bonus(claim(offers[1], unique_keys=[person(who)]))
    assert "BONUS_NOT_ELIGIBLE" in str(refused.value)
    assert who not in str(refused.value)


@pytest.mark.parametrize(
    "keys",
    [
        [person("")],
        [person("a\nb")],
        [person("x", pb.BONUS_UNIQUENESS_UNSPECIFIED)],
        [pb.BonusUniqueKey(uniqueness=99, value="x")],
        [person(f"x{number}") for number in range(17)],
    ],
    ids=["empty", "no text", "nothing", "unknown", "too many"],
)
async def test_unique_keys_that_are_none_are_refused(core, keys):
    template = await published(core)
    with pytest.raises(Refused, match="unique_keys"):
        await core.operator.grant_bonus(
            beginning(pb.GrantBonusRequest, await core.player(), template, unique_keys=keys)
        )


async def test_a_promotion_names_known_kinds_and_a_sound_campaign(core):
    with pytest.raises(Refused, match="unique_per"):
        await core.operator.publish_template(publishing(promotion(unique_per=[99])))
    with pytest.raises(Refused, match="campaign"):
        await core.operator.publish_template(publishing(promotion(campaign="not one")))
