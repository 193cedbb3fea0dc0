"""PolicyService over a real channel, on both databases, and two cores on one (rulebook 26)."""

import asyncio
import uuid

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from wallet.v1 import policies_pb2 as pb
from wallet.v1.common_pb2 import Page
from wallet.v1.rounds_pb2 import VoidRoundRequest
from wallet.v1.subwallets_pb2 import TransferRequest
from wallet.v1.wallet_pb2 import (
    ACTION_KIND_BET,
    ACTION_KIND_WIN,
    OUTCOME_APPLIED,
    Action,
    GetBalanceRequest,
    PlayRequest,
    RollbackBatchRequest,
)

from tests.support.core import calling, core_on, money
from wallet_core.client import Refused, Wallet
from wallet_core.engine import in_force

BRAND, LICENCE, REGULATOR, PRODUCT = (
    pb.POLICY_LAYER_BRAND,
    pb.POLICY_LAYER_LICENCE,
    pb.POLICY_LAYER_REGULATOR,
    pb.POLICY_LAYER_PRODUCT,
)
LICENSED = (
    pb.PolicySetting(key="brand.licence", layer=LICENCE, scope="*", of="lucky", value="gb-1"),
    pb.PolicySetting(key="licence.regulator", layer=LICENCE, scope="*", of="gb-1", value="GB"),
)
HERE = pb.PolicyContext(brand_id="lucky")


def mode(value, **more):
    return pb.PolicySetting(**{"key": "funding.mode", "layer": BRAND, "scope": "lucky", "value": value} | more)


async def draft(core, *settings, draft_id="", author="ann", **more):
    draft_id = draft_id or f"d-{uuid.uuid4().hex}"
    request = pb.DraftPoliciesRequest(draft_id=draft_id, author=author, reason="wanted", settings=settings, **more)
    await core.operator.draft_policies(request)
    return draft_id


async def approve(core, draft_id, approver="bob"):
    return await core.operator.approve_policies(pb.ApprovePoliciesRequest(draft_id=draft_id, approver=approver))


async def publish(core, *settings, **more):
    return (await approve(core, await draft(core, *settings, **more))).publication


async def explained(core, key, context=HERE, **more):
    return await core.operator.explain_policy(pb.ExplainPolicyRequest(key=key, context=context, **more))


def play(player_id, token, key, kind=ACTION_KIND_BET, round_id="r1"):
    return PlayRequest(
        provider_id="generic",
        player_id=player_id,
        session_token=token,
        round_id=round_id,
        game_id="slot",
        actions=[Action(kind=kind, external_key=key, amount=money("1.00"))],
    )


async def test_a_change_is_drafted_approved_in_force_and_superseded(any_core):
    draft_id = await draft(any_core, mode("NO_MIX"))
    assert (await explained(any_core, "funding.mode")).value == "WATERFALL"
    listed = await any_core.operator.list_publications(pb.ListPublicationsRequest())
    assert [(each.draft_id, each.state) for each in listed.drafts] == [(draft_id, pb.PUBLICATION_STATE_VALIDATED)]

    first = (await approve(any_core, draft_id)).publication
    assert (first.version, first.state, first.author, first.approver) == (
        *(1, pb.PUBLICATION_STATE_ACTIVE),
        *("ann", "bob"),
    )
    found = await explained(any_core, "funding.mode")
    assert (found.value, found.version, found.rule) == ("NO_MIX", 1, "R-FUND-09")
    assert (found.considered[0].author, found.considered[0].version) == ("ann", 1)
    assert found.considered[0].author_identity == "operator:ann"

    later = Timestamp(seconds=first.effective_at.seconds + 86_400)
    scheduled = await publish(any_core, mode("PROPORTIONAL"), effective_at=later)
    assert (scheduled.version, scheduled.state, scheduled.effective_at) == (2, pb.PUBLICATION_STATE_SCHEDULED, later)
    back = await any_core.operator.roll_back_policies(
        pb.RollBackPoliciesRequest(version=0, actor="ann", reason="wrong", request_id="b1")
    )
    assert (back.publication.version, back.publication.restores, back.publication.approver) == (3, 0, "")
    assert (await explained(any_core, "funding.mode")).value == "WATERFALL"
    assert (await explained(any_core, "funding.mode", version=1)).value == "NO_MIX"
    assert (await explained(any_core, "funding.mode", version=2)).value == "PROPORTIONAL"

    listed = await any_core.operator.list_publications(pb.ListPublicationsRequest(page=Page(size=2)))
    assert not listed.drafts
    assert [(each.version, each.state) for each in listed.publications] == [
        (3, pb.PUBLICATION_STATE_ACTIVE),
        (2, pb.PUBLICATION_STATE_SCHEDULED),
    ]
    rest = await any_core.operator.list_publications(
        pb.ListPublicationsRequest(page=Page(size=2, token=listed.next_page_token))
    )
    assert [(each.version, each.state) for each in rest.publications] == [(1, pb.PUBLICATION_STATE_SUPERSEDED)]
    assert rest.publications[0].settings == [mode("NO_MIX")]
    assert not rest.next_page_token


