"""What a store must do, verb by verb; both databases do the same."""

import pytest
from msgspec.structs import replace

from tests.storage.books import Saves
from tests.support.domain import key_of
from wallet_core.domain.book import Needs
from wallet_core.domain.decision import Outcome, Reason
from wallet_core.domain.entries import NO_PLAYER, Category, Holder, Kind, Line, Transaction, digest
from wallet_core.domain.money import INT64_MAX
from wallet_core.domain.players import Player, Status
from wallet_core.domain.pockets import Pocket
from wallet_core.domain.rounds import Round
from wallet_core.domain.rounds import State as RoundState
from wallet_core.domain.sessions import Session
from wallet_core.domain.sessions import State as SessionState
from wallet_core.storage.store import RoundCursor, Unavailable, VersionConflict

UNICODE = "Zoë Ωmega 李雷 🎰 'quoted' \"twice\" \\ % _ :name $1 ? {in}"

PLAYER = Player("p", "operator", "brand", ("EUR", "BTC"), Status.ACTIVE, "MT", 1, 2, 3, 4, 5, 6, "BTC", 7)
POCKET = Pocket("p", "EUR", "CASH", 4, 5)
SESSION = Session("p", b"s" * 16, "acme", "game", "EUR", SessionState.ROTATED, 6, 7, b"t" * 16)
ROUND = Round("p", "acme", "r", "game", "EUR", RoundState.OPEN, 8, 9, 10, 11, 12, (("CASH", 12),), 13, 14, 15, 16)
TRANSACTION = Transaction(
    player_id="p",
    key=digest("acme", "t"),
    transaction_id=b"\x01" * 16,
    provider_id="acme",
    external_key="t",
    kind=Kind.BET,
    outcome=Outcome.REFUSED,
    currency="EUR",
    amount=17,
    committed_at=18,
    reason=Reason.INSUFFICIENT_FUNDS,
    fingerprint=b"f" * 16,
    parts=(("CASH", -19), ("DEBT", -20)),
    rolled_back=(("CASH", -21),),
    settlements=1,
    undone=True,
    round_id="r",
    game_id="game",
    category=Category.JACKPOT,
    references=("a", "b"),
    info=(("name", "value"),),
    batch_id="batch",
    cash_after=22,
    bonus_after=23,
    debt_after=24,
    occurred_at=25,
)
LINE = Line("p", b"\x01" * 16, 0, "CASH", "detail", "EUR", -19, 1, 22)

ROWS = {
    "player": PLAYER,
    "player in unicode": replace(PLAYER, player_id=UNICODE, operator_id=UNICODE, brand_id=UNICODE, country=UNICODE),
    "player of the least": Player("", "", "", (), Status.BLOCKED, "", 0, 0, 0),
    "player of the most": replace(PLAYER, created_at=-INT64_MAX - 1, changed_at=INT64_MAX, version=INT64_MAX),
    "pocket": POCKET,
    "pocket in unicode": replace(POCKET, player_id=UNICODE, currency=UNICODE, account=UNICODE),
    "pocket of nothing": Pocket("p", "EUR", "CASH"),
    "pocket of the most": replace(POCKET, amount=INT64_MAX, sequence=INT64_MAX),
    "pocket of the most debt": replace(POCKET, account="DEBT", amount=-INT64_MAX),
    "session": SESSION,
    "session in unicode": replace(SESSION, player_id=UNICODE, provider_id=UNICODE, game_id=UNICODE),
    "session without successor": replace(SESSION, state=SessionState.ACTIVE, successor=b""),
    "session of all bytes": replace(SESSION, session_id=bytes(range(256)), successor=b"\0"),
    "round": ROUND,
    "round in unicode": replace(ROUND, player_id=UNICODE, provider_id=UNICODE, round_id=UNICODE, mix=((UNICODE, 1),)),
    "round of the least": Round("p", "", "", "", "", RoundState.VOIDED, 0, 0),
    "round of the most": replace(
        ROUND, in_play=INT64_MAX, mix=(("CASH", INT64_MAX),), won=-INT64_MAX - 1, refunded=INT64_MAX, stakes=INT64_MAX
    ),
    "transaction": TRANSACTION,
    "transaction in unicode": replace(
        TRANSACTION,
        external_key=UNICODE,
        parts=((UNICODE, 1),),
        references=(UNICODE, ""),
        info=((UNICODE, UNICODE), ("", "")),
        batch_id=UNICODE,
    ),
    "transaction of the least": Transaction(
        "p", b"", b"", "", "", Kind.TOMBSTONE, Outcome.NOOP, currency="", amount=0, committed_at=0
    ),
    "transaction of the most": replace(
        TRANSACTION, amount=INT64_MAX, parts=(("CASH", -INT64_MAX - 1),), cash_after=INT64_MAX, debt_after=-INT64_MAX
    ),
}


