"""The words of a statement: there are some for everything that may stand in one, and they say what was."""

import pytest
from typer.testing import CliRunner
from wallet.v1.common_pb2 import REASON_INSUFFICIENT_FUNDS, PocketAmount
from wallet.v1.ledger_pb2 import Journal, Line
from wallet.v1.payments_pb2 import DepositRequest
from wallet.v1.wallet_pb2 import (
    ACTION_KIND_BET,
    CATEGORY_JACKPOT,
    OUTCOME_REFUSED,
    Action,
    ConsideredPocket,
    ExplainTransactionResponse,
    PlayRequest,
    Transaction,
    TransactionKind,
)

from tests.protocol.words import key
from tests.support.core import money
from wallet_core.cli import app, statement
from wallet_core.cli.statement import asked, explained, text_of, told
from wallet_core.cli.words import ACCOUNTS, KINDS, MODES, VARIANTS, WHY_NOT
from wallet_core.client import Refused
from wallet_core.domain import accounts, entries
from wallet_core.domain.policies import Mode

PREFIX = "TRANSACTION_KIND_"
NAMES = [name.removeprefix(PREFIX) for name, number in TransactionKind.items() if number]


def journal(kind, *lines, **members):
    """A journal of lines such as ("CASH", "-5")."""
    facts = {"kind": TransactionKind.Value(PREFIX + kind), "amount": money("5"), "transaction_id": "t"} | members
    return Journal(
        transaction=Transaction(**facts),
        lines=[
            Line(account=account, amount=money(amount), balance_after=money(after[0]) if after else None)
            for account, amount, *after in lines
        ],
    )


def rules(entry):
    return {*entry.rules, *(rule for said in entry.why for rule in said.rules)}


def test_there_are_words_for_every_kind_account_and_mode():
    assert sorted(KINDS) == sorted(NAMES)
    assert sorted(KINDS) == sorted(kind.name for kind in entries.Kind)
    assert set(VARIANTS) <= set(KINDS)
    assert sorted(ACCOUNTS) == sorted(accounts.ACCOUNTS)
    assert sorted(MODES) == sorted(mode.value for mode in Mode)


@pytest.mark.parametrize("kind", NAMES)
def test_every_kind_says_what_it_was_and_by_which_rule(kind):
    entry = explained(journal(kind, ("CASH", "-5", "95"), ("IN_PLAY", "5", "5")))
    assert entry.kind == kind
    assert all((entry.what, entry.text, entry.rules))
    assert [line.after for line in entry.lines] == ["95.00 EUR", "5.00 EUR"]
    assert all(line.words for line in entry.lines)


@pytest.mark.parametrize("account", [*ACCOUNTS, "BONUS:b@1", "HELD:DISPUTE", "CASH:SPORTS"])
def test_a_line_of_every_account_says_which_way_it_went(account):
    given, taken = explained(journal("MANUAL", (account, "5"), (account, "-5"))).lines
    assert (given.words, taken.words) == ACCOUNTS[account.partition(":")[0]]
    assert (given.after, taken.after) == ("", "")


FREE = {"free_rounds_id": "g"}


