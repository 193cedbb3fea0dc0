"""The conformance kit against each of our adapters, a real core behind it; every protocol has a dialect."""

import pytest

from adapters import providers
from adapters.conformance.kit import Outcome, Target, all_cases, judged, not_applicable
from tests.providers.conftest import DIALECTS
from tests.providers.door import target_of

# What the tests' core can be asked for; the rest no case of ours can produce.
_ANY = object()
_TARGET = Target(
    url="",
    secrets=(b"", b""),
    **dict.fromkeys(["player", "other", "blocked", "expired", "foreign", "restart"], _ANY),
)
PLAYED = [
    pytest.param(dialect, case, id=f"{dialect.name}-{case.name}")
    for dialect in DIALECTS
    for case in all_cases(dialect)
    if not not_applicable(dialect, _TARGET, case)
]


@pytest.mark.parametrize(("dialect", "case"), PLAYED)
async def test_a_case_is_passed(door, case):
    async with target_of(door, case) as target:
        verdict = await judged(door.dialect, target, case, door.http)

    assert verdict.outcome is Outcome.PASSED, verdict.detail


def test_every_protocol_has_a_dialect():
    assert {dialect.protocol for dialect in DIALECTS} == set(providers.protocols())
