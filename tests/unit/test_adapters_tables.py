"""The tables of errors: every provider has a word for every no, and it is the one of its own documents."""

import json
from pathlib import Path

import pytest

import adapters
from adapters.conformance.cases import MADE_UP
from adapters.conformance.dialect import DEFAULTS, Forgery, Situation, row
from adapters.conformance.dialects import dialects
from adapters.conformance.kit import all_cases
from adapters.conformance.wires import Reply
from adapters.faults import Fault
from adapters.provider import REASONS, No
from adapters.providers.generic_seamless.answers import PROBLEMS
from adapters.providers.thrillgate.words import ERRORS
from tests.providers.door import connected

CODES = sorted(REASONS | set(Fault))
DIALECTS = dialects().values()
each = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
# Table 16.1: what our codes are called there. A case of the kit produces most of them; here are all.
MEANS = {
    "INSUFFICIENT_FUNDS": Situation.INSUFFICIENT_FUNDS,
    "PLAYER_UNKNOWN": Situation.PLAYER_UNKNOWN,
    "SESSION_UNKNOWN": Situation.SESSION_UNKNOWN,
    "PLAYER_BLOCKED": Situation.PLAYER_BLOCKED,
    "LIMIT_REACHED": Situation.LIMIT_REACHED,
    "WRONG_CURRENCY": Situation.WRONG_CURRENCY,
    "INVALID_REQUEST": Situation.BAD_REQUEST,
    "INVALID_AMOUNT": Situation.BAD_AMOUNT,
    Fault.INVALID_SIGNATURE: Situation.BAD_SIGNATURE,
    Fault.TRY_LATER: Situation.INTERNAL,
    Fault.INTERNAL: Situation.INTERNAL,
}
# The closed list of our ThrillGate dialect.
THRILLGATE = {
    400: {"INVALID_REQUEST", "INVALID_AMOUNT", "WRONG_CURRENCY"},
    401: {"INVALID_SIGNATURE", "INVALID_PLAYER_TOKEN"},
    402: {"INSUFFICIENT_FUNDS"},
    403: {"PLAYER_BLOCKED", "LIMIT_REACHED"},
    404: {"PLAYER_NOT_FOUND"},
    409: {"DUPLICATE_CONFLICT", "TRANSACTION_CANCELLED", "GAMEROUND_CLOSED"},
    413: {"TOO_LARGE"},
    500: {"INTERNAL"},
    503: {"TRY_LATER"},
}


def said(dialect, code):
    """The status of the answer to a code, and what a provider makes of it."""
    speaker, _, _ = connected(dialect)
    answer = speaker.refuse(No(code), None)
    return answer.status, dialect.read(Reply(answer.status, answer.content_type, answer.body))


@pytest.mark.parametrize("table", [PROBLEMS, ERRORS], ids=["generic_seamless", "thrillgate"])
def test_a_table_has_every_reason_and_fault_and_no_other(table):
    assert set(CODES) == set(table)


@each
@pytest.mark.parametrize("code", CODES)
def test_every_no_is_an_error_answer(dialect, code):
    status, told = said(dialect, code)

    # From 601 on are statuses of a vendor's own.
    assert status == 200 or 400 <= status < 800
    assert not told.ok
    assert told.word != ""
    assert told.balance is None


@each
@pytest.mark.parametrize("code", MEANS)
def test_a_no_is_what_the_protocol_says_there(dialect, code):
    wanted = row(dialect, MEANS[code])
    status, told = said(dialect, code)

    assert wanted is None or (status, told.word) in [(one.status, one.word) for one in wanted]


@each
def test_a_dialect_knows_every_situation_or_says_why_not(dialect):
    known = dialect.says.keys() | dialect.lacks.keys() | DEFAULTS.keys() | {Situation.REFUSED}

    assert [situation for situation in Situation if situation not in known] == []
    assert dialect.says.keys() & dialect.lacks.keys() == set()


@each
def test_what_a_dialect_lacks_is_something_there_is_and_it_has_not(dialect):
    functions = {"prize", "close", "bet_and_win", "batch"}
    names = {case.name for case in all_cases(dialect)}

    assert set(dialect.lacks) - names - functions - MADE_UP - set(Situation) - set(Forgery) == set()
    assert [name for name in functions if (getattr(dialect, name) is None) != (name in dialect.lacks)] == []
    assert [name for name, why in dialect.lacks.items() if not why] == []


def test_names_of_cases_are_names_of_one_case_and_say_where_they_come_from():
    for dialect in DIALECTS:
        names = [case.name for case in all_cases(dialect)]
        assert sorted(set(names)) == sorted(names)
        assert [case.name for case in all_cases(dialect) if not case.source] == []


@pytest.mark.parametrize("code", CODES)
def test_thrillgate_answers_only_from_its_closed_list(code):
    status, word, _ = ERRORS[code]

    # Wrong paths and methods are for whoever configures the wallet resource; their status is HTTP's.
    assert word in THRILLGATE[400 if code in (Fault.UNKNOWN_PATH, Fault.METHOD_NOT_ALLOWED) else status]


@pytest.mark.parametrize("code", ["REFERENCE_NOT_FOUND", "IN_PROGRESS", Fault.TRY_LATER, Fault.INTERNAL])
def test_what_may_succeed_later_is_a_server_error_for_thrillgate(code):
    assert ERRORS[code][0] >= 500


def test_the_page_asks_for_a_rule_for_every_error_and_retries_only_what_may_succeed_later():
    folder = Path(adapters.__file__).parent
    pages = [(folder / name).read_text() for name in ("pages/thrillgate.md", "README.md")]
    (page,) = [page for page in pages if "error_response_rules" in page]
    rules = json.loads(page.partition("```json\n")[2].partition("```")[0])

    assert {f"{status}:{word}" for status, word, _ in ERRORS.values()} == set(rules)
    assert {"503:TRY_LATER", "500:INTERNAL"} == {key for key, rule in rules.items() if rule["must_retry"]}
    assert {"503:TRY_LATER", "500:INTERNAL"} == {key for key, rule in rules.items() if rule["must_cancel"]}
