"""The words of a statement: what each kind of transaction was, what each account is, and by which rule (R-UX-09)."""

from collections.abc import Callable

from msgspec import Struct
from wallet.v1.ledger_pb2 import Journal
from wallet.v1.wallet_pb2 import CATEGORY_FREE_ROUND, CATEGORY_GAME, CATEGORY_UNSPECIFIED, TransactionKind

PLAYS = frozenset({"BET", "WIN", "ROLLBACK", "AMEND"})


class Words(Struct, frozen=True):
    """What a thing is, and the rules of the rulebook it follows."""

    title: str
    text: str
    rules: tuple[str, ...]


KINDS: dict[str, Words] = {
    "BET": Words("Stake", "The pockets paid a stake by the policy its round began with.", ("R-FUND-01", "R-FUND-09")),
    "WIN": Words(
        "Win",
        "The round paid; a win goes to the pockets that paid the stake, as the policy splits it.",
        ("R-FUND-10", "R-FUND-11"),
    ),
    "ROLLBACK": Words(
        "Rollback", "The provider took it back; it goes to the pockets it came from.", ("R-RB-01", "R-RB-09")
    ),
    "NOTE": Words("Note", "Something was recorded; no money moved for it.", ("R-LEDGER-09",)),
    "AMEND": Words("Corrected win", "The provider gave a win another amount; the difference moved.", ("R-RB-12",)),
    "TOMBSTONE": Words(
        "Taken back unseen",
        "A transaction was taken back before it came; should it come, nothing moves.",
        ("R-PROV-10",),
    ),
    "DEPOSIT": Words("Deposit", "Money came in through a payment provider.", ("P-01",)),
    "WITHDRAWAL": Words("Withdrawal", "Money went out through a payment provider.", ("P-12", "P-13")),
    "MANUAL": Words("Adjustment", "Posted by hand, by somebody and for a reason.", ("R-ADJ-01",)),
    "VOID": Words("Round voided", "An open round was given up; its stakes came back.", ("P-05",)),
    "FX": Words(
        "Conversion", "Cash became cash of another currency, at a quote the player agreed to.", ("R-FX-01", "R-FX-05")
    ),
    "FX_REVERSAL": Words("Conversion undone", "A conversion was undone at its own rate, by two people.", ("R-FX-12",)),
    "FX_REFUND": Words(
        "Conversion refunded",
        "What was converted went back where it came from, at the rate it was converted by.",
        ("R-FX-12", "P-13"),
    ),
    "HOLD": Words("Hold", "Cash was set aside; it stays the player's, and nothing takes it.", ("R-HOLD-01", "P-12")),
    "HOLD_RELEASE": Words("Hold released", "What was held is back in the pockets it came from.", ("R-HOLD-02", "P-14")),
    "HOLD_CAPTURE": Words("Hold captured", "What was held went where it was held for.", ("R-HOLD-05",)),
    "TRANSFER": Words("Transfer", "Between two of the player's cash pockets.", ("R-SUB-02",)),
    "BONUS_GRANT": Words("Bonus", "A bonus began; its money is a pocket of its own.", ("R-BONUS-05", "P-08")),
    "BONUS_CONVERSION": Words(
        "Bonus converted", "Its wagering was met: what was left of it became cash.", ("R-BONUS-13", "P-09")
    ),
    "BONUS_FORFEIT": Words(
        "Bonus over", "A bonus ended before its wagering was met; its money is gone.", ("R-BONUS-12", "P-10")
    ),
    "BONUS_STATE": Words("Bonus changed", "A bonus went from one state to another; no money moved.", ("R-BONUS-04",)),
    "POINTS_REDEMPTION": Words(
        "Points redeemed", "Points were exchanged for cash at the posted price.", ("R-PTS-03", "P-20")
    ),
    "PROMO_PAYOUT": Words(
        "Promotion paid", "A promotion paid: cashback, a prize or a gift.", ("R-CASHBK-02", "R-TOUR-04", "P-11")
    ),
    "FREE_ROUNDS": Words(
        "Free rounds", "Free rounds were given, confirmed by the provider, or ended.", ("R-FREE-01", "R-FREE-02")
    ),
    "POINTS_EXPIRY": Words("Points expired", "The time of points was over, the oldest first.", ("R-PTS-03",)),
}
"""One of each kind of wallet.v1.TransactionKind."""

