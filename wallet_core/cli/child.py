"""`python -m wallet_core.cli.child MODULE ARGUMENTS` runs a module as a child that does not outlive its parent.

The parent holds the other end of its standard input. When that closes, however the parent ended, the child is told to
stop; it is ended if it does not. What a terminal sends to the whole group is the parent's to act on.
"""

import os
import runpy
import signal
import sys
import threading

STOP_WITHIN = 15.0
"""Seconds a child gets to finish what is under way."""


def _follow_parent() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(STOP_WITHIN)
    os._exit(1)


def main() -> None:
    """Run the module that the command line names."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    threading.Thread(target=_follow_parent, daemon=True).start()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
