"""Commands on books that live in memory: loaded, decided and saved just as the engine does it, without a database."""

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal

from wallet_core.domain.accounts import DEBT, Guard, account_of
from wallet_core.domain.actors import Actor
from wallet_core.domain.book import Needs, Row
from wallet_core.domain.commands import Action, Bury, Command, CreatePlayer, OpenSession, Pay, Play, Terms, VoidRound
from wallet_core.domain.decision import Balances, Decision, Outcome, Reason
from wallet_core.domain.entries import Category, Holder, Kind, Line, Transaction, digest
from wallet_core.domain.holds import Hold
from wallet_core.domain.leaving import kept
from wallet_core.domain.money import CURRENCIES
from wallet_core.domain.players import Player
from wallet_core.domain.pockets import Pocket, balances, withdrawable
from wallet_core.domain.policies import Policies
from wallet_core.domain.profiles import Profile
from wallet_core.domain.promo_commands import PublishTemplate
from wallet_core.domain.promos import Bonus, Offers
from wallet_core.domain.promos import State as BonusState
from wallet_core.domain.rounds import Round
from wallet_core.domain.sessions import Session
from wallet_core.engine.batch import Batch
from wallet_core.engine.clock import Clock
from wallet_core.storage.tables import TABLES

PLAYER = "ann"
PROVIDER = "acme"
ROUND = "r1"
START = 1_800_000_000_000_000
"""The microsecond the clock of every book starts at."""

TICK = 1_000_000
"""Microseconds between two commands."""

HOUR = 3_600_000_000


def key_of(row: Row) -> tuple[object, ...]:
    """What tells a row from every other."""
    return type(row), *(getattr(row, column.name) for column in TABLES[type(row)].key)


