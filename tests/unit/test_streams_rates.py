"""The European Central Bank's daily rates, read from a file (R-FX-02), and what is no such file."""

from datetime import UTC, datetime

import pytest

from wallet_core.streams.rates import BYTES_MAX, Unreadable, parsed, read

DAY = """<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01"
    xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
  <gesmes:subject>Reference rates</gesmes:subject>
  <gesmes:Sender><gesmes:name>European Central Bank</gesmes:name></gesmes:Sender>
  <Cube>
    <Cube time='2026-11-20'>
      <Cube currency='USD' rate='1.0564'/>
      <Cube currency='BRL' rate='5.8123'/>
      <Cube currency='ZZZ' rate='7'/>
    </Cube>
  </Cube>
</gesmes:Envelope>
"""
ONE_DAY = "<a><Cube><Cube time='2026-11-20'><Cube currency='USD' rate='1'/></Cube></Cube></a>"


def test_the_rates_of_a_day(tmp_path):
    as_of = int(datetime(2026, 11, 20, 13, tzinfo=UTC).timestamp()) * 1_000_000
    expected = (as_of, (("EUR", "USD", "1.0564"), ("EUR", "BRL", "5.8123")))
    assert parsed(DAY.encode()) == expected
    (tmp_path / "daily.xml").write_text(DAY)
    assert read(tmp_path / "daily.xml") == expected


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("", "no XML"),
        ("USD,1.0564", "no XML"),
        (DAY[:-20], "no XML"),
        (DAY.replace("'USD'", "'USD' currency='BRL'"), "no XML"),
        (DAY + " " * BYTES_MAX, "more than"),
        ("<a/>", "0 days"),
        (DAY.replace("<Cube>\n", "<Cube time='2026-11-19'>\n"), "2 days"),
        (ONE_DAY.replace("2026-11-20", "yesterday"), "its day is none"),
        (ONE_DAY.replace("2026-11-20", "2026-02-30"), "its day is none"),
        ("<!DOCTYPE a [<!ENTITY b 'USD'>]>" + ONE_DAY.replace("USD", "&b;"), "document type"),
        ("<!DOCTYPE a SYSTEM 'file:///etc/passwd'>" + ONE_DAY, "document type"),
        (ONE_DAY.replace("USD", "&b;"), "no XML"),
        ("<?xml version='1.0' encoding='no-such'?><a>\u20ac</b>", "no XML"),
    ],
)
def test_what_is_no_such_file_is_said_to_be_none(document, words):
    with pytest.raises(Unreadable, match=words):
        parsed(document.encode())


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(Unreadable, match="No such file"):
        read(tmp_path / "nowhere.xml")
    with pytest.raises(Unreadable, match="directory"):
        read(tmp_path)
