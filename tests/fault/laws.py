"""The laws (rulebook 29), computed anew from the raw rows of the patrons. What is yielded breaks one.

No rule of ours is asked: sums of lines, kinds of transactions, and the terms a bonus was accepted under.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction

from tests.fault.bonus_laws import bonuses, endings, progress, stakes
from tests.fault.gifts import CENT
from tests.fault.raw import APPLIED, Raw, bets_by_round, name_of, parts
from wallet_core.domain.entries import Kind

CLOSED = 2
LIVE_HOLD = {1, 2, 3, 4}
USED, REVERSED = 2, 4
PLAYED = {Kind.BET, Kind.WIN, Kind.ROLLBACK, Kind.VOID, Kind.NOTE}


def journals(raw: Raw) -> Iterator[str]:
    """I-01, I-07: each journal sums to zero, and belongs to what was applied; refused, nothing moves."""
    heads = {(row["player_id"], row["transaction_id"]): row for row in raw.rows["transactions"]}
    sums: Counter[tuple[str, str, str]] = Counter()
    for line in raw.rows["lines"]:
        sums[line["player_id"], line["transaction_id"], line["currency"]] += line["amount"]
        head = heads.get((line["player_id"], line["transaction_id"]))
        if head is None or head["outcome"] != APPLIED:
            yield f"a line of {line['account']} belongs to nothing that was applied: {head or line}"
    yield from (f"{key} sums to {total}" for key, total in sums.items() if total)


def pockets(raw: Raw) -> Iterator[str]:
    """I-02, I-03: a pocket is the sum of its lines and never was below zero; of debt, never above."""
    sums: Counter[tuple[str, str, str]] = Counter()
    for line in raw.rows["lines"]:
        if line["sequence"] is None or line["account"].startswith("IN_PLAY"):
            continue
        place = line["player_id"], line["currency"], line["account"]
        sums[place] += line["amount"]
        if sums[place] != line["balance_after"]:
            yield f"{place}: {line['balance_after']} after {line['transaction_id']}, not {sums[place]}"
        if (line["balance_after"] > 0) if line["account"] == "DEBT" else (line["balance_after"] < 0):
            yield f"{place}: {line['balance_after']} after {line['transaction_id']}"
    held = {(row["player_id"], row["currency"], row["account"]): row["amount"] for row in raw.rows["pockets"]}
    for place in sums.keys() | held.keys():
        if sums[place] != held.get(place, 0):
            yield f"{place}: holds {held.get(place, 0)}, its lines sum to {sums[place]}"


def holds(raw: Raw) -> Iterator[str]:
    """HELD is the sum of the live holds; what was captured went to the house, once."""
    names = {1: "WITHDRAWAL", 2: "CDD", 4: "DISPUTE"}
    held: Counter[tuple[str, str]] = Counter()
    moved: Counter[tuple[str, str]] = Counter()
    captured: Counter[tuple[str, str]] = Counter()
    heads = {(row["player_id"], row["transaction_id"]): row["kind"] for row in raw.rows["transactions"]}
    for line in raw.rows["lines"]:
        if line["account"].startswith("HELD:"):
            moved[line["player_id"], line["detail"]] += line["amount"]
            if heads.get((line["player_id"], line["transaction_id"])) in {Kind.HOLD_CAPTURE, Kind.ROLLBACK}:
                captured[line["player_id"], line["detail"]] -= line["amount"]
    for row in raw.rows["holds"]:
        left = sum(amount for _, amount in row["sources"])
        place = row["player_id"], row["hold_id"]
        held[row["player_id"], f"HELD:{names[row['reason']]}"] += left
        if (row["state"] not in LIVE_HOLD and left) or left != moved[place] or row["captured"] != captured[place]:
            yield f"hold {place}: {row}, its lines hold {moved[place]} and took {captured[place]}"
    for row in raw.rows["pockets"]:
        due = held[row["player_id"], row["account"]]
        if row["account"].startswith("HELD:") and row["amount"] != due:
            yield f"{row['player_id']} {row['account']}: {row['amount']}, its holds {due}"


def quotes(raw: Raw) -> Iterator[str]:
    """A used quote has one conversion, of its very amounts, at its rate and never in the player's favour (R-FX-07)."""
    lines: dict[tuple[str, str], Counter[tuple[str, str]]] = defaultdict(Counter)
    for line in raw.rows["lines"]:
        lines[line["player_id"], line["transaction_id"]][line["account"], line["currency"]] += line["amount"]
    used = set()
    for row in raw.rows["quotes"]:
        mid, client = Fraction(row["mid"]), Fraction(row["client"])
        if row["credited"] > row["given"] * client or client > mid or row["mid_value"] < row["credited"]:
            yield f"quote {row['quote_id']}: {row['credited']} for {row['given']} at {row['client']}"
        if row["state"] not in {USED, REVERSED}:
            continue
        place = row["player_id"], row["transaction_id"]
        used.add(place)
        expected = {
            ("CASH", row["source"]): -row["given"],
            ("FX_POSITION", row["source"]): row["given"],
            ("CASH", row["target"]): row["credited"],
            ("FX_MARGIN", row["target"]): row["mid_value"] - row["credited"],
            ("FX_POSITION", row["target"]): -row["mid_value"],
        }
        if dict(lines[place]) != {name: amount for name, amount in expected.items() if amount}:
            yield f"quote {row['quote_id']}: moved {dict(lines[place])}, not {expected}"
    for row in raw.rows["transactions"]:
        if row["kind"] == Kind.FX and row["outcome"] == APPLIED:
            place = row["player_id"], row["transaction_id"]
            if place not in used:
                yield f"{name_of(row)}: a conversion of no quote that was used"


