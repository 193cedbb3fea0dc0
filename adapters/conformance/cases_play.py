"""What goes well: bets, wins, rounds, prizes, batches, and amounts to the last digit."""

from adapters.conformance.cases import (
    FINEST,
    MOST,
    NOBODY,
    TOO_MUCH,
    again,
    balance,
    bet,
    case,
    close,
    prize,
    rollback,
    win,
)
from adapters.conformance.dialect import Situation, Step

_TOGETHER = Step(say="bet_and_win", id="t", items=(bet(), win(amount="4.00")), leaves="-6.00")
_TWO_BETS = (bet(amount="5.00"), bet(id="b", amount="3.00", leaves="-8.00"))
_HUGE = "63727092.34"
_BATCH = Step(
    say="batch",
    id="batch",
    items=(
        prize(id="p", amount="1.00"),
        prize(id="q", amount="2.00", seat=NOBODY, says=(Situation.PLAYER_UNKNOWN,)),
        prize(id="r", amount="3.00", seat="other"),
        prize(id="s", amount="-1.00", says=(Situation.BAD_AMOUNT,)),
    ),
)
# As a float times a hundred each is a little less than its cents; the third is so times a million, too.
_NO_FLOATS = ("0.29", "1.15", "8.20", "19.99")
_PAYMENTS = Step(say="batch", id="batch", items=tuple(prize(id=f"p{n}", amount="0.01") for n in range(100)))

PLAY = (
    case("balance.shown", "R-PROV-14", balance(leaves="0")),
    case(
        "balance.of-each-player",
        "R-SESS-04",
        bet(leaves="-10.00"),
        balance(seat="other", leaves="0"),
        balance(leaves="-10.00"),
    ),
    case("play.bet-and-win", "R-PROV-14", bet(leaves="-10.00"), win(amount="25.50", closes=True, leaves="15.50")),
    case(
        "play.lost",
        "R-PROV-07",
        bet(leaves="-10.00"),
        win(amount="0.00", closes=True, says=(Situation.ZERO_WIN,), leaves="-10.00"),
    ),
    case("play.free-bet", "R-MONEY-04", bet(amount="0.00", says=(Situation.ZERO_BET,), leaves="0")),
    case(
        "play.several-bets-and-wins",
        "R-ROUND-07",
        bet(id="a", amount="5.00", leaves="-5.00"),
        bet(id="b", amount="3.00", leaves="-8.00"),
        win(id="w", of="a", amount="2.00", leaves="-6.00"),
        win(id="v", of="b", amount="4.00", closes=True, leaves="-2.00"),
    ),
    case(
        "play.second-win-of-a-bet",
        "providers 1.4",
        bet(leaves="-10.00"),
        win(id="w", leaves="-9.00"),
        win(id="v", amount="2.00", says=(Situation.SECOND_WIN,), leaves="-7.00", refused_leaves="-9.00"),
    ),
    case(
        "play.all-there-is",
        "R-PROV-02",
        bet(amount=MOST),
        bet(id="b", amount="1.00", leaves=f"-{MOST} -1.00"),
        win(id="w", of="b", amount=MOST, leaves="-1.00"),
    ),
    case(
        "play.twenty-rounds",
        "R-ROUND-01",
        *(bet(id=f"b{n}", round=f"r{n}", amount="0.10") for n in range(20)),
        *(win(id=f"w{n}", of=f"b{n}", round=f"r{n}", amount="0.10", closes=True) for n in range(20)),
        balance(leaves="0"),
    ),
    case("play.prize", "R-PROV-04", prize(amount="5.00", leaves="5.00"), balance(leaves="5.00")),
    case(
        "play.another-currency",
        "R-MONEY-02",
        bet(seat="foreign", leaves="-10.00"),
        win(seat="foreign", amount="10.00", leaves="0"),
    ),
    case("amount.finest", "R-MONEY-03", bet(amount=FINEST, leaves=f"-{FINEST}"), win(amount=FINEST, leaves="0")),
    case(
        "amount.cents-add-up",
        "R-MONEY-01",
        *(bet(id=f"b{n}", amount="0.10") for n in range(3)),
        bet(id="c", amount="0.70", leaves="-1.00"),
    ),
    case(
        "amount.no-float",
        "R-MONEY-01",
        *(bet(id=f"b{n}", round=f"r{n}", amount=amount) for n, amount in enumerate(_NO_FLOATS)),
        balance(leaves=" ".join(f"-{amount}" for amount in _NO_FLOATS)),
    ),
    case(
        "amount.large",
        "R-MONEY-05",
        bet(amount="1.00"),
        win(amount=_HUGE, leaves=f"-1.00 {_HUGE}"),
        bet(id="b", round="r2", amount=_HUGE, leaves="-1.00"),
    ),
    case(
        "round.closed-by-a-win",
        "R-PROV-06",
        bet(),
        win(closes=True),
        bet(id="b", amount="1.00", says=(Situation.ROUND_CLOSED,), leaves="-10.00", refused_leaves="-9.00"),
    ),
    case(
        "round.closed-by-itself",
        "R-ROUND-07",
        bet(),
        close(leaves="-10.00"),
        again(close(), Situation.OK, leaves="-10.00"),
        bet(id="b", amount="1.00", says=(Situation.ROUND_CLOSED,), leaves="-11.00", refused_leaves="-10.00"),
        bet(id="b", amount="1.00", says=(Situation.ROUND_CLOSED,), leaves="-11.00", refused_leaves="-10.00"),
    ),
    case(
        "round.closed-and-won",
        "rulebook 5.2",
        *_TWO_BETS,
        win(of="a", amount="2.00", closes=True, leaves="-6.00"),
        win(id="v", of="b", says=(Situation.OK, Situation.SECOND_WIN), leaves="-5.00", refused_leaves="-6.00"),
    ),
    case(
        "round.closed-and-rolled-back",
        "rulebook 5.2",
        *_TWO_BETS,
        win(of="a", amount="2.00", closes=True, leaves="-6.00"),
        rollback(
            of="b",
            amount="3.00",
            says=(Situation.OK, Situation.SETTLED_ROLLED_BACK),
            leaves="-3.00",
            refused_leaves="-6.00",
        ),
    ),
    case(
        "bet-and-win.together",
        "R-PROV-09",
        _TOGETHER,
        again(_TOGETHER, Situation.SAME_BET, leaves="-6.00"),
    ),
    case(
        "bet-and-win.all-or-nothing",
        "R-PROV-09",
        Step(
            say="bet_and_win",
            id="t",
            items=(bet(amount=TOO_MUCH), win(amount="5.00")),
            says=(Situation.INSUFFICIENT_FUNDS,),
            leaves="0",
        ),
        Step(
            say="bet_and_win",
            id="u",
            items=(bet(id="b"), win(id="v", of="b", amount="-1.00")),
            says=(Situation.BAD_AMOUNT,),
            leaves="0",
        ),
    ),
    case(
        "batch.each-for-itself",
        "R-IDEM-08",
        _BATCH,
        balance(leaves="1.00"),
        balance(seat="other", leaves="3.00"),
        again(_BATCH, Situation.OK),
        balance(leaves="1.00"),
        balance(seat="other", leaves="3.00"),
    ),
    case("batch.hundred", "R-IDEM-08", _PAYMENTS, balance(leaves="1.00")),
)
