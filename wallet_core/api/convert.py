"""What the domain answers, as messages."""

from collections.abc import Sequence
from typing import Literal

from google.protobuf.timestamp_pb2 import Timestamp
from msgspec.structs import replace
from wallet.v1 import common_pb2 as common
from wallet.v1 import holds_pb2, ledger_pb2, players_pb2, rounds_pb2, sessions_pb2, wallet_pb2

from wallet_core.api import discretion
from wallet_core.domain import pockets
from wallet_core.domain.decision import FATE, Balances, Decision, Fate, Parts, Refusal, Result
from wallet_core.domain.entries import Line, Transaction
from wallet_core.domain.holds import Hold, HoldReason
from wallet_core.domain.money import CURRENCIES, Currency, to_wire
from wallet_core.domain.parts import by_pocket
from wallet_core.domain.players import Player
from wallet_core.domain.profiles import Profile
from wallet_core.domain.rounds import Round
from wallet_core.domain.sessions import Session, ended, seen

DISCREET: tuple[Literal["basis", "clause", "account_freeze"], ...] = ("basis", "clause", "account_freeze")
"""What else of a discreet hold is not told."""


def money(currency: Currency, amount: int) -> common.Money:
    """Return an amount of ledger units."""
    units, nanos = to_wire(currency, amount)
    return common.Money(currency_code=currency.code, units=units, nanos=nanos)


def parts(currency: Currency, found: Parts) -> list[common.PocketAmount]:
    """Return amounts by pocket."""
    return [common.PocketAmount(pocket=pocket, amount=money(currency, amount)) for pocket, amount in found]


def moment(micros: int) -> Timestamp:
    """Return a moment."""
    seconds, rest = divmod(micros, 1_000_000)
    return Timestamp(seconds=seconds, nanos=rest * 1_000)


def identifier(raw: bytes) -> str:
    """Return a transaction id as it is written; nothing for none."""
    if not raw:
        return ""
    digits = raw.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def balances(held: Balances | None) -> common.Balances | None:
    """Return balances; none where nothing is known of them."""
    if held is None:
        return None
    message = common.Balances()
    _balances(message, held)
    return message


def _balances(message: common.Balances, held: Balances) -> None:
    currency = CURRENCIES[held.currency]
    _money(message.shown, currency, held.shown)
    _money(message.cash, currency, held.cash)
    _money(message.bonus, currency, held.bonus)
    if held.debt:
        _money(message.debt, currency, held.debt)


def _money(message: common.Money, currency: Currency, amount: int) -> None:
    message.currency_code = currency.code
    message.units, message.nanos = to_wire(currency, amount)


def refusal(found: Refusal) -> common.Refusal:
    """Return a refusal."""
    return common.Refusal(
        reason=common.Reason.ValueType(found.reason),
        message=found.message,
        retryable=FATE[found.reason] is Fate.RETRYABLE,
    )


def response(decision: Decision) -> wallet_pb2.PlayResponse:
    """Return the answer to a play, or to another command that leaves a transaction."""
    message = wallet_pb2.PlayResponse()
    answer(message, decision)
    return message


def answer(message: wallet_pb2.PlayResponse, decision: Decision) -> None:
    """Write the answer into a message, which may be a part of another: what is built apart is copied."""
    then, now = decision.then, decision.now
    message.player_id = decision.player_id
    for found in decision.results:
        _result(message.results.add(), found)
    if now is not None:
        _balances(message.balances_now, now)
        message.display_digits = CURRENCIES[now.currency].display
    if then is not None:
        if then is now:
            message.balances_then.CopyFrom(message.balances_now)
        else:
            _balances(message.balances_then, then)
    if decision.replayed:
        message.replayed = True
    if decision.refusal is not None:
        message.refusal.CopyFrom(refusal(decision.refusal))


def _result(message: wallet_pb2.ActionResult, found: Result) -> None:
    message.external_key = found.external_key
    message.outcome = wallet_pb2.Outcome.ValueType(found.outcome)
    message.transaction_id = identifier(found.transaction_id)
    if found.replayed:
        message.replayed = True
    if found.parts:
        currency = CURRENCIES[found.currency]
        for pocket, amount in found.parts:
            part = message.parts.add()
            part.pocket = pocket
            _money(part.amount, currency, amount)
    if found.committed_at:
        at = message.committed_at
        at.seconds, rest = divmod(found.committed_at, 1_000_000)
        at.nanos = rest * 1_000