async def test_the_same_again_is_the_same(any_core):
    draft_id = await draft(any_core, mode("NO_MIX"))
    await draft(any_core, mode("NO_MIX"), draft_id=draft_id)
    first = await approve(any_core, draft_id)
    second = await approve(any_core, draft_id, "eve")
    assert (first.replayed, second.replayed) == (False, True)
    assert second.publication == first.publication
    request = pb.RollBackPoliciesRequest(version=0, actor="ann", reason="wrong", request_id="b1")
    answers = [await any_core.operator.roll_back_policies(request) for _ in range(2)]
    assert answers[0].publication == answers[1].publication
    with pytest.raises(Refused) as refused:
        await draft(any_core, mode("PROPORTIONAL"), draft_id=draft_id)
    assert refused.value.reason == "CONFLICT"


@pytest.mark.parametrize(
    ("settings", "reason", "rule"),
    [
        (
            (pb.PolicySetting(key="on_withdrawal", layer=BRAND, scope="lucky", value="BLOCK"),),
            *("POLICY_FORBIDDEN", "R-FUND-16"),
        ),
        (
            (pb.PolicySetting(key="wagering_lock", layer=BRAND, scope="lucky", value="true"),),
            *("POLICY_FORBIDDEN", "R-FUND-16"),
        ),
        (
            (pb.PolicySetting(key="bonus.wagering.max_multiplier", layer=BRAND, scope="lucky", value="35"),),
            *("POLICY_FORBIDDEN", "R-BONUS-02"),
        ),
        ((mode("NO_MIX", layer=pb.POLICY_LAYER_PLAYER),), "POLICY_FORBIDDEN", "R-CFG-01"),
        ((mode("NO_MIX", key="funding.moods"),), "POLICY_NOT_FOUND", "funding.moods"),
        ((mode("SOMEHOW"),), "INVALID_REQUEST", "WATERFALL"),
        ((mode("NO_MIX", layer=0),), "INVALID_REQUEST", "layer"),
        ((mode("NO_MIX", scope="\0"),), "INVALID_REQUEST", "scope"),
        ((), "INVALID_REQUEST", "settings"),
    ],
)
async def test_what_is_refused_says_by_which_rule_and_leaves_nothing(core, settings, reason, rule):
    await publish(core, *LICENSED)
    with pytest.raises(Refused) as refused:
        await draft(core, *settings)
    assert refused.value.reason == reason
    assert rule in refused.value.message
    assert not (await core.operator.list_publications(pb.ListPublicationsRequest())).drafts


async def test_four_eyes(core):
    draft_id = await draft(core, mode("NO_MIX"))
    with pytest.raises(Refused) as refused:
        await approve(core, draft_id, "Ann")
    assert refused.value.reason == "POLICY_FORBIDDEN"
    assert "four eyes" in refused.value.message