def needs(row):
    _, *key = key_of(row)
    wanted = Needs.none()
    match row:
        case Player() | Pocket():
            wanted.players.add(row.player_id)
        case Session():
            wanted.sessions.add(tuple(key))
        case Transaction():
            wanted.transactions.add(tuple(key))
        case Round():
            wanted.rounds.add(tuple(key))
    return wanted


async def read(store, row):
    match row:
        case Player():
            return await store.player(row.player_id)
        case Pocket():
            return (await store.pockets(row.player_id))[0]
        case Session():
            return await store.session(row.player_id, row.session_id)
        case Round():
            return await store.round(row.player_id, row.provider_id, row.round_id)
        case Transaction():
            return (await store.transactions_by_key(row.key))[0]


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
async def test_a_row_comes_back_with_every_field(store, row):
    await store.apply(Saves(row))
    loads = Saves(wanted=Needs.none(), further=needs(row))
    await store.preview(loads)

    assert await read(store, row) == row
    assert loads.found == [row]


@pytest.mark.parametrize(
    "line",
    [
        LINE,
        replace(LINE, number=32767, amount=INT64_MAX, sequence=INT64_MAX, balance_after=INT64_MAX),
        replace(LINE, amount=-INT64_MAX - 1, sequence=None, balance_after=None, detail=""),
        replace(LINE, player_id=UNICODE, account=UNICODE, detail=UNICODE, currency=UNICODE),
    ],
    ids=["plain", "most", "recording", "unicode"],
)
async def test_a_line_comes_back_with_every_field(store, line):
    await store.apply(Saves(lines=[line]))

    assert await store.lines(line.player_id, [line.transaction_id]) == [line]
    assert await store.lines("somebody else", [line.transaction_id]) == []


async def test_what_is_not_there_is_not_found(store):
    wanted = Needs({"p"}, {("p", b"s")}, {("p", b"t")}, {("p", "acme", "r")})
    loads = Saves(wanted=wanted)
    await store.apply(loads)

    assert loads.found == []
    assert await store.player("p") is None
    assert await store.pockets("p") == []
    assert await store.session("p", b"s") is None
    assert await store.round("p", "acme", "r") is None
    assert await store.in_play("p", "EUR") == 0
    assert await store.open_rounds(limit=10) == []
    assert await store.transactions_by_key(b"t") == []
    assert await store.transactions("p", limit=10) == []
    assert await store.batch("acme", "b") == []
    assert await store.slipped(0) == []
    assert await store.lines("p", [b"t"]) == []
    assert await store.trial_balance() == []
    assert await store.players_of_sessions([b"s"]) == {}
    assert await store.players_of_keys([b"t"]) == {}


async def test_asking_for_nothing_finds_nothing(store):
    await store.apply(Saves(TRANSACTION, SESSION, lines=[LINE]))

    assert await store.players_of_sessions([]) == {}
    assert await store.players_of_keys([]) == {}
    assert await store.lines("p", []) == []