@pytest.mark.parametrize(
    ("of", "rule", "word"),
    [
        (journal("BET", **FREE), "R-FREE-03", "Free round"),
        (journal("BET"), "R-PROV-10", "Stake acknowledged"),
        (journal("WIN", ("CASH", "5"), ("BONUS_COST", "-5"), **FREE), "R-FREE-04", "Free round's win"),
        (journal("WIN", amount=money("0")), "R-PROV-07", "No win"),
        (journal("WIN", ("CASH", "5"), ("WINS", "-5"), category=CATEGORY_JACKPOT), "R-FUND-13", "Win without a stake"),
        (journal("WIN", ("HELD:DISPUTE", "5"), ("BONUS_COST", "-5"), **FREE), "R-FREE-06", "Free round's win"),
        (journal("WIN", ("CASH", "5"), ("STAKES", "1"), ("IN_PLAY", "-1")), "P-04", "Win"),
        (journal("WIN", ("POINTS", "5")), "R-PTS-01", "Win"),
        (journal("ROLLBACK", ("POINTS", "-5")), "R-PTS-01", "Rollback"),
        (journal("ROLLBACK"), "R-PROV-11", "Rollback"),
        (
            journal("ROLLBACK", ("CASH", "5"), ("BONUS_COST", "-5"), ("BONUS_ISSUED", "5"), ("IN_PLAY_BONUS", "-5")),
            "R-RB-05",
            "Rollback",
        ),
        (journal("ROLLBACK", parts=[PocketAmount(pocket="LAPSED", amount=money("5"))]), "R-RB-06", "Rollback"),
        (journal("ROLLBACK", ("CASH", "-1"), ("DEBT", "-4")), "R-DEBT-01", "Rollback"),
        (journal("WIN", ("CASH", "1"), ("DEBT", "4")), "R-DEBT-03", "Win"),
        (journal("WIN", parts=[PocketAmount(pocket="REFUNDED", amount=money("5"))]), "R-ROUND-09", "Win"),
        (journal("BET", ("CASH", "-5"), rolled_back=money("5")), "R-RB-01", "Stake"),
        (journal("BONUS_FORFEIT", info={"state": "EXPIRED"}), "R-BONUS-11", "Bonus expired"),
        (journal("BONUS_FORFEIT", info={"state": "VOIDED"}), "R-BONUS-06", "Bonus voided"),
        (journal("BONUS_STATE", info={"state": "QUEUED"}), "R-BONUS-07", "Bonus queued"),
        (journal("FREE_ROUNDS", info={"state": "AVAILABLE"}), "R-FREE-02", "Free rounds ready"),
        (journal("NOTE", ("STAKES", "5"), ("IN_PLAY", "-5")), "P-04", "Round closed"),
        (journal("NOTE", provider_id="~quotes"), "R-FX-02", "Quote"),
        (journal("NOTE", provider_id="dice"), "R-LEDGER-09", "Note"),
        (journal("NOTE", provider_id="~operator", info={"blocked": "True"}), "R-STAT-01", "Status"),
        (journal("NOTE", provider_id="~operator", info={"excluded_until": "t"}), "R-RG-25", "Self-exclusion"),
        (journal("NOTE", provider_id="~operator", info={"reinstated": "True"}), "R-RG-24", "Reinstated"),
        (journal("NOTE", provider_id="~operator", info={"active_currency": "USD"}), "R-CUR-03", "Currency switched"),
        (
            journal("BONUS_FORFEIT", provider_id="~operator", info={"excluded_until": "t"}),
            "R-BONUS-24",
            "Self-exclusion",
        ),
        (
            journal("BONUS_FORFEIT", info={"state": "FORFEITED", "reason": "self-exclusion"}),
            "R-BONUS-24",
            "Bonus over",
        ),
        (journal("BONUS_FORFEIT", info={"state": "FORFEITED"}), "R-BONUS-22", "Bonus given up"),
    ],
)
def test_what_is_seen_is_said(of, rule, word):
    entry = explained(of)
    assert entry.what == word
    assert rule in rules(entry)


def test_a_note_of_a_provider_s_is_no_command_of_the_operator_s():
    assert explained(journal("NOTE", provider_id="dice", info={"blocked": "True"})).what == "Note"


def test_a_written_off_win_is_not_called_converted():
    """BONUS_COST bears the shortfall, and nothing came back (R-RB-10)."""
    entry = explained(
        journal(
            *("ROLLBACK", ("BONUS:b", "-1"), ("BONUS_COST", "-4"), ("BONUS_WINS", "5")),
            parts=[PocketAmount(pocket="LAPSED", amount=money("-4"))],
        )
    )
    assert "R-RB-05" not in rules(entry)
    assert "R-RB-10" in rules(entry)


def test_a_stake_says_which_pockets_were_asked_and_why_not():
    stake = ExplainTransactionResponse(
        policies=3,
        mode="NO_MIX",
        pockets=[
            ConsideredPocket(pocket="CASH", held=money("95"), paid=money("5")),
            ConsideredPocket(pocket="BONUS:b", held=money("7"), paid=money("0"), why_not="GAME_EXCLUDED"),
        ],
    )
    said = explained(journal("BET", ("CASH", "-5", "90")), stake).why[0]
    assert said.text == (
        "NO_MIX: the first pocket that covers all of it, by version 3 of the policies. CASH held 95.00 EUR, paid 5.00"
        " EUR; BONUS:b held 7.00 EUR, might not pay: its terms exclude the game (R-FUND-03)."
    )
    assert said.rules == ("R-FUND-07",)
    stake.mode = ""
    assert explained(journal("BET", ("CASH", "-5")), stake).why[0].text.startswith("Cash was all there was")


