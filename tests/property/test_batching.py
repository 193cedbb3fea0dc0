"""However commands are cut into batches, the books end the same, and so does every answer (design, law 3)."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.property.lives import CALM, EVERY_PROFILE, wild
from tests.support.domain import Books


@pytest.mark.parametrize("name", EVERY_PROFILE)
@settings(CALM, max_examples=15)
@given(data=st.data())
def test_the_cuts_between_batches_leave_no_trace(name, data):
    told = data.draw(wild(EVERY_PROFILE[name]))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(told)), max_size=5)) | {0, len(told)})
    one_by_one, cut, whole = Books(cash="20"), Books(cash="20"), Books(cash="20")
    decisions = [one_by_one.do(command) for command in told]
    decided_cut = [decision for start, end in pairwise(cuts) for decision in cut.do_batch(told[start:end])]
    assert decided_cut == decisions
    assert whole.do_batch(told) == decisions
    for other in (cut, whole):
        assert other.rows == one_by_one.rows
        assert other.lines == one_by_one.lines