def transaction(row: Transaction, profile: Profile | None) -> wallet_pb2.Transaction:
    """Return a transaction, its balances as a provider of that profile is shown them."""
    message = wallet_pb2.Transaction(
        transaction_id=identifier(row.transaction_id),
        player_id=row.player_id,
        provider_id=row.provider_id,
        external_key=row.external_key,
        kind=wallet_pb2.TransactionKind.ValueType(row.kind),
        outcome=wallet_pb2.Outcome.ValueType(row.outcome),
        reason=common.Reason.ValueType(row.reason or 0),
        round_id=row.round_id,
        game_id=row.game_id,
        category=wallet_pb2.Category.ValueType(row.category),
        references=row.references,
        info={name: word for name, word in row.info if not name.startswith("~")},  # those are ours
        occurred_at=moment(row.occurred_at) if row.occurred_at else None,
        committed_at=moment(row.committed_at),
        settled=row.settlements > 0,
        free_rounds_id=row.grant,
    )
    if row.currency:  # a tombstone that knows no player knows none either
        currency = CURRENCIES[row.currency]
        sign = -1 if sum(amount for _, amount in row.parts) < 0 else 1
        undone = max(0, sign * sum(amount for _, amount in row.rolled_back))
        then = pockets.shown(row.currency, *row.shown, row.debt_after, profile)
        message.display_digits = currency.display
        message.amount.CopyFrom(money(currency, row.amount))
        message.parts.extend(parts(currency, by_pocket(row.parts)))
        message.rolled_back.CopyFrom(money(currency, undone))
        _balances(message.balances_then, then)
    return message


def player(row: Player) -> players_pb2.Player:
    """Return a player."""
    return players_pb2.Player(
        player_id=row.player_id,
        operator_id=row.operator_id,
        brand_id=row.brand_id,
        currency_codes=row.currencies,
        status=players_pb2.PLAYER_STATUS_ACTIVE if row.may_play else players_pb2.PLAYER_STATUS_BLOCKED,
        created_at=moment(row.created_at),
        country=row.country,
        version=row.version,
        restrictions=map(players_pb2.PlayerRestriction.ValueType, discretion.restrictions(row)),
        excluded_until=moment(row.excluded_until) if row.excluded else None,
        currency_code=row.currency,
    )


def told(row: Player) -> players_pb2.Player:
    """Return of a player what a provider may be told: not since when, nor how busy, nor why it may not play."""
    message = player(row)
    for field in ("created_at", "version", "restrictions", "excluded_until"):
        message.ClearField(field)
    return message


def session(row: Session, of: Player, now: int) -> sessions_pb2.Session:
    """Return a session as it stands at `now`, its player's row considered."""
    end_reason, row = ended(row, of), seen(row, of)
    return sessions_pb2.Session(
        session_id=row.session_id.hex(),
        player_id=row.player_id,
        provider_id=row.provider_id,
        game_id=row.game_id,
        currency_code=row.currency,
        state=sessions_pb2.SessionState.ValueType(row.state_at(now)),
        created_at=moment(row.created_at),
        expires_at=moment(row.expires_at),
        end_reason=end_reason or "",
    )


def round_(row: Round) -> rounds_pb2.Round:
    """Return a round."""
    currency = CURRENCIES[row.currency]
    return rounds_pb2.Round(
        player_id=row.player_id,
        provider_id=row.provider_id,
        round_id=row.round_id,
        game_id=row.game_id,
        currency_code=row.currency,
        state=rounds_pb2.RoundState.ValueType(row.state),
        revision=row.revision,
        staked=money(currency, row.staked),
        in_play=money(currency, row.in_play),
        won=money(currency, row.won),
        mix=parts(currency, row.surviving),
        opened_at=moment(row.opened_at),
        changed_at=moment(row.changed_at),
    )


def hold(row: Hold) -> holds_pb2.Hold:
    """Return a hold."""
    currency = CURRENCIES[row.currency]
    return holds_pb2.Hold(
        player_id=row.player_id,
        hold_id=row.hold_id,
        amount=money(currency, row.amount),
        held=money(currency, row.held),
        captured=money(currency, row.captured),
        reason=holds_pb2.HoldReason.ValueType(row.reason),
        state=holds_pb2.HoldState.ValueType(row.state),
        basis=holds_pb2.HoldBasis.ValueType(row.basis),
        clause=row.clause,
        owner=row.owner,
        case_id=row.case_id,
        text_key=row.text_key,
        evidence=row.evidence,
        account_freeze=row.account_freeze,
        discreet=row.discreet,
        placed_at=moment(row.placed_at),
        review_at=moment(row.review_at) if row.review_at else None,
        expires_at=moment(row.expires_at) if row.expires_at else None,
        changed_at=moment(row.changed_at),
    )


def told_hold(row: Hold) -> holds_pb2.Hold:
    """Return of a hold what its player may be told (R-HOLD-06): not who holds it; of a discreet one not why."""
    message = hold(replace(row, owner="", case_id="", evidence="", review_at=0, discreet=False))
    if row.discreet:
        message.reason = holds_pb2.HOLD_REASON_REVIEW
        message.text_key = f"hold.{HoldReason.REVIEW.name.lower()}"
        for field in DISCREET:
            message.ClearField(field)
    return message


def journal(row: Transaction, lines: Sequence[Line], profile: Profile | None) -> ledger_pb2.Journal:
    """Return a transaction with its lines."""
    return ledger_pb2.Journal(transaction=transaction(row, profile), lines=[_line(line) for line in lines])


def _line(row: Line) -> ledger_pb2.Line:
    currency = CURRENCIES[row.currency]
    return ledger_pb2.Line(
        account=row.account,
        detail=row.detail,
        amount=money(currency, row.amount),
        sequence=row.sequence or 0,
        balance_after=None if row.balance_after is None else money(currency, row.balance_after),
    )
