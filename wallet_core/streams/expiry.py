"""Expiry: what falls due by time. Storage is asked what is due, the commands that answer it go in by the front door.

A row of DUE says how: a statement of reads.sql, which is given :now and :limit, and the command that a row of its
answer makes. The command's key comes from that row, and the rules look again whether it is due: two processes that find
the same send the same, and one that is too late is refused and leaves nothing.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import structlog

from wallet_core.domain.budget_commands import TrueUpBudget
from wallet_core.domain.commands import Recorded
from wallet_core.domain.decision import Decision, Outcome
from wallet_core.domain.free_round_commands import ExpireFreeRounds
from wallet_core.domain.hold_times import EscalateHold, ExpireHold, SweepHold
from wallet_core.domain.policies import NotPublished, Policies
from wallet_core.domain.promo_commands import ActivateBonus, ExpireBonus
from wallet_core.engine.batcher import Batcher, Expired, Overloaded, Stopped
from wallet_core.engine.clock import Clock
from wallet_core.storage.store import Store, Unavailable

AT_ONCE = 200
"""How many of a kind are asked for, and in the queue, at one time: callers wait behind no more."""

PASSING = (Unavailable, Overloaded, Expired, Stopped, NotPublished, asyncio.CancelledError)
"""What ends a look at what is due, and does not the next."""

DONE = frozenset({Outcome.APPLIED.name, Outcome.NOOP.name})

_log = structlog.get_logger("expiry")


class Due(NamedTuple):
    """One kind of thing that falls due.

    Attributes:
        name: in the log and the metrics.
        statement: of reads.sql.
        command: what to do, given a row of its answer and the policies in force.
    """

    name: str
    statement: str
    command: Callable[[Sequence[Any], Policies], Recorded]


DUE = (
    Due("hold expired", "holds_expired", lambda row, _: ExpireHold(*row)),
    Due("hold escalated", "holds_reviewed", lambda row, _: EscalateHold(*row)),
    Due("freeze swept", "holds_swept", lambda row, _: SweepHold(*row)),
    Due("bonus expired", "bonuses_expired", lambda row, policies: ExpireBonus(*(*row, policies))),
    Due("bonus started", "bonuses_startable", lambda row, policies: ActivateBonus(*(*row, policies))),
    Due("budget trued up", "budgets_untrued", lambda row, _: TrueUpBudget(*row)),
    Due("free rounds expired", "free_rounds_expired", lambda row, _: ExpireFreeRounds(*row)),
)
"""Everything that falls due."""

Observe = Callable[[str, str], None]
"""Is told the kind of each thing that was due, and what came of it: APPLIED, NOOP, REPLAYED, FAULT, or the reason
of a refusal."""


def unobserved(_name: str, _outcome: str) -> None:
    """See nothing."""


async def sweep(
    batcher: Batcher,
    store: Store,
    now: int,
    *,
    patience: float,
    policies: Policies,
    due: Sequence[Due] = DUE,
    observe: Observe = unobserved,
) -> int:
    """Do all that is due at the microsecond `now`; return how much of it had not been done before.

    Args:
        batcher: takes the commands.
        store: is asked what is due.
        now: the present.
        patience: seconds a command may wait in the queue.
        policies: as they are in force.
        due: the kinds to look for.
        observe: is told of each.

    Raises:
        Unavailable, Overloaded, Expired, Stopped: what was not done is found again.
    """
    total = 0
    for kind in due:
        rows: Sequence[Sequence[Any]] = [()] * AT_ONCE
        done = AT_ONCE
        while done and len(rows) == AT_ONCE:  # what is refused again and again must not keep it here
            rows = await store.due(kind.statement, now=now, limit=AT_ONCE)
            commands = [kind.command(row, policies) for row in rows]
            done = sum(each in DONE for each in await submitted(batcher, kind.name, commands, patience, observe))
            total += done
    return total


async def submitted(
    batcher: Batcher, name: str, commands: Sequence[Recorded], patience: float, observe: Observe
) -> list[str]:
    """Submit commands of one kind together; return what came of each, as `observe` is told.

    Raises:
        Unavailable, Overloaded, Expired, Stopped: what was not done is found again.
    """
    deadline = time.monotonic() + patience
    answers = await asyncio.gather(*(batcher.submit(command, deadline) for command in commands), return_exceptions=True)
    outcomes = []
    for command, answer in zip(commands, answers, strict=True):
        if isinstance(answer, PASSING):
            raise answer
        outcome = _outcome(answer)
        observe(name, outcome)
        outcomes.append(outcome)
        facts = {"player_id": command.player_id, "key": command.partner[1], "outcome": outcome}
        if isinstance(answer, BaseException):  # a fault of ours with this one; the others go on
            _log.error(name, **facts, exc_info=answer)
        else:
            _log.info(name, **facts)
    return outcomes


def _outcome(decision: Decision | BaseException) -> str:
    if isinstance(decision, BaseException):
        return "FAULT"
    if decision.refusal is not None:
        return decision.refusal.reason.name
    return "REPLAYED" if decision.replayed else decision.results[0].outcome.name


async def watch(
    batcher: Batcher,
    store: Store,
    clock: Clock,
    policies: Callable[[], Policies],
    *,
    interval: float,
    patience: float,
    observe: Observe = unobserved,
) -> None:
    """Do what is due, for ever.

    Args:
        batcher: takes the commands.
        store: is asked what is due.
        clock: says when it is.
        policies: says what is in force.
        interval: seconds between two looks.
        patience: seconds a command may wait in the queue.
        observe: is told of each thing that was due.
    """
    while True:
        await sweep(batcher, store, clock.now(), patience=patience, policies=policies(), observe=observe)
        await asyncio.sleep(interval)
