"""A wallet that is right passes every case of the kit; one that is wrong is caught, by the cases meant for that."""

import inspect

import pytest

from adapters.conformance.dialects import dialects
from adapters.conformance.kit import Outcome, run
from tests.conformance import faults
from tests.conformance.books import Books
from tests.conformance.caught import CAUGHT_BY, NOT_IN_SOFTSWISS
from tests.conformance.seamless import Seamless
from tests.conformance.softswiss import SoftSwiss
from tests.conformance.stand import standing

# The dialects a wallet of ours speaks.
DOORS = {"generic_seamless": Seamless, "softswiss": SoftSwiss}
NOT_A_FAULT = {faults.Forgetful}

IN_SOFTSWISS = [fault for fault in CAUGHT_BY if issubclass(fault, Books) and fault not in NOT_IN_SOFTSWISS]


async def verdicts(protocol, books=Books, door=None, only=()):
    async with standing(books, door or DOORS[protocol]) as target:
        return await run(dialects()[protocol], target, only=only)


async def caught(protocol, fault, only):
    """The cases among `only` that failed."""
    made = {"door": fault} if issubclass(fault, Seamless) else {"books": fault}
    found = await verdicts(protocol, **made, only=only)
    return {verdict.case for verdict in found if verdict.outcome is Outcome.FAILED} & set(only)


@pytest.mark.parametrize("protocol", DOORS)
async def test_the_sound_wallet_fails_nothing(protocol):
    found = await verdicts(protocol)

    assert [verdict for verdict in found if verdict.outcome is Outcome.FAILED] == []
    assert sum(verdict.outcome is Outcome.PASSED for verdict in found) > 60


@pytest.mark.parametrize("fault", CAUGHT_BY, ids=lambda fault: fault.__name__)
async def test_a_fault_is_caught(fault):
    assert await caught("generic_seamless", fault, CAUGHT_BY[fault]), fault.__doc__


@pytest.mark.parametrize("fault", IN_SOFTSWISS, ids=lambda fault: fault.__name__)
async def test_a_fault_is_caught_in_another_protocol_too(fault):
    assert await caught("softswiss", fault, CAUGHT_BY[fault]), fault.__doc__


@pytest.mark.parametrize("fault", NOT_IN_SOFTSWISS, ids=lambda fault: fault.__name__)
async def test_what_a_protocol_allows_is_no_fault_in_it(fault):
    assert not await caught("softswiss", fault, CAUGHT_BY[fault])


def test_every_fault_is_tried():
    made = {kind for _, kind in inspect.getmembers(faults, inspect.isclass) if kind.__module__ == faults.__name__}

    assert made - NOT_A_FAULT == set(CAUGHT_BY)
