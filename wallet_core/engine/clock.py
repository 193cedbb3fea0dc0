"""The clock: the one place where time comes in."""

import time
from collections.abc import Callable


class Clock:
    """Microseconds since the epoch, never the same twice and never backwards within the process (R-TIME-01).

    When the system's clock is set back, time stands almost still here until it has caught up.
    """

    def __init__(self, source: Callable[[], int] = time.time_ns) -> None:
        """Take the nanoseconds of `source`."""
        self._source = source
        self._last = 0

    def now(self) -> int:
        """Return the time without taking it."""
        return max(self._source() // 1000, self._last + 1)

    def take(self, span: int) -> int:
        """Return the first of `span` microseconds that nobody else is given."""
        first = self.now()
        self._last = first + span - 1
        return first
