"""The words cases are written in; the shared cases themselves are in `cases_*.py`."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from msgspec.structs import replace

from adapters.conformance.dialect import Case, Says, Situation, Step

# Amounts that depend on the wallet or the dialect.
TOO_MUCH = "too much"
MOST = "most"
FINEST = "finest"
FINER = "finer"

# Seats nobody has to be configured for: a player nobody knows; a session nobody knows; no player at all; the player's
# name with the other one's session.
NOBODY = "nobody"
STRANGER = "stranger"
UNNAMED = "unnamed"
CROSSED = "crossed"
MADE_UP = frozenset({NOBODY, STRANGER, UNNAMED, CROSSED})

# A currency the player has not.
OTHER_CURRENCY = "other"

# What a step may say beside a dialect's functions.
RESTART = "restart"

balance = partial(Step, say="balance", id="balance")
bet = partial(Step, say="bet", id="a", amount="10.00")
win = partial(Step, say="win", id="w", of="a")
prize = partial(Step, say="prize", id="p")
rollback = partial(Step, say="rollback", id="x", of="a")
close = partial(Step, say="close", id="c")


def again(step: Step, *says: Situation | Says, **more: Any) -> Step:
    """The same request word for word: a provider's repetition."""
    return replace(step, again=True, says=says, **more)


def case(name: str, source: str, *steps: Step | tuple[Step, ...]) -> Case:
    return Case(name=name, source=source, steps=steps)


def steps(case: Case) -> Iterator[Step]:
    """All steps of a case, those that go out at once one after the other."""
    for group in case.steps:
        yield from (group,) if isinstance(group, Step) else group


def spoken(step: Step) -> str:
    """The name of the function that says a step."""
    return step.say if isinstance(step.say, str) else step.say.__name__
