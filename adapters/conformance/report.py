"""Reports: what became of the cases, for people, for programs, for a build server, and for a page."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from xml.etree import ElementTree as ET

import msgspec

from adapters.conformance.kit import Outcome, Verdict

_SIGNS = {Outcome.PASSED: "✓", Outcome.FAILED: "✗", Outcome.NOT_APPLICABLE: "n/a"}
_WORDS = {Outcome.PASSED: "passed", Outcome.FAILED: "FAILED", Outcome.NOT_APPLICABLE: "n/a"}
# What a terminal would obey and what XML cannot hold; a wallet under test may answer anything.
_UNPRINTABLE = re.compile(
    r"[^\n\t\u0020-\u007e\u00a0-\u2027\u202f-\u2065\u2070-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)

Format = Callable[[Sequence["Report"]], str]


class Report(msgspec.Struct, frozen=True):
    """The verdicts on one wallet."""

    # A dialect's name.
    protocol: str
    verdicts: list[Verdict]

    def count(self, outcome: Outcome) -> int:
        return sum(verdict.outcome is outcome for verdict in self.verdicts)

    @property
    def seconds(self) -> float:
        return sum(verdict.seconds for verdict in self.verdicts)


def failed(reports: Iterable[Report]) -> bool:
    return any(report.count(Outcome.FAILED) for report in reports)


def reported(protocol: str, verdicts: Iterable[Verdict]) -> Report:
    """The report on a wallet, printable whatever it said. The kit has kept secrets and tokens out of the verdicts."""
    return Report(protocol, [msgspec.structs.replace(verdict, detail=_clean(verdict.detail)) for verdict in verdicts])


def _clean(text: str) -> str:
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def table(reports: Sequence[Report]) -> str:
    """One line a case, what went wrong below it; then the sums."""
    lines = []
    for report in reports:
        width = max((len(verdict.case) for verdict in report.verdicts), default=0)
        lines.append(report.protocol)
        for verdict in report.verdicts:
            lines.append(f"  {_WORDS[verdict.outcome]:6}  {verdict.case:{width}}  {verdict.source}")
            lines += [f"          {line}" for line in verdict.detail.splitlines()]
        lines += [f"  {_summary(report)} in {report.seconds:.1f} s", ""]
    return "\n".join(lines)


def _summary(report: Report) -> str:
    return ", ".join(f"{report.count(outcome)} {outcome.value}" for outcome in Outcome)


def as_json(reports: Sequence[Report]) -> str:
    """`{"failed": …, "reports": [{"protocol", "passed", "failed", "not_applicable", "verdicts": […]}]}`, indented."""
    told = [
        {
            "protocol": report.protocol,
            **{outcome.name.lower(): report.count(outcome) for outcome in Outcome},
            "verdicts": report.verdicts,
        }
        for report in reports
    ]
    encoded = msgspec.json.encode({"failed": failed(reports), "reports": told})
    return msgspec.json.format(encoded, indent=2).decode() + "\n"


def junit(reports: Sequence[Report]) -> str:
    """JUnit's XML: a suite a protocol, a test case a case; what is not applicable is skipped."""
    root = ET.Element("testsuites", _sums(list(reports)))
    for report in reports:
        suite = ET.SubElement(root, "testsuite", {"name": report.protocol, **_sums([report])})
        for verdict in report.verdicts:
            case = ET.SubElement(
                suite,
                "testcase",
                {"classname": report.protocol, "name": verdict.case, "time": f"{verdict.seconds:.3f}"},
            )
            properties = ET.SubElement(case, "properties")
            ET.SubElement(properties, "property", {"name": "source", "value": verdict.source})
            if verdict.outcome is Outcome.FAILED:
                message = verdict.detail.partition("\n")[0]
                ET.SubElement(case, "failure", {"message": message}).text = verdict.detail
            elif verdict.outcome is Outcome.NOT_APPLICABLE:
                ET.SubElement(case, "skipped", {"message": verdict.detail})
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def _sums(reports: Sequence[Report]) -> dict[str, str]:
    return {
        "tests": str(sum(len(report.verdicts) for report in reports)),
        "failures": str(sum(report.count(Outcome.FAILED) for report in reports)),
        "errors": "0",
        "skipped": str(sum(report.count(Outcome.NOT_APPLICABLE) for report in reports)),
        "time": f"{sum(report.seconds for report in reports):.3f}",
    }


def markdown(reports: Sequence[Report]) -> str:
    """Cases by protocols, then why what is not applicable is not, and what failed. Times are left out: the same
    verdicts make the same page.
    """
    totals = [(report.protocol, *(str(report.count(outcome)) for outcome in Outcome)) for report in reports]
    lines = ["# Conformance", "", *_rows(("protocol", *(outcome.value for outcome in Outcome)), totals)]
    found = {report.protocol: {verdict.case: verdict for verdict in report.verdicts} for report in reports}
    sources = {verdict.case: verdict.source for report in reports for verdict in report.verdicts}
    cases = [
        (f"`{case}`", source, *(_sign(verdicts.get(case)) for verdicts in found.values()))
        for case, source in sources.items()
    ]
    lines += ["", "## Cases", "", *_rows(("case", "source", *found), cases)]
    lines += _details("Failed", reports, Outcome.FAILED)
    lines += _details("Not applicable", reports, Outcome.NOT_APPLICABLE)
    return "\n".join(lines) + "\n"


def _sign(verdict: Verdict | None) -> str:
    return _SIGNS[verdict.outcome] if verdict else ""


def _details(title: str, reports: Sequence[Report], outcome: Outcome) -> list[str]:
    """A line a reason, with the cases it is given for."""
    lines: list[str] = []
    for report in reports:
        cases: dict[str, list[str]] = {}
        for verdict in report.verdicts:
            if verdict.outcome is outcome:
                cases.setdefault(verdict.detail, []).append(f"`{verdict.case}`")
        if cases:
            lines += ["", f"### {report.protocol}", ""]
            lines += [f"- {_escaped(detail)}: {', '.join(names)}" for detail, names in cases.items()]
    return ["", f"## {title}", *lines] if lines else []


def _rows(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]


def _escaped(text: str) -> str:
    """Text that Markdown takes for nothing but text, on one line."""
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", " ".join(text.split()))


FORMATS: Mapping[str, Format] = {
    "table": table,
    "json": as_json,
    "junit": junit,
    "markdown": markdown,
}
