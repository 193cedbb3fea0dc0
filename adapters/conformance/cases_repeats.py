"""The same again, at once and late, by itself and many at a time; the same id with other data; restarts between."""

from adapters.conformance.cases import (
    MOST,
    RESTART,
    TOO_MUCH,
    again,
    balance,
    bet,
    case,
    prize,
    rollback,
    win,
)
from adapters.conformance.dialect import Situation, Step

_RESTARTED = Step(say=RESTART, id="restart")

# A repetition that meets the first while it is worked on may be answered as either.
_BET_COPY = bet(says=(Situation.OK, Situation.SAME_BET))
_WIN_COPY = win(says=(Situation.OK, Situation.SAME_WIN))
_ROLLBACK_COPY = rollback(says=(Situation.OK, Situation.SAME_ROLLBACK))


def _copies(step: Step, number: int) -> tuple[Step, ...]:
    return (step,) + (again(step, *step.says),) * (number - 1)


REPEATS = (
    case("bet.repeated", "R-IDEM-02", bet(leaves="-10.00"), again(bet(), Situation.SAME_BET, leaves="-10.00")),
    case(
        "bet.repeated-late",
        "R-IDEM-02",
        bet(leaves="-10.00"),
        bet(id="b", amount="5.00", leaves="-15.00"),
        win(id="w", of="b", amount="1.00", leaves="-14.00"),
        again(bet(), Situation.SAME_BET, leaves="-14.00"),
        again(bet(), Situation.SAME_BET, leaves="-14.00"),
    ),
    case(
        "win.repeated",
        "R-IDEM-02",
        bet(),
        win(leaves="-9.00"),
        again(win(), Situation.SAME_WIN, leaves="-9.00"),
    ),
    case(
        "win.repeated-late",
        "R-IDEM-02",
        bet(),
        win(leaves="-9.00"),
        bet(id="b", amount="5.00", leaves="-14.00"),
        again(win(), Situation.SAME_WIN, leaves="-14.00"),
    ),
    case("prize.repeated", "R-IDEM-02", prize(leaves="1.00"), again(prize(), Situation.SAME_WIN, leaves="1.00")),
    case("bet.twenty-copies-at-once", "R-IDEM-05", _copies(_BET_COPY, 20), balance(leaves="-10.00")),
    case("win.ten-copies-at-once", "R-IDEM-05", bet(), _copies(_WIN_COPY, 10), balance(leaves="-9.00")),
    case("rollback.ten-copies-at-once", "R-IDEM-05", bet(), _copies(_ROLLBACK_COPY, 10), balance(leaves="0")),
    case(
        "bet.twenty-at-once",
        "R-IDEM-05",
        tuple(bet(id=f"b{n}", round=f"r{n}", amount="1.00") for n in range(20)),
        balance(leaves="-20.00"),
    ),
    case(
        "bet.hundred-at-once",
        "providers 8",
        tuple(bet(id=f"b{n}", round=f"r{n}", amount="0.10") for n in range(100)),
        balance(leaves="-10.00"),
    ),
    case(
        "bet.more-at-once-than-there-is",
        "R-PROV-02",
        tuple(
            bet(
                id=f"b{n}",
                round=f"r{n}",
                amount=MOST,
                says=(Situation.OK, Situation.INSUFFICIENT_FUNDS),
                of_these=1,
            )
            for n in range(10)
        ),
        balance(leaves=f"-{MOST}"),
        bet(id="c", amount="1.00"),
        win(of="c", amount=MOST, leaves="-1.00"),
    ),
    case(
        "bet.of-two-players-at-once",
        "R-PROV-14",
        tuple(bet(id=f"b{n}", round=f"r{n}", amount="1.00", seat="other" if n % 2 else "player") for n in range(10)),
        balance(leaves="-5.00"),
        balance(seat="other", leaves="-5.00"),
    ),
    case(
        "bet.other-amount",
        "R-IDEM-03",
        bet(leaves="-10.00"),
        bet(amount="11.00", says=(Situation.OTHER_DATA,)),
        balance(leaves="-10.00"),
    ),
    case(
        "win.other-amount",
        "R-IDEM-03",
        bet(),
        win(leaves="-9.00"),
        win(amount="2.00", says=(Situation.OTHER_DATA, Situation.SAME_WIN)),
        balance(leaves="-9.00"),
    ),
    case(
        "bet.first-stands-after-other-amount",
        "R-IDEM-03",
        bet(leaves="-10.00"),
        bet(id="b", amount="1.00", leaves="-11.00"),
        again(bet(), Situation.SAME_BET, leaves="-11.00"),
    ),
    case(
        "bet.id-of-another-player",
        "R-IDEM-01",
        bet(seat="other", leaves="-10.00"),
        bet(says=(Situation.OK, Situation.OTHER_DATA), leaves="-10.00", refused_leaves="0"),
        balance(seat="other", leaves="-10.00"),
    ),
    case(
        "win.id-of-its-bet",
        "R-IDEM-01",
        bet(leaves="-10.00"),
        win(id="a", of="a", says=(Situation.OK, Situation.OTHER_DATA), leaves="-9.00", refused_leaves="-10.00"),
    ),
    case(
        "bet.refused-stays-refused",
        "R-IDEM-04",
        bet(amount=TOO_MUCH, says=(Situation.INSUFFICIENT_FUNDS,), leaves="0"),
        bet(id="b", round="r2", amount="1.00"),
        win(id="w", of="b", round="r2", amount="50.00", leaves="49.00"),
        again(bet(), Situation.INSUFFICIENT_FUNDS, leaves="49.00"),
        bet(id="c", round="r3", amount="49.00", leaves="0"),
    ),
    case(
        "bet.repeated-after-a-restart",
        "R-IDEM-06",
        bet(leaves="-10.00"),
        _RESTARTED,
        again(bet(), Situation.SAME_BET, leaves="-10.00"),
        win(amount="10.00", leaves="0"),
    ),
)