ACCOUNTS: dict[str, tuple[str, str]] = {
    "CASH": ("to cash", "from cash"),
    "BONUS": ("to the bonus", "from the bonus"),
    "HELD": ("set aside", "no longer set aside"),
    "POINTS": ("points earned or given", "points spent or taken back"),
    "IN_PLAY": ("cash that waits for the round's end", "cash that waits no more"),
    "IN_PLAY_BONUS": ("bonus money that waits for the round's end", "bonus money that waits no more"),
    "DEBT": ("what is owed is less", "what is owed is more"),
    "STAKES": ("the house's: cash stakes of a round that is closed", "the house gives cash stakes back"),
    "WINS": ("the house takes a cash win back", "the house's: a cash win"),
    "BONUS_STAKES": ("the house's: bonus stakes of a round that is closed", "the house gives bonus stakes back"),
    "BONUS_WINS": ("the house takes a win of bonus money back", "the house's: a win of bonus money"),
    "BONUS_ISSUED": ("bonus money there is less of", "bonus money there is more of"),
    "BONUS_COST": ("a promotion costs less", "what a promotion costs in cash"),
    "POINTS_ISSUED": ("points there are less of", "points there are more of"),
    "FX_POSITION": ("the house's: currency bought", "the house's: currency sold"),
    "FX_MARGIN": ("the house's: margin and rounding", "the house's: margin given back"),
    "PSP_CLEARING": ("to the payment provider", "from the payment provider"),
    "ADJUSTMENTS": ("the other side, by hand", "the other side, by hand"),
    "WRITE_OFF": ("debt claimed after all", "debt given up"),
    "FEES": ("a fee", "a fee given back"),
    "TIPS_PAYABLE": ("a tip, owed to the provider", "a tip given back"),
    "SUSPENSE": ("not yet explained", "not yet explained"),
    "BANK": ("to the bank", "from the bank"),
}
"""Of each account, or family of them, what a line says that is positive, and one that is negative."""

MODES: dict[str, Words] = {
    "WATERFALL": Words("WATERFALL", "pocket after pocket, until it is paid", ("R-FUND-05", "R-FUND-04")),
    "PROPORTIONAL": Words("PROPORTIONAL", "all pockets, as they stand to each other", ("R-FUND-06",)),
    "NO_MIX": Words("NO_MIX", "the first pocket that covers all of it", ("R-FUND-07",)),
    "PLAYER_CHOICE": Words("PLAYER_CHOICE", "the pocket the player has chosen", ("R-FUND-08",)),
}
"""How a stake is paid."""

PLAIN = Words("", "cash was all there was", ("R-FUND-05",))
"""Where there was no choice."""

WHY_NOT: dict[str, str] = {
    "FROZEN": "it is frozen (R-BONUS-18)",
    "EXPIRED": "its time is over (R-FUND-02)",
    "GAME_EXCLUDED": "its terms exclude the game (R-FUND-03)",
    "PRODUCT_EXCLUDED": "its terms are for other products (R-FUND-02)",
    "RTP_EXCLUDED": "its terms exclude the game's RTP profile (R-FUND-02)",
    "NOT_CHOSEN": "the player has chosen another (R-FUND-08)",
}
"""Why a pocket might not pay."""


Seen = Callable[[Journal], bool]
"""Whether something is to be seen in a journal."""


def kind_of(journal: Journal) -> str:
    """Return the name of a transaction's kind."""
    return TransactionKind.Name(journal.transaction.kind).removeprefix("TRANSACTION_KIND_")


