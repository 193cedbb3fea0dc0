"""The coverage-guided fuzzer for a moment, on all of its targets; `python -m tests.fuzz` takes its time."""

import asyncio
import importlib.util
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUNS = 40_000
SEED = 1


async def test_nothing_is_found(tmp_path):
    if importlib.util.find_spec("atheris") is None:
        pytest.skip("there is no atheris: it has wheels for Linux on x86-64, and Python 3.11 to 3.13")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.fuzz", "all"),
        *("--runs", str(RUNS), "--seed", str(SEED), "--corpus", str(tmp_path)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()

    assert process.returncode == 0, said.decode(errors="replace")
    assert int(re.search(rb"Done ([0-9]+) runs", said)[1]) >= RUNS