async def test_a_batch_loads_all_it_names_and_all_pockets_of_its_players(store):
    rows = [replace(row, player_id=player) for player in ("a", "b", "c") for row in (PLAYER, SESSION, ROUND)]
    rows += [replace(POCKET, player_id=player, currency=code) for player in "abc" for code in ("BTC", "EUR")]
    rows += [replace(TRANSACTION, player_id=player, transaction_id=player.encode() * 16) for player in ("a", "b", "c")]
    await store.apply(Saves(*rows))
    wanted = Needs(
        {"a", "c", "nobody"},
        {("a", SESSION.session_id), ("c", SESSION.session_id), ("a", b"none")},
        {("a", TRANSACTION.key), ("c", TRANSACTION.key), ("", TRANSACTION.key)},
        {("a", "acme", "r"), ("c", "acme", "r"), ("a", "other", "r")},
    )
    loads = Saves(wanted=wanted)
    await store.apply(loads)

    assert sorted(map(repr, loads.found)) == sorted(repr(row) for row in rows if row.player_id in "ac")


async def test_a_batch_loads_who_holds_a_key_of_all_players(store):
    held = [
        replace(TRANSACTION, player_id=player, transaction_id=player.encode().ljust(16), kind=kind)
        for player, kind in (("", Kind.TOMBSTONE), ("a", Kind.BET), ("b", Kind.TOMBSTONE))
    ]
    await store.apply(Saves(*held, replace(TRANSACTION, key=b"another key of 1", transaction_id=b"z" * 16)))
    loads = Saves(wanted=Needs({"a"}, set(), set(), set(), {TRANSACTION.key, b"unheard-of"}))
    await store.apply(loads)

    assert sorted(map(repr, loads.found)) == sorted(repr(Holder(row.key, row.player_id, row.kind)) for row in held)


async def test_a_changed_row_is_replaced_where_it_may_change_and_nowhere_else(store):
    await store.apply(Saves(PLAYER, POCKET, SESSION, ROUND, TRANSACTION))
    player = replace(PLAYER, status=Status.BLOCKED, changed_at=30, version=4)
    pocket = replace(POCKET, amount=31, sequence=6)
    session = replace(SESSION, state=SessionState.CLOSED, successor=b"u" * 16)
    round_ = replace(
        ROUND,
        state=RoundState.CLOSED,
        changed_at=32,
        revision=33,
        sequence=34,
        in_play=0,
        mix=(),
        won=35,
        refunded=36,
        stakes=37,
        standing=36,
        wins=38,
    )
    transaction = replace(TRANSACTION, rolled_back=(("CASH", -19),), settlements=0)
    await store.apply(
        Saves((PLAYER, player), (POCKET, pocket), (SESSION, session), (ROUND, round_), (TRANSACTION, transaction))
    )

    for row in (player, pocket, session, round_, transaction):
        assert await read(store, row) == row


async def test_pockets_are_in_the_order_of_currency_and_account(store):
    pockets = [Pocket("p", "BTC", "CASH"), Pocket("p", "EUR", "CASH"), Pocket("p", "EUR", "DEBT")]
    await store.apply(Saves(*reversed(pockets), replace(POCKET, player_id="somebody else")))

    assert await store.pockets("p") == pockets


async def test_players_of_sessions(store):
    sessions = [replace(SESSION, player_id=player, session_id=player.encode() * 16) for player in ("a", "b", "c")]
    await store.apply(Saves(*sessions))

    assert await store.players_of_sessions([b"a" * 16, b"c" * 16, b"x" * 16]) == {b"a" * 16: "a", b"c" * 16: "c"}


