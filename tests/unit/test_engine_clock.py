"""The clock: never the same twice, never backwards."""

from hypothesis import given
from hypothesis import strategies as st

from wallet_core.engine.clock import Clock

START = 1_700_000_000_000_000


class Source:
    """A system clock that is set at will."""

    def __init__(self, *micros):
        self.micros = list(micros)

    def __call__(self):
        return (self.micros.pop(0) if len(self.micros) > 1 else self.micros[0]) * 1000 + 999


def test_it_tells_microseconds():
    assert Clock(Source(START)).now() == START


def test_it_does_not_tell_a_microsecond_twice():
    clock = Clock(Source(START))

    assert [clock.take(1) for _ in range(3)] == [START, START + 1, START + 2]


def test_looking_takes_nothing():
    clock = Clock(Source(START))

    assert (clock.now(), clock.now(), clock.take(1), clock.now()) == (START, START, START, START + 1)


def test_a_span_is_nobody_elses():
    clock = Clock(Source(START))

    assert (clock.take(5), clock.take(1), clock.take(2), clock.now()) == (START, START + 5, START + 6, START + 8)


def test_a_command_of_no_actions_takes_nothing():
    clock = Clock(Source(START))

    assert (clock.take(0), clock.take(1)) == (START, START)


def test_it_stands_almost_still_while_the_system_clock_is_behind():
    clock = Clock(Source(START, START - 1_000_000, START - 999_999, START + 10))

    assert [clock.take(1) for _ in range(4)] == [START, START + 1, START + 2, START + 10]


@given(st.lists(st.tuples(st.integers(-1_000_000, 1_000_000), st.integers(1, 100)), min_size=1))
def test_whatever_the_system_clock_does_spans_never_overlap_and_only_rise(turns):
    source = Source(START, *(START + drift for drift, _ in turns))
    clock = Clock(source)
    free = 0
    for _, span in turns:
        first = clock.take(span)
        assert first >= free
        free = first + span


def test_the_real_clock_is_a_clock():
    clock = Clock()
    taken = [clock.take(1) for _ in range(10_000)]

    assert taken == sorted(set(taken))
