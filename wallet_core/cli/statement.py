"""`statement`: a player's transactions, oldest first, and of each line what it was, why, and by which rule (R-UX-09).

It asks the core as anybody may who has an operator's, a cashier's or a reader's token: by ListJournals, and
ExplainTransaction for stakes.
"""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from wallet.v1.common_pb2 import Money, Page, Reason
from wallet.v1.ledger_pb2 import Journal, Line, ListJournalsRequest
from wallet.v1.wallet_pb2 import (
    OUTCOME_REFUSED,
    TRANSACTION_KIND_BET,
    ConsideredPocket,
    ExplainTransactionRequest,
    ExplainTransactionResponse,
    Outcome,
)

from wallet_core.cli.running import FAILED, MISUSED, run
from wallet_core.cli.words import ACCOUNTS, MODES, PLAIN, PLAYS, REMARKS, WHY_NOT, Words, family, kind_of, words
from wallet_core.client import Refused, Unavailable, Wallet

PAGE = 200
AT_ONCE = 16
"""Stakes that are asked about at the same time."""

NANO_DIGITS = 9
LEAST_DIGITS = 2
INNER = frozenset({"given up", "until"})
"""What is kept with a transaction in units nobody speaks of; its lines, or the noun it is of, say the same."""


class Moved(msgspec.Struct, frozen=True):
    """A line of a journal.

    Attributes:
        after: what a pocket holds then; empty for the house's accounts, which only record.
    """

    account: str
    detail: str
    amount: str
    after: str
    words: str


class Said(msgspec.Struct, frozen=True):
    """A sentence, and the rules it rests on."""

    text: str
    rules: tuple[str, ...]


class Entry(msgspec.Struct, frozen=True):
    """A transaction, explained.

    Attributes:
        what: in a word; `text` is a sentence.
        where: provider, game and round, or who of the house.
        why: of a stake, why these pockets; else what was seen, and what was said when it was made.
    """

    transaction_id: str
    at: str
    kind: str
    outcome: str
    what: str
    amount: str
    where: str
    text: str
    rules: tuple[str, ...]
    lines: tuple[Moved, ...]
    why: tuple[Said, ...]


def statement(
    player_id: Annotated[str, typer.Argument(metavar="PLAYER", help="A player's id.")],
    target: Annotated[str, typer.Option(help="host:port of the core.")],
    token_file: Annotated[Path, typer.Option(help="A file with a token of an operator, a cashier or a reader.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One object of JSON a transaction.")] = False,
) -> None:
    """Print what a player's money did, oldest first, with the reason of every line."""
    try:
        token = token_file.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        typer.echo(f"statement: --token-file {token_file} cannot be read: {error}", err=True)
        raise typer.Exit(MISUSED) from None
    try:
        entries = run(asked(target, token, player_id))
    except (Refused, Unavailable) as error:
        typer.echo(f"statement: {error}", err=True)
        raise typer.Exit(FAILED) from None
    for entry in entries:
        sys.stdout.write(msgspec.json.encode(entry).decode() + "\n" if as_json else "\n".join(told(entry)) + "\n\n")


async def asked(target: str, token: str, player_id: str) -> list[Entry]:
    """Return a player's transactions, explained, oldest first.

    Raises:
        Refused, Unavailable: the core did not answer.
    """
    wallet = Wallet(target, token)
    try:
        journals = await _journals(wallet, player_id)
        room = asyncio.Semaphore(AT_ONCE)

        async def explain(journal: Journal) -> Entry:
            if journal.transaction.kind != TRANSACTION_KIND_BET or not journal.transaction.parts:
                return explained(journal)  # only what was paid has a reason
            request = ExplainTransactionRequest(player_id=player_id, transaction_id=journal.transaction.transaction_id)
            async with room:
                return explained(journal, await wallet.explain_transaction(request))

        return await asyncio.gather(*map(explain, reversed(journals)))
    finally:
        await wallet.close()


async def _journals(wallet: Wallet, player_id: str) -> list[Journal]:
    """Return all journals, newest first."""
    found: list[Journal] = []
    token = ""
    while True:
        page = await wallet.list_journals(ListJournalsRequest(player_id=player_id, page=Page(size=PAGE, token=token)))
        found += page.journals
        token = page.next_page_token
        if not token:
            return found


