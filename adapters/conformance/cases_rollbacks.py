"""What is taken back: before its original and after it, once and twice, of bets and of wins."""

from adapters.conformance.cases import RESTART, TOO_MUCH, UNNAMED, again, balance, bet, case, rollback, win
from adapters.conformance.dialect import Situation, Step

_UNKNOWN = rollback(amount="10.00", says=(Situation.UNKNOWN_ROLLED_BACK,), leaves="0")
# Which of the two it is depends on how a protocol sees a rollback that found nothing.
_UNKNOWN_AGAIN = (Situation.SAME_ROLLBACK, Situation.UNKNOWN_ROLLED_BACK)
_LATE = bet(says=(Situation.ROLLED_BACK_BEFORE,), leaves="0")

ROLLBACKS = (
    case("rollback.bet", "R-RB-02", bet(leaves="-10.00"), rollback(amount="10.00", leaves="0")),
    case(
        "rollback.other-amount",
        "R-RB-01",
        bet(leaves="-10.00"),
        rollback(amount="3.00", leaves="0"),
    ),
    case(
        "rollback.repeated",
        "R-PROV-11",
        bet(),
        rollback(leaves="0"),
        again(rollback(), Situation.SAME_ROLLBACK, leaves="0"),
        bet(id="b", round="r2", amount="1.00", leaves="-1.00"),
        again(rollback(), Situation.SAME_ROLLBACK, leaves="-1.00"),
    ),
    case(
        "rollback.repeated-under-a-new-id",
        "R-PROV-11",
        bet(),
        rollback(leaves="0"),
        rollback(id="y", says=(Situation.SAME_ROLLBACK, Situation.REFUSED), leaves="0"),
    ),
    case("rollback.without-a-player", "R-RB-01", bet(), rollback(seat=UNNAMED), balance(leaves="0")),
    case(
        "rollback.before-its-bet",
        "R-PROV-10",
        _UNKNOWN,
        _LATE,
        again(rollback(), *_UNKNOWN_AGAIN, leaves="0"),
        again(bet(), Situation.ROLLED_BACK_BEFORE, leaves="0"),
    ),
    case(
        "rollback.before-its-bet-without-a-player",
        "R-RB-01",
        rollback(seat=UNNAMED, says=(Situation.UNKNOWN_ROLLED_BACK,)),
        bet(says=(Situation.ROLLED_BACK_BEFORE,), leaves="0"),
        again(rollback(seat=UNNAMED), *_UNKNOWN_AGAIN),
        balance(leaves="0"),
    ),
    case(
        "rollback.before-its-bet-and-a-restart",
        "R-IDEM-06",
        _UNKNOWN,
        Step(say=RESTART, id="restart"),
        _LATE,
    ),
    case(
        "rollback.races-its-bet",
        "R-PROV-10",
        (
            bet(says=(Situation.OK, Situation.ROLLED_BACK_BEFORE)),
            rollback(amount="10.00", says=(Situation.OK, Situation.UNKNOWN_ROLLED_BACK)),
        ),
        again(rollback(), Situation.OK, *_UNKNOWN_AGAIN),
        balance(leaves="0"),
    ),
    case(
        "rollback.of-a-refused-bet",
        "R-IDEM-04",
        bet(amount=TOO_MUCH, says=(Situation.INSUFFICIENT_FUNDS,), leaves="0"),
        rollback(amount=TOO_MUCH, says=(Situation.OK, Situation.UNKNOWN_ROLLED_BACK, Situation.REFUSED), leaves="0"),
    ),
    case(
        "rollback.of-a-paid-bet",
        "R-RB-14",
        bet(),
        win(leaves="-9.00"),
        rollback(says=(Situation.SETTLED_ROLLED_BACK,), leaves="1.00", refused_leaves="-9.00"),
    ),
    case(
        "rollback.of-a-win",
        "R-RB-09",
        bet(),
        win(leaves="-9.00"),
        rollback(of="w", amount="1.00", leaves="-10.00"),
        again(rollback(), Situation.SAME_ROLLBACK, leaves="-10.00"),
    ),
    case(
        "rollback.of-a-win-before-it",
        "R-PROV-10",
        bet(leaves="-10.00"),
        Step(say="rollback", id="x", of="w", says=(Situation.UNKNOWN_ROLLED_BACK,), leaves="-10.00"),
        win(says=(Situation.ROLLED_BACK_BEFORE,), leaves="-10.00"),
    ),
    case(
        "rollback.one-of-two-bets",
        "providers 1.4",
        bet(id="a", amount="5.00"),
        bet(id="b", amount="3.00", leaves="-8.00"),
        rollback(of="a", amount="5.00", leaves="-3.00"),
        win(of="b", amount="4.00", leaves="1.00"),
    ),
    case(
        "rollback.then-its-bet-again",
        "R-PROV-10",
        bet(),
        rollback(leaves="0"),
        again(bet(), Situation.SAME_BET, Situation.ROLLED_BACK_BEFORE, leaves="0"),
    ),
    case(
        "win.of-a-rolled-back-bet",
        "R-PROV-05",
        bet(),
        rollback(leaves="0"),
        win(says=(Situation.WIN_OF_ROLLED_BACK,), leaves="1.00", refused_leaves="0"),
    ),
    case(
        "win.without-its-bet",
        "R-PROV-04",
        win(of="never", says=(Situation.WIN_WITHOUT_BET,), leaves="1.00", refused_leaves="0"),
    ),
    case(
        "win.before-its-bet",
        "R-PROV-04",
        win(amount="10.00", says=(Situation.WIN_WITHOUT_BET,), leaves="10.00", refused_leaves="0"),
        bet(),
        again(win(), Situation.OK, Situation.SAME_WIN),
        balance(leaves="0"),
    ),
)
