"""A small wallet of its own, written for the conformance kit to play against: right here, wrong in `faults.py`.

Everything is in memory, money is an int of millionths, and each law is one short method, so that a fault is one method
done wrongly. It knows no protocol: `seamless.py` and `softswiss.py` speak for it.
"""

import uuid
from copy import deepcopy
from dataclasses import dataclass, field

SCALE = 6
MOST = 2**63 - 1
CURRENCIES = {"EUR", "USD", "SEK", "JPY"}

# Refusals that keep their id for ever; any other leaves no trace.
BOUND = {"INSUFFICIENT_FUNDS", "PLAYER_BLOCKED", "SESSION_EXPIRED", "ROUND_CLOSED", "TOMBSTONED"} | {
    "REFERENCE_MISMATCH",
    "REFERENCE_ROLLED_BACK",
    "AMOUNT_EXCEEDS_REFERENCE",
}


class No(Exception):
    """A refusal; `player` once it is known who asks."""

    def __init__(self, code, player=None):
        super().__init__(code)
        self.code = code
        self.player = player


@dataclass
class Player:
    player_id: str
    currency: str
    cash: int
    blocked: bool = False
    debt: int = 0


@dataclass
class Session:
    player_id: str
    live: bool = True


@dataclass
class Round:
    closed: bool = False
    stakes: int = 0
    standing: int = 0


@dataclass(frozen=True)
class Action:
    """`amount`: as it was sent, in text; None where the message has none. `named`: the transactions it is about."""

    kind: str  # bet, win, rollback or close_round: a method of Books
    key: str
    amount: str | None = None
    named: tuple = ()
    category: str = "game"


@dataclass(frozen=True)
class Ask:
    """One message: actions of one player, all or nothing."""

    actions: tuple
    player_id: str = ""
    token: str = ""
    currency: str = ""
    round_id: str = ""
    close: bool = False


@dataclass
class Row:
    """A transaction that was decided. `moved`: what the player got; `code`: why it was refused; `undone`: how much of
    it, `dead`: all of it.
    """

    key: str
    kind: str
    contents: tuple
    round_id: str
    outcome: str
    code: str = ""
    moved: int = 0
    undone: int = 0
    dead: bool = False
    cash_after: int = 0
    identity: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(frozen=True)
class Reply:
    player: Player | None
    rows: tuple
    replayed: bool
    cash_then: int
    cash_now: int


