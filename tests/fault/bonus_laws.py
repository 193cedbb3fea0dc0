"""The laws of stakes and bonuses (rulebook 29: I-05, I-08, I-09, I-10), computed anew from raw rows; as laws.py."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from tests.fault.gifts import TEMPLATES
from tests.fault.raw import APPLIED, Raw, Row, bets_by_round, facts, name_of, parts
from wallet_core.domain.entries import Kind

BET, WIN, ROLLBACK, VOID = Kind.BET, Kind.WIN, Kind.ROLLBACK, Kind.VOID
OPEN, CLOSED = 1, 2
LIVE_BONUS, OVER_BONUS = {4, 5, 6}, {7, 9, 10, 11}
ENDED = {Kind.BONUS_FORFEIT, Kind.HOLD, Kind.WITHDRAWAL}
"""Kinds that take a bonus away: what ends it, and a withdrawal."""

FINAL = {"CONVERTED", "EXPIRED", "FORFEITED", "VOIDED"}
BPS = 10_000


def stakes(raw: Raw) -> Iterator[str]:
    """I-05: the parts of a stake or a win sum to it; and a transaction's parts are its lines."""
    lines: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for line in raw.rows["lines"]:
        if line["sequence"] is not None and not line["account"].startswith("IN_PLAY"):
            lines[line["player_id"], line["transaction_id"]][line["account"]] += line["amount"]
    free = {(row["player_id"], row["round_id"]) for row in raw.rows["rounds"] if row["free_rounds"]}
    for row in raw.rows["transactions"]:
        if (
            row["player_id"],
            row["round_id"],
        ) in free:  # the last win of a grant brings what has waited, beside its own
            continue
        said = parts(row["parts"])
        moved = {name: amount for name, amount in lines[row["player_id"], row["transaction_id"]].items() if amount}
        if row["kind"] in {BET, WIN} and row["outcome"] == APPLIED:
            sign = -1 if row["kind"] == BET else 1
            if sum(said.values()) != sign * row["amount"] or any(sign * part < 0 for part in said.values()):
                yield f"{name_of(row)} of {row['amount']}: its parts are {said}"
        own = {name for name in said.keys() | moved.keys() if name.startswith("BONUS:")}
        for pocket in own if row["kind"] not in {Kind.HOLD, Kind.WITHDRAWAL} else ():  # they tell the cash alone
            if said.get(pocket, 0) != moved.get(pocket, 0):
                yield f"{name_of(row)}: says {said.get(pocket, 0)} of {pocket}, moved {moved.get(pocket, 0)}"


def bonuses(raw: Raw) -> Iterator[str]:
    """I-08: granted + wins - stakes + refunds = balance + converted gross + forfeited + expired + voided + written off.

    From the row what was granted, from the lines the rest, by the kind of transaction they are of.
    """
    held = {(row["player_id"], row["account"]): row["amount"] for row in raw.rows["pockets"]}
    heads = {(row["player_id"], row["transaction_id"]): row for row in raw.rows["transactions"]}
    flows: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for line in raw.rows["lines"]:
        if line["account"].startswith("BONUS:"):
            head = heads[line["player_id"], line["transaction_id"]]
            flows[line["player_id"], line["account"]][_flow(head, line["amount"])] += line["amount"]
    for row in raw.rows["bonuses"]:
        pocket = f"BONUS:{row['bonus_id']}"
        flow = flows[row["player_id"], pocket]
        begun = row["granted"] if row["activated_at"] else 0
        came = begun + flow["won"] + flow["staked"] + flow["returned"]
        went = held.get((row["player_id"], pocket), 0) - flow["converted"] - flow["ended"]
        if row["template_id"] != "spins" and flow["granted"] != begun:  # what is won is granted win by win
            yield f"{_bonus(row)}: {flow['granted']} came as its grant, not {begun}"
        if row["template_id"] != "spins" and came != went:
            yield f"{_bonus(row)}: {came} came, {went} is accounted for: {dict(flow)}"
        if row["state"] not in LIVE_BONUS and held.get((row["player_id"], pocket), 0):
            yield f"{_bonus(row)}: is over, and holds {held[row['player_id'], pocket]}"


def _flow(row: Row, amount: int) -> str:
    if row["kind"] == BET:
        return "staked"
    if row["kind"] == WIN:
        return "won"
    if row["kind"] in {ROLLBACK, VOID}:
        return "returned"
    if row["kind"] == Kind.BONUS_CONVERSION:
        return "converted"
    if row["kind"] in ENDED and amount < 0:
        return "ended"
    return "granted"


