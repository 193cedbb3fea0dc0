"""`policies` as real processes, beside a core that follows what they publish."""

import asyncio
from pathlib import Path

import pytest
from wallet.v1 import policies_pb2 as pb

from tests.e2e.test_commands import ran
from tests.support.core import core_on
from wallet_core.client import Refused

DEMO = Path(__file__).parents[2] / "deploy" / "policies.toml"
FORBIDDEN = """
reason = "no"
[[settings]]
key = "wagering_lock"
layer = "REGULATOR"
scope = "GB"
clause = "x"
value = true
"""


async def policies(database, *arguments):
    return await ran("policies", *arguments, "--database", database)


async def test_the_demo_file_is_applied_approved_and_followed(core_database):
    async with core_on(core_database) as core:
        code, said, errors = await policies(core_database, "apply", str(DEMO), "--author", "ann")
        assert code == 0, errors
        draft_id = said.strip()
        assert (await policies(core_database, "apply", str(DEMO), "--author", "ann"))[1].strip() == draft_id
        for again in ("ann", "Ann "):
            code, said, errors = await policies(core_database, "approve", draft_id, "--approver", again)
            assert (code, said) == (1, "")
            assert "R-CFG-04" in errors
            assert "It is by cli:ann" in errors
        assert (await policies(core_database, "approve", draft_id, "--approver", "bob"))[:2] == (0, "1\n")

        context = pb.PolicyContext(brand_id="demo", provider_id="evolution", game_id="roulette")
        request = pb.ExplainPolicyRequest(key="funding.mode", context=context)
        async with asyncio.timeout(30):
            while (await core.operator.explain_policy(request)).value != "PROPORTIONAL":
                pass

    where = ("--brand", "demo", "--game", "evolution/roulette")
    _, said, _ = await policies(core_database, "explain", "funding.mode", *where)
    assert said.splitlines() == [
        "funding.mode = PROPORTIONAL  (PRODUCT demo/LIVE, version 1)",
        "  OVERRIDDEN: WATERFALL of BRAND demo, version 1 by ann",
        "  IN FORCE: PROPORTIONAL of PRODUCT demo/LIVE, version 1 by ann",
    ]
    _, said, _ = await policies(core_database, "show", *where, "--of", "EUR")
    assert "max_bet.amount = 5  (BRAND demo, version 1)" in said.splitlines()
    assert "fx.ttl = 30  (default)" in said.splitlines()
    back = ("roll-back", "0", "--actor", "ann", "--reason", "wrong")
    assert (await policies(core_database, *back))[:2] == (0, "2\n")
    _, said, _ = await policies(core_database, "list")
    assert [line.split()[:2] for line in said.splitlines()] == [["2", "ACTIVE"], ["1", "SUPERSEDED"]]
    assert ["back to 0 by cli:ann: wrong" in said, "by cli:ann, cli:bob: The demo" in said] == [True, True]


async def test_what_was_drafted_here_is_approved_by_a_caller_of_the_core(core_database):
    """R-SEC-01: cli:ann is neither the panel's bob nor, by her name, the panel's ann."""
    async with core_on(core_database) as core:
        _, said, _ = await policies(core_database, "apply", str(DEMO), "--author", "ann")
        with pytest.raises(Refused, match="R-CFG-04"):
            await core.operator.approve_policies(pb.ApprovePoliciesRequest(draft_id=said.strip(), approver="Ann"))
        request = pb.ApprovePoliciesRequest(draft_id=said.strip(), approver="bob")
        published = (await core.operator.approve_policies(request)).publication
        assert (published.author_identity, published.approver_identity) == ("cli:ann", "operator:bob")


async def test_what_is_forbidden_is_said_with_its_rule(sqlite_core_database, tmp_path):
    file = tmp_path / "x.toml"
    file.write_text(FORBIDDEN)
    code, said, errors = await policies(sqlite_core_database, "apply", str(file), "--author", "ann")
    assert (code, said) == (1, "")
    assert errors.startswith("policies: POLICY_FORBIDDEN: R-FUND-16")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("explain", "funding.moods"), "there is no key"),
        (("explain", "max_bet.amount", "--of", "demo"), "currency"),
        (("explain", "fx.margin_bps", "--of", "NOPE"), "currency"),
        (("explain", "funding.mode", "--game", "evolution"), "<provider>/<game>"),
        (("explain", "funding.mode", "--product", "NOPE"), "one of CASINO"),
        (("apply", str(DEMO), "--author", ""), "--author"),
        (("apply", str(DEMO), "--author", "ann", "--id", "~x\ny"), "--id"),
        (("approve", "d", "--approver", "bob\n"), "--approver"),
        (("roll-back", "0", "--actor", "ann", "--reason", " "), "--reason"),
    ],
)
async def test_what_cannot_be_asked(sqlite_core_database, arguments, words):
    code, said, errors = await policies(sqlite_core_database, *arguments)
    assert (code, said) == (2, "")
    assert words in errors