async def test_players_of_keys_leaves_out_tombstones_and_what_is_nobodys(store):
    key, buried, house = digest("acme", "1"), digest("acme", "2"), digest("~operator", "3")
    rows = [
        replace(TRANSACTION, player_id="a", key=key, transaction_id=b"1"),
        replace(TRANSACTION, player_id="b", key=key, transaction_id=b"1"),
        replace(TRANSACTION, player_id=NO_PLAYER, key=key, transaction_id=b"1", kind=Kind.TOMBSTONE),
        replace(TRANSACTION, player_id=NO_PLAYER, key=buried, transaction_id=b"2", kind=Kind.TOMBSTONE),
        replace(TRANSACTION, player_id="a", key=buried, transaction_id=b"2", kind=Kind.TOMBSTONE),
        replace(TRANSACTION, player_id=NO_PLAYER, key=house, transaction_id=b"3", kind=Kind.MANUAL),
    ]
    await store.apply(Saves(*rows))
    found = await store.players_of_keys([key, buried, house])

    assert {each: sorted(players) for each, players in found.items()} == {key: ["a", "b"]}
    assert [row.player_id for row in await store.transactions_by_key(key)] == ["", "a", "b"]


async def test_in_play_is_what_open_rounds_of_the_currency_hold(store):
    await store.apply(
        Saves(
            replace(ROUND, round_id="1", in_play=1),
            replace(ROUND, round_id="2", in_play=2),
            replace(ROUND, round_id="3", in_play=4, currency="BTC"),
            replace(ROUND, round_id="4", in_play=8, state=RoundState.CLOSED),
            replace(ROUND, player_id="somebody else", in_play=16),
        )
    )

    assert await store.in_play("p", "EUR") == 3


ROUNDS = [
    replace(ROUND, player_id=player, provider_id=provider, round_id=round_id, opened_at=opened_at)
    for opened_at, player, provider, round_id in [
        (100, "a", "acme", "1"),
        (100, "a", "acme", "2"),
        (100, "a", "bolt", "1"),
        (100, "b", "acme", "1"),
        (200, "a", "acme", "3"),
        (300, "a", "bolt", "3"),
    ]
]


async def _open_rounds(store):
    closed = [
        replace(ROUND, player_id="a", round_id=state.name, state=state)
        for state in RoundState
        if state is not ROUND.state
    ]
    await store.apply(Saves(*reversed(ROUNDS), *closed))


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, [0, 1, 2, 3, 4, 5]),
        ({"player_id": "a"}, [0, 1, 2, 4, 5]),
        ({"provider_id": "bolt"}, [2, 5]),
        ({"player_id": "a", "provider_id": "acme"}, [0, 1, 4]),
        ({"opened_before": 200}, [0, 1, 2, 3]),
        ({"opened_before": 0}, []),
        ({"player_id": "nobody"}, []),
    ],
)
async def test_open_rounds_are_filtered_oldest_first(store, asked, found):
    await _open_rounds(store)

    assert await store.open_rounds(**asked, limit=10) == [ROUNDS[index] for index in found]


@pytest.mark.parametrize("size", range(1, 8))
async def test_open_rounds_are_paged_without_a_gap_or_a_repeat(store, size):
    await _open_rounds(store)
    found, after = [], None
    while page := await store.open_rounds(after=after, limit=size):
        assert len(page) <= size
        found += page
        after = RoundCursor(page[-1].opened_at, page[-1].player_id, page[-1].provider_id, page[-1].round_id)

    assert found == ROUNDS


HISTORY = [
    replace(
        TRANSACTION,
        key=digest(provider, str(number)),
        transaction_id=bytes([number]) * 16,
        provider_id=provider,
        round_id=round_id,
    )
    for number, provider, round_id in [
        (1, "acme", "r"),
        (2, "bolt", "r"),
        (3, "acme", "s"),
        (4, "acme", "r"),
        (5, "bolt", ""),
    ]
]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, [5, 4, 3, 2, 1]),
        ({"provider_id": "acme"}, [4, 3, 1]),
        ({"round_id": "r"}, [4, 2, 1]),
        ({"provider_id": "bolt", "round_id": "r"}, [2]),
        ({"before": b"\x04" * 16}, [3, 2, 1]),
        ({"before": b"\x01" * 16}, []),
    ],
)
async def test_transactions_are_filtered_newest_first(store, asked, found):
    await store.apply(Saves(*HISTORY, replace(TRANSACTION, player_id="somebody else")))

    assert await store.transactions("p", **asked, limit=10) == [HISTORY[number - 1] for number in found]


