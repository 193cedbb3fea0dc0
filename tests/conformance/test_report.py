"""Reports: complete, printable whatever a wallet said, and without a secret."""

import json
from xml.etree import ElementTree as ET

import pytest
from aiohttp import web

from adapters.conformance import report
from adapters.conformance.dialects import dialects
from adapters.conformance.kit import Outcome, Verdict, run
from tests.conformance.seamless import Seamless
from tests.conformance.stand import SECRETS, standing

NASTY = 'said <"&]]>|`*\x1b[31m\x00\ud800\u202e\n2nd line'
VERDICTS = [
    Verdict("bet.taken", "R-PLAY-01", Outcome.PASSED, seconds=0.25),
    Verdict("bet.repeated", "R-IDEM-02", Outcome.FAILED, NASTY, 0.5),
    Verdict("batch.pays", "providers 1.4", Outcome.NOT_APPLICABLE, "it has no batches"),
    Verdict("batch.again", "providers 1.4", Outcome.NOT_APPLICABLE, "it has no batches"),
]


@pytest.fixture
def reports():
    return [
        report.reported("acme", VERDICTS),
        report.reported("calm", VERDICTS[:1]),
    ]


@pytest.mark.parametrize("name", report.FORMATS)
def test_no_report_commands_a_terminal(reports, name):
    text = report.FORMATS[name](reports)

    assert all(sign.isprintable() or sign == "\n" for sign in text)
    assert text.encode().decode() == text
    assert text.endswith("\n")


@pytest.mark.parametrize("name", report.FORMATS)
def test_every_report_names_every_case_and_why_it_failed(reports, name):
    text = report.FORMATS[name](reports)

    for verdict in VERDICTS:
        assert verdict.case in text
        assert verdict.source in text
    assert text.count("it has no batches") >= 1
    assert "2nd line" in text


def test_the_table_has_a_line_a_case_and_the_sums(reports):
    lines = report.table(reports).splitlines()

    assert lines[:3] == ["acme", "  passed  bet.taken     R-PLAY-01", "  FAILED  bet.repeated  R-IDEM-02"]
    assert "  1 passed, 1 failed, 2 not applicable in 0.8 s" in lines
    assert lines[-1] == "  1 passed, 0 failed, 0 not applicable in 0.2 s"


def test_json_is_for_programs(reports):
    told = json.loads(report.as_json(reports))

    assert told["failed"] is True
    assert [(each["protocol"], each["passed"], each["failed"], each["not_applicable"]) for each in told["reports"]] == [
        ("acme", 1, 1, 2),
        ("calm", 1, 0, 0),
    ]
    assert told["reports"][0]["verdicts"][0] == {
        "case": "bet.taken",
        "source": "R-PLAY-01",
        "outcome": "passed",
        "detail": "",
        "seconds": 0.25,
    }


def test_junit_is_well_formed_and_counts(reports):
    root = ET.fromstring(report.junit(reports))  # noqa: S314 - it is our own
    acme, calm = root.findall("testsuite")

    assert (root.get("tests"), root.get("failures"), root.get("skipped"), root.get("time")) == ("5", "1", "2", "1.000")
    assert (acme.get("tests"), acme.get("failures"), acme.get("skipped")) == ("4", "1", "2")
    assert [case.get("name") for case in acme.iter("testcase")] == [verdict.case for verdict in VERDICTS]
    failure = acme.find("testcase/failure")
    assert failure.get("message").startswith('said <"&]]>|`*\\u001b[31m\\u0000\\ud800\\u202e')
    assert failure.text == failure.get("message") + "\n2nd line"
    assert [skipped.get("message") for skipped in acme.iter("skipped")] == ["it has no batches"] * 2
    assert calm.find("testcase/failure") is None


def test_markdown_has_the_sums_the_cases_and_one_line_a_reason(reports):
    lines = report.markdown(reports).splitlines()

    assert "| acme | 1 | 1 | 2 |" in lines
    assert "| `bet.taken` | R-PLAY-01 | ✓ | ✓ |" in lines
    assert "| `bet.repeated` | R-IDEM-02 | ✗ |  |" in lines
    assert "- it has no batches: `batch.pays`, `batch.again`" in lines
    assert any(line.startswith('- said \\<"&\\]\\]\\>\\|\\`\\*') for line in lines)


def test_only_a_failure_fails(reports):
    assert report.failed(reports)
    assert not report.failed(reports[1:])
    assert not report.failed([report.reported("acme", VERDICTS[2:])])


class Echo(Seamless):
    """A wallet that tells all it was told, and all it knows, to everybody."""

    async def handle(self, http):
        known = [*self.books.sessions, *(secret.decode() for secret in self.secrets)]
        return web.Response(text=f"{await http.text()} {known}")


async def test_what_a_wallet_echoes_is_hidden():
    async with standing(door=Echo) as target:
        found = [report.reported("echo", await run(dialects()["generic_seamless"], target))]

    texts = [write(found) for write in report.FORMATS.values()]
    assert all("an unreadable answer: 200" in text for text in texts)
    for secret in (*(secret.decode() for secret in SECRETS), target.player.token, target.other.token):
        assert all(secret not in text for text in texts)
