"""What may be said to a step, and whether an answer is that."""

from itertools import chain

from adapters.conformance.dialect import Dialect, Said, Says, Situation, Step, row

# A no of any kind: no dialect says so.
_ANY_NO = Says("any refusal", status=0)


def words(dialect: Dialect, step: Step) -> list[Says]:
    """All that may be said to a step; empty where the protocol is never in any of its situations."""
    return list(chain.from_iterable(_words(dialect, says) for says in step.says))


def _words(dialect: Dialect, says: Situation | Says) -> tuple[Says, ...]:
    if isinstance(says, Says):
        return (says,)
    return (_ANY_NO,) if says is Situation.REFUSED else row(dialect, says) or ()


def fits(wanted: Says, said: Said, status: int) -> bool:
    """Whether an answer is what may be said."""
    if wanted is _ANY_NO:
        return not said.ok
    right_word = said.word == wanted.word if wanted.word else said.ok
    right_balance = wanted.balance is None or wanted.balance == (said.balance is not None)
    return right_word and status == wanted.status and right_balance


def text(wanted: Says) -> str:
    """What may be said, for people."""
    if wanted is _ANY_NO:
        return wanted.word
    shown = {True: " with a balance", False: " without a balance", None: ""}[wanted.balance]
    return f"{wanted.status} {repr(wanted.word) if wanted.word else 'yes'}{shown}"
