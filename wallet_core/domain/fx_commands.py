"""What is done with quotes: open, execute, cancel, reverse (rulebook 10, P-16)."""

from typing import Any

from msgspec.structs import replace

from wallet_core.domain.accounts import CASH, FX_MARGIN, FX_POSITION
from wallet_core.domain.actors import Actor
from wallet_core.domain.commands import Recorded
from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.desk import Desk, Poster
from wallet_core.domain.entries import Entry, Journal, Keyed, Kind, Posting
from wallet_core.domain.fx import Conversions, Converted, Quote, Side, State, allowed, chosen, movable, price, volume
from wallet_core.domain.fx_terms import FxTerms
from wallet_core.domain.leaving import kept
from wallet_core.domain.money import CURRENCIES, INT64_MAX, CurrencyKind
from wallet_core.domain.players import Player, wallet_currency
from wallet_core.domain.pockets import balances
from wallet_core.domain.policies import Policies
from wallet_core.domain.rates import Place, Rates, key_of, text_of

QUOTES = "~quotes"
"""Whose id space the ids of quotes are."""

FX = "~fx"
"""Whose id space the request ids of what is done with them are."""


class OfQuote(Recorded, frozen=True):
    """A command about one quote."""

    quote_id: str

    @property
    def rows(self) -> tuple[tuple[type[Keyed], tuple[Any, ...]], ...]:
        """The quote, and what its player has converted of late."""
        return (Quote, (self.player_id, self.quote_id)), (Conversions, (self.player_id,))


class OpenQuote(OfQuote, frozen=True):
    """Promise a rate. Its id is its key, once for ever.

    Attributes:
        amount: of the source to SELL, of the target to BUY; ledger units, whole display units.
        tables: the last of each source.
    """

    source: str
    target: str
    side: Side
    amount: int
    tables: tuple[Place, ...] = ()
    terms: FxTerms = FxTerms()

    @property
    def partner(self) -> tuple[str, str]:
        """Whose id space the key is from, and the key (R-IDEM-01)."""
        return QUOTES, self.quote_id

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09); rates may."""
        return "QUOTE", self.source, self.target, self.side.name, str(self.amount)

    @property
    def rows(self) -> tuple[tuple[type[Keyed], tuple[Any, ...]], ...]:
        """Those of any command about it, and the rates."""
        return *super().rows, *((Rates, key_of(*place)) for place in self.tables)


class _Requested(OfQuote, frozen=True):
    """What somebody asks to be done with a quote."""

    request_id: str

    @property
    def partner(self) -> tuple[str, str]:
        """Whose id space the key is from, and the key (R-IDEM-01)."""
        return FX, self.request_id


class ExecuteQuote(_Requested, frozen=True):
    """Convert (P-16).

    Attributes:
        currency, amount: what the player agreed to give; it must be what the quote says (R-FX-03).
    """

    currency: str
    amount: int
    terms: FxTerms = FxTerms()
    policies: Policies = Policies()

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09)."""
        return "EXECUTE", self.quote_id, self.currency, str(self.amount)

    @property
    def refused(self) -> Posting:
        """What is stored of it when it is refused for good (R-IDEM-04)."""
        return Posting(Kind.FX, self.currency, self.amount, info=(("quote_id", self.quote_id),))