@pytest.mark.parametrize("size", range(1, 7))
async def test_transactions_are_paged_without_a_gap_or_a_repeat(store, size):
    await store.apply(Saves(*HISTORY))
    found, before = [], None
    while page := await store.transactions("p", before=before, limit=size):
        assert len(page) <= size
        found += page
        before = page[-1].transaction_id

    assert found == HISTORY[::-1]


async def test_a_batch_is_its_bets_and_wins_in_the_order_of_commit(store):
    rows = [
        replace(TRANSACTION, player_id=player, key=bytes([at]), transaction_id=bytes([at]), kind=kind, committed_at=at)
        for at, player, kind in [(3, "a", Kind.BET), (1, "b", Kind.WIN), (2, "a", Kind.BET), (2, "b", Kind.BET)]
    ]
    others = [
        replace(TRANSACTION, player_id="x", key=b"1", transaction_id=b"1", kind=Kind.ROLLBACK),
        replace(TRANSACTION, player_id="x", key=b"2", transaction_id=b"2", batch_id="other"),
        replace(TRANSACTION, player_id="x", key=b"3", transaction_id=b"3", provider_id="bolt"),
        replace(TRANSACTION, player_id="x", key=b"4", transaction_id=b"4", batch_id=""),
    ]
    await store.apply(Saves(*rows, *others))

    assert await store.batch("acme", "batch") == [rows[1], rows[2], rows[3], rows[0]]
    assert await store.batch("acme", "") == []


async def test_what_slipped_past_a_grave_is_found_until_it_meets_a_rollback(store):
    grave = replace(TRANSACTION, player_id=NO_PLAYER, kind=Kind.TOMBSTONE, key=b"k", committed_at=2)
    bet = replace(TRANSACTION, player_id="p", key=b"k", kind=Kind.BET, external_key='q"1', undone=False)
    other = replace(bet, key=b"o", transaction_id=b"o", external_key="other")
    buried = replace(grave, key=b"b", transaction_id=b"b", external_key="~batch:b7")
    item = replace(bet, key=b"i", transaction_id=b"i", external_key="item", batch_id="b7")
    noted = replace(item, key=b"n", transaction_id=b"n", external_key="noted", kind=Kind.NOTE)
    moved_nothing = replace(item, key=b"m", transaction_id=b"m", external_key="nothing", parts=())
    await store.apply(Saves(grave, bet, other, buried, item, noted, moved_nothing))

    assert {row.key for row in await store.slipped(0)} == {b"k", b"i"}
    assert {row.key for row in await store.slipped(2)} == {b"k", b"i"}
    assert await store.slipped(3) == []
    met = replace(bet, key=b"r", transaction_id=b"r", kind=Kind.ROLLBACK, external_key="r", references=("item",))
    await store.apply(Saves(met))
    assert {row.key for row in await store.slipped(0)} == {b"k"}
    await store.apply(Saves((bet, replace(bet, undone=True))))
    assert await store.slipped(0) == []


async def test_lines_are_in_order_and_only_those_asked_for(store):
    lines = [replace(LINE, transaction_id=head, number=number) for head in (b"1", b"2", b"3") for number in (0, 1, 2)]
    await store.apply(Saves(lines=lines[::-1]))

    assert await store.lines("p", [b"3", b"1", b"none"]) == lines[:3] + lines[6:]