class Books:
    """All rows there are, and the lines that were posted, oldest first."""

    def __init__(self, *, cash: str = "0", currency: str = "EUR", players: Sequence[str] = (PLAYER,)) -> None:
        """Open books with players that hold some cash."""
        self.rows: dict[tuple[object, ...], Row] = {}
        self.lines: list[Line] = []
        self._published: dict[tuple[object, ...], Row] = {}
        self.at = START
        self._clock = Clock(self._tick)
        for player_id in players:
            self.do(CreatePlayer(player_id, "operator", "brand", (currency,)))
            if Decimal(cash):
                self.do(deposit(cash, player=player_id, currency=currency, key="first"))

    def _tick(self) -> int:
        self.at += TICK
        return self.at * 1000

    def do(self, command: Command) -> Decision:
        """Decide one command and keep what it changed."""
        return self.do_batch([command])[0]

    def do_batch(self, commands: Sequence[Command]) -> list[Decision]:
        """Decide commands together: one load, one save. The template that a command is about has been published."""
        for command in commands:
            template = getattr(command, "template", None)
            if template is not None and not isinstance(command, PublishTemplate):
                self._published[key_of(template)] = template
        batch = Batch(commands, self._clock)
        rows = list(self._load(batch.needs()))
        while (further := batch.follow(rows)) is not None:
            rows += self._load(further)
        changes = batch.decide()
        for before, after in changes.rows:
            assert self.rows.get(key_of(after)) == before, "two rows went into one place"
            self.rows[key_of(after)] = after
        self.lines.extend(changes.lines)
        return batch.decisions

    def _load(self, wanted: Needs) -> Iterable[Row]:
        for player_id in wanted.players:
            yield from self._found((Player, player_id))
            yield from (row for row in self.rows.values() if isinstance(row, Pocket) and row.player_id == player_id)
        for kind, keys in ((Session, wanted.sessions), (Transaction, wanted.transactions), (Round, wanted.rounds)):
            for key in keys:
                yield from self._found((kind, *key))
        for row in self.rows.values():
            if isinstance(row, Transaction) and row.key in wanted.keys:
                yield Holder(row.key, row.player_id, row.kind)
            if isinstance(row, Bonus) and row.player_id in wanted.players and (row.live or row.queued or row.rounds):
                yield row
        for kind, keys in wanted.nouns.items():
            for key in keys:
                yield from self._offered(*key) if kind is Offers else self._found((kind, *key))

    def _offered(self, player_id: str) -> Iterable[Row]:
        bonuses = (row for row in self.rows.values() if isinstance(row, Bonus) and row.player_id == player_id)
        return (row for row in bonuses if row.offered)

    def _found(self, key: tuple[object, ...]) -> Iterable[Row]:
        row = self.rows.get(key, self._published.get(key))
        return [] if row is None else [row]

    def wait(self, microseconds: int) -> None:
        """Let time pass."""
        self.at += microseconds

    def player(self, player_id: str = PLAYER) -> Player:
        return self.rows[Player, player_id]

    def held(self, player_id: str = PLAYER, currency: str = "EUR") -> Balances:
        """What a player has."""
        rows = (row for row in self.rows.values() if isinstance(row, Pocket))
        pockets = {row.account: row for row in rows if (row.player_id, row.currency) == (player_id, currency)}
        return balances(currency, pockets)

    def withdrawable(self, policies: Policies | None = None) -> str:
        """What of the player's cash may leave by policies; by none that were published, where none are given."""
        bonuses = [row for row in self.rows.values() if isinstance(row, Bonus)]
        held = self.held()
        return amount_of(withdrawable(held, kept(policies or Policies(), self.player(), held, bonuses)))

    def round(self, round_id: str = ROUND, *, player: str = PLAYER, provider: str = PROVIDER) -> Round | None:
        return self.rows.get((Round, player, provider, round_id))

    def transaction(self, key: str, *, player: str = PLAYER, provider: str = PROVIDER) -> Transaction | None:
        return self.rows.get((Transaction, player, digest(provider, key)))

    def journal(self, transaction_id: bytes) -> list[tuple[str, str]]:
        """The lines of one transaction as (account, amount)."""
        return [
            (line.account, amount_of(line.amount, line.currency))
            for line in self.lines
            if line.transaction_id == transaction_id
        ]

    def total(self, account: str, currency: str = "EUR") -> str:
        """The sum of an account's lines."""
        return amount_of(sum(row.amount for row in self.lines if (row.account, row.currency) == (account, currency)))

    @property
    def cash(self) -> str:
        return amount_of(self.held().cash)

    @property
    def debt(self) -> str:
        return amount_of(self.held().debt)

    def assert_sound(self) -> None:
        """Hold the books to what is always true of them (I-01, I-02, I-03, I-05, I-07, R-ROUND-07)."""
        applied = {row.transaction_id: row for row in self.rows.values() if isinstance(row, Transaction)}
        journals, trial, sums, counts = Counter(), Counter(), Counter(), Counter()
        for line in self.lines:
            head = applied[line.transaction_id]
            assert head.outcome is Outcome.APPLIED
            assert head.player_id == line.player_id
            journals[line.transaction_id, line.currency] += line.amount
            trial[line.currency] += line.amount
            guard = account_of(line.account).guard
            if guard is Guard.NONE:
                assert line.sequence is None
                assert line.balance_after is None
                continue
            place = (Pocket, line.player_id, line.currency, line.account)
            if guard is Guard.ROUND:
                place = (Round, line.player_id, head.provider_id, line.detail, line.account)
            sums[place] += line.amount
            counts[place] += 1
            assert (line.sequence, line.balance_after) == (counts[place], sums[place])
            assert line.balance_after <= 0 if line.account == DEBT else line.balance_after >= 0
        assert not any(journals.values())
        assert not any(trial.values())
        for key, row in self.rows.items():
            if isinstance(row, Pocket):
                assert (row.amount, row.sequence) == (sums[key], counts[key])
            elif isinstance(row, Round):
                cash, bonus = (*key, "IN_PLAY"), (*key, "IN_PLAY_BONUS")
                assert (row.in_play, row.sequence) == (sums[cash], counts[cash])
                assert (row.in_play_bonus, row.sequence_bonus) == (sums[bonus], counts[bonus])
                staked = sum(part for pocket, part in row.mix if pocket.startswith("BONUS:"))
                assert (row.in_play + row.in_play_bonus) == (row.staked if row.state.name == "OPEN" else 0)
                assert row.in_play_bonus == (staked if row.state.name == "OPEN" else 0)
                assert all(amount > 0 for _, amount in row.mix)
                assert row.refunded >= 0
            elif isinstance(row, Bonus):
                self._assert_bonus(row, sums)
            elif isinstance(row, Player):
                holds = (each for each in self.rows.values() if isinstance(each, Hold))
                assert row.frozen == sum(each.freezing for each in holds if each.player_id == row.player_id)

    def _assert_bonus(self, row: Bonus, sums: Counter) -> None:
        """Hold a bonus to what is always true of it (I-09, I-10)."""
        rounds = [each for each in self.rows.values() if isinstance(each, Round) and each.player_id == row.player_id]
        paid_for = [each for each in rounds if row.account in dict(each.mix)]
        assert row.rounds == sum(each.state.name == "OPEN" for each in paid_for)
        assert row.progress == sum(dict(each.wagered).get(row.bonus_id, 0) for each in rounds)
        assert row.progress >= 0
        assert row.terms.cap is None or row.converted <= row.terms.cap
        held = sums[Pocket, row.player_id, row.currency, row.account]
        assert held >= 0
        assert row.live or not held
        assert row.state is not BonusState.SETTLING or (not held and row.rounds)


