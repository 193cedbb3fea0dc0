"""The tables of errors: every provider has a word for every no."""

import json
from pathlib import Path

import pytest

import adapters
from adapters.faults import Fault
from adapters.provider import REASONS, No
from adapters.providers import module, protocols
from adapters.providers.generic_seamless.answers import PROBLEMS
from adapters.providers.thrillgate.words import ERRORS

CODES = sorted(REASONS | set(Fault))
# The member that bears the error, where it is not `code`.
WORD = {"hundredhp": "errCode", "hub88": "status", "evolution": "status"}
# Protocols that say no with HTTP 200, and how they say yes.
YES = {"hub88": "RS_OK", "evolution": "OK"}
# Where a secret is not any bytes.
(RSA,) = json.loads((Path(__file__).parent.parent / "providers" / "signatures_rsa.json").read_text())
SECRET = {"hub88": RSA["public_key"].encode()}
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


@pytest.mark.parametrize("table", [PROBLEMS, ERRORS], ids=["generic_seamless", "thrillgate"])
def test_a_table_has_every_reason_and_fault_and_no_other(table):
    assert set(CODES) == set(table)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("protocol", protocols())
def test_every_no_is_an_error_answer(protocol, code):
    provider = module(protocol).connect("p", (SECRET.get(protocol, b"s"),), module(protocol).Settings())

    answer = provider.refuse(No(code), None)

    # From 601 on are statuses of a vendor's own.
    assert 400 <= answer.status < 800 or (answer.status == 200 and protocol in YES)
    assert json.loads(answer.body)[WORD.get(protocol, "code")] not in ("", YES.get(protocol))


@pytest.mark.parametrize("code", CODES)
def test_thrillgate_answers_only_from_its_closed_list(code):
    status, word, _ = ERRORS[code]

    # Wrong paths and methods are for whoever configures the wallet resource; their status is HTTP's.
    assert word in THRILLGATE[400 if code in (Fault.UNKNOWN_PATH, Fault.METHOD_NOT_ALLOWED) else status]


@pytest.mark.parametrize("code", ["REFERENCE_NOT_FOUND", "IN_PROGRESS", Fault.TRY_LATER, Fault.INTERNAL])
def test_what_may_succeed_later_is_a_server_error_for_thrillgate(code):
    assert ERRORS[code][0] >= 500


def test_the_page_asks_for_a_rule_for_every_error_and_retries_only_what_may_succeed_later():
    page = (Path(adapters.__file__).parent / "README.md").read_text()
    rules = json.loads(page.partition("```json\n")[2].partition("```")[0])

    assert {f"{status}:{word}" for status, word, _ in ERRORS.values()} == set(rules)
    assert {"503:TRY_LATER", "500:INTERNAL"} == {key for key, rule in rules.items() if rule["must_retry"]}
    assert {"503:TRY_LATER", "500:INTERNAL"} == {key for key, rule in rules.items() if rule["must_cancel"]}
