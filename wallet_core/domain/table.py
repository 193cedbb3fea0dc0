"""The table a play is decided at: the book, the command, and what is known so far."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from wallet_core.domain import accounts, activations, bonuses, free_play, points, rounds
from wallet_core.domain.book import Book
from wallet_core.domain.commands import Action, Play
from wallet_core.domain.decision import Balances, Outcome, Parts, Reason, Refused, Result
from wallet_core.domain.entries import GRANT, Entry, Kind, Transaction, digest, transaction_id
from wallet_core.domain.free_rounds import Grant
from wallet_core.domain.money import CURRENCIES
from wallet_core.domain.pockets import Pocket
from wallet_core.domain.points import PointsRate
from wallet_core.domain.profiles import Zero
from wallet_core.domain.rounds import Event, Round
from wallet_core.domain.sessions import Session
from wallet_core.domain.write_off import Funding

REFUSED_ZEROES: dict[Kind, frozenset[Zero]] = {
    Kind.BET: frozenset({Zero.REFUSE_BET, Zero.REFUSE}),
    Kind.WIN: frozenset({Zero.REFUSE_WIN, Zero.REFUSE}),
    Kind.AMEND: frozenset({Zero.REFUSE_WIN, Zero.REFUSE}),
}
"""The policies that refuse an action of nothing."""


_PAYING = (f"{accounts.BONUS}:", f"{accounts.CASH}:")
"""What pockets beside CASH begin with that may pay a stake."""


class Table(Struct, eq=False):
    """One play being decided: the book, the command, and what is known so far.

    Attributes:
        currencies: the player's wallets.
        currency: the play's; empty while nothing says it.
        at: the microsecond of the first action.
        index: how many transactions the play has left by now, a microsecond each.
        results, replayed: by external key, what became of the actions, and what the store had of them already.
        unknown: a rollback found nothing to undo.
        funding: how the stake at hand is paid, where there was a choice; kept with its transaction.
        cash_counts: the bonus that the cash of the stake at hand counts for; kept with its transaction, too.
        granted: the grant of free rounds that the action at hand is of, though only its round or original says so; kept
            with its transaction, too.
        seen: what the provider is shown after the last transaction it left; none before.
    """

    book: Book
    command: Play
    currencies: tuple[str, ...]
    currency: str
    session: Session | None
    at: int
    index: int = 0
    results: dict[str, Result] = {}
    replayed: dict[str, Transaction] = {}
    unknown: bool = False
    funding: Funding | None = None
    cash_counts: str = ""
    granted: str = ""
    seen: Balances | None = None

    @property
    def quantum(self) -> int:
        """Ledger units of a display unit of the currency."""
        return CURRENCIES[self.currency].quantum

    def fingerprint(self, action: Action) -> bytes:
        """Return the digest of what may not differ in a repeat (R-IDEM-03, R-IDEM-07).

        A rollback is its reference, and an amount if it is a partial one: round and currency follow from those, and
        some providers leave them out of retries.
        """
        round_id = "" if action.kind in {Kind.ROLLBACK, Kind.AMEND} else self.command.round_id
        amount = "" if action.amount is None else f"{action.amount} {self.currency}"
        grant = (GRANT, action.grant) if action.grant else ()
        return digest(str(int(action.kind)), amount, round_id, *action.references, *grant)

    def transaction_id(self, action: Action) -> bytes:
        """Return the id of the transaction that the next action is."""
        return transaction_id(self.at + self.index, self.command.player_id, action.key)

    def bury(self, external_key: str) -> None:
        """Leave a tombstone for a transaction that may still arrive (R-PROV-10)."""
        command = self.command
        key = digest(command.provider_id, external_key)
        at = self.at + self.index
        self.index += 1
        self.book.put(
            Transaction(
                player_id=command.player_id,
                key=key,
                transaction_id=transaction_id(at, command.player_id, key),
                provider_id=command.provider_id,
                external_key=external_key,
                kind=Kind.TOMBSTONE,
                outcome=Outcome.NOOP,
                currency=self.currency,
                amount=0,
                committed_at=at,
                round_id=command.round_id,
                game_id=self.game_id,
            )
        )

    def round(self) -> Round | None:
        """Return the round the play names, if there is one."""
        command = self.command
        return self.book.round(command.player_id, command.provider_id, command.round_id) if command.round_id else None

    def opened(self) -> Round | None:
        """Return the round the play names, a new one if need be; none if it names none."""
        command = self.command
        if not command.round_id:
            return None
        return self.round() or Round(
            player_id=command.player_id,
            provider_id=command.provider_id,
            round_id=command.round_id,
            game_id=command.game_id or self.game_id,
            currency=self.currency,
            state=rounds.State.OPEN,
            opened_at=self.at,
            changed_at=self.at,
            policies=command.policies.version,
        )

    def changed(self, round_: Round, state: rounds.State, mix: Parts, **sums: Any) -> Round:
        """Return the round in its next state, with its surviving stakes and sums; one that was over is revised."""
        revision = round_.revision + (round_.state is not rounds.State.OPEN)
        return replace(round_, state=state, mix=mix, revision=revision, changed_at=self.at + self.index, **sums)

    def close(self, identity: bytes, first: int) -> int:
        """Close the round the play names (P-04) by lines of the transaction `identity`, numbered from `first`.

        Returns:
            The number after the last line; 0 where it was not open.
        """
        round_ = self.opened()
        if round_ is None or round_.state is not rounds.State.OPEN:
            return 0
        cash, bonus = bonuses.share(round_.mix)
        entries = [Entry(accounts.IN_PLAY, -cash), Entry(accounts.STAKES, cash)]
        if bonus:
            entries += Entry(accounts.IN_PLAY_BONUS, -bonus), Entry(accounts.BONUS_STAKES, bonus)
        closed = self.changed(round_, rounds.after(round_, Event.CLOSE), round_.mix)
        player_id = self.command.player_id
        return max(self.book.post(player_id, identity, self.currency, entries, round_=closed, first=first), 1)

    def grant(self, grant_id: str) -> Grant | None:
        """Return a grant of free rounds, if the player has it."""
        return self.book.noun(Grant, self.command.player_id, grant_id)

    def watched(self, moving: Round | None) -> tuple[str, Round | None] | None:
        """Return the round that an action is about to change, as it is, where bonuses care; none where none does."""
        command = self.command
        round_id = moving.round_id if moving is not None else command.round_id
        if not round_id:
            return None
        before = self.book.round(command.player_id, command.provider_id, round_id)
        cares = (
            (moving is not None and not moving.plain)
            or (before is not None and not before.plain)
            or self.book.bonuses(command.player_id)
            or command.policies.version  # before the first, nothing is earned
        )
        return (round_id, before) if cares else None

    def settle(self, watched: tuple[str, Round | None], identity: bytes, first: int) -> int:
        """Bring free rounds, points and bonuses up to what became of a round; return how many transactions that left.

        What free rounds kept for their end, and points (what closed stakes of cash earn, less what they earned before;
        R-PTS-01), are lines of the transaction `identity`, numbered from `first`.
        """
        round_id, before = watched
        command = self.command
        after = self.book.round(command.player_id, command.provider_id, round_id)
        if after is None:
            return 0
        award = free_play.settle(self.book, before, after, self.at + self.index)
        first = self.book.post(command.player_id, identity, self.currency, award.entries, first=first)
        player = self.book.player(command.player_id)
        brand_id = player.brand_id if player else ""
        policies = command.policies
        rate = policies.points_rate(brand_id, after.provider_id, after.game_id, after.currency, after.policies)
        if rate:
            gained = sum(sign * self._earned(round_, rate) for sign, round_ in ((1, after), (-1, before)))
            purse = self.book.pockets(command.player_id, points.PTS)
            held, owed = (purse[each].amount if each in purse else 0 for each in (accounts.POINTS, accounts.DEBT))
            entries = points.entries_earned(gained, -owed) if gained > 0 else points.entries_lost(-gained, held)
            self.book.post(command.player_id, identity, points.PTS, entries, first=first)
        grant = self.grant(self.granted) if self.granted else None
        also = {f"{accounts.BONUS}:{grant.bonus_id}"} if grant is not None and grant.bonus_id else set()
        at = self.at + self.index + 1
        left = bonuses.settle(self.book, policies, before, after, at, also=also)
        return left + activations.start_next(self.book, command.player_id, policies, at + left)

    def _earned(self, round_: Round | None, rate: int) -> int:
        """Return the points that the cash stakes of a round earn while it is closed."""
        if round_ is None or round_.state is not rounds.State.CLOSED:
            return 0
        return points.earned(bonuses.share(round_.mix)[0], self.quantum, PointsRate(rate, 1, round_.policies))

    @property
    def game_id(self) -> str:
        """The game the play is of: as it says itself, else its round, its session, or what it names; else empty."""
        if self.command.game_id:
            return self.command.game_id
        round_, session = self.round(), self.session
        said = (round_.game_id if round_ else "") or (session.game_id if session else "")
        named = (self.find(reference) for action in self.command.actions for reference in action.references)
        return said or next((row.game_id for row in named if row is not None and row.game_id), "")

    @property
    def purse(self) -> Mapping[str, Pocket]:
        """The player's pockets in the play's currency."""
        return self.book.pockets(self.command.player_id, self.currency)

    @property
    def cash_alone(self) -> bool:
        """Whether no pocket but CASH has money for a stake: there is nothing to choose, nor to explain."""
        return not any(pocket.amount for account, pocket in self.purse.items() if account.startswith(_PAYING))

    def available(self, account: str) -> int:
        """Return what a pocket holds."""
        pocket = self.purse.get(account)
        return pocket.amount if pocket else 0

    def find(self, external_key: str) -> Transaction | None:
        """Return the player's transaction under a key of the provider."""
        return self.book.transaction(self.command.player_id, digest(self.command.provider_id, external_key))

    def reference(self, action: Action) -> Transaction | None:
        """Return the one transaction a rollback or amendment names."""
        return self.find(action.references[0])

    def amount(self, action: Action) -> int:
        """Return the amount of a bet, win or amendment; only an adjustment's may be below zero (R-MONEY-04).

        Raises:
            Refused: INVALID_AMOUNT.
        """
        amount, zero = action.amount, self.command.profile.zero
        if (
            amount is None
            or (amount < 0 and not action.signed)
            or (amount == 0 and zero in REFUSED_ZEROES[action.kind])
        ):
            raise Refused(Reason.INVALID_AMOUNT)
        return amount

    def debt(self) -> int:
        """Return what the player owes."""
        return -self.available(accounts.DEBT)