class Callers:
    """A core, and callers of which one vouches for those it names."""

    def __init__(self, core):
        self.panel, self.script, self.other = (Wallet(core.target, name) for name in ("panel", "script", "other"))
        self.drafts = 0

    async def draft(self, wallet, author="ann"):
        self.drafts += 1
        scope = f"brand-{self.drafts}"
        draft = pb.DraftPoliciesRequest(
            draft_id=scope, author=author, reason="wanted", settings=[mode("NO_MIX", scope=scope)]
        )
        await wallet.draft_policies(draft)
        return scope

    async def approve(self, wallet, draft_id, approver):
        request = pb.ApprovePoliciesRequest(draft_id=draft_id, approver=approver)
        return (await wallet.approve_policies(request)).publication

    async def refused(self, wallet, draft_id, approver):
        with pytest.raises(Refused, match="POLICY_FORBIDDEN: R-CFG-04: four eyes") as refused:
            await self.approve(wallet, draft_id, approver)
        listed = await self.panel.list_publications(pb.ListPublicationsRequest())
        assert draft_id in {each.draft_id for each in listed.drafts}, "it still waits"
        return refused.value.message


@pytest.fixture
async def callers(core_database):
    tokens = [calling("panel", vouches=True), calling("script"), calling("other")]
    async with core_on(core_database, tokens=tokens) as core:
        callers = Callers(core)
        yield callers
        for wallet in (callers.panel, callers.script, callers.other):
            await wallet.close()


async def test_one_token_is_one_whoever_it_names(callers):
    """R-SEC-01, A-26: an operator cannot approve himself under another name."""
    draft_id = await callers.draft(callers.script)
    words = await callers.refused(callers.script, draft_id, "bob")
    assert "It is by script, and this is script" in words
    published = await callers.approve(callers.other, draft_id, "bob")
    assert (published.author, published.author_identity) == ("ann", "script")
    assert (published.approver, published.approver_identity) == ("bob", "other")


@pytest.mark.parametrize("again", ["ann", "Ann", " ANN ", "a\u200bnn"])
async def test_one_person_under_two_spellings_is_one(callers, again):
    draft_id = await callers.draft(callers.panel)
    assert "panel:ann" in await callers.refused(callers.panel, draft_id, again)


async def test_whoever_vouches_names_two(callers):
    draft_id = await callers.draft(callers.panel)
    listed = await callers.panel.list_publications(pb.ListPublicationsRequest())
    assert listed.drafts[0].author_identity == "panel:ann"
    published = await callers.approve(callers.panel, draft_id, "bob")
    assert (published.author_identity, published.approver_identity) == ("panel:ann", "panel:bob")
    listed = await callers.panel.list_publications(pb.ListPublicationsRequest())
    assert listed.publications[0] == published


async def test_who_says_to_be_the_author_is_not_asked_by_which_token(callers):
    draft_id = await callers.draft(callers.script, "ann")
    await callers.refused(callers.panel, draft_id, "Ann")
    assert (await callers.approve(callers.panel, draft_id, "bob")).approver_identity == "panel:bob"


async def test_a_rollback_keeps_who_did_it(callers):
    await callers.approve(callers.panel, await callers.draft(callers.panel), "bob")
    request = pb.RollBackPoliciesRequest(version=0, actor="eve", reason="wrong", request_id="b")
    published = (await callers.script.roll_back_policies(request)).publication
    assert (published.author, published.author_identity, published.approver_identity) == ("eve", "script", "")


async def test_every_value_in_a_context(core):
    await publish(core, *LICENSED, mode("NO_MIX"))
    request = pb.GetPoliciesRequest(context=HERE, currency_code="EUR")
    found = await core.operator.get_policies(request)
    values = {each.key: each.value if each.HasField("value") else None for each in found.values}
    assert found.version == 1
    assert values["funding.mode"] == "NO_MIX"
    assert values["brand.licence"] == "gb-1"
    assert values["bonus.wagering.max_multiplier"] == "10"
    assert values["fx.daily_volume"] == "5000"
    assert values["bonus.max_value"] is None
    assert "game.category" not in values
    before = await core.operator.get_policies(pb.GetPoliciesRequest(context=HERE, version=0))
    assert {each.key: each.value for each in before.values}["funding.mode"] == "WATERFALL"


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (pb.ExplainPolicyRequest(key="funding.moods"), "POLICY_NOT_FOUND"),
        (pb.ExplainPolicyRequest(key="funding.mode", version=7), "POLICY_NOT_FOUND"),
        (pb.ExplainPolicyRequest(key="bonus.max_value"), "UNKNOWN_CURRENCY"),
        (pb.ExplainPolicyRequest(key="game.product"), "INVALID_REQUEST"),
    ],
    ids=["no key", "no version", "no currency", "no game"],
)
async def test_what_cannot_be_explained(core, request_, reason):
    with pytest.raises(Refused) as refused:
        await core.operator.explain_policy(request_)
    assert refused.value.reason == reason