def family(account: str) -> str:
    """Return the name of an account without which one of its family it is."""
    return account.partition(":")[0]


class Remark(Struct, frozen=True):
    """What may be seen in a journal beside what its kind says."""

    seen: Seen
    text: str
    rules: tuple[str, ...]


def _line(account: str, sign: int) -> Seen:
    """Whether a line of the account, or of its family, has that sign."""

    def seen(journal: Journal) -> bool:
        return any(
            family(line.account) == account and sign * (line.amount.units or line.amount.nanos) > 0
            for line in journal.lines
        )

    return seen


def _part(name: str) -> Seen:
    return lambda journal: any(part.pocket == name for part in journal.transaction.parts)


def _played(journal: Journal) -> bool:
    """Whether it is a play's; the close of a round alone is a note."""
    return kind_of(journal) in {*PLAYS, "NOTE", "VOID"}


def _in_play(seen: Seen) -> Seen:
    return lambda journal: _played(journal) and seen(journal)


def _free(journal: Journal) -> bool:
    return bool(journal.transaction.free_rounds_id)


def _nothing(journal: Journal) -> bool:
    return not journal.transaction.parts and not journal.lines


def _worthless(journal: Journal) -> bool:
    amount = journal.transaction.amount
    return not (amount.units or amount.nanos)


def _no_stake(journal: Journal) -> bool:
    usual = {CATEGORY_UNSPECIFIED, CATEGORY_GAME, CATEGORY_FREE_ROUND}
    return not _free(journal) and journal.transaction.category not in usual


def _closed(journal: Journal) -> bool:
    return _line("STAKES", 1)(journal) or _line("BONUS_STAKES", 1)(journal)


REMARKS: tuple[Remark, ...] = (
    Remark(_in_play(_line("HELD", 1)), "No free rounds cover it: it is held until that is cleared.", ("R-FREE-06",)),
    Remark(
        lambda journal: kind_of(journal) in PLAYS and _closed(journal),
        "The round is closed: what was in play is played.",
        ("P-04", "R-ROUND-07"),
    ),
    Remark(_in_play(_line("POINTS", 1)), "The cash staked has earned points.", ("R-PTS-01",)),
    Remark(_in_play(_line("POINTS", -1)), "The points of the cash staked are taken back.", ("R-PTS-01",)),
    Remark(
        lambda journal: _played(journal) and _line("BONUS_COST", -1)(journal) and _line("BONUS_ISSUED", 1)(journal),
        "The bonus that had paid was converted meanwhile: its part came back as cash, within its cap.",
        ("R-RB-05", "R-BONUS-17"),
    ),
    Remark(_part("LAPSED"), "A part reached nobody: the bonus it is of is over.", ("R-RB-06", "R-RB-10")),
    Remark(_part("REFUNDED"), "A part was paid before, when the round was voided.", ("R-ROUND-09",)),
    Remark(_line("DEBT", -1), "What was not there is owed.", ("R-DEBT-01",)),
    Remark(_line("DEBT", 1), "A part paid back what was owed.", ("R-DEBT-03",)),
)
"""In the order they are told."""


def _state(state: str) -> Seen:
    return lambda journal: journal.transaction.info.get("state", "") == state


def _operators(name: str) -> Seen:
    """Whether it is a command of the operator's, and something is said of that name."""
    return lambda journal: _kept_by("~operator")(journal) and name in journal.transaction.info


def _gone(reason: str) -> Seen:
    return lambda journal: journal.transaction.info.get("reason", "") == reason


def _kept_by(partner: str) -> Seen:
    return lambda journal: journal.transaction.provider_id == partner


EXCLUSION = Words(
    "Self-exclusion",
    "No stakes from here on; bonuses without open rounds are over.",
    ("R-RG-24", "R-RG-25", "R-BONUS-24"),
)