class CancelQuote(_Requested, frozen=True):
    """Let a quote go unused."""

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09)."""
        return "CANCEL", self.quote_id


class ReverseQuote(_Requested, frozen=True):
    """Undo a conversion that was made, at its own rate: for two people only (rulebook 10)."""

    reason: str
    actor: Actor
    approver: Actor

    @property
    def payload(self) -> tuple[str, ...]:
        """What may not differ in a repeat (R-IDEM-09)."""
        return "REVERSE", self.quote_id, self.reason, self.actor.name, self.approver.name


def _converting(desk: Desk, source: str, target: str) -> Player:
    """Return a player who may convert between two of its wallets (R-FX-14).

    Raises:
        Refused: PLAYER_UNKNOWN, INVALID_REQUEST, WRONG_CURRENCY, PLAYER_BLOCKED.
    """
    player = desk.someone
    if source == target:
        raise Refused(Reason.INVALID_REQUEST, "target: another currency than the source.")
    for code in (source, target):
        if CURRENCIES[wallet_currency(player, code)].kind is CurrencyKind.POINTS:
            raise Refused(Reason.INVALID_REQUEST, "Points are redeemed, not converted (R-CUR-04).")
    if not player.may_play:
        raise Refused(Reason.PLAYER_BLOCKED)
    return player


def _open(desk: Desk, command: OpenQuote) -> Posting:
    player = _converting(desk, command.source, command.target)
    selling = command.side is Side.SELL
    currency = CURRENCIES[command.source if selling else command.target]
    if not 0 < command.amount <= INT64_MAX:
        raise Refused(Reason.INVALID_AMOUNT)
    if command.amount % currency.quantum:
        raise Refused(Reason.INVALID_PRECISION, f"{currency.code} is converted in at most {currency.display} decimals.")
    terms, at = command.terms, desk.at
    found = (desk.book.noun(Rates, *key_of(*place)) for place in command.tables)
    tables = tuple(rates for rates in found if rates is not None)
    rates, table, mid = chosen(tables, terms, command.source, command.target, at)
    cost = price(command.source, command.target, command.side, command.amount, mid=mid, margin=terms.margin(at))
    quote = Quote(
        player_id=player.player_id,
        quote_id=command.quote_id,
        source=command.source,
        target=command.target,
        side=command.side,
        given=cost.given,
        credited=cost.credited,
        mid=mid,
        client=cost.client,
        mid_value=cost.mid_value,
        margin_bps=terms.margin(at),
        rate_source=rates.source,
        rate_at=rates.as_of,
        policy_version=terms.version,
        reference=terms.reference,
        volume=volume(table, terms.reference, command.source, cost.given),
        created_at=at,
        expires_at=at + terms.ttl,
        state=State.OPEN,
        changed_at=at,
    )
    allowed(_lately(desk).within(at), terms, quote, at)
    desk.book.put(quote)
    return Posting(
        Kind.NOTE, command.source, 0, info=(("quote_id", quote.quote_id), ("client_rate", text_of(quote.client)))
    )


def _lately(desk: Desk) -> Conversions:
    player_id = desk.someone.player_id
    return desk.book.noun(Conversions, player_id) or Conversions(player_id)


def find(desk: Desk, quote_id: str) -> Quote:
    """Return a quote of the player (R-FX-03).

    Raises:
        Refused: QUOTE_NOT_FOUND.
    """
    quote = desk.book.noun(Quote, desk.someone.player_id, quote_id)
    if quote is None:
        raise Refused(Reason.QUOTE_NOT_FOUND)
    return quote


def _standing(desk: Desk, quote_id: str) -> Quote:
    """Return a quote that still stands.

    Raises:
        Refused: QUOTE_NOT_FOUND, QUOTE_USED, QUOTE_EXPIRED.
    """
    quote = find(desk, quote_id)
    match quote.state_at(desk.at):
        case State.OPEN:
            return quote
        case State.EXPIRED:
            raise Refused(Reason.QUOTE_EXPIRED)
        case State.CANCELLED:
            raise Refused(Reason.QUOTE_USED, "The quote was cancelled; ask for a new one.")
        case _:
            raise Refused(Reason.QUOTE_USED)


def _execute(desk: Desk, command: ExecuteQuote) -> Posting:
    quote = _standing(desk, command.quote_id)
    if (command.currency, command.amount) != (quote.source, quote.given):
        raise Refused(Reason.INVALID_REQUEST, "amount: not what the quote is for (R-FX-03).")
    player = _converting(desk, quote.source, quote.target)
    done = _lately(desk).within(desk.at)
    allowed(done, command.terms, quote, desk.at)
    pockets = desk.book.pockets(player.player_id, quote.source)
    held, bonuses = balances(quote.source, pockets), desk.book.bonuses(player.player_id)
    if quote.given > movable(quote.source, pockets, kept(command.policies, player, held, bonuses)):
        raise Refused(Reason.INSUFFICIENT_FUNDS)
    if desk.held(quote.target, CASH) + quote.credited > INT64_MAX:
        raise Refused(Reason.INVALID_AMOUNT)
    used = replace(quote, state=State.USED, changed_at=desk.at, transaction_id=desk.transaction_id)
    new = Converted(quote.quote_id, desk.at, quote.source, quote.target, quote.reference, quote.volume)
    desk.book.put(used)
    desk.book.put(Conversions(player.player_id, (*done, new)))
    return _posting(Kind.FX, quote, 1)


def _posting(kind: Kind, quote: Quote, sign: int, *info: tuple[str, str]) -> Posting:
    """Return a conversion's lines (P-16), or with the sign turned those that undo it."""
    given, credited = sign * quote.given, sign * quote.credited
    journals = (
        Journal(quote.source, (Entry(CASH, -given), Entry(FX_POSITION, given, quote.target))),
        Journal(
            quote.target,
            (
                Entry(CASH, credited),
                Entry(FX_MARGIN, sign * quote.margin, quote.source),
                Entry(FX_POSITION, -sign * quote.mid_value, quote.source),
            ),
        ),
    )
    words = (("quote_id", quote.quote_id), ("target", quote.target), ("client_rate", text_of(quote.client)), *info)
    return Posting(kind, quote.source, quote.given, ((CASH, -given),), journals, words)


def _cancel(desk: Desk, command: CancelQuote) -> Posting:
    quote = _standing(desk, command.quote_id)
    desk.book.put(replace(quote, state=State.CANCELLED, changed_at=desk.at))
    return Posting(Kind.NOTE, quote.source, 0, info=(("quote_id", quote.quote_id), ("why", "cancelled")))


def _reverse(desk: Desk, command: ReverseQuote) -> Posting:
    if command.approver.is_also(command.actor):
        raise Refused(
            Reason.INVALID_REQUEST,
            "approver: somebody else than the actor, by a caller that vouches for both (vouches in [[tokens]])."
            f" The actor is {command.actor.identity}, and this is {command.approver.identity}.",
        )
    quote = find(desk, command.quote_id)
    if quote.state is not State.USED:
        raise Refused(Reason.REFERENCE_MISMATCH, "Only a conversion that was made, and stands, is undone.")
    if quote.credited > desk.held(quote.target, CASH):
        raise Refused(Reason.INSUFFICIENT_FUNDS, f"Of the {quote.target} that were credited too few are left.")
    if desk.held(quote.source, CASH) + quote.given > INT64_MAX:
        raise Refused(Reason.INVALID_AMOUNT)
    desk.book.put(replace(quote, state=State.REVERSED, changed_at=desk.at))
    lately = _lately(desk)
    if lately.done:
        desk.book.put(replace(lately, done=tuple(each for each in lately.done if each.quote_id != quote.quote_id)))
    return _posting(
        Kind.FX_REVERSAL,
        quote,
        -1,
        ("reason", command.reason),
        ("actor", command.actor.name),
        ("actor_identity", command.actor.identity),
        ("approver", command.approver.name),
        ("approver_identity", command.approver.identity),
    )


POSTINGS: dict[type[Recorded], Poster] = {
    OpenQuote: _open,
    ExecuteQuote: _execute,
    CancelQuote: _cancel,
    ReverseQuote: _reverse,
}
"""What each of these commands posts."""