async def test_trial_balance_sums_lines_by_account_and_currency(store):
    await store.apply(
        Saves(
            lines=[
                replace(LINE, number=number, account=account, currency=currency, amount=amount, player_id=player)
                for number, (player, account, currency, amount) in enumerate(
                    [
                        ("a", "CASH", "EUR", 5),
                        ("b", "CASH", "EUR", 7),
                        ("b", "WINS", "EUR", -12),
                        ("b", "CASH", "BTC", INT64_MAX),
                        ("b", "WINS", "BTC", -INT64_MAX),
                    ]
                )
            ]
        )
    )

    btc = [("CASH", "BTC", INT64_MAX), ("WINS", "BTC", -INT64_MAX)]
    eur = [("CASH", "EUR", 12), ("WINS", "EUR", -12)]
    assert await store.trial_balance() == btc + eur
    assert await store.trial_balance("EUR") == eur
    assert await store.trial_balance("XXX") == []


async def test_a_query_returns_rows_by_name(store):
    await store.apply(Saves(POCKET))

    assert await store.query("select account, amount from pockets") == [{"account": "CASH", "amount": 4}]
    assert await store.query("select account from pockets where amount = 0") == []


async def test_a_query_cannot_write(store):
    with pytest.raises(Exception, match=r"read.?only|READONLY|25006"):
        await store.query("delete from pockets")


class Oops(Exception):
    """A fault of ours."""


class Fails(Saves):
    def decide(self):
        raise Oops


async def test_when_deciding_fails_nothing_is_saved_and_the_store_goes_on(store):
    with pytest.raises(Oops):
        await store.apply(Fails(PLAYER))
    assert await store.player("p") is None
    await store.apply(Saves(PLAYER))

    assert await store.player("p") == PLAYER


@pytest.mark.parametrize(
    "row",
    [
        replace(POCKET, amount=-1),
        replace(POCKET, account="DEBT", amount=1),
        replace(ROUND, in_play=-1),
        replace(ROUND, refunded=-1),
    ],
    ids=["cash below zero", "debt above zero", "in play below zero", "refunded below zero"],
)
async def test_a_constraint_is_a_fault_and_nothing_is_saved(store, row):
    with pytest.raises(Exception, match="check") as caught:
        await store.apply(Saves(PLAYER, TRANSACTION, row, lines=[LINE]))

    assert not isinstance(caught.value, VersionConflict | Unavailable)
    assert await store.player("p") is None
    assert await store.transactions_by_key(TRANSACTION.key) == []
    assert await store.lines("p", [LINE.transaction_id]) == []


@pytest.mark.parametrize("row", [replace(POCKET, amount=2**63), replace(POCKET, account="\ud800")])
async def test_what_cannot_be_written_is_a_fault_of_ours_and_not_of_the_database(store, row):
    with pytest.raises(Exception, match=r"int64|too large|encode|surrogates") as caught:
        await store.apply(Saves(PLAYER, row))

    assert not isinstance(caught.value, VersionConflict | Unavailable)
    assert await store.player("p") is None


async def test_preview_saves_nothing(store):
    await store.preview(Saves(PLAYER, POCKET, lines=[LINE]))

    assert await store.player("p") is None
    assert await store.pockets("p") == []
    assert await store.trial_balance() == []


async def test_a_thousand_rows_are_saved_at_once(store):
    players = [replace(PLAYER, player_id=f"{number:04}") for number in range(1000)]
    pockets = [replace(POCKET, player_id=player.player_id) for player in players]
    lines = [replace(LINE, player_id=player.player_id) for player in players]
    await store.apply(Saves(*players, *pockets, lines=lines))
    grown = [(player, replace(player, version=player.version + 1)) for player in players]
    await store.apply(Saves(*grown))
    loads = Saves(wanted=Needs({player.player_id for player in players}, set(), set(), set()))
    await store.apply(loads)

    assert {row for row in loads.found if isinstance(row, Player)} == {after for _, after in grown}
    assert {row for row in loads.found if isinstance(row, Pocket)} == set(pockets)
    assert await store.trial_balance() == [("CASH", "EUR", -19_000)]
