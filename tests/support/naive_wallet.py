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
    category: Category = Category.GAME
    references: tuple[str, ...] = ()
    left: int = 0  # of a bet or win: what it took or gave and was not undone since
    set_off: int = 0  # of a late win: what of it the void of its round has paid already
    late: bool = False  # a win paid after a void
    undone: bool = False  # rolled back whole; a win amended to nothing is not
    taken: bool = False  # an adjustment below zero: `left` is what it took
    owing: int = 0  # and how much of that the player did not have

    @property
    def stands(self) -> bool:
        return self.outcome is Outcome.APPLIED and not self.undone


@dataclass
class Game:
    """One round."""

    state: str = OPEN
    staked: int = 0  # what of the stakes stands
    in_play: int = 0  # of that, what is no revenue yet
    stakes: int = 0  # accepted ever
    refunded: int = 0  # given back by a void, and no late win was set off against it


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
            found_nothing = self.tombstones - before["tombstones"]
            self.__dict__.update(before)
            replayed = False
            if isinstance(command, Play):
                replayed = all(self._kept(command, action.external_key) for action in command.actions)
                self._bind(command, no.reason)
                if found_nothing:  # a refusal leaves tombstones too
                    self.tombstones |= found_nothing | self._unknown_originals(command)
            return Said(reason=no.reason, replayed=replayed and FATE[no.reason] is Fate.BOUND)
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
        if reason and command.kind is Kind.DEPOSIT:  # the money is there: it comes in once what forbids it is gone
            raise No(reason)
        if reason:  # a refused withdrawal keeps its key
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
        outcome = Outcome.APPLIED if game.staked else Outcome.NOOP  # as a second void, one that gives nothing back
        self.money[command.player_id, "EUR"].cash += game.in_play
        game.refunded += game.staked
        game.staked = game.in_play = 0
        game.state = VOIDED
        self.kept[key] = Kept(Kind.VOID, command.payload, outcome)
        return Said([outcome])

    # Play.

    def _play(self, play: Play, now: int) -> Said:
        self._check_order(play)
        for action in play.actions:
            self._check_amount(action)
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
        if all(kept):
            return Said([old.outcome for old in kept], replayed=True)
        new = [action for action, old in zip(play.actions, kept, strict=True) if old is None]
        late = any(self._buried(play, action) for action in new)
        if late and play.profile.late_original is LateOriginal.REFUSE:
            raise No(Reason.TOMBSTONED)
        for action in new:
            self._check_zero(play, action)
        if self._wrong_currency(play):
            raise No(Reason.WRONG_CURRENCY)
        moves_nothing = [action for action in new if late and action.kind in {Kind.BET, Kind.WIN}]
        moving = [action for action in new if action not in moves_nothing]
        if moving:
            self._check_session(play, moving, now)
        if any(action.kind is Kind.BET for action in moving):
            if play.game_ids and play.game_id not in play.game_ids:
                raise No(Reason.GAME_NOT_ALLOWED)
            if play.player_id in self.blocked:
                raise No(Reason.PLAYER_BLOCKED)
        said = Said()
        for action, old in zip(play.actions, kept, strict=True):
            if old is not None:
                said.outcomes.append(old.outcome)
                continue
            if action in moves_nothing:
                said.outcomes.append(self._came_late(play, action))
                continue
            outcome = {
                Kind.BET: self._bet,
                Kind.WIN: self._win,
                Kind.ROLLBACK: self._rollback,
                Kind.AMEND: self._amend,
                Kind.NOTE: self._note,
            }[action.kind](play, action)
            said.outcomes.append(outcome)
        if play.close_round and moving and self._close(play):  # the last action that is done closes the round
            self._kept(play, moving[-1].external_key).outcome = Outcome.APPLIED
            said.outcomes[play.actions.index(moving[-1])] = Outcome.APPLIED
        return said

    def _wrong_currency(self, play: Play) -> bool:
        return bool(play.currency) and play.currency not in self.players[play.player_id]

    def _check_order(self, play: Play) -> None:
        """No action may undo or amend itself, or what comes after it in the same play."""
        keys = [action.external_key for action in play.actions]
        for place, action in enumerate(play.actions):
            if action.kind in {Kind.ROLLBACK, Kind.AMEND} and set(action.references) & set(keys[place:]):
                raise No(Reason.INVALID_REQUEST)

    def _check_amount(self, action: Action) -> None:
        if action.kind in {Kind.BET, Kind.WIN, Kind.AMEND}:
            signed = action.kind is Kind.WIN and action.category is Category.ADJUSTMENT
            if action.amount is None or (action.amount < 0 and not signed):
                raise No(Reason.INVALID_AMOUNT)
        if action.kind is Kind.ROLLBACK and action.amount is not None and action.amount <= 0:
            raise No(Reason.INVALID_AMOUNT)

    def _check_zero(self, play: Play, action: Action) -> None:
        zero = play.profile.zero
        if action.amount == 0 and (
            (action.kind is Kind.BET and zero in {Zero.REFUSE, Zero.REFUSE_BET})
            or (action.kind in {Kind.WIN, Kind.AMEND} and zero in {Zero.REFUSE, Zero.REFUSE_WIN})
        ):
            raise No(Reason.INVALID_AMOUNT)

    def _came_late(self, play: Play, action: Action) -> Outcome:
        if not self._lies_there(play, action):
            self._keep(play, action, Outcome.NOOP, undone=True)
        return Outcome.NOOP

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
        self._keep(play, action, Outcome.APPLIED, left=action.amount)
        return Outcome.APPLIED

    def _win(self, play: Play, action: Action) -> Outcome:
        if action.amount < 0:
            return self._correct(play, action)
        game = None
        if play.round_id:
            game = self.rounds.setdefault((play.player_id, play.provider_id, play.round_id), Game())
        late = False
        if action.category is Category.GAME:  # other wins ask nothing and leave the round alone
            reasons = self._why_no_win(play, action, game)
            if reasons:
                raise No(min(reasons))
            if game and game.state == CANCELLED:
                game.state = OPEN  # the stake it names is still on its way
            late = game is not None and game.state == VOIDED
        set_off = min(action.amount, game.refunded) if late else 0
        if late:
            game.refunded -= set_off
        self._credit(self._money(play), action.amount - set_off, play.terms.debt_recovery_win)
        self._keep(play, action, Outcome.APPLIED, left=action.amount - set_off, set_off=set_off, late=late)
        return Outcome.APPLIED

    def _correct(self, play: Play, action: Action) -> Outcome:
        """An adjustment below zero asks nobody: what there is is taken, and the rest is owed."""
        if play.round_id:
            self.rounds.setdefault((play.player_id, play.provider_id, play.round_id), Game())
        money, wanted = self._money(play), -action.amount
        there = min(wanted, money.cash)
        money.cash -= there
        money.debt += wanted - there
        self._keep(play, action, Outcome.APPLIED, left=wanted, taken=True, owing=wanted - there)
        return Outcome.APPLIED

    def _uncorrect(self, play: Play, _key: str, adjustment: Kept, amount: int) -> Outcome:
        """All of it comes back, first as debt that is no more. A part of it is nothing this auditor knows."""
        assert amount == adjustment.left
        money = self._money(play)
        forgiven = min(money.debt, adjustment.owing)
        money.debt -= forgiven
        money.cash += adjustment.left - forgiven
        adjustment.left, adjustment.undone = 0, True
        return Outcome.APPLIED

    def _why_no_win(self, play: Play, action: Action, game: Game | None) -> set[Reason]:
        """Return everything that speaks against a win of an ordinary game; the first reason of all is the answer."""
        profile, reasons = play.profile, set()
        needs_stake = profile.win_reference is not WinReference.NONE
        for reference in action.references:
            bet = self._kept(play, reference)
            if self._is_buried(play, reference):
                reasons.add(Reason.REFERENCE_ROLLED_BACK)
            elif bet is None or bet.outcome is Outcome.REFUSED:
                if needs_stake:
                    reasons.add(Reason.REFERENCE_NOT_FOUND)
            elif bet.kind is not Kind.BET:
                reasons.add(Reason.REFERENCE_MISMATCH)
            elif bet.undone:
                reasons.add(Reason.REFERENCE_ROLLED_BACK)
            elif profile.settle is Settle.ONCE and self._wins_that_name(play, reference):
                reasons.add(Reason.REFERENCE_SETTLED)
        if needs_stake and not action.references and (game is None or not game.stakes):
            reasons.add(Reason.REFERENCE_NOT_FOUND)
        waits = profile.late_stake is LateStake.ACCEPT and action.references
        if game and game.state == CANCELLED and not waits:
            reasons.add(Reason.REFERENCE_ROLLED_BACK)
        if profile.win_reference is WinReference.MUST_BE_OPEN and game and game.state == CLOSED:
            reasons.add(Reason.REFERENCE_SETTLED)
        return reasons

    def _of_round(self, play: Play, round_id: str, kind: Kind) -> list[Kept]:
        """Return the bets or wins of a round that stand."""
        return [
            kept
            for (player_id, provider_id, _), kept in self.kept.items()
            if (player_id, provider_id, kept.round, kept.kind) == (play.player_id, play.provider_id, round_id, kind)
            and kept.stands
        ]

    def _wins_that_name(self, play: Play, external_key: str) -> list[Kept]:
        """Return the wins of ordinary games that stand and name a bet."""
        return [
            kept
            for (player_id, provider_id, _), kept in self.kept.items()
            if (player_id, provider_id, kept.kind) == (play.player_id, play.provider_id, Kind.WIN)
            and kept.stands
            and kept.category is Category.GAME
            and external_key in kept.references
        ]

    def _wins_of_the_whole(self, play: Play, round_id: str) -> list[Kept]:
        """Return the wins that stand and were paid to a round, naming no bet."""
        wins = self._of_round(play, round_id, Kind.WIN)
        return [win for win in wins if win.category is Category.GAME and not win.references]

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
        left = original.left + original.set_off
        amount = left if action.amount is None else action.amount
        if amount > left:
            raise No(Reason.AMOUNT_EXCEEDS_REFERENCE)
        undo = self._undo_bet if original.kind is Kind.BET else self._undo_win
        if original.taken:
            undo = self._uncorrect
        outcome = undo(play, reference, original, amount)
        self._keep(play, action, outcome)
        return outcome

    def _undo_bet(self, play: Play, key: str, bet: Kept, amount: int) -> Outcome:
        game = self.rounds[play.player_id, play.provider_id, bet.round]
        if game.state == VOIDED:  # the void gave it back already
            return Outcome.NOOP
        settled = self._wins_that_name(play, key) or self._wins_of_the_whole(play, bet.round)
        if settled and play.profile.settled_rollback is SettledRollback.REFUSE:
            raise No(Reason.REFERENCE_SETTLED)
        self._money(play).cash += amount
        game.staked -= amount
        if game.state == OPEN:
            game.in_play -= amount
        bet.left -= amount
        bet.undone = not bet.left
        if not self._of_round(play, bet.round, Kind.BET):
            game.state = CANCELLED
        return Outcome.APPLIED

    def _undo_win(self, play: Play, _key: str, win: Kept, amount: int) -> Outcome:
        if not self._lower(play, win, amount):
            return Outcome.NOOP
        win.undone = not win.left and not win.set_off
        return Outcome.APPLIED

    def _lower(self, play: Play, win: Kept, amount: int) -> bool:
        """Take from a win what was paid first, then what was set off: the refund has that again."""
        paid = min(amount, win.left)
        if not self._take_back(play, paid):
            return False
        win.left -= paid
        win.set_off -= amount - paid
        if win.late:
            self.rounds[play.player_id, play.provider_id, win.round].refunded += amount - paid
        return True

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
        if win.taken:
            raise No(Reason.REFERENCE_MISMATCH)
        difference = action.amount - win.left - win.set_off
        if difference < 0 and not self._lower(play, win, -difference):
            self._keep(play, action, Outcome.NOOP)
            return Outcome.NOOP
        if difference > 0:
            set_off = 0
            if win.late:
                game = self.rounds[play.player_id, play.provider_id, win.round]
                set_off = min(difference, game.refunded)
                game.refunded -= set_off
            self._credit(self._money(play), difference - set_off, play.terms.debt_recovery_win)
            win.left += difference - set_off
            win.set_off += set_off
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

    def _unknown_originals(self, play: Play) -> set[tuple[str, str, str]]:
        named = {key for action in play.actions if action.kind is Kind.ROLLBACK for key in action.references}
        return {(play.player_id, play.provider_id, key) for key in named if self._kept(play, key) is None}

    def _buried(self, play: Play, action: Action) -> bool:
        batch = play.batch_id and ("", play.provider_id, batch_key(play.batch_id)) in self.tombstones
        return bool(batch) or self._is_buried(play, action.external_key)

    def _fingerprint(self, play: Play, action: Action) -> object:
        round_id = "" if action.kind in {Kind.ROLLBACK, Kind.AMEND} else play.round_id  # the reference says it
        currency = "" if action.amount is None else play.currency  # of nothing, or of what the reference was
        return action.kind, action.amount, currency, round_id, action.references

    def _keep(self, play: Play, action: Action, outcome: Outcome, **facts: object) -> None:
        self.kept[play.player_id, play.provider_id, action.external_key] = Kept(
            kind=action.kind,
            fingerprint=self._fingerprint(play, action),
            outcome=outcome,
            round=play.round_id,
            category=action.category,
            references=action.references,
            **facts,
        )

    def _bind(self, play: Play, reason: Reason) -> None:
        """Keep a refusal under every new key of its play (R-IDEM-04)."""
        if FATE[reason] is not Fate.BOUND or play.profile.refusals is Refusals.FORGET or self._wrong_currency(play):
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
