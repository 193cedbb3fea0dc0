"""Restrictions in any order equal a naive model: what is allowed is what all of them allow (rulebook 15, I-11).

The model is what stands, in a word each, and the sessions that live. It knows no money: a stake that it allows may
still find none.
"""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.property.lives import CALM
from tests.support.domain import START, TICK, Books, bet, deposit, play, session, token_id, win, withdrawal
from tests.support.holds import freeze, release, take
from tests.support.players import exclude, reinstate, status, switch, travelled
from tests.support.promos import BY_HAND, BonusFirst, grant, offer, template, unfreeze
from tests.support.promos import freeze as freeze_bonus
from wallet_core.domain.commands import Command
from wallet_core.domain.decision import Reason
from wallet_core.domain.promos import Bonus, State

CURRENCIES = st.sampled_from(("EUR", "USD"))
FREEZES = st.sampled_from(("f0", "f1", "f2"))
TOKENS = st.sampled_from(("s0", "s1", "s2"))
ROUNDS = st.sampled_from(("r0", "r1", "r2", "r3", "r4", "r5"))
ENDS = st.sampled_from([START + seconds * TICK for seconds in (12, 25, 40, 10_000)])
GIFT = template()
WELCOME = template(BY_HAND, "welcome")
FAR = 365 * 86_400 * TICK

STEPS = st.one_of(
    st.tuples(st.just("status"), st.booleans()),
    st.tuples(st.just("freeze"), FREEZES, CURRENCIES),
    st.tuples(st.just("lift"), FREEZES, st.booleans()),
    st.tuples(st.just("exclude"), ENDS),
    st.tuples(st.just("reinstate")),
    st.tuples(st.just("switch"), CURRENCIES),
    st.tuples(st.just("open"), TOKENS, CURRENCIES),
    st.tuples(st.just("bet"), CURRENCIES, TOKENS | st.just(""), ROUNDS),
    st.tuples(st.just("bet"), CURRENCIES, st.just(""), ROUNDS),
    st.tuples(st.just("win"), CURRENCIES, ROUNDS, st.booleans()),
    st.tuples(st.just("deposit"), CURRENCIES),
    st.tuples(st.just("withdraw")),
    st.tuples(st.just("bonus"), st.sampled_from((offer, grant)), st.sampled_from((GIFT, WELCOME))),
    st.tuples(st.just("risk"), st.booleans()),
)
LIVES = st.lists(STEPS, min_size=5, max_size=40)


def _bet(key: str, currency: str, token: str, round_id: str) -> Command:
    seat = token_id(token) if token else b""
    return play(bet(key, "0.01"), currency=currency, round_id=round_id, session_id=seat, policies=BonusFirst())


def _win(key: str, currency: str, round_id: str, closes: bool) -> Command:  # noqa: FBT001
    return play(win(key, "0.50"), currency=currency, round_id=round_id, close_round=closes, policies=BonusFirst())


COMMANDS = {
    "status": lambda key, blocked: status(blocked=blocked, key=key),
    "freeze": lambda _, hold_id, currency: freeze(hold_id, currency=currency, review_at=START + FAR),
    "lift": lambda key, hold_id, taken: take(None, hold_id, key=key) if taken else release(hold_id, key=key),
    "exclude": lambda key, until: exclude(until, key),
    "reinstate": reinstate,
    "switch": lambda key, currency: switch(currency, key),
    "open": lambda _, token, currency: session(token, ttl=FAR, currency=currency),
    "bet": _bet,
    "win": _win,
    "deposit": lambda key, currency: deposit("1", currency=currency, key=key),
    "withdraw": lambda key: withdrawal("0.01", key=key),
    "bonus": lambda key, begin, of: begin(of, key),
    "risk": lambda key, cleared: unfreeze("gift@1", key) if cleared else freeze_bonus("gift@1", key),
}


def _command(step: tuple, number: int) -> Command:
    """The command of a step; each has a key of its own, but what is placed or opened has that of its id."""
    return COMMANDS[step[0]](f"k{number}", *step[1:])


