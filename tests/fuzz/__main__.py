"""Fuzzing led by coverage: python -m tests.fuzz --seconds 600 thrillgate; without a target it lists them.

What reached something new is kept in a folder a target, and is where the next run begins; so is a find, as crash-….
It is tried again with `--input FILE`.
"""

import argparse
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["adapters", "wallet_core.api", "wallet_core.domain", "json", "urllib.parse"]):
    from tests.fuzz.targets import WORDS, targets

CORPUS = Path(__file__).parents[2] / ".hypothesis" / "fuzz"


def escaped(word: str) -> str:
    """Return a word as the fuzzer's dictionary writes it."""
    return "".join(f"\\x{byte:02x}" for byte in word.encode())


def main() -> None:
    """Run a target until its time or number of inputs is over; a find ends it with another status than 0."""
    known = targets()
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("target", nargs="?", choices=sorted(known))
    parser.add_argument("--seconds", type=int, default=0, help="how long; 0: until it is stopped")
    parser.add_argument("--runs", type=int, default=-1, help="how many inputs, instead")
    parser.add_argument("--seed", type=int, default=0, help="the dice; 0: others each time")
    parser.add_argument("--corpus", type=Path, default=CORPUS, help="where the folders are")
    parser.add_argument("--input", type=Path, help="one input to try")
    asked = parser.parse_args()
    if asked.target is None:
        print("\n".join(sorted(known)))
        return
    folder = asked.corpus / asked.target.replace(" ", "_")
    folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(known[asked.target].begin):
        (folder / f"begin-{number}").write_bytes(data)
    words = folder.with_suffix(".words")
    words.write_text("".join(f'"{escaped(word)}"\n' for word in WORDS))
    options = {
        "dict": words,
        "max_total_time": asked.seconds,
        "runs": asked.runs,
        "seed": asked.seed,
        "timeout": 10,
        "artifact_prefix": f"{folder}/",
    }
    arguments = [f"-{name}={value}" for name, value in options.items()]
    atheris.Setup([sys.argv[0], *arguments, str(asked.input or folder)], known[asked.target].feed)
    atheris.Fuzz()  # does not return


if __name__ == "__main__":
    main()
