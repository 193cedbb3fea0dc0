# ruff: noqa: C901  one branch a rule: an auditor is read beside the law, not folded up
"""A second naive wallet: cash and bonuses, written from the rulebook (3.4, 4, 5.3, 6.1 to 6.3) without reading ours.

One player, one currency, one provider. Plain dictionaries and ints; one command at a time; a refused play is forgotten
by going back to a deep copy. Slow and obvious on purpose. What it knows of a bonus: the terms it was accepted under.
"""

import copy
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction

from wallet_core.domain.commands import Action, Play, VoidRound
from wallet_core.domain.decision import FATE, Fate, Outcome, Reason
from wallet_core.domain.entries import Category, Kind
from wallet_core.domain.policies import Basis, Mode, Split, WriteOff
from wallet_core.domain.profiles import Overdraw
from wallet_core.domain.promos import BonusTerms, Counts, MaxBetBasis, MaxBetScope, OpenRounds, Timing

CENT = 10_000
"""Ledger units of a display unit of the euro."""

WHOLE = 10_000
"""Basis points of a stake that counts in full; also the parts of a ledger unit that progress is counted in."""

CASH, LAPSED, REFUNDED = "CASH", "LAPSED", "REFUNDED"
OPEN, CLOSED, CANCELLED, VOIDED = "OPEN", "CLOSED", "CANCELLED", "VOIDED"
LIVE = {"ACTIVE", "SETTLING", "FROZEN"}
PLAYED = {"ACTIVE", "SETTLING"}
"""States that play itself changes."""


@dataclass
class Said:
    """What the auditor expects of one command: outcome and parts of each action, or the reason of the refusal."""

    outcomes: list[Outcome] = field(default_factory=list)
    parts: list[dict[str, int]] = field(default_factory=list)
    reason: Reason | None = None
    replayed: bool = False


@dataclass
class Bonus:
    """One bonus."""

    terms: BonusTerms
    granted: int
    balance: int
    requirement: int  # in 10,000ths of a ledger unit, as is progress
    state: str = "ACTIVE"
    progress: int = 0
    converted: int = 0
    released: int = 0  # of the principal, in tranches
    activated_at: int = 0
    expires_at: int = 0
    priority: int = 0
    places: int = 1
    frozen_at: int = 0
    removed: int = 0  # of a sticky principal

    @property
    def headroom(self) -> int | None:
        """What may still be converted (R-BONUS-15); none: anything."""
        return None if self.terms.cap is None else self.terms.cap - self.converted

    @property
    def phantom(self) -> int:
        """What of the principal must still go before anything is cash (R-BONUS-14)."""
        return max(0, self.granted - self.removed) if self.terms.sticky else 0


@dataclass
class Game:
    """One round."""

    version: int
    game_id: str
    opened_at: int
    state: str = OPEN
    stakes: int = 0
    refunded: int = 0
    added: Counter = field(default_factory=Counter)  # to the progress of bonuses
    returned: Counter = field(default_factory=Counter)  # to bonuses, of what they paid: RETURN_BONUS_FIRST alone asks
    written_off: Counter = field(default_factory=Counter)  # by bonus, of wins that were taken back and spent by then


@dataclass
class Kept:
    """What is kept of one key."""

    kind: Kind
    fingerprint: object
    outcome: Outcome
    round: str
    reason: Reason | None = None
    references: tuple[str, ...] = ()
    shown: dict[str, int] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)  # of a bet or win: what was not undone since
    counted: set[str] = field(default_factory=set)  # for which bonuses a bet counted
    cash_of: str = ""  # and for which of them its cash did
    returned: dict[str, int] = field(default_factory=dict)  # by a win, to what a bonus paid
    undone: bool = False
    tip: bool = False

    @property
    def stands(self) -> bool:
        return self.outcome is Outcome.APPLIED and not self.undone