def progress(raw: Raw) -> Iterator[str]:
    """I-09: progress = contributions - reversed, from 0 to the requirement; no round counts more than stands of it."""
    counted = {(row["player_id"], row["round_id"]): _counted(bets) for bets, row in bets_by_round(raw)}
    sums: Counter[tuple[str, str]] = Counter()
    terms = {(row["player_id"], row["bonus_id"]): row for row in raw.rows["bonuses"]}
    for row in raw.rows["rounds"]:
        for bonus_id, amount in parts(row["wagered"]).items():
            bonus = terms[row["player_id"], bonus_id]
            sums[row["player_id"], bonus_id] += amount
            rate = _rate(bonus["terms"], row["game_id"])
            stands = counted[row["player_id"], row["round_id"]].get(bonus_id, (0, 0))
            most = _eligible(bonus["terms"].get("counts", "BONUS_PART"), *stands) * rate
            early = bonus["terms"].get("timing", "ROUND_CLOSE") == "BET"
            if row["state"] not in ({OPEN, CLOSED} if early else {CLOSED}):
                most = 0
            if not 0 <= amount <= most:
                yield f"{_bonus(bonus)}: round {row['round_id']} counts {amount}, of {most} that stands"
    for place, bonus in terms.items():
        if bonus["progress"] != sums[place]:
            yield f"{_bonus(bonus)}: progress {bonus['progress']}, its rounds count {sums[place]}"
        if not 0 <= bonus["progress"] <= bonus["requirement"]:
            yield f"{_bonus(bonus)}: progress {bonus['progress']} of {bonus['requirement']}"


def _counted(bets: Iterable[Row]) -> dict[str, tuple[int, int]]:
    """Return what stands of a round's stakes by bonus: its own part, and the cash that counts for it."""
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for bet in bets:
        left = parts([*bet["parts"], *([name, -amount] for name, amount in bet["rolled_back"])])
        cash = -sum(amount for name, amount in left.items() if name.startswith("CASH"))
        if bonus_id := facts(bet).get("~cash counts for"):
            found[bonus_id][1] += cash
        for name, amount in left.items():
            if name.startswith("BONUS:"):
                found[name.partition(":")[2]][0] -= amount
    return {bonus_id: (own, cash) for bonus_id, (own, cash) in found.items()}


def _eligible(counts: str, own: int, cash: int) -> int:
    """R-WAGER-03; of several stakes CASH_THEN_BONUS may count both."""
    return {"BONUS_PART": own, "CASH_PART": cash}.get(counts, own + cash)


def _rate(terms: Row, game_id: str) -> int:
    if game_id in terms.get("excluded_games", ()):
        return 0
    listed = dict(terms.get("contributions", ()))
    return int(listed.get(f"game:{game_id}", listed.get("default", BPS)))


def endings(raw: Raw) -> Iterator[str]:
    """I-10: converted <= cap, and what became cash is what the house paid for it; one final state, reached once."""
    paid: Counter[tuple[str, str]] = Counter()
    wins, undone = _wins(raw)
    for line in raw.rows["lines"]:
        place, amount = (line["player_id"], line["transaction_id"]), line["amount"]
        written_off = (place in undone and amount < 0) or (place in wins and amount > 0)  # or that set off (R-RB-10)
        if line["account"] == "BONUS_COST" and not written_off:
            paid[line["player_id"], line["detail"]] -= amount
    final = _final(raw)
    sums: Counter[tuple[str, str]] = Counter()
    for row in raw.rows["bonuses"]:
        sums[row["player_id"], row["template_id"]] += row["converted"]
        cap = row["terms"].get("cap")
        if cap is not None and row["converted"] > cap:
            yield f"{_bonus(row)}: {row['converted']} converted, above {cap}"
        ends = final[row["player_id"], row["bonus_id"]]
        if ends != (row["state"] in OVER_BONUS):
            yield f"{_bonus(row)}: it is over {ends} times, and in state {row['state']}"
    for place in sums.keys() | {each for each in paid if each[1] in TEMPLATES}:
        if sums[place] != paid[place]:
            yield f"{place}: {sums[place]} converted, {paid[place]} paid by the house"


def _final(raw: Raw) -> Counter[tuple[str, str]]:
    """Return how often a final state was reached, by bonus: by play, by a command of its own, or by a withdrawal."""
    found: Counter[tuple[str, str]] = Counter()
    for row in raw.rows["transactions"]:
        info = facts(row)
        over = [info["bonus"]] if "bonus" in info and info.get("state") in FINAL else []
        if row["external_key"].startswith("convert:"):
            over = [info["bonus"]]
        if row["kind"] in {Kind.HOLD, Kind.WITHDRAWAL}:
            over = info.get("forfeited", "").split()
        found.update((row["player_id"], bonus_id) for bonus_id in over)
    return found


def _wins(raw: Raw) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Return the wins, and the rollbacks of wins."""
    rows = raw.rows["transactions"]
    kinds = {(row["player_id"], row["external_key"]): row["kind"] for row in rows}
    wins = {(row["player_id"], row["transaction_id"]) for row in rows if row["kind"] == WIN}
    undone = {
        (row["player_id"], row["transaction_id"])
        for row in rows
        if row["kind"] == ROLLBACK and any(kinds.get((row["player_id"], each)) == WIN for each in row["refs"])
    }
    return wins, undone


def _bonus(row: Row) -> str:
    return f"bonus {row['bonus_id']} of {row['player_id']}"
