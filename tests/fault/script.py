"""The script: stories of rounds, each with what must come of it, drawn from a seed. The same seed, the same script.

A story knows what its transactions are worth in the end, whatever happens on the way: a bet that is rolled back is
worth nothing, whoever came first. Only where one of two wins a race, or money may run out, the answers say it.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from tests.fault.intents import LIVE, OVER, Form, Kind, Request, Send, Story, Transaction
from tests.fault.pen import CENT, TOO_MUCH, Cast, Pen
from tests.fault.speakers import BY_ID, OK, SPEAKERS
from wallet_core.domain.profiles import LateStake, Repeat, WinReference

T = TypeVar("T")
Steps = Iterable[Sequence[Send]]


def plain(pen: Pen) -> Steps:
    yield [Send(pen.bet())]
    yield [Send(pen.win(amount=0 if pen.dice.random() < 0.5 else None))]


def several(pen: Pen) -> Steps:
    gone = pen.bet(stands=False)
    yield [Send(bet) for bet in (gone, *(pen.bet() for _ in range(pen.dice.randrange(1, 4))))]
    yield [Send(pen.rollback(gone)), *(Send(pen.win(close=False)) for _ in range(pen.dice.randrange(3)))]
    yield [Send(pen.win())]


def asked_about(pen: Pen) -> Steps:
    """What was acknowledged is seen by whoever asks."""
    bet = pen.bet()
    yield [Send(bet)]
    yield [Send(pen.one(*bet.transactions, form=Form.STATUS), copies=5)]


def unsure(pen: Pen) -> Steps:
    """No answer in time; so it is rolled back; and then the original arrives after all."""
    bet = pen.bet(OK, pen.late, stands=False)
    yield [Send(bet, hasty=True)]
    yield [Send(pen.rollback(bet, OK, pen.unknown))]
    yield [Send(bet)]


def taken_back(pen: Pen) -> Steps:
    bet = pen.bet(stands=False)
    yield [Send(bet)]
    yield [Send(pen.rollback(bet), copies=pen.dice.choice((1, 1, 5)))]
    yield [Send(bet)]


def rolled_back_before(pen: Pen) -> Steps:
    bet = pen.bet(pen.late, stands=False)
    yield [Send(pen.rollback(bet, pen.unknown))]
    yield [Send(bet, copies=2)]


def raced(pen: Pen) -> Steps:
    bet = pen.bet(OK, pen.late, stands=False)
    yield [Send(bet, copies=3), Send(pen.rollback(bet, OK, pen.unknown), copies=3)]


def nameless(pen: Pen) -> Steps:
    bet = pen.bet(stands=False)
    yield [Send(bet)]
    yield [Send(pen.rollback(bet, form=Form.NAMELESS))]
    yield [Send(bet)]


def nameless_raced(pen: Pen) -> Steps:
    bet = pen.bet(OK, pen.late, stands=False)
    yield [Send(bet, copies=2), Send(pen.rollback(bet, OK, pen.unknown, form=Form.NAMELESS), copies=2)]


def twenty(pen: Pen) -> Steps:
    yield [Send(pen.bet(), copies=20)]
    win = pen.win(stands=False)
    yield [Send(win, copies=20)]
    yield [Send(pen.rollback(win), copies=20)]


def other_contents(pen: Pen) -> Steps:
    bet = pen.bet()
    (known,) = bet.transactions
    other = pen.transaction(Kind.BET, known.id, known.amount + CENT, other=True)
    yield [Send(bet)]
    yield [Send(pen.one(other, "CONFLICT" if pen.speaker.profile.repeat is Repeat.CONFLICT else OK), copies=2)]
    yield [Send(bet)]


def two_contents(pen: Pen) -> Steps:
    """At once: one of them is the id's for ever."""
    identity, amount = pen.fresh(), pen.amount()
    pair = [pen.transaction(Kind.BET, identity, each, worth=-each, sure=False) for each in (amount, amount + CENT)]
    yield [Send(pen.one(each, OK, "CONFLICT"), copies=4) for each in pair]


def win_first(pen: Pen) -> Steps:
    """The win overtakes its bet: paid at once, or asked for until the bet is there."""
    win, bet = Send(pen.win()), Send(pen.bet())
    if pen.speaker.profile.win_reference is WinReference.NONE:
        yield [win]
        yield [bet]
    else:
        yield [win, bet]


def win_undone(pen: Pen) -> Steps:
    win = pen.win(stands=False)
    yield [Send(pen.bet())]
    yield [Send(win)]
    yield [Send(pen.rollback(win))]
    yield [Send(win)]


def win_of_nothing(pen: Pen) -> Steps:
    """The only bet was rolled back before its win came."""
    bet = pen.bet(stands=False)
    yield [Send(bet)]
    yield [Send(pen.rollback(bet))]
    yield [Send(pen.win("REFERENCE_ROLLED_BACK", stands=False), copies=2)]


def too_late(pen: Pen) -> Steps:
    yield [Send(pen.bet())]
    yield [Send(pen.win())]
    late = pen.speaker.profile.late_stake is LateStake.ACCEPT
    yield [Send(pen.bet(OK if late else "ROUND_CLOSED", stands=late), copies=2)]


def too_much(pen: Pen) -> Steps:
    bet = pen.bet("INSUFFICIENT_FUNDS", stands=False, amount=TOO_MUCH)
    yield [Send(bet, copies=2)]
    yield [Send(bet)]