class Books:
    """The laws. A fault overrides one of them."""

    zero_is_money = True  # a bet or win of nothing is accepted
    late_stakes = False  # a closed round takes further stakes
    wins_need_bets = True  # an ordinary win is refused where nothing was staked

    def __init__(self):
        self.players = {}
        self.sessions = {}
        self.rows = {}
        self.graves = set()
        self.rounds = {}

    async def balance(self, player_id, token, currency=""):
        player = self.who(player_id, token, ())
        if token and not self.sessions[token].live:
            raise No("SESSION_EXPIRED", player)
        self.spoken(player, currency)
        return player

    async def play(self, ask):
        """Decide every action or none; what was decided before is answered as it was."""
        player = self.who(ask.player_id, ask.token, ask.actions)
        if player is None:
            self.bury("", ask.actions[0].named[0])
            return Reply(None, (self.nobodys(ask.actions[0]),), replayed=False, cash_then=0, cash_now=0)
        found = await self.look(player, ask)
        fresh = [action for action in ask.actions if action.key not in found]
        if not fresh:
            return self.again(player, ask, [found[action.key] for action in ask.actions])
        before = deepcopy((player, self.rounds, self.rows)) if len(fresh) > 1 else None
        try:
            self.gate(player, ask, fresh)
            rows = [found.get(action.key) or await self.act(player, ask, action) for action in ask.actions]
        except No as no:
            if before is not None:  # a single action is refused before it changes anything
                self.restore(*before)
            self.bind(player, ask, fresh, no.code)
            raise No(no.code, player) from None
        if ask.close:
            self.close(player, ask.round_id)
        return Reply(player, tuple(rows), replayed=False, cash_then=player.cash, cash_now=player.cash)

    def who(self, player_id, token, actions):
        """The player; None where a rollback names nobody and nothing that is known."""
        session = self.sessions.get(token)
        if token and session is None:
            raise No("SESSION_UNKNOWN")
        if token and player_id and session.player_id != player_id:
            raise No("SESSION_UNKNOWN")
        player_id = player_id or (session.player_id if session else "")
        if not player_id and actions:
            if ("", actions[0].named[0]) in self.graves:
                return None
            return next((self.players[who] for who, key in self.rows if key == actions[0].named[0]), None)
        if player_id not in self.players:
            raise No("PLAYER_UNKNOWN")
        return self.players[player_id]

    def contents(self, ask, action):
        """What may not differ when an id is sent again."""
        amount = None if action.amount is None else self.money(action.amount)
        currency, round_id = ("", "") if action.kind == "rollback" else (ask.currency, ask.round_id)
        return action.kind, amount, currency, round_id, action.named

    async def look(self, player, ask):
        """The actions that were decided before, by id."""
        found = {}
        for action in ask.actions:
            contents = self.contents(ask, action)
            row = self.rows.get((player.player_id, action.key))
            if row is not None:
                if row.contents != contents:
                    raise No("CONFLICT", player)
                found[action.key] = row
        return found

    def again(self, player, ask, rows):
        for row in rows:
            if row.code:
                raise No(row.code, player)
        return Reply(player, tuple(rows), replayed=True, cash_then=rows[-1].cash_after, cash_now=player.cash)

    def bind(self, player, ask, fresh, code):
        """A refused id stays refused."""
        for action in fresh if code in BOUND else ():
            self.store(player, ask, action, 0, "refused", code)

    def gate(self, player, ask, fresh):
        """Only stakes are gated."""
        for action in fresh:
            if action.kind in {"bet", "win"} and self.buried(player, action.key):
                raise No("TOMBSTONED")
            self.judge(action)
        self.spoken(player, ask.currency)
        if any(action.kind == "bet" for action in fresh):
            self.may_stake(player, ask)

    def judge(self, action):
        """Refuse an amount that is none."""
        if action.amount is None:
            return
        amount = self.money(action.amount)
        if not 0 <= amount <= MOST or (amount == 0 and not self.zero_is_money):
            raise No("INVALID_AMOUNT")

    def money(self, text):
        """Millionths. Text that is no plain decimal never gets here."""
        whole, _, fraction = text.removeprefix("-").partition(".")
        fraction = fraction.rstrip("0")
        if len(fraction) > SCALE:
            raise No("INVALID_PRECISION")
        amount = int(whole) * 10**SCALE + int(fraction.ljust(SCALE, "0"))
        return -amount if text.startswith("-") else amount

    def shown(self, amount):
        """Money as text: two decimals, and as many more as there are."""
        sign, amount = ("-", -amount) if amount < 0 else ("", amount)
        fraction = f"{amount % 10**SCALE:0{SCALE}d}".rstrip("0").ljust(2, "0")
        return f"{sign}{amount // 10**SCALE}.{fraction}"

    def spoken(self, player, currency):
        if currency and currency not in CURRENCIES:
            raise No("UNKNOWN_CURRENCY")
        if currency and currency != player.currency:
            raise No("WRONG_CURRENCY")

    def may_stake(self, player, ask):
        self.live(ask)
        self.allowed(player)

    def live(self, ask):
        if not self.sessions[ask.token].live:
            raise No("SESSION_EXPIRED")

    def allowed(self, player):
        if player.blocked:
            raise No("PLAYER_BLOCKED")

    async def act(self, player, ask, action):
        moved = await getattr(self, action.kind)(player, ask, action)
        return self.store(player, ask, action, moved or 0, "noop" if moved is None else "applied")

    async def bet(self, player, ask, action):
        round_ = self.round(player, ask.round_id)
        self.takes_stakes(round_)
        amount = self.money(action.amount)
        await self.take(player, amount)
        round_.stakes += 1
        round_.standing += 1
        return -amount

    def takes_stakes(self, round_):
        if round_.closed and not self.late_stakes:
            raise No("ROUND_CLOSED")

    async def take(self, player, amount):
        if player.cash < amount:
            raise No("INSUFFICIENT_FUNDS")
        player.cash -= amount

    async def win(self, player, ask, action):
        self.owed(player, ask, action)
        amount = self.money(action.amount)
        if player.cash + amount > MOST:
            raise No("INVALID_AMOUNT")
        player.cash += amount
        return amount

    def owed(self, player, ask, action):
        """An ordinary win needs a bet that stands: each one that it names, or one of its round."""
        if action.category != "game":
            return
        for key in action.named:
            bet = self.rows.get((player.player_id, key))
            if self.buried(player, key) or (bet and bet.outcome == "applied" and self.is_undone(bet)):
                raise No("REFERENCE_ROLLED_BACK")
            if (bet is None or bet.outcome == "refused") and self.wins_need_bets:
                raise No("REFERENCE_NOT_FOUND")
            if bet and bet.kind != "bet":
                raise No("REFERENCE_MISMATCH")
        round_ = self.round(player, ask.round_id)
        if self.wins_need_bets and not (action.named or round_.stakes):
            raise No("REFERENCE_NOT_FOUND")
        if round_.stakes and not round_.standing:
            raise No("REFERENCE_ROLLED_BACK")

    async def rollback(self, player, ask, action):
        target = self.rows.get((player.player_id, action.named[0]))
        if target is None:
            self.bury(player.player_id, action.named[0])
            return None
        if target.kind not in {"bet", "win"}:
            raise No("REFERENCE_MISMATCH")
        if target.outcome != "applied" or self.is_undone(target):
            return None
        left = self.left(target)
        amount = left if action.amount is None else self.money(action.amount)
        if amount > left:
            raise No("AMOUNT_EXCEEDS_REFERENCE")
        return self.undo(player, target, amount)

    def left(self, target):
        return abs(target.moved) - target.undone

    def is_undone(self, target):
        return target.dead

    def undo(self, player, target, amount):
        """Give a stake back, or take a win back: what is not there any more is debt."""
        target.undone += amount
        target.dead = not self.left(target)
        if target.kind == "bet":
            round_ = self.round(player, target.round_id)
            round_.standing -= target.dead
            player.cash += amount
            return amount
        taken = min(amount, player.cash)
        player.cash -= taken
        player.debt += amount - taken
        return -taken

    def bury(self, player_id, key):
        """A transaction that was rolled back before it came."""
        self.graves.add((player_id, key))

    def buried(self, player, key):
        return not self.graves.isdisjoint({(player.player_id, key), ("", key)})

    async def close_round(self, player, ask, action):
        self.close(player, ask.round_id)
        return 0

    def close(self, player, round_id):
        if round_id:
            self.round(player, round_id).closed = True

    def round(self, player, round_id):
        return self.rounds.setdefault((player.player_id, round_id), Round())

    def store(self, player, ask, action, moved, outcome, code=""):  # noqa: PLR0917
        contents = self.contents(ask, action)
        row = Row(action.key, action.kind, contents, ask.round_id, outcome, code, moved, cash_after=player.cash)
        self.rows[player.player_id, action.key] = row
        return row

    def nobodys(self, action):
        return Row(action.key, action.kind, (), "", "noop", identity="")

    def restore(self, player, rounds, rows):
        """Nothing of a refused message is left."""
        vars(self.players[player.player_id]).update(vars(player))
        self.rounds, self.rows = rounds, rows

    def restarted(self):
        """Nothing is forgotten."""

    async def batch(self, asks):
        """A result each, in order: a Reply or a No."""
        results = []
        for ask in asks:
            try:
                results.append(await self.play(ask))
            except No as no:
                results.append(no)
        return results
