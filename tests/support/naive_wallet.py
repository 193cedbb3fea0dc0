# ruff: noqa: C901, PLR0912  one branch a rule: an auditor is read beside the law, not folded up
"""A naive second wallet: the auditor the real one is held against, written from the law without reading the play.

Plain dictionaries and ints; one command at a time; no batches, no rows, no undo log: a refused play is forgotten by
going back to a deep copy. Slow and obvious on purpose. It knows one pocket, cash, and what is owed.
"""

import copy
from dataclasses import dataclass, field

from wallet_core.domain.commands import (
    Action,
    Bury,
    CloseSession,
    CreatePlayer,
    OpenSession,
    Pay,
    Play,
    SetStatus,
    VoidRound,
    batch_key,
)
from wallet_core.domain.decision import FATE, Fate, Outcome, Reason
from wallet_core.domain.entries import Category, Kind
from wallet_core.domain.money import CURRENCIES
from wallet_core.domain.profiles import (
    BetSession,
    CreditSession,
    LateOriginal,
    LateStake,
    Overdraw,
    Profile,
    Refusals,
    Repeat,
    RepeatedRollback,
    Settle,
    SettledRollback,
    UnknownRollback,
    WinReference,
    WrongKind,
    Zero,
)

OPEN, CLOSED, CANCELLED, VOIDED = "OPEN", "CLOSED", "CANCELLED", "VOIDED"


@dataclass
class Said:
    """What the auditor expects of one command: an outcome an action, or the reason of the refusal."""

    outcomes: list[Outcome] = field(default_factory=list)
    reason: Reason | None = None
    replayed: bool = False


@dataclass
class Money:
    """What a player has in one currency."""

    cash: int = 0
    debt: int = 0


@dataclass
class Kept:
    """What is kept of one key."""

    kind: Kind
    fingerprint: object
    outcome: Outcome
    reason: Reason | None = None
    round: str = ""
    references: tuple[str, ...] = ()
    left: int = 0  # of a bet or win: what it took or gave and was not undone since
    used: int = 0  # of a late win: how much of a void's refund it used up
    settled_by: int = 0  # wins that named this bet and stand
    named_round: bool = False  # a win of an ordinary game that named no bet
    late: bool = False  # a win paid after a void
    undone: bool = False


@dataclass
class Game:
    """One round."""

    state: str = OPEN
    staked: int = 0  # what of the stakes stands
    standing: int = 0  # how many stakes stand, of nothing or not
    in_play: int = 0  # of them, what is no revenue yet
    stakes: int = 0  # accepted ever
    wins: int = 0  # that named no bet and stand
    refunded: int = 0  # given back by a void, not used up by late wins