async def test_approvals_that_race_through_two_cores_end_as_one(core_database):
    async with core_on(core_database) as first, core_on(core_database) as second:
        ids = [await draft(first, mode("NO_MIX", scope=f"brand-{number}")) for number in range(4)]
        answers = await asyncio.gather(*(approve(core, each) for each in ids for core in (first, second)))

    versions = [each.publication.version for each in answers]
    assert sorted(versions[::2]) == [1, 2, 3, 4]
    assert versions[::2] == versions[1::2]


async def test_a_round_that_began_in_another_core_keeps_its_version(core_database):
    """E-60, and R-CFG-03: what a core has not seen it looks for, and does not guess."""
    order = pb.PolicySetting(key="funding.order", layer=BRAND, scope="lucky", value="BONUS,CASH")
    async with core_on(core_database) as first, core_on(core_database) as second:
        player_id = await first.player()
        token = await first.session(player_id, "generic")
        await first.operator.transfer(
            TransferRequest(
                player_id=player_id,
                source="CASH",
                target="CASH:CASINO",
                amount=money("10.00"),
                transfer_id="t1",
            )
        )
        await publish(first, order)
        await first.operator.play(play(player_id, token, "b1"))
        # The second core has not looked yet, unless the database is slow.
        await second.operator.play(play(player_id, token, "b2"))
        await publish(second, order, mode("NO_MIX"))
        await second.operator.play(play(player_id, token, "w1", ACTION_KIND_WIN))
        await second.operator.play(play(player_id, token, "b3", round_id="r2"))
        rows = [await second.store.round(player_id, "generic", round_id) for round_id in ("r1", "r2")]

    assert [row.policies for row in rows] == [1, 2]


async def test_a_core_that_starts_knows_what_was_published(core_database):
    async with core_on(core_database) as core:
        await publish(core, mode("NO_MIX"))
    async with core_on(core_database) as core:
        assert (await explained(core, "funding.mode")).value == "NO_MIX"


async def test_a_core_follows_what_others_publish(core_database):
    """It looks every second: this waits for its look."""
    async with core_on(core_database) as first, core_on(core_database) as second:
        await publish(first, mode("NO_MIX"))
        async with asyncio.timeout(30):
            while (await explained(second, "funding.mode")).value != "NO_MIX":
                pass


async def test_what_undoes_a_round_of_another_cores_policies_looks_for_them(core_database, monkeypatch):
    """E-60: RollbackBatch and VoidRound were faults, until the core had heard of the version by itself."""
    monkeypatch.setattr(in_force, "LOOK_EVERY", 3_600.0)
    async with core_on(core_database) as first:
        await publish(first, mode("PLAYER_CHOICE"))
    async with core_on(core_database) as first, core_on(core_database) as second:
        player = await first.player("100.00")
        token = await first.session(player, "generic")
        for number, undo in enumerate(("batch", "void"), 1):
            await publish(first, mode("NO_MIX" if number % 2 else "PROPORTIONAL"))
            request = play(player, token, f"b{number}", round_id=f"r{number}")
            request.batch_id = f"batch{number}"
            await first.adapter.play(request)
            if undo == "batch":
                asked = RollbackBatchRequest(provider_id="generic", batch_id="batch1", external_key_prefix="void:")
                (undone,) = (await second.adapter.rollback_batch(asked)).rollbacks
                assert undone.outcome.response.results[0].outcome == OUTCOME_APPLIED
            else:
                facts = {"player_id": player, "provider_id": "generic", "round_id": f"r{number}", "request_id": "v"}
                void = VoidRoundRequest(reason="stuck", actor="ann", **facts)
                assert (await second.operator.void_round(void)).results[0].outcome == OUTCOME_APPLIED
        balance = await first.operator.get_balance(GetBalanceRequest(player_id=player))
        assert balance.balances.cash == money("100.00")