VARIANTS: dict[str, tuple[tuple[Seen, Words], ...]] = {
    "BET": (
        (_free, Words("Free round", "A round of the operator's grant began: it stakes nothing.", ("R-FREE-03",))),
        (_nothing, Words("Stake acknowledged", "It was answered, and nothing moved.", ("R-PROV-10",))),
    ),
    "WIN": (
        (_worthless, Words("No win", "The round brought nothing.", ("R-PROV-07",))),
        (_free, Words("Free round's win", "It goes where the grant says.", ("R-FREE-04",))),
        (_no_stake, Words("Win without a stake", "A prize, a jackpot or a correction.", ("R-FUND-13",))),
    ),
    "ROLLBACK": ((_nothing, Words("Rollback", "There was nothing left to take back.", ("R-PROV-10", "R-PROV-11"))),),
    "BONUS_FORFEIT": (
        (
            _state("EXPIRED"),
            Words("Bonus expired", "Its time was over before its wagering was met.", ("R-BONUS-11", "P-10")),
        ),
        (_operators("excluded_until"), EXCLUSION),
        (
            _gone("self-exclusion"),
            Words("Bonus over", "Its last round closed, and its player is self-excluded.", ("R-BONUS-24", "P-10")),
        ),
        (
            _state("FORFEITED"),
            Words("Bonus given up", "The player gave it up, or took money out.", ("R-BONUS-22", "P-10")),
        ),
        (
            _state("VOIDED"),
            Words("Bonus voided", "It should not have been, or its deposit was reversed.", ("R-BONUS-06", "P-10")),
        ),
    ),
    "BONUS_STATE": (
        (_state("OFFERED"), Words("Bonus offered", "The player may claim it.", ("R-BONUS-04",))),
        (_state("CLAIMED"), Words("Bonus claimed", "Its terms are accepted; it is not yet due.", ("R-BONUS-03",))),
        (_state("QUEUED"), Words("Bonus queued", "It waits until another one is over.", ("R-BONUS-07",))),
        (_state("FROZEN"), Words("Bonus frozen", "It is looked at; until then it pays nothing.", ("R-BONUS-18",))),
        (_state("LAPSED"), Words("Bonus lapsed", "It was never begun: declined, or too late.", ("R-BONUS-08",))),
    ),
    "FREE_ROUNDS": (
        (_state("ISSUED"), Words("Free rounds given", "The provider has not confirmed them yet.", ("R-FREE-01",))),
        (_state("AVAILABLE"), Words("Free rounds ready", "The provider has confirmed them.", ("R-FREE-02",))),
        (_state("EXPIRED"), Words("Free rounds expired", "What was not played is worth nothing.", ("R-FREE-09",))),
        (_state("CANCELLED"), Words("Free rounds cancelled", "What was won stays won.", ("R-FREE-05", "R-FREE-09"))),
    ),
    "NOTE": (
        (_closed, Words("Round closed", "What was in play is played: the house's now.", ("P-04", "R-ROUND-07"))),
        (_operators("excluded_until"), EXCLUSION),
        (_operators("reinstated"), Words("Reinstated", "The exclusion is over; the player may play.", ("R-RG-24",))),
        (
            _operators("active_currency"),
            Words("Currency switched", "All sessions ended; open rounds keep their currency.", ("R-CUR-03",)),
        ),
        (_operators("blocked"), Words("Status", "The player was blocked, or unblocked.", ("R-STAT-01",))),
        (_kept_by("~quotes"), Words("Quote", "A rate was promised for some seconds.", ("R-FX-02", "R-FX-04"))),
        (_kept_by("~fx"), Words("Quote let go", "The player did not want it.", ("R-FX-03",))),
        (_kept_by("~holds"), Words("Hold reviewed", "A hold was prolonged, or looked at again.", ("R-HOLD-07",))),
    ),
}
"""What a kind says more closely: the first that is seen."""


def words(journal: Journal) -> Words:
    """Return what a journal's transaction was. Raises KeyError for a kind nobody has words for."""
    kind = kind_of(journal)
    return next((found for seen, found in VARIANTS.get(kind, ()) if seen(journal)), KINDS[kind])