def explained(journal: Journal, stake: ExplainTransactionResponse | None = None) -> Entry:
    """Return a transaction in words.

    Args:
        journal: it, with its lines.
        stake: what ExplainTransaction says of it, where it is a stake that was taken.
    """
    transaction = journal.transaction
    found, why = words(journal), list(_remarks(journal))
    if stake is not None:
        why.insert(0, _funded(stake))
    if transaction.outcome == OUTCOME_REFUSED:
        reason = Reason.Name(transaction.reason).removeprefix("REASON_")
        found = Words(found.title, f"It was refused, {reason}; nothing moved, and it stays refused.", ("R-IDEM-04",))
    if transaction.rolled_back.units or transaction.rolled_back.nanos:
        why.append(Said(f"Of it {text_of(transaction.rolled_back)} was taken back later.", ("R-RB-01",)))
    return Entry(
        transaction_id=transaction.transaction_id,
        at=transaction.committed_at.ToJsonString(),
        kind=kind_of(journal),
        outcome=Outcome.Name(transaction.outcome).removeprefix("OUTCOME_"),
        what=found.title,
        amount=text_of(transaction.amount) if _told(journal) else "",
        where=_where(journal),
        text=found.text,
        rules=found.rules,
        lines=tuple(map(_moved, journal.lines)),
        why=tuple(why),
    )


def _told(journal: Journal) -> bool:
    """Whether the amount says something: the zero of a play does, that of a state does not."""
    amount = journal.transaction.amount
    return bool(amount.units or amount.nanos) or kind_of(journal) in PLAYS


def _where(journal: Journal) -> str:
    transaction = journal.transaction
    if transaction.provider_id.startswith("~"):
        return transaction.provider_id.removeprefix("~")
    named = (("", transaction.provider_id), ("game ", transaction.game_id), ("round ", transaction.round_id))
    return ", ".join(f"{word}{each}" for word, each in named if each)


def _moved(line: Line) -> Moved:
    given, taken = ACCOUNTS[family(line.account)]
    positive = line.amount.units > 0 or line.amount.nanos > 0
    return Moved(
        account=line.account,
        detail=line.detail,
        amount=text_of(line.amount),
        after=text_of(line.balance_after) if line.HasField("balance_after") else "",
        words=given if positive else taken,
    )


def _funded(stake: ExplainTransactionResponse) -> Said:
    """Return why these pockets paid."""
    mode = MODES.get(stake.mode, PLAIN)
    asked_ = "; ".join(map(_considered, stake.pockets))
    how = f"{mode.title}: {mode.text}" if mode.title else mode.text.capitalize()
    return Said(f"{how}, by version {stake.policies} of the policies. {asked_}.", mode.rules)


def _considered(pocket: ConsideredPocket) -> str:
    paid = (
        f"might not pay: {WHY_NOT.get(pocket.why_not, pocket.why_not)}"
        if pocket.why_not
        else f"paid {text_of(pocket.paid)}"
    )
    return f"{pocket.pocket} held {text_of(pocket.held)}, {paid}"


def _remarks(journal: Journal) -> Iterator[Said]:
    for remark in REMARKS:
        if remark.seen(journal):
            yield Said(remark.text, remark.rules)
    info = journal.transaction.info
    if facts := ", ".join(f"{name} {info[name]}" for name in sorted(info) if name not in INNER):
        yield Said(f"As it was made: {facts}.", ("R-LEDGER-09",))


def text_of(money: Money) -> str:
    """Return an amount with its currency: at least two digits after the point, and all it has."""
    fraction = f"{abs(money.nanos):0{NANO_DIGITS}d}".rstrip("0").ljust(LEAST_DIGITS, "0")
    sign = "-" if money.units < 0 or money.nanos < 0 else ""
    return f"{sign}{abs(money.units)}.{fraction} {money.currency_code}"


def told(entry: Entry) -> Sequence[str]:
    """Return a transaction as lines for people."""
    head = "  ".join(word for word in (entry.at, entry.what, entry.amount, f"({entry.where})") if word)
    lines = [head, f"  {entry.text} [{', '.join(entry.rules)}]"]
    width = max((len(line.account) for line in entry.lines), default=0)
    for line in entry.lines:
        after = f" -> {line.after}" if line.after else ""
        signed = line.amount if line.amount.startswith("-") else f"+{line.amount}"
        lines.append(f"    {line.account:{width}}  {signed:>16}{after}  {line.words}")
    lines += [f"  {said.text} [{', '.join(said.rules)}]" for said in entry.why]
    return lines
