"""`policies` as real processes, beside a core that follows what they publish."""

import asyncio
from pathlib import Path

import pytest
from wallet.v1 import policies_pb2 as pb

from tests.e2e.test_commands import ran
from tests.support.core import core_on

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
        code, said, errors = await policies(core_database, "approve", draft_id, "--approver", "ann")
        assert (code, said) == (1, "")
        assert "R-CFG-04" in errors
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
    ],
)
async def test_what_cannot_be_explained(sqlite_core_database, arguments, words):
    code, said, errors = await policies(sqlite_core_database, *arguments)
    assert (code, said) == (2, "")
    assert words in errors