class No(Exception):
    """A refusal on its way out."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.name)
        self.reason = reason


def shares(amount: int, weights: dict[str, int], step: int) -> dict[str, int]:
    """R-MONEY-06: floor each exact share; the rest to the largest remainders, ties to the earlier."""
    whole, total = amount // step, sum(weights.values())
    exact = {name: Fraction(whole * weight, total) for name, weight in weights.items()}
    parts = {name: int(share) for name, share in exact.items()}
    names = list(weights)
    names.sort(key=lambda name: parts[name] - exact[name])
    for name in names[: whole - sum(parts.values())]:
        parts[name] += 1
    return {name: part * step for name, part in parts.items() if part}


def split(amount: int, weights: dict[str, int], *, bounded: bool = False) -> dict[str, int]:
    """Split in cents what is a whole number of them; where a part would be above its bound, in ledger units."""
    weights = {name: weight for name, weight in weights.items() if weight}
    if not weights or not amount:
        return {}
    if amount % CENT == 0:
        parts = shares(amount, weights, CENT)
        if not bounded or all(part <= weights[name] for name, part in parts.items()):
            return parts
    return shares(amount, weights, 1)


class NaiveBonusWallet:
    """Everything there is, in dictionaries."""

    def __init__(self, cash: int) -> None:
        self.cash = cash
        self.debt = 0
        self.bonuses: dict[str, Bonus] = {}
        self.house: Counter = Counter()
        self.kept: dict[str, Kept] = {}
        self.tombstones: set[str] = set()
        self.rounds: dict[str, Game] = {}

    # What comes from outside of play.

    def grant(self, bonus_id: str, amount: int, terms: BonusTerms, now: int, **facts: int) -> None:
        """P-08."""
        requirement = amount * terms.multiplier * WHOLE // 100  # R-WAGER-01, base BONUS
        self.bonuses[bonus_id] = Bonus(terms, amount, amount, requirement, activated_at=now, **facts)
        self.house["BONUS_ISSUED"] -= amount

    def queue(self, bonus_id: str, amount: int, terms: BonusTerms, **facts: int) -> None:
        """R-BONUS-07: granted while no place is free."""
        requirement = amount * terms.multiplier * WHOLE // 100
        self.bonuses[bonus_id] = Bonus(terms, amount, 0, requirement, state="QUEUED", **facts)

    def set_state(self, bonus_id: str, state: str, now: int) -> None:
        """Freeze, unfreeze, or end it with P-10; then it is the next one's turn."""
        bonus = self.bonuses[bonus_id]
        if state == "FROZEN":
            bonus.frozen_at = now
        elif state == "ACTIVE" and bonus.expires_at and bonus.terms.stops:
            bonus.expires_at += now - bonus.frozen_at  # its clock stood still
        bonus.state = state
        if state not in LIVE:
            self.house["BONUS_ISSUED"] += bonus.balance
            bonus.balance = 0
        self._start_next(now)

    def _start_next(self, now: int) -> None:
        """R-BONUS-07, R-BONUS-08: all of them are of one group; whoever owes money by then gets none."""
        waiting = [bonus_id for bonus_id, bonus in self.bonuses.items() if bonus.state == "QUEUED"]
        ahead = 0
        for bonus_id in sorted(waiting, key=lambda each: self.bonuses[each].priority):
            bonus = self.bonuses[bonus_id]
            live = sum(each.state in LIVE for each in self.bonuses.values())
            if live + ahead >= bonus.places:
                ahead += 1
                continue
            if self.debt:
                bonus.state = "LAPSED"
                continue
            self.bonuses[bonus_id] = self.bonuses.pop(bonus_id)  # the last to begin is the last of all
            bonus.state, bonus.balance, bonus.activated_at = "ACTIVE", bonus.granted, now + 1 + len(self.bonuses)
            bonus.expires_at = now + 1 + (bonus.terms.duration or 0) * 1_000_000 if bonus.terms.duration else 0
            self.house["BONUS_ISSUED"] -= bonus.granted

    def do(self, command: object, now: int) -> Said:
        """Obey one command at the microsecond `now`."""
        before = copy.deepcopy(self.__dict__)
        try:
            if isinstance(command, VoidRound):
                return self._void(command, now)
            return self._play(command, now)
        except No as no:
            found_nothing = self.tombstones - before["tombstones"]
            self.__dict__.update(before)
            if not isinstance(command, Play):
                return Said(reason=no.reason)
            replayed = all(action.external_key in self.kept for action in command.actions)
            if FATE[no.reason] is Fate.BOUND:
                for action in command.actions:
                    if action.external_key not in self.kept and action.external_key not in self.tombstones:
                        self._keep(command, action, Outcome.REFUSED, reason=no.reason)
            if found_nothing:  # a refusal leaves tombstones too
                named = {key for action in command.actions for key in action.references if action.kind is Kind.ROLLBACK}
                self.tombstones |= found_nothing | (named - self.kept.keys())
            return Said(reason=no.reason, replayed=replayed and FATE[no.reason] is Fate.BOUND)

    # Play.

    def _play(self, play: Play, now: int) -> Said:
        keys = [action.external_key for action in play.actions]
        for place, action in enumerate(play.actions):
            if action.kind is Kind.ROLLBACK and set(action.references) & set(keys[place:]):
                raise No(Reason.INVALID_REQUEST)
        kept = [self.kept.get(key) for key in keys]
        for action, old in zip(play.actions, kept, strict=True):
            if old is not None and old.fingerprint != self._fingerprint(play, action):
                raise No(Reason.CONFLICT)
        for old in kept:
            if old is not None and old.outcome is Outcome.REFUSED:
                raise No(old.reason)
        if all(kept):
            return Said([old.outcome for old in kept], [old.shown for old in kept], replayed=True)
        new = [action for action, old in zip(play.actions, kept, strict=True) if old is None]
        if any(action.external_key in self.tombstones for action in new):
            raise No(Reason.TOMBSTONED)
        for action in new:
            obey = {Kind.BET: self._bet, Kind.WIN: self._win, Kind.ROLLBACK: self._rollback, Kind.NOTE: self._note}
            obey[action.kind](play, action, now)
            self._settle(now)
            if action is not new[-1]:
                self._start_next(now)
        if play.close_round and self._close(play, now):
            self.kept[new[-1].external_key].outcome = Outcome.APPLIED
        self._start_next(now)
        done = [self.kept[key] for key in keys]
        return Said([each.outcome for each in done], [each.shown for each in done])

    def _note(self, play: Play, action: Action, now: int) -> None:
        self._keep(play, action, Outcome.NOOP)

    # Stakes (rulebook 4).

    def _tip(self, play: Play, action: Action) -> None:
        """R-TIP-01: of cash, and no stake."""
        if action.amount > self.cash:
            raise No(Reason.INSUFFICIENT_FUNDS)
        self.cash -= action.amount
        self.house["TIPS_PAYABLE"] += action.amount
        shown = {CASH: -action.amount} if action.amount else {}
        left = {CASH: action.amount} if action.amount else {}
        self._keep(play, action, Outcome.APPLIED, shown=shown, left=left, tip=True)

    def _bet(self, play: Play, action: Action, now: int) -> None:
        if action.category is Category.TIP:
            return self._tip(play, action)
        game = self._round(play, now)
        if game.state == VOIDED or (game.state != OPEN and game.stakes):
            raise No(Reason.ROUND_CLOSED)
        rule = self._rule(play, game)
        mix = self._mix(play, game, rule, action.amount, now)
        if mix is None:
            raise No(Reason.INSUFFICIENT_FUNDS)
        self._check_max_bet(play, action.amount, mix, now)
        for pocket, part in mix.items():
            self._add(pocket, -part)
            if game.state != OPEN:  # closed before its first stake arrived: revenue at once
                self.house["STAKES" if pocket == CASH else "BONUS_STAKES"] += part
        game.stakes += 1
        shown = {pocket: -part for pocket, part in mix.items()}
        self._keep(play, action, Outcome.APPLIED, shown=shown, left=dict(mix))
        bet = self.kept[action.external_key]
        bet.cash_of = self._cash_of(play, bet, now)
        timings = {Timing.BET} if game.state == OPEN else {Timing.BET, Timing.ROUND_CLOSE}
        return self._count(play, bet, timings)

    def _ordered(self, bonus_ids: object, game_product: str) -> list[str]:
        """R-FUND-04."""

        def rank(bonus_id: str) -> tuple:
            bonus = self.bonuses[bonus_id]
            general = game_product not in bonus.terms.products
            return general, bonus.expires_at or float("inf"), bonus.activated_at, bonus_id

        return sorted(bonus_ids, key=rank)

    def _eligible(self, play: Play, game: Game, now: int) -> list[str]:
        """R-FUND-02, R-FUND-03."""
        product = play.policies.game(play.provider_id, game.game_id).product
        able = [
            bonus_id
            for bonus_id, bonus in self.bonuses.items()
            if bonus.state == "ACTIVE"
            and bonus.balance
            and self._allows(bonus, game, product)
            and (not bonus.expires_at or now < bonus.expires_at)
        ]
        return self._ordered(able, product)

    def _allows(self, bonus: Bonus, game: Game, product: str) -> bool:
        terms = bonus.terms
        return (not terms.products or product in terms.products) and game.game_id not in terms.excluded_games

    def _mix(self, play: Play, game: Game, rule: WriteOff, stake: int, now: int) -> dict[str, int] | None:
        eligible = self._eligible(play, game, now)
        pockets = {}
        for each in rule.order:
            if each == "CASH":
                pockets[CASH] = self.cash
            else:
                pockets |= {f"BONUS:{bonus_id}": self.bonuses[bonus_id].balance for bonus_id in eligible}
        modes = [self.bonuses[bonus_id].terms.mode for bonus_id in eligible]
        mode = next((mode for mode in modes if mode is not None), rule.mode)
        if mode is Mode.PLAYER_CHOICE and play.choice:  # R-FUND-08
            pockets = {name: held for name, held in pockets.items() if play.choice in {name, name.partition(":")[0]}}
        if mode is Mode.NO_MIX:  # R-FUND-07
            for pocket, held in pockets.items():
                if held >= stake:
                    return {pocket: stake} if stake else {}
            return None
        if sum(pockets.values()) < stake:
            return None
        if mode is Mode.PROPORTIONAL:  # R-FUND-06
            return split(stake, dict(sorted(pockets.items(), key=lambda item: item[0] != CASH)), bounded=True)
        mix = {}
        for pocket, held in pockets.items():  # R-FUND-05
            mix[pocket] = min(held, stake - sum(mix.values()))
        return {pocket: part for pocket, part in mix.items() if part}

    def _check_max_bet(self, play: Play, stake: int, mix: dict[str, int], now: int) -> None:
        """R-BONUS-20: where a round is looked at as a whole, it is bound once a bonus has paid for any of it."""
        for bonus_id, bonus in self.bonuses.items():
            terms, pocket = bonus.terms, f"BONUS:{bonus_id}"
            if terms.max_bet is None or bonus.state not in PLAYED or 0 < bonus.expires_at <= now:
                continue
            stakes = [mix]
            if terms.max_bet_scope is MaxBetScope.ROUND_TOTAL:
                stakes += [bet.left for bet in self._bets(play.round_id)]
            if terms.max_bet_basis is MaxBetBasis.BONUS_TOUCHED and not any(each.get(pocket) for each in stakes):
                continue
            if sum(sum(each.values()) for each in stakes) > terms.max_bet:
                raise No(Reason.MAX_BET_BONUS)

    # Wagering (6.3).

    def _count(self, play: Play, bet: Kept, timings: set[Timing]) -> None:
        """Let what stands of a bet count for the bonuses whose time it is."""
        for bonus_id, amount in self._counting(play, bet).items():
            bonus = self.bonuses[bonus_id]
            if bonus.terms.timing not in timings or bonus.state not in LIVE or bonus_id in bet.counted:
                continue
            added = min(amount, bonus.requirement - bonus.progress)  # R-WAGER-06
            bonus.progress += added
            bet.counted.add(bonus_id)
            self.rounds[bet.round].added[bonus_id] += added

    def _counting(self, play: Play, bet: Kept) -> dict[str, int]:
        """R-WAGER-02, R-WAGER-03, R-WAGER-05, R-WAGER-12: what a bet counts, before the cap."""
        payers = {pocket[6:] for pocket in bet.left if pocket != CASH}
        counted = {bonus_id: self._counting_for(play, bet, bonus_id) for bonus_id in {*payers, bet.cash_of} if bonus_id}
        return {bonus_id: amount for bonus_id, amount in counted.items() if amount}

    def _cash_of(self, play: Play, bet: Kept, now: int) -> str:
        """R-WAGER-12: cash counts once, for the first bonus that paid beside it; where none did, for the first."""
        game = self.rounds[bet.round]
        product = play.policies.game(play.provider_id, game.game_id).product
        asking = [
            bonus_id
            for bonus_id, bonus in self.bonuses.items()
            if bonus.state in LIVE
            and bonus.terms.counts is not Counts.BONUS_PART
            and self._allows(bonus, game, product)
            and (
                f"BONUS:{bonus_id}" in bet.left
                or (not set(bet.left) - {CASH} and self._points(play, game, bonus) and self._in_time(bonus, game, now))
            )
        ]
        asking.sort(key=lambda bonus_id: self.bonuses[bonus_id].priority)
        return next(iter(asking), "")

    def _in_time(self, bonus: Bonus, game: Game, now: int) -> bool:
        """R-BONUS-12: results count of what began before its end; a frozen clock stands still."""
        if bonus.state == "FROZEN" and bonus.terms.stops:
            began = bonus.frozen_at
        else:
            began = game.opened_at if bonus.terms.open_rounds is OpenRounds.HONOUR else now
        return not 0 < bonus.expires_at <= began

    def _points(self, play: Play, game: Game, bonus: Bonus) -> int:
        """R-WAGER-05."""
        known = play.policies.game(play.provider_id, game.game_id)
        table = dict(bonus.terms.contributions)
        for key in (
            f"game:{game.game_id}",
            f"provider:{play.provider_id}:{known.category}",
            f"category:{known.category}",
            f"product:{known.product}",
            "default",
        ):
            if key in table:
                return table[key]
        return WHOLE

    def _uncount(self, play: Play, round_id: str) -> None:
        """R-WAGER-10: after some of a round's stakes were undone, what stands of them is what counts."""
        game = self.rounds[round_id]
        for bonus_id, added in game.added.items():
            bets = [bet for bet in self._bets(round_id) if bonus_id in bet.counted]
            stands = sum(self._counting_for(play, bet, bonus_id) for bet in bets)
            game.added[bonus_id] = min(added, stands)
            self.bonuses[bonus_id].progress -= added - game.added[bonus_id]

    def _counting_for(self, play: Play, bet: Kept, bonus_id: str) -> int:
        bonus = self.bonuses[bonus_id]
        cash = bet.left.get(CASH, 0) if bet.cash_of == bonus_id else 0
        part = bet.left.get(f"BONUS:{bonus_id}", 0)
        amount = {
            Counts.TOTAL: cash + part,
            Counts.BONUS_PART: part,
            Counts.CASH_PART: cash,
            Counts.CASH_THEN_BONUS: cash or part,
        }[bonus.terms.counts]
        return amount * self._points(play, self.rounds[bet.round], bonus)

    # What becomes of a bonus (6.1).

    def _settle(self, now: int) -> None:
        """After each action: what is due is released, what is complete is converted, what is empty is over."""
        for bonus_id, bonus in self.bonuses.items():
            if bonus.state not in PLAYED:  # R-BONUS-18
                continue
            late = self._forfeits(bonus, now)
            if not late:
                self._release(bonus)
            if bonus.progress >= bonus.requirement and not late:
                self._convert(bonus)
            elif bonus.balance:
                bonus.state = "ACTIVE"
            else:
                bonus.state = "SETTLING" if self._is_in_play(bonus_id) else "CONSUMED"

    def _is_in_play(self, bonus_id: str) -> bool:
        pocket = f"BONUS:{bonus_id}"
        return any(
            kept.left.get(pocket) and self.rounds[kept.round].state == OPEN
            for kept in self.kept.values()
            if kept.kind is Kind.BET and kept.stands
        )

    def _release(self, bonus: Bonus) -> None:
        """R-BONUS-16."""
        count = bonus.terms.tranches
        if count == 1 or bonus.progress >= bonus.requirement:
            return
        due = bonus.granted * (bonus.progress * count // bonus.requirement) // count
        taken = min(max(0, due - bonus.released), bonus.balance)
        if bonus.headroom is not None:
            taken = min(taken, bonus.headroom)  # what is above the cap lapses at the end
        bonus.released += taken  # what was not there is paid once it is
        self._to_cash(bonus, taken)
        bonus.balance -= taken

    def _convert(self, bonus: Bonus) -> None:
        """P-09: R-BONUS-13, R-BONUS-14, R-BONUS-15."""
        principal = self._without_principal(bonus, bonus.balance)
        self._to_cash(bonus, bonus.balance - principal)
        bonus.balance = 0
        bonus.state = "CONVERTED"

    def _without_principal(self, bonus: Bonus, amount: int) -> int:
        """R-BONUS-14: it goes first, at the conversion and of what comes back later."""
        principal = min(bonus.phantom, amount)
        bonus.removed += principal
        self.house["BONUS_ISSUED"] += principal
        return principal

    def _to_cash(self, bonus: Bonus, amount: int) -> int:
        """Convert what the cap leaves room for; the rest lapses."""
        value = amount if bonus.headroom is None else min(amount, bonus.headroom)
        self.house["BONUS_ISSUED"] += amount
        self.house["BONUS_COST"] -= value
        self.cash += value
        bonus.converted += value
        return value

    def _come_back(self, bonus_id: str, amount: int, now: int) -> dict[str, int]:
        """Where a win or refund of a bonus goes: by its state (R-RB-05..07, R-BONUS-12, R-BONUS-17)."""
        bonus = self.bonuses[bonus_id]
        if not amount:
            return {}
        opens = bonus.state == "CONSUMED"  # a win, too: the close may have overtaken it (I-04)
        if (bonus.state in LIVE or opens) and not self._forfeits(bonus, now):
            bonus.balance += amount
            if opens:
                bonus.state = "ACTIVE"
            return {f"BONUS:{bonus_id}": amount}
        if bonus.state == "CONVERTED":
            principal = self._without_principal(bonus, amount)
            value = self._to_cash(bonus, amount - principal)
            found = {f"CASH:{bonus_id}": value, f"PRINCIPAL:{bonus_id}": principal, LAPSED: amount - principal - value}
            return {name: part for name, part in found.items() if part}
        self.house["BONUS_ISSUED"] += amount
        return {LAPSED: amount}

    def _forfeits(self, bonus: Bonus, now: int) -> bool:
        """R-BONUS-12, R-TIME-08: its time is over, and what its open rounds bring comes too late."""
        return bonus.terms.open_rounds is OpenRounds.FORFEIT and 0 < bonus.expires_at <= now

    # Wins.

    def _win(self, play: Play, action: Action, now: int) -> None:
        game = self._round(play, now)
        named = []
        reasons = set()
        for reference in action.references:
            bet = self.kept.get(reference)
            if reference in self.tombstones or (bet is not None and bet.kind is Kind.BET and bet.undone):
                reasons.add(Reason.REFERENCE_ROLLED_BACK)
            elif bet is not None and bet.outcome is not Outcome.REFUSED:
                if bet.kind is Kind.BET:
                    named.append(bet)
                else:
                    reasons.add(Reason.REFERENCE_MISMATCH)
        if game.state == CANCELLED:
            reasons.add(Reason.REFERENCE_ROLLED_BACK)
        if reasons:
            raise No(min(reasons))
        set_off = min(action.amount, game.refunded) if game.state == VOIDED else 0  # R-ROUND-09
        game.refunded -= set_off
        amount = action.amount - set_off
        rule = self._rule(play, game)
        by_reference = rule.basis is Basis.REFERENCE and any(sum(bet.left.values()) for bet in named)  # R-FUND-12
        mix: Counter = Counter()
        for bet in named if by_reference else self._bets(play.round_id):
            mix.update(bet.left)
        parts, returned = self._shared(play, game, rule, amount, +mix)
        left: Counter = Counter()
        had: Counter = Counter()
        for pocket, part in parts.items():
            if pocket == CASH:
                self.house["WINS"] -= part
                self.cash += part
                left[CASH] += part
            else:
                self.house["BONUS_WINS"] -= part
                before = min(part, game.written_off[pocket])  # of a win that was taken back, and that it still has
                game.written_off[pocket] -= before
                self.house["BONUS_COST"] += before
                had[f"SET_OFF:{pocket[6:]}"] += before
                left.update(self._come_back(pocket[6:], part - before, now))
        left = +Counter({**left, **had, REFUNDED: set_off})
        shown = self._told(left)
        back = min(self.debt, shown.get(CASH, 0) * play.terms.debt_recovery_win // 100)  # R-DEBT-03
        self.debt -= back
        self.cash -= back
        self._keep(play, action, Outcome.APPLIED, shown=shown, left=dict(left), returned=returned)

    def _told(self, parts: dict[str, int]) -> dict[str, int]:
        """A player is told of cash, and of what lapsed, not whose it was."""
        told: Counter = Counter()
        for name, part in parts.items():
            family, _, bonus_id = name.partition(":")
            names = {"CASH": CASH, "PRINCIPAL": LAPSED, "SET_OFF": LAPSED}
            told[names.get(family, name) if bonus_id else name] += part
        return dict(told)

    def _shared(
        self, play: Play, game: Game, rule: WriteOff, amount: int, mix: dict[str, int]
    ) -> tuple[dict[str, int], dict[str, int]]:
        """R-FUND-10, R-FUND-11: how a win is split by the stakes that stand."""
        product = play.policies.game(play.provider_id, game.game_id).product
        payers = self._ordered([pocket[6:] for pocket in mix if pocket != CASH], product)
        splits = [self.bonuses[bonus_id].terms.split for bonus_id in payers]
        how = next((each for each in splits if each is not None), rule.split)
        paid = {f"BONUS:{bonus_id}": mix[f"BONUS:{bonus_id}"] for bonus_id in payers}
        if not amount:
            return {}, {}
        if not paid or how is Split.ALL_TO_CASH:
            return {CASH: amount}, {}
        if how is Split.ALL_TO_BONUS:
            return split(amount, paid), {}
        if how is Split.RETURN_BONUS_FIRST:
            room = {pocket: max(0, part - game.returned[pocket]) for pocket, part in paid.items()}
            bonus = min(amount, sum(room.values()))
            parts = split(bonus, room)
            game.returned.update(parts)
            return {**parts, **({CASH: amount - bonus} if amount > bonus else {})}, parts
        return split(amount, {CASH: mix.get(CASH, 0), **paid}), {}

    # Rollbacks (5.3).

    def _rollback(self, play: Play, action: Action, now: int) -> None:
        (reference,) = action.references
        original = self.kept.get(reference)
        if original is None:
            self.tombstones.add(reference)
            return self._keep(play, action, Outcome.NOOP)
        if original.outcome is not Outcome.APPLIED or original.kind is Kind.NOTE:
            return self._keep(play, action, Outcome.NOOP)
        if original.kind not in {Kind.BET, Kind.WIN}:
            raise No(Reason.REFERENCE_MISMATCH)
        if original.undone:
            return self._keep(play, action, Outcome.NOOP)
        left = sum(original.left.values())
        amount = left if action.amount is None else action.amount
        if amount > left:
            raise No(Reason.AMOUNT_EXCEEDS_REFERENCE)
        undo = self._undo_tip if original.tip else self._undo_bet if original.kind is Kind.BET else self._undo_win
        return self._keep(play, action, undo(play, original, amount, now))

    def _undoing(self, play: Play, original: Kept, amount: int) -> dict[str, int]:
        """R-RB-02, R-RB-03: over what is left, and exactly all of it when all is undone."""
        if amount == sum(original.left.values()):
            return dict(original.left)
        if original.tip:
            return {CASH: amount}
        product = play.policies.game(play.provider_id, self.rounds[original.round].game_id).product
        payers = self._ordered([pocket[6:] for pocket in original.left if pocket.startswith("BONUS:")], product)
        cash = [name for name in original.left if name.startswith(CASH)]
        pockets = {name: original.left[name] for name in (*cash, *(f"BONUS:{bonus_id}" for bonus_id in payers))}
        taken = min(amount, sum(pockets.values()))  # what lapsed or was set off is undone last
        parts = split(taken, pockets, bounded=True)
        for name in original.left.keys() - pockets.keys():
            assert name == LAPSED or name.partition(":")[0] in {"PRINCIPAL", "SET_OFF", REFUNDED}
        for name, part in original.left.items():
            if name not in pockets and amount > taken and part:
                parts[name] = min(part, amount - taken)
                taken += parts[name]
        return parts

    def _undo_tip(self, play: Play, tip: Kept, amount: int, _now: int) -> Outcome:
        """E-54."""
        tip.left[CASH] = tip.left.get(CASH, 0) - amount
        tip.undone = not tip.left[CASH]
        self.cash += amount
        self.house["TIPS_PAYABLE"] -= amount
        return Outcome.APPLIED

    def _undo_bet(self, play: Play, bet: Kept, amount: int, now: int) -> Outcome:
        game = self.rounds[bet.round]
        if game.state == VOIDED:
            return Outcome.NOOP
        self._refund(bet, self._undoing(play, bet, amount), now, closed=game.state != OPEN)
        bet.undone = not sum(bet.left.values())
        self._uncount(play, bet.round)
        if not self._bets(bet.round):
            game.state = CANCELLED
        return Outcome.APPLIED

    def _refund(self, bet: Kept, parts: dict[str, int], now: int, *, closed: bool) -> None:
        """P-05, P-06."""
        for pocket, part in parts.items():
            bet.left[pocket] -= part
            if closed:
                self.house["STAKES" if pocket == CASH else "BONUS_STAKES"] -= part
            if pocket == CASH:
                self.cash += part
            else:
                self._come_back(pocket[6:], part, now)

    def _undo_win(self, play: Play, win: Kept, amount: int, _now: int) -> Outcome:
        """P-07: R-RB-09, R-RB-10."""
        parts = self._undoing(play, win, amount)
        cash = sum(part for name, part in parts.items() if name.startswith(CASH))
        short = max(0, cash - self.cash)
        if short and play.profile.overdraw is Overdraw.NOOP:
            return Outcome.NOOP
        if short and play.profile.overdraw is Overdraw.REFUSE:
            raise No(Reason.INSUFFICIENT_FUNDS)
        self.cash -= cash - short
        self.debt += short
        game = self.rounds[win.round]
        for pocket, part in parts.items():
            win.left[pocket] -= part
            if pocket == REFUNDED:
                continue
            self.house["WINS" if pocket == CASH else "BONUS_WINS"] += part
            family, _, bonus_id = pocket.partition(":")
            if pocket == LAPSED:
                self.house["BONUS_ISSUED"] -= part
            elif family == "BONUS":
                bonus = self.bonuses[bonus_id]
                taken = min(part, bonus.balance)
                bonus.balance -= taken
                self.house["BONUS_COST"] -= part - taken
                game.written_off[pocket] += part - taken
            elif family == "SET_OFF":
                self.house["BONUS_COST"] -= part
                game.written_off[f"BONUS:{bonus_id}"] += part
            elif family == "PRINCIPAL":
                self.house["BONUS_ISSUED"] -= part
                self.bonuses[bonus_id].removed -= part
            elif bonus_id:  # cash that a converted bonus had paid: it may pay it again
                self.house["BONUS_COST"] += part
                self.house["BONUS_ISSUED"] -= part
                self.bonuses[bonus_id].converted -= part
        win.undone = not sum(win.left.values())
        for pocket, had in win.returned.items():  # what a bonus had back, it has not any more
            its = (f"{family}:{pocket[6:]}" for family in ("BONUS", "CASH", "PRINCIPAL", "SET_OFF"))
            less = had if win.undone else min(had, sum(parts.get(name, 0) for name in its))
            win.returned[pocket] -= less
            self.rounds[win.round].returned[pocket] -= less
        return Outcome.APPLIED

    # The end of a round.

    def _close(self, play: Play, now: int) -> bool:
        """P-04, then what counts at the close."""
        game = self._round(play, now)
        if game.state != OPEN:
            return False
        game.state = CLOSED
        for bet in self._bets(play.round_id):
            for pocket, part in bet.left.items():
                self.house["STAKES" if pocket == CASH else "BONUS_STAKES"] += part
            self._count(play, bet, {Timing.ROUND_CLOSE})
        self._settle(now)
        return True

    def _void(self, command: VoidRound, now: int) -> Said:
        key = f"~void:{command.request_id}"
        if key in self.kept:
            return Said([self.kept[key].outcome], replayed=True)
        game = self.rounds.get(command.round_id)
        if game is None:
            raise No(Reason.ROUND_NOT_FOUND)
        if game.state in {CLOSED, CANCELLED}:
            raise No(Reason.ROUND_CLOSED)
        staked = 0
        for bet in self._bets(command.round_id) if game.state == OPEN else ():
            staked += sum(bet.left.values())
            left = dict(bet.left)
            self._refund(bet, dict(left), now, closed=False)
            bet.left = left  # a rollback that comes later finds it, and does nothing; a late win goes by it
            game.returned.update({pocket: part for pocket, part in left.items() if pocket != CASH})
        for bonus_id, added in game.added.items():
            self.bonuses[bonus_id].progress -= added
        game.added.clear()
        game.refunded += staked
        game.state = VOIDED
        outcome = Outcome.APPLIED if staked else Outcome.NOOP
        self.kept[key] = Kept(Kind.VOID, command.payload, outcome, command.round_id)
        self._settle(now)
        self._start_next(now)
        return Said([outcome])

    # What is shared.

    def _round(self, play: Play, now: int) -> Game:
        return self.rounds.setdefault(play.round_id, Game(play.policies.version, play.game_id, now))

    def _rule(self, play: Play, game: Game) -> WriteOff:
        """R-FUND-09: the version the round began with."""
        return play.policies.write_off("brand", play.provider_id, game.game_id, game.version)

    def _bets(self, round_id: str) -> list[Kept]:
        """Return the bets of a round that stand."""
        bets = (kept for kept in self.kept.values() if kept.kind is Kind.BET and not kept.tip)
        return [bet for bet in bets if bet.round == round_id and bet.stands]

    def is_staked(self, bonus_id: str) -> bool:
        """R-BONUS-22: whether it was played with, and that stands."""
        games = [name for name, game in self.rounds.items() if game.state in {OPEN, CLOSED}]
        return any(bet.left.get(f"BONUS:{bonus_id}") for name in games for bet in self._bets(name))

    def _add(self, pocket: str, amount: int) -> None:
        if pocket == CASH:
            self.cash += amount
        else:
            self.bonuses[pocket[6:]].balance += amount

    def _fingerprint(self, play: Play, action: Action) -> object:
        round_id = "" if action.kind is Kind.ROLLBACK else play.round_id
        return action.kind, action.amount, round_id, action.references

    def _keep(self, play: Play, action: Action, outcome: Outcome, **facts: object) -> None:
        self.kept[action.external_key] = Kept(
            action.kind,
            self._fingerprint(play, action),
            outcome,
            play.round_id,
            references=action.references,
            **facts,
        )

    def in_play(self, round_id: str) -> tuple[int, int]:
        """Return the cash and bonus money in play in a round."""
        if self.rounds[round_id].state != OPEN:
            return 0, 0
        cash = sum(bet.left.get(CASH, 0) for bet in self._bets(round_id))
        return cash, sum(sum(bet.left.values()) for bet in self._bets(round_id)) - cash
