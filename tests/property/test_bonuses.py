"""Bonuses in play: random lives held against an auditor that was written from the rulebook alone (R-FUND, R-RB)."""

import os
from itertools import pairwise

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.support.domain import PLAYER, TICK, Books, bet, key_of, note, play, rollback, units, void, win
from tests.support.naive_bonus import NaiveBonusWallet
from tests.support.policies import ALLOWING
from tests.support.promos import expire, forfeit, freeze, template, unfreeze, void_bonus
from tests.unit.test_domain_bonuses import granted
from wallet_core.domain.commands import Play, Terms
from wallet_core.domain.decision import Outcome
from wallet_core.domain.entries import Category, Kind
from wallet_core.domain.pockets import Pocket
from wallet_core.domain.policies import Basis, Game, Mode, Policies, Split, WriteOff
from wallet_core.domain.profiles import Overdraw, Profile
from wallet_core.domain.promos import Bonus, BonusTerms, Counts, MaxBetBasis, MaxBetScope, OpenRounds, State, Timing
from wallet_core.domain.rounds import Round
from wallet_core.domain.wagering import requirement

CALM = settings(
    phases=[Phase.generate, Phase.shrink], suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
"""As the profile of the whole suite says: the same lives in every run, and new ones, and more, with WALLET_EXPLORE."""

MORE = 8 if "WALLET_EXPLORE" in os.environ else 1

ROUNDS = ("r0", "r1", "r2")
GAMES = {"r0": "slot", "r1": "slot", "r2": "table"}
NUMBERS = range(9)
STAKES = ("1", "3.33", "10", "0.01", "0.005", "0.00001", "2", "0")
WINS = ("1", "3.33", "10", "0.01", "0.005", "25", "0")
VOIDABLE = 2


class TwoPolicies(Policies, frozen=True):
    """The write-off policy of each version; all of them stay, the one in force changes."""

    rules: tuple[WriteOff, ...] = ()

    def content(self, version):
        return ALLOWING.content(ALLOWING.version)  # bonuses may begin; all but the write-off is as by default

    def game(self, provider_id, game_id, version=None):
        return Game(category="TABLE" if game_id == "table" else "SLOTS")

    def write_off(self, brand_id, provider_id, game_id, version):
        return self.rules[version - 1]


def chance(of, out_of):
    return st.integers(1, out_of).map(lambda number: number > out_of - of)


MODES = st.sampled_from((Mode.WATERFALL, *Mode))
SPLITS = st.sampled_from((Split.PRO_RATA, *Split))
ORDERS = st.sampled_from((("CASH", "BONUS"), ("BONUS", "CASH"), ("BONUS", "CASH")))
RULES = st.builds(
    WriteOff,
    mode=MODES,
    order=ORDERS,
    split=SPLITS,
    basis=st.sampled_from((Basis.ROUND, Basis.ROUND, Basis.REFERENCE)),
)
CONTRIBUTIONS = st.sampled_from(
    (
        (),
        (("default", 10_000),),
        (("default", 5_000), ("game:table", 1_000)),
        (("product:CASINO", 3_333), ("default", 10_000)),
        (("category:SLOTS", 2_000), ("product:CASINO", 10_000)),
        (("provider:acme:SLOTS", 10_000), ("category:SLOTS", 1)),
        (("game:table", 0),),
    )
)


@st.composite
def terms(draw, mode, how):
    sticky = draw(chance(1, 4))
    return BonusTerms(
        mode=mode,
        split=how,
        multiplier=draw(st.sampled_from((10, 50, 100, 100, 250, 1000))),
        counts=draw(st.sampled_from((Counts.BONUS_PART, *Counts))),
        timing=draw(st.sampled_from(Timing)),
        contributions=draw(CONTRIBUTIONS),
        max_bet=draw(st.sampled_from((None, None, None, units("3"), units("5")))),
        max_bet_basis=draw(st.sampled_from(MaxBetBasis)),
        max_bet_scope=draw(st.sampled_from(MaxBetScope)),
        products=draw(st.sampled_from(((), (), (), ("CASINO",), ("SPORTS",)))),
        excluded_games=draw(st.sampled_from(((), (), ("table",)))),
        cap=draw(st.sampled_from((None, None, units("2"), units("8")))),
        sticky=sticky,
        tranches=1 if sticky else draw(st.sampled_from((1, 1, 4, 10))),
        open_rounds=draw(st.sampled_from((OpenRounds.HONOUR, *OpenRounds))),
        stops=draw(st.booleans()),
    )


@st.composite
def offers(draw):
    """Draw one to three bonuses: id, amount, terms, when it expires in ticks, and its priority."""
    mode = draw(st.sampled_from((None, None, None, *Mode)))
    how = draw(st.sampled_from((None, None, *Split)))
    return [
        (
            str(number),
            draw(st.sampled_from(("6", "10", "3.33", "0.05", "1"))),
            draw(terms(mode, how)),
            draw(st.sampled_from((0, 0, 12, 25, 1000))),
            draw(st.integers(0, 1)),
        )
        for number in draw(st.permutations(range(draw(st.sampled_from((1, 1, 2, 2, 3))))))
    ]


@st.composite
def queues(draw):
    """Draw what waits for a place: id, amount, terms, its priority, and how many of its group may be active."""
    return [
        (
            f"q{number}",
            draw(st.sampled_from(("6", "1"))),
            replace(draw(terms(None, None)), duration=draw(st.sampled_from((None, None, 9)))),
            draw(st.integers(0, 1)),
            draw(st.sampled_from((1, 1, 2, 3))),
        )
        for number in range(draw(st.sampled_from((0, 1, 1, 2))))
    ]


def of_round(prefix, number):
    return st.sampled_from([f"{prefix}{each}" for each in NUMBERS if each % 3 == number])


@st.composite
def actions(draw, number):
    kind = draw(st.integers(0, 9))
    if kind < 4:
        category = Category.TIP if draw(chance(1, 12)) else Category.GAME
        return bet(draw(of_round("b", number)), draw(st.sampled_from(STAKES)), category=category)
    if kind < 7:
        of = draw(st.sampled_from(((), (draw(of_round("b", number)),))))
        return win(draw(of_round("w", number)), draw(st.sampled_from(WINS)), *of)
    if kind == 9 and draw(chance(1, 2)):
        return note(f"n{draw(st.integers(0, 9))}")
    reversible = [f"{each}{which}" for each in "bww" for which in NUMBERS if each == "b" or which % 3 != VOIDABLE]
    of = draw(st.sampled_from(reversible))
    part = draw(st.sampled_from((None, None, None, "1", "0.5", "0.01", "0.005")))
    again = draw(st.sampled_from(("", "'")))
    return rollback(f"x:{of}:{part}{again}", of, part)


@st.composite
def plays(draw, rules, profile):
    number = draw(st.integers(0, 2))
    drawn = [draw(actions(number)) for _ in range(draw(st.sampled_from((1, 1, 1, 2, 3))))]
    drawn = tuple({action.external_key: action for action in drawn}.values())
    closes = draw(chance(1, 4)) and all(at_home(action, number) for action in drawn)
    return play(
        *drawn,
        profile=profile,
        round_id=ROUNDS[number],
        game_id=GAMES[ROUNDS[number]],
        close_round=closes,
        terms=Terms(debt_recovery_win=draw(st.sampled_from((0, 0, 50)))),
        policies=TwoPolicies(version=draw(st.integers(1, 2)), rules=rules),
        choice=draw(st.sampled_from(("", "", "CASH", "BONUS", "BONUS:0"))),
    )


def at_home(action, number):
    return action.kind is not Kind.ROLLBACK or int(action.references[0][1:]) % 3 == number


CHANGES = st.tuples(
    st.sampled_from(("0", "1", "2", "q0")), st.sampled_from(("FROZEN", "FROZEN", "EXPIRED", "FORFEITED", "VOIDED"))
)


@st.composite
def lives(draw, *, changing=True, longest=40):
    """Draw what a life begins with and what happens in it: plays, voids, and changes of a bonus from outside."""
    rules = draw(st.tuples(RULES, RULES))
    profile = Profile(overdraw=draw(st.sampled_from((Overdraw.DEBT, Overdraw.DEBT, Overdraw.REFUSE, Overdraw.NOOP))))
    cash = draw(st.sampled_from(("0", "5", "20", "0.3")))
    offered, waiting = draw(offers()), draw(queues())
    told = []
    for _ in range(draw(st.integers(1, longest))):
        kind = draw(st.integers(0, 19))
        if kind == 0 and changing:
            told.append(draw(CHANGES))
        elif kind == 1:
            told.append(void(f"r{VOIDABLE}", f"v{draw(st.integers(0, 1))}"))
        elif kind == 2 and told:
            told.append(draw(st.sampled_from(told)))
        else:
            told.append(draw(plays(rules, profile)))
    return (cash, offered, waiting), told


def begun(cash, offered, waiting):
    """Return books and auditor at the beginning of a life."""
    books, naive = Books(cash=cash), NaiveBonusWallet(units(cash))
    for bonus_id, amount, agreed, ticks, priority in offered:
        expires_at = books.at + ticks * TICK + 7 if ticks else 0
        row = granted(books, amount, bonus_id, terms=agreed, expires_at=expires_at, priority=priority)
        naive.grant(bonus_id, units(amount), agreed, books.at, expires_at=expires_at, priority=priority)
        assert row.requirement == naive.bonuses[bonus_id].requirement
        books.wait(TICK)
    for bonus_id, amount, agreed, priority, most in waiting:
        places = min(most, len(offered))  # or it would not wait
        facts = {"claimed_at": books.at, "changed_at": books.at, "priority": priority, "places": places}
        due = requirement(agreed, units(amount), 0)
        row = Bonus(PLAYER, bonus_id, "later", 1, "EUR", State.QUEUED, agreed, units(amount), 0, due, **facts)
        for each in (row, template(template_id="later")):
            books.rows[key_of(each)] = each
        naive.queue(bonus_id, units(amount), agreed, priority=priority, places=places)
        books.wait(TICK)
    return books, naive


def change(books, bonus_id, name):
    """Change a bonus from outside: frozen or not, or over with P-10. Return what it has become, if anything."""
    row = books.rows.get((Bonus, PLAYER, bonus_id))
    if row is None:
        return None
    if name == "FROZEN" and row.state is State.FROZEN:
        held = books.rows[Pocket, PLAYER, "EUR", row.account].amount
        if row.progress >= row.requirement or not held:  # what it then becomes is not play's to say
            return None
        name = "ACTIVE"
    command = CHANGED[name](bonus_id)
    if name != "EXPIRED":
        command = replace(command, request_id=f"{name}{books.at}")
    return name if books.do(command).refusal is None else None


CHANGED = {"FROZEN": freeze, "ACTIVE": unfreeze, "FORFEITED": forfeit, "VOIDED": void_bonus, "EXPIRED": expire}


def heard(decision):
    reason = decision.refusal.reason if decision.refusal else None
    return reason, [] if reason else [result.outcome for result in decision.results], decision.replayed


HOUSE = ("BONUS_COST", "BONUS_ISSUED", "WINS", "BONUS_WINS", "STAKES", "BONUS_STAKES", "TIPS_PAYABLE")


def _held(books, row):
    pocket = books.rows.get((Pocket, PLAYER, "EUR", row.account))
    return pocket.amount if pocket else 0


def found(books):
    held = books.held()
    sums = dict.fromkeys(HOUSE, 0)
    for line in books.lines:
        if line.account in sums:
            sums[line.account] += line.amount
    bonuses = {
        row.bonus_id: {
            "state": row.state.name,
            "held": _held(books, row),
            "progress": row.progress,
            "converted": row.converted,
            "staked": row.staked,
        }
        for row in books.rows.values()
        if isinstance(row, Bonus)
    }
    rounds = {
        row.round_id: (row.state.name, row.in_play, row.in_play_bonus)
        for row in books.rows.values()
        if isinstance(row, Round)
    }
    return {"cash": held.cash, "debt": held.debt, **sums, "bonuses": bonuses, "rounds": rounds}


def expected(naive):
    bonuses = {
        bonus_id: {
            "state": each.state,
            "held": each.balance,
            "progress": each.progress,
            "converted": each.converted,
            "staked": naive.is_staked(bonus_id),
        }
        for bonus_id, each in naive.bonuses.items()
    }
    rounds = {round_id: (game.state, *naive.in_play(round_id)) for round_id, game in naive.rounds.items()}
    house = {name: naive.house[name] for name in HOUSE}
    return {"cash": naive.cash, "debt": naive.debt, **house, "bonuses": bonuses, "rounds": rounds}


def assert_parts(command, decision, said):
    """The parts of a stake and of a win sum to it, and are those the auditor expects (I-05)."""
    for action, result, parts in zip(command.actions, decision.results, said.parts, strict=True):
        if action.kind not in {Kind.BET, Kind.WIN} or result.outcome is not Outcome.APPLIED:
            continue
        sign = -1 if action.kind is Kind.BET else 1
        assert sum(part for _, part in result.parts) == sign * action.amount
        assert all(sign * part >= 0 for _, part in result.parts)
        assert {pocket: part for pocket, part in result.parts if part} == parts


@settings(CALM, max_examples=250 * MORE)
@given(life=lives())
def test_the_wallet_and_the_naive_wallet_agree_on_bonuses(life):
    beginning, told = life
    books, naive = begun(*beginning)
    first = {}
    for command in told:
        if isinstance(command, tuple):
            if changed := change(books, *command):
                naive.set_state(command[0], changed, books.at)
            assert found(books) == expected(naive), command
            continue
        decision = books.do(command)
        said = naive.do(command, books.at)
        assert heard(decision) == (said.reason, said.outcomes, said.replayed), command
        if isinstance(command, Play) and said.reason is None:
            assert_parts(command, decision, said)
        assert found(books) == expected(naive), command
        for result in decision.results:
            shown = result.outcome, result.parts, result.transaction_id, result.committed_at
            assert first.setdefault((type(command), result.external_key), shown) == shown
    books.assert_sound()


@settings(CALM, max_examples=60 * MORE)
@given(life=lives(changing=False, longest=20), data=st.data())
def test_the_cuts_between_batches_leave_no_trace_on_bonuses(life, data):
    beginning, told = life
    cuts = sorted(data.draw(st.sets(st.integers(1, len(told)), max_size=4)) | {0, len(told)})
    one_by_one, cut, whole = (begun(*beginning)[0] for _ in range(3))
    decisions = [one_by_one.do(command) for command in told]
    assert [each for start, end in pairwise(cuts) for each in cut.do_batch(told[start:end])] == decisions
    assert whole.do_batch(told) == decisions
    for other in (cut, whole):
        assert other.rows == one_by_one.rows
        assert other.lines == one_by_one.lines


@settings(CALM, max_examples=60 * MORE)
@given(life=lives(longest=20))
def test_a_replay_shows_what_was_shown_first(life):
    beginning, told = life
    books, _ = begun(*beginning)
    for command in told:
        if isinstance(command, tuple):
            change(books, *command)
            continue
        first = books.do(command)
        if first.refusal is not None:
            continue
        lines = len(books.lines)
        again = books.do(command)
        assert again.replayed
        assert (again.then, len(books.lines)) == (first.then, lines)
        assert [replace(each, replayed=False) for each in again.results] == [
            replace(each, replayed=False) for each in first.results
        ]
