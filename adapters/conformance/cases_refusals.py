"""Every generic no of table 16.1, produced once; what must be paid all the same; and signatures that are none."""

from adapters.conformance.cases import (
    CROSSED,
    FINER,
    NOBODY,
    OTHER_CURRENCY,
    STRANGER,
    TOO_MUCH,
    again,
    balance,
    bet,
    case,
    prize,
    rollback,
    win,
)
from adapters.conformance.dialect import Case, Forgery, Situation

_NO_AMOUNT = (Situation.BAD_AMOUNT, Situation.BAD_REQUEST)
_TOO_LARGE = (Situation.BAD_AMOUNT, Situation.BAD_REQUEST, Situation.INSUFFICIENT_FUNDS)


def _no_amount(name: str, amount: str, *says: Situation) -> Case:
    return case(f"amount.{name}", "R-MONEY-04", bet(amount=amount, says=says, leaves="0"))


def _forged(forgery: Forgery, says: Situation) -> Case:
    """Afterwards the same request is as good as new: nothing of the forged one was stored."""
    name = forgery.value.replace("signature ", "signature.").replace(" ", "-")
    return case(name, "R-PROV-01", bet(forged=forgery, says=(says,), leaves="0"), bet(leaves="-10.00"))


REFUSALS = (
    case(
        "refused.insufficient-funds",
        "providers 16.1",
        bet(amount=TOO_MUCH, says=(Situation.INSUFFICIENT_FUNDS,), leaves="0"),
    ),
    case(
        "refused.player-unknown",
        "providers 16.1",
        balance(seat=NOBODY, says=(Situation.PLAYER_UNKNOWN,)),
        bet(seat=NOBODY, says=(Situation.PLAYER_UNKNOWN, Situation.SESSION_UNKNOWN)),
        balance(leaves="0"),
    ),
    case(
        "refused.session-unknown", "providers 16.1", bet(seat=STRANGER, says=(Situation.SESSION_UNKNOWN,), leaves="0")
    ),
    case(
        "refused.session-expired", "providers 16.1", bet(seat="expired", says=(Situation.SESSION_EXPIRED,), leaves="0")
    ),
    case(
        "refused.session-of-another-player",
        "R-SESS-04",
        bet(seat=CROSSED, says=(Situation.REFUSED,), leaves="0"),
        balance(seat="other", leaves="0"),
    ),
    case("refused.player-blocked", "providers 16.1", bet(seat="blocked", says=(Situation.PLAYER_BLOCKED,), leaves="0")),
    case(
        "refused.limit-reached",
        "providers 16.1",
        bet(seat="limited", amount="50.00", says=(Situation.LIMIT_REACHED,), leaves="0"),
    ),
    case(
        "refused.wrong-currency",
        "providers 16.1",
        bet(currency=OTHER_CURRENCY, says=(Situation.WRONG_CURRENCY,), leaves="0"),
    ),
    case(
        "refused.win-in-a-wrong-currency",
        "R-PROV-03",
        bet(),
        win(currency=OTHER_CURRENCY, says=(Situation.WRONG_CURRENCY,), leaves="-10.00"),
    ),
    case("paid.win-after-the-session", "R-PROV-03", bet(), win(seat="expired"), balance(leaves="-9.00")),
    case("paid.rollback-after-the-session", "R-PROV-03", bet(), rollback(seat="expired"), balance(leaves="0")),
    case("paid.prize-of-a-blocked-player", "R-PROV-03", prize(seat="blocked", leaves="1.00")),
    case(
        "paid.rollback-of-a-blocked-player",
        "R-RB-08",
        rollback(seat="blocked", says=(Situation.UNKNOWN_ROLLED_BACK,), leaves="0"),
    ),
    _no_amount("negative-bet", "-10.00", Situation.BAD_AMOUNT),
    case(
        "amount.negative-win",
        "R-MONEY-04",
        bet(),
        win(amount="-1.00", says=(Situation.BAD_AMOUNT,), leaves="-10.00"),
    ),
    _no_amount("too-fine", FINER, Situation.TOO_FINE),
    _no_amount("too-large", "9223372036854775808.00", *_TOO_LARGE),
    _no_amount("much-too-large", f"{'9' * 200}.00", *_TOO_LARGE),
    _no_amount("no-number", "ten", *_NO_AMOUNT),
    _no_amount("not-a-number", "NaN", *_NO_AMOUNT),
    _no_amount("infinite", "Infinity", *_NO_AMOUNT),
    _no_amount("with-an-exponent", "1e1", *_NO_AMOUNT),
    _no_amount("with-a-comma", "1,00", *_NO_AMOUNT),
    _no_amount("empty", "", *_NO_AMOUNT),
    case(
        "request.cut-off",
        "R-PROV-02",
        bet(cut=True, says=(Situation.BAD_REQUEST, Situation.BAD_SIGNATURE), leaves="0"),
        bet(leaves="-10.00"),
    ),
    *(
        _forged(forgery, Situation.BAD_SIGNATURE)
        for forgery in (Forgery.MISSING, Forgery.FLIPPED, Forgery.ANOTHER_KEY, Forgery.ANOTHER_BODY)
    ),
    _forged(Forgery.STALE, Situation.STALE_SIGNATURE),
    case(
        "signature.of-the-older-key",
        "R-PROV-01",
        bet(forged=Forgery.OLDER_KEY, leaves="-10.00"),
        again(bet(), Situation.SAME_BET),
    ),
)