class No(Exception):
    """A refusal on its way out."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.name)
        self.reason = reason


class NaiveWallet:
    """Everything there is, in dictionaries."""

    def __init__(self) -> None:
        self.players: dict[str, tuple[str, ...]] = {}
        self.blocked: set[str] = set()
        self.money: dict[tuple[str, str], Money] = {}
        self.sessions: dict[tuple[str, bytes], dict] = {}
        self.kept: dict[tuple[str, str, str], Kept] = {}
        self.tombstones: set[tuple[str, str, str]] = set()  # player "" is everyone's
        self.rounds: dict[tuple[str, str, str], Game] = {}

    def do(self, command: object, now: int = 0) -> Said:
        """Obey one command at the microsecond `now`."""
        before = copy.deepcopy(self.__dict__)
        try:
            match command:
                case Play():
                    return self._play(command, now)
                case Pay():
                    return self._pay(command)
                case SetStatus():
                    return self._set_status(command)
                case CreatePlayer():
                    return self._create(command)
                case OpenSession():
                    return self._open_session(command, now)
                case CloseSession():
                    self.sessions[command.player_id, command.session_id]["over"] = True
                    return Said()
                case VoidRound():
                    return self._void(command)
                case Bury():
                    self.tombstones.add(("", command.provider_id, command.external_key))
                    return Said([Outcome.NOOP])
        except No as no:
            left = self.tombstones - before["tombstones"]
            self.__dict__.update(before)
            self.tombstones |= left  # a refusal leaves them too
            replayed = False
            if isinstance(command, Play):
                replayed = all(self._kept(command, action.external_key) for action in command.actions)
                self._bind(command, no.reason)
            return Said(reason=no.reason, replayed=replayed and no.reason is not Reason.CONFLICT)
        raise TypeError(command)

    # Everything but play.

    def _create(self, command: CreatePlayer) -> Said:
        self.players.setdefault(command.player_id, command.currencies)
        for currency in command.currencies:
            self.money.setdefault((command.player_id, currency), Money())
        return Said()

    def _open_session(self, command: OpenSession, now: int) -> Said:
        key = command.player_id, command.session_id
        if key in self.sessions:
            return Said(replayed=True)
        if command.player_id in self.blocked:
            raise No(Reason.PLAYER_BLOCKED)
        self.sessions[key] = {"provider": command.provider_id, "ends": now + command.ttl, "over": False}
        return Said()

    def _set_status(self, command: SetStatus) -> Said:
        kept = self.kept.get((command.player_id, *command.partner))
        if kept:
            if kept.fingerprint != command.payload:
                raise No(Reason.CONFLICT)
            return Said([kept.outcome], replayed=True)
        (self.blocked.add if command.blocked else self.blocked.discard)(command.player_id)
        self.kept[(command.player_id, *command.partner)] = Kept(Kind.NOTE, command.payload, Outcome.NOOP)
        return Said([Outcome.NOOP])

    def _pay(self, command: Pay) -> Said:
        key = (command.player_id, *command.partner)
        kept = self.kept.get(key)
        if kept:
            if kept.fingerprint != command.payload:
                raise No(Reason.CONFLICT)
            return Said([] if kept.reason else [kept.outcome], kept.reason, replayed=True)
        if command.currency not in self.players[command.player_id]:
            raise No(Reason.WRONG_CURRENCY)
        if command.amount <= 0:
            raise No(Reason.INVALID_AMOUNT)
        if command.amount % CURRENCIES[command.currency].quantum:
            raise No(Reason.INVALID_PRECISION)
        money = self.money[command.player_id, command.currency]
        reason = None
        if command.player_id in self.blocked:
            reason = Reason.PLAYER_BLOCKED
        elif command.kind is Kind.WITHDRAWAL and command.amount > money.cash - money.debt:
            reason = Reason.INSUFFICIENT_FUNDS
        if reason is Reason.PLAYER_BLOCKED:  # the money may be there already: it comes in once the block is gone
            raise No(reason)
        if reason:  # a refused payment keeps its key
            self.kept[key] = Kept(command.kind, command.payload, Outcome.REFUSED, reason)
            return Said(reason=reason)
        if command.kind is Kind.WITHDRAWAL:
            money.cash -= command.amount
        else:
            self._credit(money, command.amount, command.terms.debt_recovery_deposit)
        self.kept[key] = Kept(command.kind, command.payload, Outcome.APPLIED)
        return Said([Outcome.APPLIED])

    def _void(self, command: VoidRound) -> Said:
        key = (command.player_id, *command.partner)
        kept = self.kept.get(key)
        if kept:
            if kept.fingerprint != command.payload:
                raise No(Reason.CONFLICT)
            return Said([kept.outcome], replayed=True)
        game = self.rounds.get((command.player_id, command.provider_id, command.round_id))
        if game is None:
            raise No(Reason.ROUND_NOT_FOUND)
        if game.state in {CLOSED, CANCELLED}:
            raise No(Reason.ROUND_CLOSED)
        self.money[command.player_id, "EUR"].cash += game.in_play
        game.refunded += game.staked
        game.staked = game.in_play = game.standing = 0
        game.state = VOIDED
        self.kept[key] = Kept(Kind.VOID, command.payload, Outcome.APPLIED)
        return Said([Outcome.APPLIED])

    # Play.

    def _play(self, play: Play, now: int) -> Said:
        for action in play.actions:
            self._check_amount(play, action)
        if play.player_id not in self.players:
            raise No(Reason.PLAYER_UNKNOWN)
        kept = [self._kept(play, action.external_key) for action in play.actions]
        for action, old in zip(play.actions, kept, strict=True):
            same = old is None or old.fingerprint == self._fingerprint(play, action)
            if not same and play.profile.repeat is Repeat.CONFLICT:
                raise No(Reason.CONFLICT)
        for old in kept:
            if old and old.outcome is Outcome.REFUSED:
                raise No(old.reason)
        if all(kept) and kept:
            return Said([old.outcome for old in kept], replayed=True)
        new = [action for action, old in zip(play.actions, kept, strict=True) if old is None]
        late = any(self._buried(play, action) for action in new)
        if late and play.profile.late_original is LateOriginal.REFUSE:
            raise No(Reason.TOMBSTONED)
        if late:  # all or nothing: what comes with it moves nothing either
            for action in new:
                if not self._lies_there(play, action):
                    self._keep(play, action, Outcome.NOOP, undone=True)
            return Said([old.outcome if old else Outcome.NOOP for old in kept])
        if play.currency and play.currency not in self.players[play.player_id]:
            raise No(Reason.WRONG_CURRENCY)
        self._check_session(play, new, now)
        stakes = [action for action in new if action.kind is Kind.BET]
        if stakes:
            if play.game_ids and play.game_id not in play.game_ids:
                raise No(Reason.GAME_NOT_ALLOWED)
            if play.player_id in self.blocked:
                raise No(Reason.PLAYER_BLOCKED)
        said = Said()
        for action, old in zip(play.actions, kept, strict=True):
            if old is not None:
                said.outcomes.append(old.outcome)
                continue
            outcome = {
                Kind.BET: self._bet,
                Kind.WIN: self._win,
                Kind.ROLLBACK: self._rollback,
                Kind.AMEND: self._amend,
                Kind.NOTE: self._note,
            }[action.kind](play, action)
            said.outcomes.append(outcome)
        if play.close_round and play.round_id and self._close(play):
            self._kept(play, play.actions[-1].external_key).outcome = said.outcomes[-1] = Outcome.APPLIED
        return said

    def _check_amount(self, play: Play, action: Action) -> None:
        zero = play.profile.zero
        if action.kind in {Kind.BET, Kind.WIN, Kind.AMEND} and (action.amount is None or action.amount < 0):
            raise No(Reason.INVALID_AMOUNT)
        if action.kind is Kind.ROLLBACK and action.amount is not None and action.amount <= 0:
            raise No(Reason.INVALID_AMOUNT)
        if action.amount == 0 and (
            (action.kind is Kind.BET and zero in {Zero.REFUSE, Zero.REFUSE_BET})
            or (action.kind is Kind.WIN and zero in {Zero.REFUSE, Zero.REFUSE_WIN})
        ):
            raise No(Reason.INVALID_AMOUNT)

    def _check_session(self, play: Play, new: list[Action], now: int) -> None:
        bets = any(action.kind is Kind.BET for action in new)
        if not play.session_id:
            if bets and play.profile.bet_session is BetSession.REQUIRED:
                raise No(Reason.SESSION_UNKNOWN)
            return
        session = self.sessions.get((play.player_id, play.session_id))
        known = session is not None and session["provider"] == play.provider_id
        if not known and (bets or play.profile.credit_session is CreditSession.EXISTED):
            raise No(Reason.SESSION_UNKNOWN)
        if bets and (session["over"] or now >= session["ends"]):
            raise No(Reason.SESSION_EXPIRED)

    def _bet(self, play: Play, action: Action) -> Outcome:
        money = self._money(play)
        game = self.rounds.setdefault((play.player_id, play.provider_id, play.round_id), Game())
        if game.state == VOIDED:
            raise No(Reason.ROUND_CLOSED)
        if game.state in {CLOSED, CANCELLED}:
            if play.profile.late_stake is LateStake.REFUSE and game.stakes:
                raise No(Reason.ROUND_CLOSED)
            if game.state == CANCELLED:
                game.state = OPEN
        if money.cash < max(action.amount, action.minimum_balance):
            raise No(Reason.INSUFFICIENT_FUNDS)
        money.cash -= action.amount
        game.staked += action.amount
        if game.state == OPEN:
            game.in_play += action.amount
        game.stakes += 1
        game.standing += 1
        self._keep(play, action, Outcome.APPLIED, left=action.amount)
        return Outcome.APPLIED

    def _win(self, play: Play, action: Action) -> Outcome:
        profile = play.profile
        round_key = play.player_id, play.provider_id, play.round_id
        game = self.rounds.get(round_key) if play.round_id else None
        needs_stake = action.category is Category.GAME and profile.win_reference is not WinReference.NONE
        bets = []
        for reference in action.references:
            if self._is_buried(play, reference):
                raise No(Reason.REFERENCE_ROLLED_BACK)
            bet = self._kept(play, reference)
            if bet is None or bet.outcome is Outcome.REFUSED:
                if needs_stake:
                    raise No(Reason.REFERENCE_NOT_FOUND)
                continue
            if bet.kind is not Kind.BET:
                raise No(Reason.REFERENCE_MISMATCH)
            if bet.undone:
                raise No(Reason.REFERENCE_ROLLED_BACK)
            bets.append(bet)
        if needs_stake and not bets and (game is None or not game.stakes):
            raise No(Reason.REFERENCE_NOT_FOUND)
        if game and game.state == CANCELLED and action.category is Category.GAME:
            raise No(Reason.REFERENCE_ROLLED_BACK)
        if needs_stake and profile.win_reference is WinReference.MUST_BE_OPEN and game and game.state == CLOSED:
            raise No(Reason.REFERENCE_SETTLED)
        if profile.settle is Settle.ONCE and any(bet.settled_by for bet in bets):
            raise No(Reason.REFERENCE_SETTLED)
        if play.round_id and game is None:
            game = self.rounds[round_key] = Game()
        late = game is not None and game.state == VOIDED
        used = min(action.amount, game.refunded) if late else 0
        if game:
            game.refunded -= used
            if not bets and action.category is Category.GAME:
                game.wins += 1
        for bet in bets:
            bet.settled_by += 1
        paid = action.amount - used
        self._credit(self._money(play), paid, play.terms.debt_recovery_win)
        named_round = not bets and game is not None and action.category is Category.GAME
        facts = {"left": paid, "used": used, "late": late, "named_round": named_round}
        self._keep(play, action, Outcome.APPLIED, **facts)
        return Outcome.APPLIED

    def _rollback(self, play: Play, action: Action) -> Outcome:
        profile = play.profile
        (reference,) = action.references
        original = self._kept(play, reference)
        if original is None:
            self.tombstones.add((play.player_id, play.provider_id, reference))
            if profile.unknown_rollback is UnknownRollback.NOT_FOUND:
                raise No(Reason.REFERENCE_NOT_FOUND)
            if profile.unknown_rollback is UnknownRollback.IN_PROGRESS:
                raise No(Reason.IN_PROGRESS)
            self._keep(play, action, Outcome.NOOP)
            return Outcome.NOOP
        if original.outcome is not Outcome.APPLIED or original.kind is Kind.NOTE:  # it never moved money
            self._keep(play, action, Outcome.NOOP)
            return Outcome.NOOP
        if original.kind not in {Kind.BET, Kind.WIN}:
            if profile.wrong_kind is WrongKind.REFUSE:
                raise No(Reason.REFERENCE_MISMATCH)
            self._keep(play, action, Outcome.NOOP)
            return Outcome.NOOP
        if original.undone:
            if profile.repeated_rollback is RepeatedRollback.REFUSE:
                raise No(Reason.REFERENCE_ROLLED_BACK)
            self._keep(play, action, Outcome.NOOP)
            return Outcome.NOOP
        if not original.left and original.kind is Kind.WIN:  # a late win that paid nothing
            original.undone = True
            self._keep(play, action, Outcome.NOOP)
            return Outcome.NOOP
        amount = original.left if action.amount is None else action.amount
        if amount > original.left:
            raise No(Reason.AMOUNT_EXCEEDS_REFERENCE)
        undo = self._undo_bet if original.kind is Kind.BET else self._undo_win
        outcome = undo(play, original, amount)
        self._keep(play, action, outcome)
        return outcome

    def _undo_bet(self, play: Play, bet: Kept, amount: int) -> Outcome:
        game = self.rounds[play.player_id, play.provider_id, bet.round]
        if game.state == VOIDED:  # the void gave it back already
            return Outcome.NOOP
        settled = bet.settled_by or game.wins
        if settled and play.profile.settled_rollback is SettledRollback.REFUSE:
            raise No(Reason.REFERENCE_SETTLED)
        self._money(play).cash += amount
        game.staked -= amount
        if game.state == OPEN:
            game.in_play -= amount
        bet.left -= amount
        bet.undone = not bet.left
        game.standing -= bet.undone
        if not game.standing:
            game.state = CANCELLED
        return Outcome.APPLIED

    def _undo_win(self, play: Play, win: Kept, amount: int) -> Outcome:
        if not self._take_back(play, amount):
            return Outcome.NOOP
        win.left -= amount
        win.undone = not win.left
        game = self.rounds.get((play.player_id, play.provider_id, win.round))
        if win.undone:
            self._unsettle(play, win, game)
        return Outcome.APPLIED

    def _unsettle(self, play: Play, win: Kept, game: Game | None) -> None:
        for reference in win.references:
            bet = self._kept(play, reference)
            if bet:
                bet.settled_by -= 1
        if game and win.named_round:
            game.wins -= 1
        if game:
            game.refunded += win.used

    def _take_back(self, play: Play, amount: int) -> bool:
        """Take back what was won; the shortfall is owed, forgiven or refused."""
        money = self._money(play)
        short = max(0, amount - money.cash)
        if short and play.profile.overdraw is Overdraw.NOOP:
            return False
        if short and play.profile.overdraw is Overdraw.REFUSE:
            raise No(Reason.INSUFFICIENT_FUNDS)
        money.cash -= amount - short
        money.debt += short
        return True

    def _amend(self, play: Play, action: Action) -> Outcome:
        (reference,) = action.references
        if self._is_buried(play, reference):
            raise No(Reason.REFERENCE_ROLLED_BACK)
        win = self._kept(play, reference)
        if win is None:
            raise No(Reason.REFERENCE_NOT_FOUND)
        if win.kind is not Kind.WIN:
            raise No(Reason.REFERENCE_MISMATCH)
        if win.outcome is not Outcome.APPLIED:
            raise No(Reason.REFERENCE_MISMATCH)
        if win.undone:
            raise No(Reason.REFERENCE_ROLLED_BACK)
        game = self.rounds.get((play.player_id, play.provider_id, win.round))
        refunded = game.refunded + win.used if win.late else 0
        paid = max(0, action.amount - refunded)
        difference = paid - win.left
        if difference > 0:
            self._credit(self._money(play), difference, play.terms.debt_recovery_win)
        elif difference < 0 and not self._take_back(play, -difference):
            self._keep(play, action, Outcome.NOOP)
            return Outcome.NOOP
        if win.late:
            game.refunded += win.used - (action.amount - paid)
            win.used = action.amount - paid
        win.left = paid
        outcome = Outcome.APPLIED if difference else Outcome.NOOP
        self._keep(play, action, outcome)
        return outcome

    def _note(self, play: Play, action: Action) -> Outcome:
        self._keep(play, action, Outcome.NOOP)
        return Outcome.NOOP

    def _close(self, play: Play) -> bool:
        game = self.rounds.setdefault((play.player_id, play.provider_id, play.round_id), Game())
        if game.state != OPEN:
            return False
        game.state = CLOSED
        game.in_play = 0
        return True

    # What is shared.

    def _credit(self, money: Money, amount: int, percent: int) -> None:
        """Pay in; a share of it first pays what is owed (R-DEBT-03)."""
        back = min(money.debt, amount * percent // 100)
        money.debt -= back
        money.cash += amount - back

    def _money(self, play: Play) -> Money:
        return self.money[play.player_id, play.currency or self.players[play.player_id][0]]

    def _kept(self, play: Play, external_key: str) -> Kept | None:
        return self.kept.get((play.player_id, play.provider_id, external_key))

    def _is_buried(self, play: Play, external_key: str) -> bool:
        return any((whose, play.provider_id, external_key) in self.tombstones for whose in ("", play.player_id))

    def _lies_there(self, play: Play, action: Action) -> bool:
        """Whether the player's own tombstone has the key: it stays what is kept of it."""
        return (play.player_id, play.provider_id, action.external_key) in self.tombstones

    def _buried(self, play: Play, action: Action) -> bool:
        batch = play.batch_id and ("", play.provider_id, batch_key(play.batch_id)) in self.tombstones
        return bool(batch) or self._is_buried(play, action.external_key)

    def _fingerprint(self, play: Play, action: Action) -> object:
        round_id = "" if action.kind in {Kind.ROLLBACK, Kind.AMEND} else play.round_id  # the reference says it
        return action.kind, action.amount, play.currency, round_id, action.references

    def _keep(self, play: Play, action: Action, outcome: Outcome, **facts: object) -> None:
        self.kept[play.player_id, play.provider_id, action.external_key] = Kept(
            kind=action.kind,
            fingerprint=self._fingerprint(play, action),
            outcome=outcome,
            round=play.round_id,
            references=action.references,
            **facts,
        )

    def _bind(self, play: Play, reason: Reason) -> None:
        """Keep a refusal under every new key of its play (R-IDEM-04)."""
        if FATE[reason] is not Fate.BOUND or play.profile.refusals is Refusals.FORGET:
            return
        for action in play.actions:
            if self._kept(play, action.external_key) is None and not self._lies_there(play, action):
                self._keep(play, action, Outcome.REFUSED)
                self._kept(play, action.external_key).reason = reason

    def balances(self, player_id: str, currency: str, profile: Profile | None = None) -> tuple[int, int, int]:
        """Return cash, debt and what a provider of that profile is shown."""
        money = self.money[player_id, currency]
        negative = profile is not None and profile.overdraw is Overdraw.NEGATIVE
        return money.cash, money.debt, money.cash - (money.debt if negative else 0)
