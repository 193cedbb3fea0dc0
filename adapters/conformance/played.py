"""One case as it is played: what its labels stand for, what was said, and whether that was right."""

import asyncio
import time
import uuid
from collections.abc import Sequence
from decimal import ROUND_DOWN, Decimal

import aiohttp
import yarl
from msgspec.structs import replace

from adapters.conformance import cases, forgery
from adapters.conformance.dialect import (
    Case,
    Dialect,
    Forgery,
    Move,
    Replays,
    Said,
    Say,
    Seat,
    Step,
)
from adapters.conformance.expected import fits, text, words
from adapters.conformance.target import Target
from adapters.conformance.wires import Reply, Wire

_EXCERPT = 120
_CENT = Decimal("0.01")
_MOST = Decimal("0.6")
# What a forged signature is borrowed for.
_DEARER = "90.00"


class Wrong(Exception):
    """What was said, and what was expected."""


class Played:
    """A case against a target."""

    def __init__(self, dialect: Dialect, target: Target, http: aiohttp.ClientSession) -> None:
        self._dialect = dialect
        self._target = target
        self._http = http
        self._url = target.url
        self._ids: dict[str, str] = {}
        # By label: the function that says it, now or later.
        self._kinds: dict[str, str | Say] = {}
        # By label: what was last said under it; by function and label: how.
        self._moves: dict[str, Move] = {}
        self._wires: dict[tuple[str, str], Wire] = {}
        # By label: what was answered first.
        self._first: dict[str, Said] = {}
        # By player: the balance at the beginning.
        self._began: dict[str, Decimal] = {}

    async def all(self, case: Case) -> None:
        """Play every step. Raises Wrong."""
        self._kinds = {step.id: step.say for step in cases.steps(case)}
        for name in sorted({step.seat for step in cases.steps(case)} - cases.MADE_UP | {"player"}):
            seat = self._payer(name)
            self._began[seat.player] = await self._balance(seat)
        for number, group in enumerate(case.steps, 1):
            try:
                await (self._one(group) if isinstance(group, Step) else self._at_once(group))
            except Wrong as wrong:
                what = cases.spoken(group) if isinstance(group, Step) else f"{len(group)} at once"
                raise Wrong(f"step {number}, {what}: {wrong}") from None
        self._all_different(case)

    async def _one(self, step: Step) -> None:
        if step.say == cases.RESTART and self._target.restart:
            self._url = await self._target.restart()
            return
        said = await self._said(step)
        if step.again:
            self._same(step, said)
        else:
            self._first[step.id] = said
        if step.say == "batch":
            self._items(step, said)
        leaves = step.leaves if said.ok else step.refused_leaves or step.leaves
        if leaves:
            await self._leaves(step, said, leaves)

    async def _at_once(self, steps: Sequence[Step]) -> None:
        answers = await asyncio.gather(*map(self._said, steps))
        copies: dict[str, list[Said]] = {}
        for step, said in zip(steps, answers, strict=True):
            copies.setdefault(step.id, []).append(said)
        for label, said_to_it in copies.items():
            accepted = [said for said in said_to_it if said.ok]
            if len(said_to_it) > 1 and not accepted:
                raise Wrong("none of the copies was accepted")
            if len({said.transaction for said in accepted}) > 1:
                raise Wrong("copies of one request were answered with different transaction ids")
            self._first[label] = (accepted or said_to_it)[0]
        accepted_in_all = sum(said.ok for said in answers)
        if steps[0].of_these and accepted_in_all != steps[0].of_these:
            raise Wrong(f"{accepted_in_all} were accepted; expected {steps[0].of_these}")

    async def _said(self, step: Step) -> Said:
        """What is answered to a step, where it is one of what may be. Raises Wrong."""
        key = cases.spoken(step), step.id
        if not (step.again and key in self._wires):
            move = self._move(step)
            self._moves[step.id] = move
            self._wires[key] = self._say(step, move)
        wire = self._wires[key]
        dearer = self._say(step, replace(self._moves[step.id], amount=_DEARER)) if step.forged else wire
        reply = await self._sent(forgery.cut(wire) if step.cut else wire, step.forged, dearer)
        said = self._read(reply)
        wanted = words(self._dialect, step)
        if not any(fits(one, said, reply.status) for one in wanted):
            shown = "with" if said.balance is not None else "without"
            expected = " or ".join(map(text, wanted))
            raise Wrong(f"said {reply.status} {said.word!r} {shown} a balance; expected {expected}")
        return said

    def _say(self, step: Step, move: Move) -> Wire:
        say = getattr(self._dialect, step.say) if isinstance(step.say, str) else step.say
        wire: Wire = say(move)
        return wire

    async def _sent(self, wire: Wire, forged: Forgery | None = None, dearer: Wire | None = None) -> Reply:
        sent = forgery.signed(
            self._dialect, wire, self._target.secrets, time.time(), forged=forged, dearer=dearer or wire
        )
        patience = self._target.answer_within or self._dialect.waits
        try:
            async with self._http.request(
                sent.method,
                yarl.URL(self._url.rstrip("/") + sent.target, encoded=True),
                data=sent.body or None,
                headers=sent.headers,
                skip_auto_headers=["Content-Type"],
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=patience),
            ) as answer:
                return Reply(answer.status, answer.headers.get("Content-Type", ""), await answer.read())
        except TimeoutError:
            raise Wrong(f"no answer within {patience} s") from None
        except aiohttp.ClientError as error:
            raise Wrong(f"no answer: {type(error).__name__}") from None

    def _read(self, reply: Reply) -> Said:
        excerpt = f"{reply.status} {reply.body[:_EXCERPT].decode(errors='replace')}"
        prove = self._dialect.proves
        if prove and not any(prove(reply, secret) for secret in self._target.secrets):
            raise Wrong(f"the answer is not signed as it should be: {excerpt}")
        if reply.content_type.partition(";")[0].strip().lower() not in self._dialect.content_types:
            raise Wrong(f"an unreadable answer: {excerpt}, called {reply.content_type!r}")
        try:
            return self._dialect.read(reply)
        except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError):
            raise Wrong(f"an unreadable answer: {excerpt}") from None

    def _items(self, step: Step, said: Said) -> None:
        if len(said.items) != len(step.items):
            raise Wrong(f"{len(said.items)} results of {len(step.items)} items")
        for item, answer in zip(step.items, said.items, strict=True):
            # An item has no HTTP status of its own.
            if not any(fits(one, answer, one.status) for one in words(self._dialect, item)):
                raise Wrong(f"item {item.id!r} was told {answer.word!r}")
            if self._first.setdefault(item.id, answer).transaction != answer.transaction:
                raise Wrong(f"item {item.id!r} has another transaction id than before")

    def _same(self, step: Step, said: Said) -> None:
        """A repetition is answered as the first was."""
        first = self._first[step.id]
        if not (first.ok and said.ok):
            return
        if first.transaction != said.transaction:
            raise Wrong("the repetition was answered with another transaction id")
        if self._dialect.replays is Replays.THEN and first.balance != said.balance:
            raise Wrong(f"the repetition shows {said.balance}, and the first answer showed {first.balance}")

    async def _leaves(self, step: Step, said: Said, leaves: str) -> None:
        seat = self._payer(step.seat)
        began = self._began[seat.player]
        expected = began + sum(self._change(term, began) for term in leaves.split())
        is_of_now = not step.again or self._dialect.replays is Replays.NOW
        if is_of_now and said.balance is not None and said.balance != expected:
            raise Wrong(f"the answer shows {said.balance}; expected {expected}")
        held = await self._balance(seat)
        if held != expected:
            raise Wrong(f"the player has {held} then; expected {expected}, after {began} at the beginning")

    def _all_different(self, case: Case) -> None:
        """Transactions that are not the same have not the same id."""
        labels = {step.id for step in cases.steps(case) if step.say in ("bet", "win", "prize")}
        answers = [self._first[label] for label in sorted(labels & self._first.keys())]
        ids = [said.transaction for said in answers if said.ok and said.transaction]
        if len(set(ids)) < len(ids):
            raise Wrong("different transactions were answered with one transaction id")

    async def _balance(self, seat: Seat) -> Decimal:
        move = Move(kind="balance", seat=seat, id=_fresh(), round=_fresh(), currency=seat.currency)
        said = self._read(await self._sent(self._dialect.balance(move)))
        if said.balance is None:
            raise Wrong(f"asked for the balance it said {said.word!r}")
        return said.balance

    def _move(self, step: Step) -> Move:
        seat = self._seat(step.seat)
        moves = tuple(map(self._move, step.items))
        self._moves |= {item.id: move for item, move in zip(step.items, moves, strict=True)}
        return Move(
            kind=cases.spoken(step),
            seat=seat,
            id=self._id(step.id),
            round=self._id(f"round {step.round}"),
            amount=self._amount(step.amount, self._began.get(seat.player, Decimal(0))),
            currency=self._target.other_currency if step.currency == cases.OTHER_CURRENCY else seat.currency,
            of=self._original(step) if step.of else None,
            closes=step.closes,
            items=moves,
        )

    def _original(self, step: Step) -> Move:
        """The move a step refers to, which may come later, or never: it is then a bet of the same amount."""
        if step.of not in self._moves:
            kind = self._kinds.get(step.of, "bet")
            self._moves[step.of] = self._move(replace(step, say=kind, id=step.of, of=""))
        return self._moves[step.of]

    def _id(self, label: str) -> str:
        return self._ids.setdefault(label, _fresh())

    def _seat(self, name: str) -> Seat:
        player = self._target.player
        match name:
            case cases.NOBODY:
                return replace(player, player=f"nobody{_fresh()[:12]}", token=_fresh())
            case cases.STRANGER:
                return replace(player, token=_fresh())
            case cases.UNNAMED:
                return replace(player, player="")
            case cases.CROSSED:
                return replace(player, token=self._given("other").token)
            case _:
                return self._given(name)

    def _payer(self, name: str) -> Seat:
        """Who is asked for the balance of a seat: its player, with a session that lives."""
        return self._target.player if name in {*cases.MADE_UP, "expired"} else self._given(name)

    def _given(self, name: str) -> Seat:
        seat: Seat | None = getattr(self._target, name)
        if seat is None:
            raise Wrong(f"needs a player `{name}` in the configuration")
        return seat

    def _amount(self, text: str, began: Decimal) -> str:
        match text:
            case cases.TOO_MUCH:
                return str(began + 1)
            case cases.MOST:
                return str((began * _MOST).quantize(_CENT, ROUND_DOWN))
            case cases.FINEST:
                return self._dialect.finest
            case cases.FINER:
                return f"{self._dialect.finest}1"
            case _:
                return text

    def _change(self, term: str, began: Decimal) -> Decimal:
        amount = Decimal(self._amount(term.removeprefix("-"), began))
        return -amount if term.startswith("-") else amount


def _fresh() -> str:
    return uuid.uuid4().hex
