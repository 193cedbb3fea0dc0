"""The tables of adapters/README.md are those of the code, and every protocol has its page."""

from pathlib import Path

import msgspec
import pytest

from adapters import launches, matrix, providers
from adapters.conformance.dialect import Situation
from adapters.conformance.dialects import dialects

README = matrix.README.read_text(encoding="utf-8")
PAGES = Path(matrix.README).parent / "pages"


def test_the_readme_has_the_tables_of_the_code():
    written = README.partition(matrix.BEGINS)[2].partition(matrix.ENDS)[0]
    assert written.strip() == matrix.table().strip(), f"to refresh them: {matrix.REFRESH}"


def test_writing_changes_nothing_but_what_is_between_the_marks(tmp_path, monkeypatch):
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{matrix.BEGINS}yesterday\n{matrix.ENDS}after\n", encoding="utf-8")
    monkeypatch.setattr(matrix, "README", readme)
    matrix.write()
    text = readme.read_text(encoding="utf-8")
    assert text.startswith(f"before\n{matrix.BEGINS}\n###")
    assert text.endswith(f"|\n\n{matrix.ENDS}after\n")
    assert "yesterday" not in text


@pytest.mark.parametrize("protocol", providers.protocols())
def test_every_protocol_has_a_page_that_names_its_settings(protocol):
    page = (PAGES / f"{protocol}.md").read_text(encoding="utf-8")
    missing = [name for name in providers.module(protocol).Settings.__struct_fields__ if f"`{name}" not in page]
    assert missing == []


def test_every_dialect_has_a_column_and_every_situation_that_tells_them_apart_a_row():
    table = README.partition("### What each says")[2].partition("###")[0]
    assert table.splitlines()[2].count(" | ") == len(dialects())
    for situation in (Situation.INSUFFICIENT_FUNDS, Situation.OTHER_DATA, Situation.UNKNOWN_ROLLED_BACK):
        assert f"| {situation.lower().replace('_', ' ')} |" in table
    assert "| ok |" not in table


@pytest.mark.parametrize("protocol", launches.protocols())
def test_every_launch_call_is_in_the_readme_with_its_settings(protocol):
    (line,) = [line for line in README.splitlines() if line.startswith(f"| `{protocol}` |")]
    settings = msgspec.structs.fields(launches.module(protocol).Settings)
    assert [field.name for field in settings if f"`{field.name}`" not in line] == []