class Naive:
    """What stands."""

    def __init__(self) -> None:
        self.blocked = False
        self.freezes: set[str] = set()
        self.until = 0
        self.currency = ""
        self.live: dict[str, str] = {}
        self.over: dict[str, str] = {}

    @property
    def playing(self) -> bool:
        return not (self.blocked or self.freezes or self.until)

    def end_sessions(self) -> None:
        self.over |= self.live
        self.live = {}

    def refusal(self, books: Books, step: tuple) -> set[Reason]:
        """Return why a step is to be refused a tick from now: one of these; nothing where nothing is in its way."""
        blocked = set() if self.playing else {Reason.PLAYER_BLOCKED}
        match step:
            case "exclude", until:
                return {Reason.INVALID_REQUEST} if until <= books.at + TICK or until < self.until else set()
            case "reinstate", *_:
                return set() if 0 < self.until <= books.at + TICK else {Reason.INVALID_REQUEST, Reason.PLAYER_BLOCKED}
            case "open", _, currency:
                return {Reason.WRONG_CURRENCY} if self.currency not in {"", currency} else blocked
            case "bet", currency, token, round_id:
                return self._stake(books, currency, token, round_id) or blocked
            case "deposit" | "bonus", *_:
                return blocked
            case "withdraw", *_:
                return {Reason.PLAYER_BLOCKED} if self.blocked or self.freezes else set()
        return set()

    def _stake(self, books: Books, currency: str, token: str, round_id: str) -> set[Reason]:
        of = (self.live | self.over).get(token, "")
        if token and not of:
            return {Reason.SESSION_UNKNOWN}
        round_ = books.round(round_id)
        begun = round_ is not None and round_.state.name == "OPEN"
        if of not in {"", currency} or (self.currency not in {"", currency} and not begun):
            return {Reason.WRONG_CURRENCY}
        if self.until:
            return {Reason.PLAYER_BLOCKED}
        return {Reason.SESSION_EXPIRED} if token in self.over else set()

    def follow(self, step: tuple) -> None:
        """Change as a step that was not refused does."""
        match step:
            case "status", blocked:
                self.blocked = blocked
            case "freeze", hold_id, _:
                self.freezes.add(hold_id)
            case "lift", hold_id, _:
                self.freezes.discard(hold_id)
            case "exclude", until:
                self.until = until
                self.end_sessions()
            case "reinstate", *_:
                self.until = 0
            case "switch", currency if currency != self.currency:
                self.currency = currency
                self.end_sessions()
            case "open", token, currency:
                self.live[token] = currency


GATES = {Reason.PLAYER_BLOCKED, Reason.SESSION_EXPIRED, Reason.SESSION_UNKNOWN}


def _books() -> Books:
    books = travelled()
    for currency in ("EUR", "USD"):
        books.do(deposit("20", currency=currency, key=f"first {currency}"))
    return books


@settings(CALM, max_examples=200)
@given(steps=LIVES)
def test_any_order_equals_the_naive_model(steps):
    books, naive = _books(), Naive()
    for number, step in enumerate(steps):
        command = _command(step, number)
        expected = naive.refusal(books, step)
        decision = books.do(command)
        refused = decision.refusal.reason if decision.refusal else None
        if decision.replayed or refused is Reason.CONFLICT:
            continue  # of what came under this key before
        if expected:
            assert refused in expected, (step, refused)
        elif step[0] == "win":
            assert refused not in GATES, (step, refused)  # a credit is gated by nothing (R-PROV-03)
        else:
            assert refused not in GATES | ({Reason.WRONG_CURRENCY} if _alone(books, step) else set()), (step, refused)
        if refused is None:
            naive.follow(step)
        player = books.player()
        assert (player.frozen, player.may_play, player.excluded) == (
            len(naive.freezes),
            naive.playing,
            bool(naive.until),
        )
        if naive.until:
            _nothing_waits(books)
    books.assert_sound()


def _alone(books: Books, step: tuple) -> bool:
    """Whether no round of another currency is in the way of a step."""
    if step[0] != "bet":
        return True
    round_ = books.round(step[3])
    return round_ is None or round_.currency == step[1]


def _nothing_waits(books: Books) -> None:
    """Hold an excluded player's bonuses to R-BONUS-24."""
    for row in books.rows.values():
        if isinstance(row, Bonus):
            assert row.state not in {State.OFFERED, State.CLAIMED, State.QUEUED}
            assert row.rounds or row.state not in {State.ACTIVE, State.SETTLING}


@settings(CALM, max_examples=60)
@given(steps=LIVES, data=st.data())
def test_the_cuts_between_batches_leave_no_trace(steps, data):
    told = [_command(step, number) for number, step in enumerate(steps)]
    cuts = sorted(data.draw(st.sets(st.integers(1, len(told)), max_size=4)) | {0, len(told)})
    one_by_one, cut = _books(), _books()
    decisions = [one_by_one.do(command) for command in told]
    assert [each for start, end in pairwise(cuts) for each in cut.do_batch(told[start:end])] == decisions
    assert (cut.rows, cut.lines) == (one_by_one.rows, one_by_one.lines)