def points(raw: Raw) -> Iterator[str]:
    """R-PTS-02: what rounds have brought is what their settled cash stakes earn: a tenth of a point a cent."""
    heads = {(row["player_id"], row["transaction_id"]): row for row in raw.rows["transactions"]}
    rounds = {(row["player_id"], row["external_key"]): row["round_id"] for row in raw.rows["transactions"]}
    found: Counter[tuple[str, str]] = Counter()
    for line in raw.rows["lines"]:
        head = heads.get((line["player_id"], line["transaction_id"]))
        if line["account"] in {"POINTS", "DEBT"} and line["currency"] == "PTS" and head and head["kind"] in PLAYED:
            of = head["round_id"] or rounds[head["player_id"], head["refs"][0]]  # a rollback's is its original's
            found[line["player_id"], of] += line["amount"]
    for bets, row in bets_by_round(raw):
        left = [parts([*bet["parts"], *([name, -part] for name, part in bet["rolled_back"])]) for bet in bets]
        cash = -sum(amount for each in left for name, amount in each.items() if name.startswith("CASH"))
        earned = cash * 1_000 // CENT if row["state"] == CLOSED else 0
        if found[row["player_id"], row["round_id"]] != earned:
            yield f"round {row['round_id']}: {found[row['player_id'], row['round_id']]} of points, not {earned}"


def rounds_keep_their_policies(raw: Raw) -> Iterator[str]:
    """R-FUND-09: all stakes of a round were paid by the version it began with."""
    began = {(row["player_id"], row["round_id"]): row["policies"] for row in raw.rows["rounds"]}
    bets = {(row["player_id"], row["transaction_id"]): row for row in raw.rows["transactions"]}
    for row in raw.rows["explanations"]:
        bet = bets[row["player_id"], row["transaction_id"]]
        version = began[row["player_id"], bet["round_id"]]
        if row["policies"] != version:
            yield f"{name_of(bet)}: by version {row['policies']}, its round began with {version}"


def free_rounds(raw: Raw) -> Iterator[str]:
    """No more rounds than were granted, no more won than the cap, and nothing waits when it is over."""
    for row in raw.rows["free_rounds"]:
        if row["used"] > row["rounds"] or row["paid"] > row["rounds"] or (row["cap"] and row["won"] > row["cap"]):
            yield f"free rounds {row['grant_id']}: {row}"
        if row["over_at"] and row["waiting"]:
            yield f"free rounds {row['grant_id']}: over, and {row['waiting']} waits"


def conservation(raw: Raw) -> Iterator[str]:
    """Over all accounts of everybody, each currency sums to zero."""
    sums: Counter[str] = Counter()
    for (_, currency), total in raw.house.items():
        sums[currency] += total
    return (f"{currency}: {total}" for currency, total in sums.items() if total)


def statements(raw: Raw) -> Iterator[str]:
    """R-UX-09: a statement has every transaction, explains each line, and ends with what the pockets hold.

    It was asked while the cores still ran: what time has done since is not in it.
    """
    ids = raw.of("transactions")
    lines = raw.of("lines")
    for player, entries in raw.said.items():
        yield from (f"{player} {identity}: {lack}" for identity, lack in entries.items() if lack)
        since = {
            row["transaction_id"]
            for row in ids[player]
            if row["provider_id"].startswith("~") and row["transaction_id"] > max(entries, default="")
        }
        if missing := {row["transaction_id"] for row in ids[player]} - since ^ entries.keys():
            yield f"{player}: transactions that the statement or the books alone have: {sorted(missing)[:5]}"
        held = {
            (player, line["account"], line["currency"]): line["balance_after"]
            for line in lines[player]
            if line["sequence"] is not None and line["transaction_id"] not in since
        }
        for place, amount in raw.last.items():
            if place[0] == player and held.get(place) != amount:
                yield f"{place}: {amount} by the statement, {held.get(place)} by the lines"


LAWS: dict[str, Callable[[Raw], Iterable[str]]] = {
    "I-01": journals,
    "I-02": pockets,
    "I-05": stakes,
    "I-08": bonuses,
    "I-09": progress,
    "I-10": endings,
    "holds": holds,
    "quotes": quotes,
    "points": points,
    "policies": rounds_keep_their_policies,
    "free rounds": free_rounds,
    "conservation": conservation,
    "statement": statements,
}
