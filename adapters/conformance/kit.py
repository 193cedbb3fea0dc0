"""The runner: cases against a URL, each with fresh ids, and a verdict for each.

It knows money as a provider does: by the balance the protocol shows. Nothing else plays with the target's players
while it runs.
"""

import enum
import time
from collections.abc import Sequence

import aiohttp
import msgspec

from adapters.conformance import cases, played
from adapters.conformance.cases_play import PLAY
from adapters.conformance.cases_refusals import REFUSALS
from adapters.conformance.cases_repeats import REPEATS
from adapters.conformance.cases_rollbacks import ROLLBACKS
from adapters.conformance.dialect import Case, Dialect, Forgery, Seat, Step
from adapters.conformance.expected import words
from adapters.conformance.target import Target

__all__ = ["Outcome", "Target", "Verdict", "all_cases", "judged", "not_applicable", "run"]

SHARED = PLAY + REPEATS + ROLLBACKS + REFUSALS
_MAX_DETAIL = 500


class Outcome(enum.Enum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not applicable"


class Verdict(msgspec.Struct, frozen=True):
    """What became of a case."""

    # Its name: "bet.repeated".
    case: str
    # Rule id or protocol section.
    source: str
    outcome: Outcome
    # FAILED: which step, what was said and what was expected; NOT_APPLICABLE: why. Holds no secret and no token.
    detail: str = ""
    seconds: float = 0.0


def all_cases(dialect: Dialect) -> tuple[Case, ...]:
    """What there is to play: the shared cases and the dialect's own."""
    return SHARED + dialect.cases


def not_applicable(dialect: Dialect, target: Target, case: Case) -> str | None:
    """Why `case` cannot be played, None where it can."""
    if case.name in dialect.lacks:
        return dialect.lacks[case.name]
    for step in cases.steps(case):
        if why := _lacking(dialect, step):
            return why
        for part in (step, *step.items):
            if why := _missing(target, part):
                return why
    return None


def _lacking(dialect: Dialect, step: Step) -> str | None:
    """What the protocol has not."""
    if isinstance(step.say, str) and step.say != cases.RESTART and getattr(dialect, step.say) is None:
        return dialect.lacks.get(step.say, f"it has no {step.say}")
    for named in (step.forged, step.seat):
        if named and named in dialect.lacks:
            return dialect.lacks[named]
    if not words(dialect, step):
        return dialect.lacks.get(str(step.says[0]), f"nothing is said where {step.says[0]}")
    return None


def _missing(target: Target, step: Step) -> str | None:
    """What the wallet's configuration has not."""
    seat = "other" if step.seat == cases.CROSSED else step.seat
    if seat not in cases.MADE_UP and getattr(target, seat) is None:
        return f"needs a player `{seat}` in the configuration"
    if step.say == cases.RESTART and target.restart is None:
        return "needs a way to restart the wallet"
    if step.forged is Forgery.OLDER_KEY and len(target.secrets) == 1:
        return "needs two live secrets"
    return None


async def run(dialect: Dialect, target: Target, *, only: Sequence[str] = ()) -> list[Verdict]:
    """Play every case of `dialect` against `target`; with `only`, those whose names begin with one of these."""
    wanted = [case for case in all_cases(dialect) if not only or case.name.startswith(tuple(only))]
    async with aiohttp.ClientSession() as http:
        return [await judged(dialect, target, case, http) for case in wanted]


async def judged(dialect: Dialect, target: Target, case: Case, http: aiohttp.ClientSession) -> Verdict:
    """Play one case."""
    if why := not_applicable(dialect, target, case):
        return Verdict(case.name, case.source, Outcome.NOT_APPLICABLE, why)
    started = time.monotonic()
    try:
        await played.Played(dialect, target, http).all(case)
        outcome, detail = Outcome.PASSED, ""
    except played.Wrong as wrong:
        outcome, detail = Outcome.FAILED, _hushed(str(wrong), target)
    return Verdict(case.name, case.source, outcome, detail, time.monotonic() - started)


def _hushed(detail: str, target: Target) -> str:
    """Without anything that would open a door."""
    seats = (getattr(target, name) for name in Target.__struct_fields__)
    tokens = [seat.token for seat in seats if isinstance(seat, Seat)]
    for secret in [*tokens, *(secret.decode(errors="replace") for secret in target.secrets)]:
        if secret:
            detail = detail.replace(secret, "…")
    return detail[:_MAX_DETAIL]