@pytest.mark.parametrize("why_not", ["FROZEN", "EXPIRED", "GAME_EXCLUDED", "PRODUCT_EXCLUDED", "RTP_EXCLUDED"])
def test_every_reason_why_a_pocket_may_not_pay_has_words(why_not):
    assert "R-" in WHY_NOT[why_not]


@pytest.mark.parametrize(
    ("amount", "text"),
    [("5", "5.00 EUR"), ("-0.5", "-0.50 EUR"), ("0.123456", "0.123456 EUR"), ("1234567", "1234567.00 EUR")],
)
def test_amounts_are_whole(amount, text):
    assert text_of(money(amount)) == text


def test_a_refusal_says_its_reason():
    entry = explained(journal("BET", outcome=OUTCOME_REFUSED, reason=REASON_INSUFFICIENT_FUNDS))
    assert "INSUFFICIENT_FUNDS" in entry.text
    assert entry.rules == ("R-IDEM-04",)
    assert entry.lines == ()


def test_people_read_it_line_by_line():
    of = journal("DEPOSIT", ("CASH", "5", "5"), ("PSP_CLEARING", "-5"), provider_id="~payments:bank")
    of.transaction.info["note"] = "cheque"
    of.transaction.info["given up"] = "5000000"
    of.transaction.committed_at.FromSeconds(0)
    assert told(explained(of)) == [
        "1970-01-01T00:00:00Z  Deposit  5.00 EUR  (payments:bank)",
        "  Money came in through a payment provider. [P-01]",
        "    CASH                 +5.00 EUR -> 5.00 EUR  to cash",
        "    PSP_CLEARING         -5.00 EUR  from the payment provider",
        "  As it was made: note cheque. [R-LEDGER-09]",
    ]


async def test_every_page_is_asked_for_and_the_oldest_comes_first(core, monkeypatch):
    monkeypatch.setattr(statement, "PAGE", 2)
    player = await core.player("10.00")
    for amount in ("1", "2"):
        request = DepositRequest(player_id=player, amount=money(amount), psp_id="bank", request_id=f"{player}{amount}")
        await core.operator.deposit(request)
    token = await core.session(player, "generic")
    for amount, refused in (("3", False), ("100", True)):
        bet = Action(kind=ACTION_KIND_BET, external_key=key("bet"), amount=money(amount))
        play = PlayRequest(
            provider_id="generic",
            player_id=player,
            session_token=token,
            round_id=key("r"),
            game_id="dice",
            actions=[bet],
        )
        if refused:
            with pytest.raises(Refused, match="INSUFFICIENT_FUNDS"):
                await core.operator.play(play)
        else:
            await core.operator.play(play)
    found = await asked(core.target, core.operator_token, player)
    assert [(entry.kind, entry.outcome, entry.amount) for entry in found] == [
        ("DEPOSIT", "APPLIED", "10.00 EUR"),
        ("DEPOSIT", "APPLIED", "1.00 EUR"),
        ("DEPOSIT", "APPLIED", "2.00 EUR"),
        ("BET", "APPLIED", "3.00 EUR"),
        ("BET", "REFUSED", "100.00 EUR"),
    ]
    assert "CASH held 13.00 EUR, paid 3.00 EUR" in found[3].why[0].text


async def test_a_player_nobody_knows_is_refused(core):
    with pytest.raises(Refused, match="PLAYER_UNKNOWN"):
        await asked(core.target, core.operator_token, "nobody")


def test_a_token_file_that_is_not_there_is_named(tmp_path):
    where = ["statement", "ada", "--target", "127.0.0.1:1", "--token-file", str(tmp_path / "none")]
    ended = CliRunner().invoke(app, where)
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert "--token-file" in ended.stderr