def units(amount: str, currency: str = "EUR") -> int:
    """Ledger units of an amount of the major unit, exactly."""
    exact = Decimal(amount) * CURRENCIES[currency].unit
    assert exact == int(exact), f"{amount} is finer than the ledger of {currency}"
    return int(exact)


def amount_of(ledger_units: int, currency: str = "EUR") -> str:
    """The amount in the major unit, with the display digits and as many more as it has."""
    known = CURRENCIES[currency]
    exact = Decimal(ledger_units) / known.unit
    return str(max(exact.quantize(Decimal(1).scaleb(-known.display)), exact.normalize(), key=_digits))


def _digits(amount: Decimal) -> int:
    return -int(amount.as_tuple().exponent)


def bet(key: str, amount: str | None = "10", *, minimum: str = "0", provider: str = PROVIDER, **more: object) -> Action:
    """A stake."""
    return _action(Kind.BET, key, amount, provider, minimum_balance=units(minimum), **more)


def win(key: str, amount: str | None = "10", *of: str, provider: str = PROVIDER, **more: object) -> Action:
    """A win, naming the bets it is of."""
    return _action(Kind.WIN, key, amount, provider, references=of, **more)


def rollback(key: str, of: str, amount: str | None = None, *, provider: str = PROVIDER, **more: object) -> Action:
    """A rollback of one transaction; without an amount, of all of it."""
    return _action(Kind.ROLLBACK, key, amount, provider, references=(of,), **more)


def amend(key: str, of: str, amount: str | None, *, provider: str = PROVIDER, **more: object) -> Action:
    """A win's new amount."""
    return _action(Kind.AMEND, key, amount, provider, references=(of,), **more)


def note(key: str, *, provider: str = PROVIDER, **more: object) -> Action:
    """A note: no money."""
    return _action(Kind.NOTE, key, None, provider, **more)


def _action(kind: Kind, key: str, amount: str | None, provider: str, **more: object) -> Action:
    return Action(
        kind=kind,
        external_key=key,
        key=digest(provider, key),
        amount=None if amount is None else units(amount),
        **more,
    )


def play(*actions: Action, profile: Profile | None = None, **more: object) -> Play:
    """A play in euros, in the usual round."""
    facts = {
        "player_id": PLAYER,
        "provider_id": PROVIDER,
        "currency": "EUR",
        "round_id": ROUND,
        "game_id": "slot",
        **more,
    }
    return Play(actions=actions, profile=profile or Profile(), **facts)


def promo(key: str, amount: str, category: Category = Category.PROMO, **more: object) -> Action:
    """A win that needs no stake."""
    return win(key, amount, category=category, **more)


def deposit(amount: str, *, player: str = PLAYER, currency: str = "EUR", key: str = "d1", percent: int = 0) -> Pay:
    """Money in."""
    terms = Terms(debt_recovery_deposit=percent)
    return Pay(player, Kind.DEPOSIT, "bank", key, currency, units(amount, currency), terms=terms)


def withdrawal(amount: str, *, player: str = PLAYER, currency: str = "EUR", key: str = "w1") -> Pay:
    """Money out."""
    return Pay(player, Kind.WITHDRAWAL, "bank", key, currency, units(amount, currency))


def session(name: str = "s1", *, ttl: int = HOUR, provider: str = PROVIDER, currency: str = "EUR") -> OpenSession:
    """A session under a token; `token_id` names it."""
    return OpenSession(PLAYER, token_id(name), provider, "slot", currency, ttl)


def token_id(name: str = "s1") -> bytes:
    """The digest of a token."""
    return digest("token", name)


def void(round_id: str = ROUND, key: str = "v1") -> VoidRound:
    """The operator gives a round's stakes back."""
    return VoidRound(PLAYER, PROVIDER, round_id, "stuck", "ops", key)


def person(name: str, by: str = "panel") -> Actor:
    """Somebody a caller vouches for."""
    return Actor.vouched(by, name)


def bury(key: str) -> Bury:
    """A tombstone that knows no player."""
    return Bury(PROVIDER, key)


def answer(decision: Decision) -> Outcome | Reason:
    """What a command of one action came to: its outcome, or why not."""
    if decision.refusal is not None:
        return decision.refusal.reason
    assert len(decision.results) == 1
    return decision.results[0].outcome