def last_money(pen: Pen) -> Steps:
    pen.player = f"poor-{pen.dice.randrange(pen.cast.poor)}"
    bets = [pen.amount() for _ in range(pen.dice.randrange(3, 8))]
    yield [
        Send(
            pen.one(pen.transaction(Kind.BET, pen.fresh(), amount, worth=-amount, sure=False), OK, "INSUFFICIENT_FUNDS")
        )
        for amount in bets
    ]


def session_over(pen: Pen) -> Steps:
    yield [Send(pen.bet("SESSION_EXPIRED", stands=False, use=OVER), copies=2)]
    yield [Send(pen.bet(use=LIVE))]


def batch(pen: Pen) -> Steps:
    wins = [_credit(pen, stands=index > 0) for index in range(pen.dice.randrange(2, 12))]
    paid = pen.many(Form.BATCH, wins)
    gone = pen.one(pen.transaction(Kind.ROLLBACK, wins[0].id, 0, player=wins[0].player))
    yield [Send(paid, copies=2)]
    yield [Send(gone)]
    yield [Send(paid)]


def batch_undone(pen: Pen) -> Steps:
    wins = [_credit(pen, stands=False) for _ in range(pen.dice.randrange(2, 12))]
    raced = pen.dice.random() < 0.5
    paid = pen.many(Form.BATCH, wins, OK, *([pen.late] if raced else []))
    undo = Request(pen.speaker.provider_id, Form.UNBATCH, paid.id, (), frozenset({OK}))
    if raced:
        yield [Send(paid, copies=2), Send(undo, copies=2)]
    else:
        yield [Send(paid)]
        yield [Send(undo, copies=2)]
    yield [Send(paid)]


def _credit(pen: Pen, *, stands: bool) -> Transaction:
    amount = pen.amount()
    worth = amount if stands else 0
    return pen.transaction(Kind.WIN, pen.fresh(), amount, worth=worth, player=pen.cast.draw(pen.dice))


def play(pen: Pen) -> Steps:
    bets, wins = ([pen.amount() for _ in range(pen.dice.randrange(1, 3))] for _ in range(2))
    moves = [pen.transaction(Kind.BET, pen.fresh(), amount, worth=-amount) for amount in bets]
    moves += [pen.transaction(Kind.WIN, pen.fresh(), amount, worth=amount) for amount in wins]
    yield [Send(pen.many(Form.PLAY, moves, close=True), copies=3)]


def play_refused(pen: Pen) -> Steps:
    """All or nothing; and what falls with the others does not rise alone."""
    small, large = (pen.transaction(Kind.BET, pen.fresh(), amount) for amount in (pen.amount(), TOO_MUCH))
    yield [Send(pen.many(Form.PLAY, (small, large), "INSUFFICIENT_FUNDS"), copies=2)]
    yield [Send(pen.one(small, "INSUFFICIENT_FUNDS"))]


def part(pen: Pen) -> Steps:
    bet = pen.bet()
    (whole,) = bet.transactions
    amount = pen.dice.randrange(1, whole.amount + 1)
    back = pen.transaction(Kind.ROLLBACK, whole.id, amount, worth=amount)
    yield [Send(bet)]
    yield [Send(pen.one(back, form=Form.PART), copies=3)]
    yield [Send(bet)]


def close(pen: Pen) -> Steps:
    yield [Send(pen.bet())]
    yield [Send(pen.one(pen.transaction(Kind.NOTE, pen.fresh(), 0), form=Form.CLOSE), copies=2)]
    late = pen.speaker.profile.late_stake is LateStake.ACCEPT
    yield [Send(pen.bet(OK if late else "ROUND_CLOSED", stands=late))]


STORIES: dict[Callable[[Pen], Steps], tuple[int, Form]] = {
    plain: (20, Form.ONE),
    several: (8, Form.ONE),
    asked_about: (6, Form.STATUS),
    unsure: (10, Form.ONE),
    taken_back: (6, Form.ONE),
    rolled_back_before: (5, Form.ONE),
    raced: (6, Form.ONE),
    nameless: (3, Form.ONE),
    nameless_raced: (4, Form.ONE),
    twenty: (1, Form.ONE),
    other_contents: (4, Form.ONE),
    two_contents: (4, Form.ONE),
    win_first: (5, Form.ONE),
    win_undone: (4, Form.ONE),
    win_of_nothing: (3, Form.ONE),
    too_late: (3, Form.ONE),
    too_much: (2, Form.ONE),
    last_money: (4, Form.ONE),
    session_over: (2, Form.ONE),
    batch: (3, Form.BATCH),
    batch_undone: (3, Form.UNBATCH),
    play: (6, Form.PLAY),
    play_refused: (3, Form.PLAY),
    part: (4, Form.PART),
    close: (3, Form.CLOSE),
}
"""How often a story is told, and the form its provider must have for it."""

COMMON = {Form.ONE, Form.BATCH}
"""The forms every provider has."""


def stories(seed: str, cast: Cast) -> Iterator[Story]:
    """Yield stories for ever."""
    dice = random.Random(f"{seed} script")
    told = {
        (speaker.provider_id, write): weight
        for speaker in SPEAKERS
        for write, (weight, form) in STORIES.items()
        if form in COMMON or form in speaker.wires
    }
    for number, (provider_id, write) in enumerate(drawn(dice, told)):
        steps = tuple(tuple(step) for step in write(Pen(cast, BY_ID[provider_id], dice, number)))
        yield Story(number, write.__name__, steps)


def drawn(dice: random.Random, weights: dict[T, int]) -> Iterator[T]:
    """Yield for ever: everything once, in some order, then by weight."""
    first = list(weights)
    dice.shuffle(first)
    yield from first
    while first:
        yield from dice.choices(list(weights), list(weights.values()))
