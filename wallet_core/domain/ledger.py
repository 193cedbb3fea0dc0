"""Ledger: postings by hand (P-22), never unbalanced."""

from collections.abc import Callable

from wallet_core.domain.accounts import ACCOUNTS, DEBT, Account
from wallet_core.domain.commands import PostJournal
from wallet_core.domain.decision import Reason, Refused
from wallet_core.domain.entries import Entry, Journal, Kind, Posting
from wallet_core.domain.money import INT64_MAX
from wallet_core.domain.players import Player, wallet_currency


def manual(command: PostJournal, player: Player | None, held: Callable[[str, str], int]) -> Posting:
    """Return what a posting by hand posts.

    Args:
        command: the posting.
        player: whose pockets are meant; none for house accounts alone.
        held: what (currency, pocket) holds.

    Raises:
        Refused: INVALID_JOURNAL, WRONG_CURRENCY, INVALID_AMOUNT, INSUFFICIENT_FUNDS.
    """
    by_currency: dict[str, list[Entry]] = {}
    for currency, entry in command.lines:
        by_currency.setdefault(currency, []).append(entry)
    for currency, entries in by_currency.items():
        if sum(entry.amount for entry in entries):
            raise Refused(Reason.INVALID_JOURNAL, f"The {currency} lines do not sum to zero.")
        if _on_credit(entries):
            raise Refused(Reason.INVALID_JOURNAL, "Money to play with is not made of what is owed (R-LEDGER-14).")
        after: dict[str, int] = {}
        for entry in entries:
            if _account(entry).authorising:
                before = after.get(entry.account, held(currency, entry.account))
                after[entry.account] = _posted(player, currency, entry, before)
    return Posting(
        kind=Kind.MANUAL,
        currency=command.lines[0][0],
        amount=0,
        parts=tuple((entry.account, entry.amount) for _, entry in command.lines if ACCOUNTS[entry.account].authorising),
        journals=tuple(Journal(currency, tuple(entries)) for currency, entries in by_currency.items()),
        info=(("reason", command.reason), ("actor", command.actor)),
    )


def _on_credit(entries: list[Entry]) -> bool:
    """Whether the lines give a player money for nothing but a debt."""
    owed = sum(entry.amount for entry in entries if entry.account == DEBT)
    given = sum(entry.amount for entry in entries if entry.account != DEBT and _account(entry).authorising)
    return owed < 0 < given


def _account(entry: Entry) -> Account:
    """Return the account of a line that may be posted by hand."""
    account = ACCOUNTS.get(entry.account)
    if account is None or not account.manual:
        raise Refused(Reason.INVALID_JOURNAL, f"{entry.account} is not an account that is posted by hand.")
    if not entry.amount:
        raise Refused(Reason.INVALID_JOURNAL, f"The {entry.account} line moves nothing; leave it out.")
    return account


def _posted(player: Player | None, currency: str, entry: Entry, before: int) -> int:
    """Return what a pocket holds after a line."""
    if player is None:
        raise Refused(Reason.INVALID_JOURNAL, f"{entry.account} is a player's: name the player.")
    wallet_currency(player, currency)
    balance = before + entry.amount
    if abs(balance) > INT64_MAX:
        raise Refused(Reason.INVALID_AMOUNT)
    if balance and (balance < 0) is ACCOUNTS[entry.account].floor:
        raise Refused(Reason.INSUFFICIENT_FUNDS, f"{entry.account} would be left on the wrong side of zero.")
    return balance
